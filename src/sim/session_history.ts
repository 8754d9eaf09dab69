/** What became of a simulated TCP connection, for whoever asks why it was sent elsewhere. */

/** Times are of the simulation. */
export interface SessionMove {
  /** By number, as the stores. */
  client: number;
  port: number;
  from: string;
  to: string;
  begun_us: number;
  /** When it last sent something before. */
  last_us: number;
  moved_us: number;
  /** By the switch's entry; undefined if it has none. */
  pinned_to: string | undefined;
}

interface Change {
  time_us: number;
  text: string;
}

/** The changes of a run, the first one first. */
export class ChangeLog {
  readonly #changes: Change[] = [];

  add(time_us: number, text: string): void {
    this.#changes.push({ time_us, text });
  }

  /** The move, between the changes that it fell among. */
  describe(move: SessionMove): string {
    const { client, port, from, to, begun_us, last_us, moved_us, pinned_to } = move;
    const next = this.#changes.find(({ time_us }) => time_us >= begun_us);
    const last = this.#changes.findLast(({ time_us }) => time_us <= moved_us);
    return [
      `client ${client}, port ${port}: begun at ${seconds(begun_us)} at ${from}`,
      ...(next === undefined ? [] : [`next change ${seconds(next.time_us - begun_us)} later: ${next.text}`]),
      `pinned to ${pinned_to ?? 'none'}`,
      `sent to ${to} at ${seconds(moved_us)} after ${seconds(moved_us - last_us)} of silence`,
      ...(last === undefined ? [] : [`last change ${seconds(moved_us - last.time_us)} before: ${last.text}`]),
    ].join('; ');
  }
}

function seconds(time_us: number): string {
  return `${(time_us / 1e6).toFixed(3)} s`;
}

import type { Port } from '../ports/port';

interface Seen {
  up: boolean;
  downs: number;
}

/** Tells when ports lose their interface or its link, and when they have it again. */
export class LinkLog {
  private readonly seen = new Map<Port, Seen>();

  constructor(private readonly log: (level: 'info' | 'warn', message: string) => void) {}

  /** Looks at the ports as they are now: what happened since the last look is told. */
  look(ports: readonly Port[]): void {
    for (const port of ports) {
      const [up, { downs }] = [port.up, port.stats()];
      const before = this.seen.get(port);
      if (before !== undefined && before.up === up && before.downs === downs) continue;
      this.seen.set(port, { up, downs });
      const was_down = before?.up === false;
      // A link that was lost and is back between two looks has still been lost.
      const was_lost = before === undefined ? !up : downs > before.downs;
      const what = `port ${port.number}@${port.name}`;
      if (was_lost) this.log('warn', `${what} is down: its interface is gone or has no link`);
      if (up && (was_down || (was_lost && before !== undefined))) this.log('info', `${what} is up again`);
    }
    for (const port of this.seen.keys()) if (!ports.includes(port)) this.seen.delete(port);
  }
}

import type { PacketTrace } from '../trace/trace';

/** Traces kept until they are taken; more are only counted. */
const TRACES_MAX = 1000;

export interface TakenTraces {
  traces: PacketTrace[];
  /** How many there would have been more. */
  missed: number;
}

/** Traces of one subscription that somebody asks for now and then. */
export class KeptTraces {
  private kept: TakenTraces = { traces: [], missed: 0 };

  keep(trace: PacketTrace): void {
    if (this.kept.traces.length < TRACES_MAX) this.kept.traces.push(trace);
    else this.kept.missed++;
  }

  /** Those since the last call. */
  take(): TakenTraces {
    const taken = this.kept;
    this.kept = { traces: [], missed: 0 };
    return taken;
  }
}

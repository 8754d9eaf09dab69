import type { TraceFilter } from '../trace/trace';
import { KeptTraces, type TakenTraces } from './kept_traces';
import type { SwitchControl } from './switch_control';

/** A client that has not asked for its traces for so long is gone. */
const FORGOTTEN_AFTER_MS = 60_000;

interface OpenTrace {
  kept: KeptTraces;
  end: () => Promise<void>;
  timer: NodeJS.Timeout;
}

/** The traces of clients of the admin socket, each by the number that its start was answered with. */
export class AdminTraces {
  private readonly open = new Map<number, OpenTrace>();
  private last = 0;

  constructor(private readonly control: SwitchControl) {}

  async start(filter: TraceFilter): Promise<number> {
    const id = ++this.last;
    const kept = new KeptTraces();
    const end = await this.control.subscribeTraces(filter, (trace) => kept.keep(trace));
    const forget = (): void => void this.stop(id).catch(() => undefined);
    this.open.set(id, { kept, end, timer: setTimeout(forget, FORGOTTEN_AFTER_MS).unref() });
    return id;
  }

  /** undefined: there is no such trace, or no longer. */
  take(id: number): TakenTraces | undefined {
    const trace = this.open.get(id);
    trace?.timer.refresh();
    return trace?.kept.take();
  }

  async stop(id: number): Promise<void> {
    const trace = this.open.get(id);
    if (trace === undefined) return;
    clearTimeout(trace.timer);
    this.open.delete(id);
    await trace.end();
  }
}

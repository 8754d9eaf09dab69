import type { PortFaults } from '../ports/wrappers';
import type { PacketTrace, TraceFilter } from '../trace/trace';
import type { Dataplane, DataplaneCounts, PortReport } from '../worker/dataplane';
import { CaptureFiles } from './capture_files';
import { KeptTraces, type TakenTraces } from './kept_traces';
import { TraceSubscriptions } from './trace_subscriptions';

/** What was dropped, by reason, since the start. */
export interface SwitchCounts extends DataplaneCounts {
  /** Packet-ins, digests and notifications that controllers did not take in time. */
  messages_dropped: number;
}

/** What an operator does with a running switch: ports up and down, faults, captures, traces. */
export class SwitchControl {
  private readonly files = new CaptureFiles((port, error) => this.captureFailed(port, error));
  private readonly subscriptions: TraceSubscriptions;
  private traces = new KeptTraces();
  private endTrace: (() => Promise<void>) | undefined;
  /** Once there is one. */
  server: { readonly messages_dropped: number } | undefined;

  constructor(
    private readonly dataplane: Dataplane,
    private readonly log: (level: 'info' | 'warn' | 'error', message: string) => void,
  ) {
    this.subscriptions = new TraceSubscriptions((filter) => dataplane.instrument({ set: 'trace', filter }));
    dataplane.observe({
      traces: (traces) => traces.forEach((trace) => this.subscriptions.deliver(trace)),
      captured: (chunks) => chunks.forEach((chunk) => this.files.append(chunk)),
    });
  }

  ports(): Promise<PortReport[]> {
    return this.dataplane.ports();
  }

  async counts(): Promise<SwitchCounts> {
    const counts = await this.dataplane.counts();
    return { ...counts, messages_dropped: this.server?.messages_dropped ?? 0 };
  }

  /** Rejects if the interface cannot be opened or there is a port of that number. */
  addPort(port: number, interface_name: string): Promise<void> {
    return this.dataplane.addPort(port, interface_name);
  }

  /** A capture of it ends. Rejects if there is no such port. */
  async removePort(port: number): Promise<void> {
    await this.stopCapture(port);
    await this.dataplane.removePort(port);
  }

  /** A port that is down neither takes nor gives frames; its interface stays as it is. */
  setPortUp(port: number, up: boolean): Promise<void> {
    return this.dataplane.instrument({ set: 'enabled', port, enabled: up });
  }

  /** undefined: none. Takes the place of the faults there were. */
  setFaults(port: number, faults: PortFaults | undefined): Promise<void> {
    return this.dataplane.instrument({ set: 'faults', port, faults });
  }

  /** Captures one port, or all, into files that are made anew. Rejects if a file cannot be made. */
  async startCapture(folder: string, port?: number): Promise<void> {
    for (const { number, name } of await this.chosen(port)) {
      this.files.open(folder, number, name);
      await this.dataplane.instrument({ set: 'captured', port: number, captured: true });
    }
  }

  /** The files are complete when this resolves. */
  async stopCapture(port?: number): Promise<void> {
    const ports = await this.chosen(port);
    for (const { number } of ports)
      await this.dataplane.instrument({ set: 'captured', port: number, captured: false });
    // The last chunks come before the answer to what is asked after them.
    await this.dataplane.counts();
    for (const { number } of ports) this.files.close(number);
  }

  /** Frames that pass the filter are traced from now on, whatever others have traced; resolves to what ends it. */
  subscribeTraces(filter: TraceFilter, sink: (trace: PacketTrace) => void): Promise<() => Promise<void>> {
    return this.subscriptions.subscribe(filter, sink);
  }

  /** Traces frames for `takeTraces` from now on, in place of what it had traced before; undefined: none. */
  async trace(filter: TraceFilter | undefined): Promise<void> {
    await this.endTrace?.();
    this.endTrace = undefined;
    if (filter === undefined) return;
    const traces = new KeptTraces();
    this.traces = traces;
    this.endTrace = await this.subscribeTraces(filter, (trace) => traces.keep(trace));
  }

  /** The traces since the last call, at most 1000, and how many there would have been more. */
  takeTraces(): TakenTraces {
    return this.traces.take();
  }

  /** After the dataplane has been closed. */
  close(): void {
    this.files.closeAll();
  }

  private async chosen(port: number | undefined): Promise<PortReport[]> {
    const ports = await this.dataplane.ports();
    const chosen = ports.filter(({ number }) => port === undefined || number === port);
    if (chosen.length === 0 && port !== undefined) throw new RangeError(`there is no port ${port}`);
    return chosen;
  }

  private captureFailed(port: number, error: Error): void {
    this.log('error', `the capture of port ${port} ends: ${error.message}`);
    this.dataplane.instrument({ set: 'captured', port, captured: false }).catch(() => undefined);
  }
}

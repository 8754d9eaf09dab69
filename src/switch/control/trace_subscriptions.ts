import type { PacketTrace, TraceFilter } from '../trace/trace';

interface Subscription {
  filter: TraceFilter;
  sink: (trace: PacketTrace) => void;
  /** Traces it has had. */
  taken: number;
}

/** Who wants traces, each of frames of its own choice: the data plane traces what any of them wants. */
export class TraceSubscriptions {
  private readonly subscriptions = new Set<Subscription>();

  /** `apply` sets what the data plane traces; undefined: nothing. */
  constructor(private readonly apply: (filter: TraceFilter | undefined) => Promise<void>) {}

  /** Resolves, once frames are traced, to what ends it. `sink` gets traces whose `packet` counts those it was given. */
  async subscribe(filter: TraceFilter, sink: Subscription['sink']): Promise<() => Promise<void>> {
    const subscription: Subscription = { filter, sink, taken: 0 };
    this.subscriptions.add(subscription);
    await this.apply(this.union());
    return async () => {
      if (this.subscriptions.delete(subscription)) await this.apply(this.union());
    };
  }

  deliver(trace: PacketTrace): void {
    let has_ended = false;
    for (const subscription of this.subscriptions) {
      const { port, packets_max = Infinity } = subscription.filter;
      if (port !== undefined && port !== trace.port) continue;
      subscription.taken++;
      subscription.sink({ ...trace, packet: subscription.taken });
      if (subscription.taken < packets_max) continue;
      this.subscriptions.delete(subscription);
      has_ended = true;
    }
    // Fails only where the data plane is gone, and its traces with it.
    if (has_ended) this.apply(this.union()).catch(() => undefined);
  }

  private union(): TraceFilter | undefined {
    const [first, ...others] = this.subscriptions;
    if (first === undefined) return undefined;
    const { port, packets_max } = first.filter;
    // Only one by itself may end the tracing; of several each is counted here.
    if (others.length === 0)
      return { port, packets_max: packets_max === undefined ? undefined : packets_max - first.taken };
    return { port: others.every(({ filter }) => filter.port === port) ? port : undefined };
  }
}

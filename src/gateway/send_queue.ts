/** What waits for its turn: clients' in turn, one of each, and of one client in order. So a crowd of one's calls delays its own. */
import { SendLane, type Queued } from './send_lane';

export class SendQueue<C, T extends Queued & { readonly client: C }> {
  /** Of clients for which something waits; the next one's first. */
  private readonly lanes = new Map<C, SendLane<T>>();
  private waiting = 0;

  /** How many wait that have not ended. */
  get length(): number {
    return this.waiting;
  }

  get is_empty(): boolean {
    return this.waiting === 0;
  }

  push(entry: T): void {
    let lane = this.lanes.get(entry.client);
    if (lane === undefined) {
      lane = new SendLane();
      this.lanes.set(entry.client, lane);
    }
    lane.push(entry);
    this.waiting++;
  }

  /** Whose turn it is; it stays. */
  peek(): T | undefined {
    const [lane] = this.lanes.values();
    return lane?.peek();
  }

  /** Takes what `peek` gave: then it is the next client's turn. */
  take({ client }: T): void {
    const lane = this.lanes.get(client);
    if (lane === undefined) return;
    lane.take();
    this.waiting--;
    this.lanes.delete(client);
    if (lane.length > 0) this.lanes.set(client, lane);
  }

  /** One has ended before it was taken. */
  entryEnded({ client }: T): void {
    const lane = this.lanes.get(client);
    if (lane === undefined) return;
    lane.entryEnded();
    this.waiting--;
    if (lane.length === 0) this.lanes.delete(client);
  }
}

/**
 * What virtualizers have decided about one request or one connection, and who has taken it: the store that all that is
 * still to come of it must reach, as long as it lives.
 */

/** A store from one start to its end. */
export interface Incarnation {
  store: number;
  incarnation: number;
}

/** What one virtualizer goes by. */
interface Decision {
  store: number;
  /** When it was made: see `Virtualizers.view`. */
  view: number;
  /** It has been sent there since. */
  sent: Incarnation[];
}

export type Verdict =
  | 'right'
  /** By a virtualizer that had sent it to who took it, or whose entries were those of the one that did. */
  | 'misplaced'
  /** By one that could not know. */
  | 'misplaced_across_views';

export class Placements {
  readonly #decisions = new Map<number, Decision>();
  #taken: (Incarnation & { view: number }) | undefined;

  /** Whoever took it, dead or alive. */
  get taken(): Incarnation | undefined {
    return this.#taken;
  }

  /**
   * A virtualizer whose entries are `view` sends it to a store, which is dead if it has no incarnation. `is_new`: what
   * it sends is a beginning, of which nothing is remembered. Returns the view by which it goes there.
   */
  send(
    virtualizer: number,
    view: number,
    store: number,
    incarnation: number | undefined,
    is_new = false,
  ): number {
    let decision = this.#decisions.get(virtualizer);
    if (decision === undefined || decision.store !== store || is_new) {
      decision = { store, view, sent: is_new ? [] : (decision?.sent ?? []) };
      this.#decisions.set(virtualizer, decision);
    }
    if (incarnation !== undefined) decision.sent.push({ store, incarnation });
    return decision.view;
  }

  /** The store takes what has been sent to it by this view. */
  take(by: Incarnation, view: number): void {
    this.#taken = { ...by, view };
  }

  /** Of what a virtualizer has just sent, if who took it is alive. */
  judge(virtualizer: number): Verdict {
    const decision = this.#decisions.get(virtualizer);
    const taken = this.#taken;
    if (decision === undefined || taken === undefined) throw new Error('nothing to judge by');
    if (decision.store === taken.store) return 'right';
    const has_sent_it_there = decision.sent.some(
      ({ store, incarnation }) => store === taken.store && incarnation === taken.incarnation,
    );
    return has_sent_it_there || decision.view === taken.view ? 'misplaced' : 'misplaced_across_views';
  }
}

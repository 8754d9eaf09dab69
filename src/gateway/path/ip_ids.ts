/**
 * Identifications for datagrams that travel in fragments, one sequence for each pair of addresses: a number comes back only
 * when no fragment of its last use can be under way any more (RFC 6864; the switch's fragment table also goes by it).
 */
const IDS = 0x10000;
/** The time of use is kept for so many consecutive numbers together. */
const BLOCK_IDS = 4096;
const BLOCKS = IDS / BLOCK_IDS;
const NEVER_MS = -Infinity;

interface Sequence {
  next: number;
  /** When a number of each block was last given out. */
  used_ms: Float64Array;
}

export class IpIds {
  /** Times that pairs had to be forgotten before it was safe. */
  forgotten_early = 0;
  #recent = new Map<number, Sequence>();
  #older = new Map<number, Sequence>();
  #turned_ms = NEVER_MS;

  /**
   * @param reuse_ms_min before that a number is not given out again
   * @param pairs_max pairs remembered; beyond, those unused for longest begin anew, at a random number
   * @param random in [0, 1)
   */
  constructor(
    private readonly reuse_ms_min: number,
    private readonly pairs_max: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** The next identification; undefined if all were used just now. `pair` is any number for the two addresses. */
  take(pair: number, now_ms: number): number | undefined {
    const sequence = this.find(pair, now_ms);
    const id = sequence.next;
    const block = Math.floor(id / BLOCK_IDS);
    // Entering a block means using it again; within one, what is reused is a whole round old.
    if (id % BLOCK_IDS === 0 && now_ms - (sequence.used_ms[block] ?? NEVER_MS) < this.reuse_ms_min) {
      return undefined;
    }
    sequence.used_ms[block] = now_ms;
    sequence.next = (id + 1) % IDS;
    return id;
  }

  private find(pair: number, now_ms: number): Sequence {
    // Two generations: a pair unused for one to two spans is forgotten without a look at any other.
    const is_due = now_ms - this.#turned_ms > 2 * this.reuse_ms_min;
    if (is_due || this.#recent.size >= this.pairs_max / 2) {
      if (!is_due && this.#older.size > 0) this.forgotten_early++;
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#turned_ms = now_ms;
    }
    let sequence = this.#recent.get(pair);
    if (sequence !== undefined) return sequence;
    sequence = this.#older.get(pair) ?? {
      next: Math.floor(this.random() * IDS),
      used_ms: new Float64Array(BLOCKS).fill(NEVER_MS),
    };
    this.#recent.set(pair, sequence);
    return sequence;
  }
}

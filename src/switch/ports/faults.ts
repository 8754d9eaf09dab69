import { Random } from '../externs/random';

/** What goes wrong with frames, each by itself: probabilities within 0..1. */
export interface FaultSettings {
  /** The frame never arrives. */
  loss: number;
  /** It arrives twice. */
  duplication: number;
  /** It arrives after the frame that follows it, or after 10 ms if none follows. */
  reordering: number;
  /** One bit of it is flipped. */
  corruption: number;
  /** Every frame is late by this much. */
  delay_us: number;
  /** The same seed and the same frames: the same faults. Arriving and leaving frames have luck of their own. */
  seed: number;
}

export const NO_FAULTS: FaultSettings = {
  loss: 0,
  duplication: 0,
  reordering: 0,
  corruption: 0,
  delay_us: 0,
  seed: 1,
};

export interface FaultCounts {
  lost: number;
  duplicated: number;
  reordered: number;
  corrupted: number;
  delayed: number;
  /** More frames held than there is room for. */
  overflowed: number;
}

export function emptyFaultCounts(): FaultCounts {
  return { lost: 0, duplicated: 0, reordered: 0, corrupted: 0, delayed: 0, overflowed: 0 };
}

const REORDER_WAIT_US = 10_000;
const HELD_MAX = 8192;

interface Held {
  due_us: number;
  frame: Uint8Array;
}

/** Throws RangeError naming the setting that is not what it must be, or that there is none of that name. */
export function checkFaults(settings: FaultSettings): void {
  const known = Object.keys(NO_FAULTS);
  const unknown = Object.keys(settings).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new RangeError(`${unknown}: one of ${known.join(', ')} is expected`);
  for (const name of ['loss', 'duplication', 'reordering', 'corruption'] as const) {
    const value = settings[name];
    if (!(value >= 0 && value <= 1))
      throw new RangeError(`${name} ${value}: a probability within 0..1 is expected`);
  }
  if (!(settings.delay_us >= 0 && settings.delay_us <= 60_000_000))
    throw new RangeError(`delay_us ${settings.delay_us}: 0..60000000 is expected`);
}

/** The faults of one direction of a port. */
export class FaultInjector {
  private readonly random: Random;
  /** Delayed frames, the next due first: all have the same delay. */
  private readonly delayed: Held[] = [];
  /** Waits for a frame to overtake it. */
  private overtaken: Held | undefined;

  /** @param pass takes the frames that arrive; valid only during the call */
  constructor(
    private readonly settings: FaultSettings,
    private readonly counts: FaultCounts,
    private readonly clock: { readonly now_us: number },
    private readonly pass: (buffer: Uint8Array, start: number, end: number) => void,
  ) {
    checkFaults(settings);
    this.random = new Random(settings.seed);
  }

  /** When the next held frame is due; Infinity if none is held. */
  get due_us(): number {
    return Math.min(this.delayed[0]?.due_us ?? Infinity, this.overtaken?.due_us ?? Infinity);
  }

  take(buffer: Uint8Array, start: number, end: number): void {
    const { settings, counts } = this;
    // Always five draws, so that one probability does not change what the others hit.
    const [loses, duplicates, reorders, corrupts] = [
      this.happens(settings.loss),
      this.happens(settings.duplication),
      this.happens(settings.reordering),
      this.happens(settings.corruption),
    ];
    const draw = this.random.next();
    if (loses) {
      counts.lost++;
      return;
    }
    const frame = buffer.slice(start, end);
    if (corrupts && frame.length > 0) {
      counts.corrupted++;
      const bit = draw % (frame.length * 8);
      frame[bit >> 3] = (frame[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
    }
    if (reorders && this.overtaken === undefined) {
      counts.reordered++;
      this.overtaken = { due_us: this.clock.now_us + REORDER_WAIT_US, frame };
    } else {
      this.forward(frame);
      if (this.overtaken !== undefined) {
        const { frame: late } = this.overtaken;
        this.overtaken = undefined;
        this.forward(late);
      }
    }
    if (duplicates) {
      counts.duplicated++;
      this.forward(frame);
    }
  }

  /** Passes on what is due. */
  release(): void {
    const { now_us } = this.clock;
    if (this.overtaken !== undefined && this.overtaken.due_us <= now_us) {
      const { frame } = this.overtaken;
      this.overtaken = undefined;
      this.forward(frame);
    }
    for (let next = this.delayed[0]; next !== undefined && next.due_us <= now_us; next = this.delayed[0]) {
      this.delayed.shift();
      this.pass(next.frame, 0, next.frame.length);
    }
  }

  private forward(frame: Uint8Array): void {
    const { delay_us } = this.settings;
    if (delay_us === 0) {
      this.pass(frame, 0, frame.length);
    } else if (this.delayed.length >= HELD_MAX) {
      this.counts.overflowed++;
    } else {
      this.counts.delayed++;
      this.delayed.push({ due_us: this.clock.now_us + delay_us, frame });
    }
  }

  private happens(probability: number): boolean {
    return (this.random.next() >>> 0) / 4294967296 < probability;
  }
}

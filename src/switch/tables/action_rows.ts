import { type ActionCall, EngineError, type EngineErrorCode } from '../engine';
import type { Action } from '../program/model';
import { limbCount, readLimbs, topLimbMax, writeLimbs } from '../runtime/limbs';

const CAPACITY_MIN = 16;
/** In place of an action's number: the row has none. */
const NONE = 0;

/** Limbs of a row: an action's number, and room for the arguments of the most demanding one. */
export function rowLimbs(actions: Action[]): number {
  return 1 + Math.max(0, ...actions.map(limbsOf));
}

/** Limbs of one action's arguments. */
function limbsOf({ parameters }: Action): number {
  return parameters.reduce((sum, { width }) => sum + limbCount(width), 0);
}

/** Actions with their arguments, by row. Generated code reads `words` directly. */
export class ActionRows {
  /**
   * `stride` limbs a row, side by side since a packet needs them all: the action's place in the list given, from 1,
   * or 0, then its arguments, each in limbs of its own.
   */
  words: Uint32Array;
  private readonly stride: number;
  /** Of each action's arguments. */
  private readonly limbs: number[];

  /** `owner` names the table or action profile in errors. */
  constructor(
    private readonly owner: string,
    private readonly list: Action[],
  ) {
    this.stride = rowLimbs(list);
    this.limbs = list.map(limbsOf);
    this.words = new Uint32Array(CAPACITY_MIN * this.stride);
  }

  /** @throws EngineError INVALID_ARGUMENT naming action and parameter */
  check(call: ActionCall): void {
    const action = this.list.find((a) => a.name === call.name);
    if (action === undefined) return this.invalid(`"${call.name}" is not one of its actions`);
    const { parameters } = action;
    if (call.args.length !== parameters.length)
      this.invalid(`action "${call.name}" takes ${parameters.length} arguments, found ${call.args.length}`);
    parameters.forEach(({ name, width }, i) => {
      const arg = call.args[i] as bigint;
      if (arg < 0n || arg >> BigInt(width) !== 0n)
        this.invalid(`action "${call.name}", "${name}": ${arg} does not fit in ${width} bits`);
    });
  }

  /** A call that was checked. */
  set(row: number, call: ActionCall): void {
    const number = this.list.findIndex((a) => a.name === call.name);
    let offset = this.begin(row, number);
    (this.list[number] as Action).parameters.forEach(({ width }, i) => {
      const limbs = limbCount(width);
      writeLimbs(this.words, offset, limbs, width, call.args[i] as bigint);
      offset += limbs;
    });
  }

  /** The number of an action whose arguments take `limbs`; negative: there is none such. */
  numberOf(name: string, limbs: number): number {
    return this.list.findIndex((action) => action.name === name && limbsOf(action) === limbs);
  }

  /** Whether arguments in limbs fit their parameters' widths. Throws EngineError INVALID_ARGUMENT. */
  checkWidths(number: number, words: Uint32Array, at: number): void {
    const { name, parameters } = this.list[number] as Action;
    let offset = at;
    for (const parameter of parameters) {
      if ((words[offset] as number) > topLimbMax(parameter.width))
        this.invalid(`action "${name}", "${parameter.name}" does not fit in ${parameter.width} bits`);
      offset += limbCount(parameter.width);
    }
  }

  /** Arguments in limbs, checked. */
  setLimbs(row: number, number: number, words: Uint32Array, at: number): void {
    const offset = this.begin(row, number);
    const count = this.limbs[number] as number;
    for (let i = 0; i < count; i++) this.words[offset + i] = words[at + i] as number;
  }

  clear(row: number): void {
    this.words[row * this.stride] = NONE;
  }

  has(row: number): boolean {
    return (this.words[row * this.stride] ?? NONE) !== NONE;
  }

  get(row: number): ActionCall {
    let offset = row * this.stride;
    const action = this.list[(this.words[offset++] as number) - 1];
    if (action === undefined) throw new RangeError(`row ${row} has no action`);
    const args = action.parameters.map(({ width }) => {
      const limbs = limbCount(width);
      const value = readLimbs(this.words, offset, limbs);
      offset += limbs;
      return value;
    });
    return { name: action.name, args };
  }

  /** Puts an action, by its place in the list from 0, into a row; where its arguments go. */
  private begin(row: number, number: number): number {
    const { stride } = this;
    if ((row + 1) * stride > this.words.length) {
      const { words } = this;
      this.words = new Uint32Array(Math.max((row + 1) * stride, words.length * 2));
      this.words.set(words);
    }
    this.words[row * stride] = number + 1;
    return row * stride + 1;
  }

  private invalid(message: string): never {
    const code: EngineErrorCode = 'INVALID_ARGUMENT';
    throw new EngineError(code, `${this.owner}: ${message}`);
  }
}

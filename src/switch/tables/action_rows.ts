import { type ActionCall, EngineError, type EngineErrorCode } from '../engine';
import type { Action } from '../program/model';
import { limbCount, readLimbs, topLimbMax, writeLimbs } from '../runtime/limbs';

const CAPACITY_MIN = 16;
/** In `actions`: the row has no action. */
const NONE = -1;

/** Limbs of a row's arguments: room for the most demanding action. */
export function argumentLimbs(actions: Action[]): number {
  return Math.max(1, ...actions.map(limbsOf));
}

/** Limbs of one action's arguments. */
function limbsOf({ parameters }: Action): number {
  return parameters.reduce((sum, { width }) => sum + limbCount(width), 0);
}

/** Actions with their arguments, by row. Generated code reads `actions` and `args` directly. */
export class ActionRows {
  /** The action's number in the list given, by row; negative: none. */
  actions = new Int32Array(CAPACITY_MIN).fill(NONE);
  /** The action's arguments, `stride` limbs a row, each argument in limbs of its own. */
  args: Uint32Array;
  private readonly stride: number;
  /** Of each action's arguments. */
  private readonly limbs: number[];

  /** `owner` names the table or action profile in errors. */
  constructor(
    private readonly owner: string,
    private readonly list: Action[],
  ) {
    this.stride = argumentLimbs(list);
    this.limbs = list.map(limbsOf);
    this.args = new Uint32Array(CAPACITY_MIN * this.stride);
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
    if (row >= this.actions.length) this.grow(row + 1);
    const number = this.list.findIndex((a) => a.name === call.name);
    this.actions[row] = number;
    let offset = row * this.stride;
    (this.list[number] as Action).parameters.forEach(({ width }, i) => {
      const limbs = limbCount(width);
      writeLimbs(this.args, offset, limbs, width, call.args[i] as bigint);
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
    if (row >= this.actions.length) this.grow(row + 1);
    this.actions[row] = number;
    const offset = row * this.stride;
    const count = this.limbs[number] as number;
    for (let i = 0; i < count; i++) this.args[offset + i] = words[at + i] as number;
  }

  clear(row: number): void {
    this.actions[row] = NONE;
  }

  has(row: number): boolean {
    return (this.actions[row] ?? NONE) >= 0;
  }

  get(row: number): ActionCall {
    const action = this.list[this.actions[row] as number];
    if (action === undefined) throw new RangeError(`row ${row} has no action`);
    let offset = row * this.stride;
    const args = action.parameters.map(({ width }) => {
      const limbs = limbCount(width);
      const value = readLimbs(this.args, offset, limbs);
      offset += limbs;
      return value;
    });
    return { name: action.name, args };
  }

  private grow(rows_min: number): void {
    const capacity = Math.max(rows_min, this.actions.length * 2);
    const { actions, args } = this;
    this.actions = new Int32Array(capacity).fill(NONE);
    this.actions.set(actions);
    this.args = new Uint32Array(capacity * this.stride);
    this.args.set(args);
  }

  private invalid(message: string): never {
    const code: EngineErrorCode = 'INVALID_ARGUMENT';
    throw new EngineError(code, `${this.owner}: ${message}`);
  }
}

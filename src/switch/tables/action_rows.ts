import { type ActionCall, EngineError, type EngineErrorCode } from '../engine';
import type { Action } from '../program/model';
import { limbCount, readLimbs, topLimbMax, writeLimbs } from '../runtime/limbs';
import type { Rows } from './rows';

/** In place of an action's number: the row has none. */
const NONE = 0;

/** Limbs of an action in a row: its number, and room for the arguments of the most demanding one. */
export function rowLimbs(actions: Action[]): number {
  return 1 + Math.max(0, ...actions.map(limbsOf));
}

/** Limbs of one action's arguments. */
function limbsOf({ parameters }: Action): number {
  return parameters.reduce((sum, { width }) => sum + limbCount(width), 0);
}

/**
 * Actions with their arguments, in rows that may have more in them: the action's place in the list given, from 1, or 0,
 * then its arguments, each in limbs of its own. Generated code reads the rows directly.
 */
export class ActionRows {
  /** Of each action's arguments. */
  private readonly limbs: number[];

  /**
   * @param owner names the table or action profile in errors
   * @param at where in a row the action begins
   */
  constructor(
    private readonly owner: string,
    private readonly list: Action[],
    readonly rows: Rows,
    private readonly at: number,
  ) {
    this.limbs = list.map(limbsOf);
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
      writeLimbs(this.rows.records, offset, limbs, width, call.args[i] as bigint);
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
    const { records } = this.rows;
    for (let i = 0; i < count; i++) records[offset + i] = words[at + i] as number;
  }

  clear(row: number): void {
    this.rows.records[this.place(row)] = NONE;
  }

  has(row: number): boolean {
    return (this.rows.records[this.place(row)] ?? NONE) !== NONE;
  }

  get(row: number): ActionCall {
    const { records } = this.rows;
    let offset = this.place(row);
    const action = this.list[(records[offset++] as number) - 1];
    if (action === undefined) throw new RangeError(`row ${row} has no action`);
    const args = action.parameters.map(({ width }) => {
      const limbs = limbCount(width);
      const value = readLimbs(records, offset, limbs);
      offset += limbs;
      return value;
    });
    return { name: action.name, args };
  }

  /** Puts an action, by its place in the list from 0, into a row; where its arguments go. */
  private begin(row: number, number: number): number {
    this.rows.reserve(row);
    const place = this.place(row);
    this.rows.records[place] = number + 1;
    return place + 1;
  }

  private place(row: number): number {
    return row * this.rows.stride + this.at;
  }

  private invalid(message: string): never {
    const code: EngineErrorCode = 'INVALID_ARGUMENT';
    throw new EngineError(code, `${this.owner}: ${message}`);
  }
}

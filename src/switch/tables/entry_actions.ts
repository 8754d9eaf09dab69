import { EngineError, type ActionCall, type EntryAction } from '../engine';
import type { Table } from '../program/model';
import { ActionRows } from './action_rows';
import type { ProfileStore, Target } from './profile_store';
import type { Rows } from './rows';

/** What a table's entries do, by entry number; entry 0 is the default. */
export interface EntryActions {
  /** @param at the entry whose place it takes, or 0. Throws EngineError, or `set` will succeed. */
  check(action: EntryAction, at: number): void;
  set(at: number, action: EntryAction): void;
  get(at: number): EntryAction;
  clear(at: number): void;
  has(at: number): boolean;
}

/** The entries have actions of their own. */
export class DirectActions extends ActionRows implements EntryActions {
  constructor(
    private readonly table: Table,
    rows: Rows,
    at: number,
  ) {
    super(`table "${table.name}"`, table.actions, rows, at);
  }

  override check(action: EntryAction): asserts action is ActionCall {
    if (!('name' in action))
      throw new EngineError('INVALID_ARGUMENT', `table "${this.table.name}": it has no action profile`);
    super.check(action);
  }

  override set(at: number, action: EntryAction): void {
    super.set(at, action as ActionCall);
  }
}

/** The entries name members and groups of an action profile. Generated code reads `targets` directly. */
export class IndirectActions implements EntryActions {
  /** What the profile knows each entry's action by. */
  targets = new Int32Array(16);
  private in_use = new Uint8Array(16);

  constructor(readonly profile: ProfileStore) {}

  check(action: EntryAction, at: number): void {
    this.profile.check(action, this.target(at));
  }

  set(at: number, action: EntryAction): void {
    if (at >= this.targets.length) this.grow(at + 1);
    // The new before the old, as BMv2's server has it: which rows are free depends on it.
    const target = this.profile.acquire(action);
    this.profile.release(this.target(at));
    this.targets[at] = target;
    this.in_use[at] = 1;
  }

  get(at: number): EntryAction {
    return this.profile.describe(this.target(at));
  }

  clear(at: number): void {
    this.profile.release(this.target(at));
    this.targets[at] = 0;
    this.in_use[at] = 0;
  }

  has(at: number): boolean {
    return this.in_use[at] === 1;
  }

  move(from: number, to: number): void {
    if (to >= this.targets.length) this.grow(to + 1);
    this.targets[to] = this.target(from);
    this.in_use[to] = 1;
    this.targets[from] = 0;
    this.in_use[from] = 0;
  }

  private target(at: number): Target {
    return this.targets[at] ?? 0;
  }

  private grow(entries_min: number): void {
    const capacity = Math.max(entries_min, this.targets.length * 2);
    const { targets, in_use } = this;
    this.targets = new Int32Array(capacity);
    this.targets.set(targets);
    this.in_use = new Uint8Array(capacity);
    this.in_use.set(in_use);
  }
}

import type { ActionCall } from '../engine';
import type { Action } from '../program/model';
import { ActionRows, rowLimbs } from './action_rows';
import { Rows } from './rows';

/**
 * The rows of an action profile: one for each member, more for a member that is heavier than 1 in some group. Row 0
 * is never used.
 *
 * BMv2 chooses among a group's members by the order of its own handles, which are the lowest free numbers. Rows are
 * given out in the same way, so that the same writes lead to the same choice.
 */
export class MemberRows {
  readonly rows: ActionRows;
  private first_free = 1;
  private used_count = 0;

  constructor(owner: string, actions: Action[]) {
    this.rows = new ActionRows(owner, actions, new Rows(rowLimbs(actions)), 0);
  }

  get used(): number {
    return this.used_count;
  }

  add(call: ActionCall): number {
    const row = this.first_free;
    this.rows.set(row, call);
    this.used_count++;
    while (this.rows.has(this.first_free)) this.first_free++;
    return row;
  }

  remove(row: number): void {
    this.rows.clear(row);
    this.used_count--;
    this.first_free = Math.min(this.first_free, row);
  }
}

import {
  EngineError,
  type EngineErrorCode,
  type EntryAction,
  type ProfileGroup,
  type ProfileLimits,
  type ProfileMember,
  type WeightedAction,
} from '../engine';
import type { ActionProfile } from '../program/model';
import type { ActionRows } from './action_rows';
import { MemberRows } from './member_rows';
import type { WatchPorts } from './watch_ports';

/** Rows of one profile: a weight is a number a client chooses, and each unit of it takes a row. */
const ROWS_MAX = 1 << 20;

interface Member {
  member_id: number;
  /** The first is the member itself; a group it weighs w in uses the first w. */
  rows: number[];
  /** How many groups it is in with each weight. */
  weights: Map<number, number>;
  /** Table entries that name it. */
  references: number;
}

interface Part {
  rows: number[];
  watch_port: number | undefined;
}

interface Group {
  /** As written; undefined for the group of a one-shot entry. */
  written: ProfileGroup | undefined;
  /** As written; undefined for a group of members. */
  one_shot: WeightedAction[] | undefined;
  parts: Part[];
  /** What it takes of the profile's size. */
  size: number;
  references: number;
}

/**
 * What an entry of an indirect table does, as one number: 0 nothing, positive the row of a member, negative a group.
 */
export type Target = number;

/** Members and groups of one action profile or selector. A call that throws has changed nothing. */
export class ProfileStore {
  private readonly members = new Map<number, Member>();
  /** Groups that clients made, as targets. */
  private readonly groups = new Map<number, Target>();
  /** By negated target; those of one-shot entries too. */
  private readonly group_at: (Group | undefined)[] = [undefined];
  /** The rows to choose among, by negated target: those whose watch port is up, in order. */
  private readonly choices: number[][] = [[]];
  private readonly free_groups: number[] = [];
  private readonly member_of_row = new Map<number, Member>();
  private readonly storage: MemberRows;
  private one_shots = 0;
  private groups_size = 0;
  private limits: ProfileLimits = { counted: 'weights', group_size_max: 0, member_weight_max: 0 };

  constructor(
    private readonly program: ActionProfile,
    private readonly ports: WatchPorts,
  ) {
    this.storage = new MemberRows(`action profile "${program.name}"`, program.actions);
  }

  // -- for generated code --

  get rows(): ActionRows {
    return this.storage.rows;
  }

  /** The row that a packet with this hash gets in a group, 0 where there is none to choose from. */
  choose(target: Target, hash: number | bigint): number {
    const rows = this.choices[-target] as number[];
    if (rows.length === 0) return 0;
    const word = typeof hash === 'bigint' ? Number(BigInt.asUintN(32, hash)) : hash >>> 0;
    return rows[word % rows.length] as number;
  }

  // -- for tables --

  /** Throws unless `acquire` can do it in place of what `replaced` names. */
  check(action: EntryAction, replaced: Target): void {
    if ('name' in action)
      this.fail('INVALID_ARGUMENT', `an entry names a member, a group or a one-shot set, not an action`);
    if ('one_shot' in action) return this.checkOneShot(action.one_shot, replaced);
    if (this.one_shots > 0)
      this.fail(
        'INVALID_ARGUMENT',
        'it is written by one-shot sets: they cannot be mixed with members and groups',
      );
    if ('member_id' in action) void this.member(action.member_id);
    else void this.groupTarget(action.group_id);
  }

  /** What was checked, as a target that is now referred to once more. */
  acquire(action: EntryAction): Target {
    if ('one_shot' in action) {
      this.one_shots++;
      const parts = action.one_shot.map(({ action: call, weight, watch_port }) => {
        const rows = Array.from({ length: weight }, () => this.storage.add(call));
        return { rows, watch_port };
      });
      return this.place({
        written: undefined,
        one_shot: action.one_shot,
        parts,
        size: this.sizeOf(action.one_shot),
        references: 1,
      });
    }
    if ('member_id' in action) {
      const member = this.member(action.member_id);
      member.references++;
      return member.rows[0] as number;
    }
    const target = this.groupTarget((action as { group_id: number }).group_id);
    this.group(target).references++;
    return target;
  }

  release(target: Target): void {
    if (target > 0) this.memberAt(target).references--;
    if (target >= 0) return;
    const group = this.group(target);
    group.references--;
    if (group.one_shot === undefined) return;
    for (const { rows } of group.parts) for (const row of rows) this.storage.remove(row);
    this.remove(target);
    this.one_shots--;
  }

  describe(target: Target): EntryAction {
    if (target > 0) return { member_id: this.memberAt(target).member_id };
    const { one_shot, written } = this.group(target);
    if (one_shot !== undefined) return { one_shot };
    return { group_id: (written as ProfileGroup).group_id };
  }

  // -- for the control plane --

  setLimits(limits: ProfileLimits): void {
    this.limits = limits;
  }

  portChanged(port: number): void {
    this.group_at.forEach((group, i) => {
      if (group?.parts.some(({ watch_port }) => watch_port === port)) this.choose_among(i, group);
    });
  }

  insertMember({ member_id, action }: ProfileMember): void {
    this.checkMode();
    if (member_id === 0) this.fail('INVALID_ARGUMENT', 'member id 0 means no member');
    this.rows.check(action);
    if (this.members.has(member_id)) this.fail('ALREADY_EXISTS', `member ${member_id} exists`);
    const { max_size } = this.program;
    if (this.members.size >= (max_size || ROWS_MAX))
      this.fail('RESOURCE_EXHAUSTED', `it is full (${max_size || ROWS_MAX} members)`);
    const row = this.storage.add(action);
    const member: Member = { member_id, rows: [row], weights: new Map(), references: 0 };
    this.members.set(member_id, member);
    this.member_of_row.set(row, member);
  }

  modifyMember({ member_id, action }: ProfileMember): void {
    const member = this.member(member_id);
    this.rows.check(action);
    for (const row of member.rows) this.rows.set(row, action);
  }

  deleteMember(member_id: number): void {
    const member = this.member(member_id);
    if (member.weights.size > 0) this.fail('FAILED_PRECONDITION', `member ${member_id} is in a group`);
    if (member.references > 0)
      this.fail('FAILED_PRECONDITION', `member ${member_id} is named by a table entry`);
    for (const row of member.rows) this.storage.remove(row);
    this.members.delete(member_id);
    this.member_of_row.delete(member.rows[0] as number);
  }

  *allMembers(): Generator<ProfileMember> {
    for (const { member_id, rows } of this.members.values())
      yield { member_id, action: this.rows.get(rows[0] as number) };
  }

  insertGroup(written: ProfileGroup): void {
    const { group_id } = written;
    this.checkMode();
    if (group_id === 0) this.fail('INVALID_ARGUMENT', 'group id 0 means no group');
    if (this.groups.has(group_id)) this.fail('ALREADY_EXISTS', `group ${group_id} exists`);
    const { max_size } = written;
    const { group_size_max } = this.limits;
    if (max_size < 0 || (group_size_max > 0 && max_size > group_size_max))
      this.fail(
        'INVALID_ARGUMENT',
        `group ${group_id}: max_size ${max_size} is not within 0..${group_size_max > 0 ? group_size_max : 'unlimited'}`,
      );
    this.checkGroup(written, max_size, 0);
    const empty = { ...written, members: [] };
    const group: Group = { written: empty, one_shot: undefined, parts: [], size: 0, references: 0 };
    this.groups.set(group_id, this.place(group));
    this.setMembers(group_id, written);
  }

  modifyGroup(written: ProfileGroup): void {
    const { group_id } = written;
    const { written: before, size } = this.group(this.groupTarget(group_id));
    const max_size = before?.max_size ?? 0;
    // As in BMv2's server, 0 leaves it as it is.
    if (written.max_size !== 0 && written.max_size !== max_size)
      this.fail('INVALID_ARGUMENT', `group ${group_id}: max_size was ${max_size} and cannot change`);
    this.checkGroup(written, max_size, size);
    this.setMembers(group_id, { ...written, max_size });
  }

  deleteGroup(group_id: number): void {
    const target = this.groupTarget(group_id);
    if (this.group(target).references > 0)
      this.fail('FAILED_PRECONDITION', `group ${group_id} is named by a table entry`);
    this.setMembers(group_id, { group_id, max_size: 0, members: [] });
    this.groups.delete(group_id);
    this.remove(target);
  }

  *allGroups(): Generator<ProfileGroup> {
    for (const target of this.groups.values()) yield this.group(target).written as ProfileGroup;
  }

  // -- within --

  private checkMode(): void {
    if (this.one_shots > 0)
      this.fail(
        'INVALID_ARGUMENT',
        'it is written by one-shot sets: they cannot be mixed with members and groups',
      );
  }

  private checkOneShot(actions: WeightedAction[], replaced: Target): void {
    const { program, limits } = this;
    if (program.selector === undefined)
      this.fail('INVALID_ARGUMENT', 'it has no selector: entries name members');
    if (this.members.size > 0 || this.groups.size > 0)
      this.fail('INVALID_ARGUMENT', 'it has members or groups: they cannot be mixed with one-shot sets');
    for (const { action, weight, watch_port } of actions) {
      this.rows.check(action);
      this.checkPart(`one-shot action "${action.name}"`, weight, watch_port);
    }
    const size = this.sizeOf(actions);
    if (limits.group_size_max > 0 && size > limits.group_size_max)
      this.fail(
        'INVALID_ARGUMENT',
        `a one-shot set of ${size} ${limits.counted}: at most ${limits.group_size_max}`,
      );
    this.checkRoom(size, replaced < 0 ? this.group(replaced).size : 0, weightOf(actions));
  }

  /** `size_before`: of the group's members before the write. */
  private checkGroup({ group_id, members }: ProfileGroup, max_size: number, size_before: number): void {
    const { program, limits } = this;
    if (program.selector === undefined) this.fail('INVALID_ARGUMENT', 'it has no selector, so no groups');
    const seen = new Set<number>();
    for (const { member_id, weight, watch_port } of members) {
      const what = `group ${group_id}, member ${member_id}`;
      this.checkPart(what, weight, watch_port);
      if (seen.has(member_id)) this.fail('INVALID_ARGUMENT', `${what} is given twice: use its weight`);
      seen.add(member_id);
    }
    for (const { member_id } of members) void this.member(member_id);
    const size = this.sizeOf(members);
    const size_max = max_size || limits.group_size_max;
    if (size_max > 0 && size > size_max)
      this.fail('RESOURCE_EXHAUSTED', `group ${group_id} of ${size} ${limits.counted}: at most ${size_max}`);
    this.checkRoom(size, size_before, weightOf(members));
  }

  private checkPart(what: string, weight: number, watch_port: number | undefined): void {
    const { member_weight_max } = this.limits;
    if (!Number.isInteger(weight) || weight < 1)
      this.fail('INVALID_ARGUMENT', `${what}: weight ${weight} is not above 0`);
    if (member_weight_max > 0 && weight > member_weight_max)
      this.fail('INVALID_ARGUMENT', `${what}: weight ${weight} is above ${member_weight_max}`);
    if (watch_port !== undefined && !this.ports.has(watch_port))
      this.fail('INVALID_ARGUMENT', `${what}: watch port ${watch_port} does not exist`);
  }

  private checkRoom(size: number, size_before: number, weight: number): void {
    const { max_size } = this.program;
    const total = this.groups_size - size_before + size;
    if (max_size > 0 && total > max_size)
      this.fail(
        'RESOURCE_EXHAUSTED',
        `its groups would have ${total} ${this.limits.counted}: at most ${max_size}`,
      );
    // No group needs more rows than its weights, even if its members have rows already.
    if (this.storage.used + weight > ROWS_MAX)
      this.fail('RESOURCE_EXHAUSTED', `weights above ${ROWS_MAX} in all are not supported`);
  }

  private sizeOf(parts: { weight: number }[]): number {
    return this.limits.counted === 'members' ? parts.length : weightOf(parts);
  }

  /** Gives a group its members, in BMv2's order: first the rows that are missing, then those no longer needed go. */
  private setMembers(group_id: number, written: ProfileGroup): void {
    const target = this.groupTarget(group_id);
    const group = this.group(target);
    const before = new Map(group.written?.members.map((m) => [m.member_id, m.weight]));
    const after = new Map(written.members.map((m) => [m.member_id, m.weight]));
    const changed = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
    for (const member_id of changed) {
      const member = this.member(member_id);
      const [old_weight, weight] = [before.get(member_id) ?? 0, after.get(member_id) ?? 0];
      while (member.rows.length < weight)
        member.rows.push(this.storage.add(this.rows.get(member.rows[0] as number)));
      addTo(member.weights, old_weight, -1);
      addTo(member.weights, weight, 1);
    }
    for (const member_id of changed) {
      const member = this.member(member_id);
      const needed = Math.max(1, ...member.weights.keys());
      for (const row of member.rows.splice(needed)) this.storage.remove(row);
    }
    const size = this.sizeOf(written.members);
    this.groups_size += size - group.size;
    group.size = size;
    group.written = written;
    group.parts = written.members.map(({ member_id, weight, watch_port }) => ({
      rows: this.member(member_id).rows.slice(0, weight),
      watch_port,
    }));
    this.choose_among(-target, group);
  }

  private choose_among(index: number, { parts }: Group): void {
    this.choices[index] = parts
      .filter(({ watch_port }) => this.ports.isUp(watch_port))
      .flatMap(({ rows }) => rows)
      .sort((a, b) => a - b);
  }

  private place(group: Group): Target {
    const index = this.free_groups.pop() ?? this.group_at.length;
    this.group_at[index] = group;
    this.groups_size += group.size;
    this.choose_among(index, group);
    return -index;
  }

  private remove(target: Target): void {
    this.groups_size -= this.group(target).size;
    this.group_at[-target] = undefined;
    this.choices[-target] = [];
    this.free_groups.push(-target);
  }

  private member(member_id: number): Member {
    return this.members.get(member_id) ?? this.fail('NOT_FOUND', `there is no member ${member_id}`);
  }

  private memberAt(row: number): Member {
    const member = this.member_of_row.get(row);
    if (member === undefined) throw new RangeError(`row ${row} is no member`);
    return member;
  }

  private groupTarget(group_id: number): Target {
    return this.groups.get(group_id) ?? this.fail('NOT_FOUND', `there is no group ${group_id}`);
  }

  private group(target: Target): Group {
    const group = this.group_at[-target];
    if (group === undefined) throw new RangeError(`target ${target} is no group`);
    return group;
  }

  private fail(code: EngineErrorCode, message: string): never {
    throw new EngineError(code, `action profile "${this.program.name}": ${message}`);
  }
}

function weightOf(parts: { weight: number }[]): number {
  return parts.reduce((sum, { weight }) => sum + weight, 0);
}

function addTo(counts: Map<number, number>, weight: number, by: 1 | -1): void {
  if (weight === 0) return;
  const count = (counts.get(weight) ?? 0) + by;
  if (count === 0) counts.delete(weight);
  else counts.set(weight, count);
}

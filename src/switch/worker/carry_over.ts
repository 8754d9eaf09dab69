import { EngineError, type Engine, type EntryAction, type SavedMeter } from '../engine';
import { addCounts, withoutCounters, type CarriedTable, type CopiedMeters } from './carry_counts';
import { RegisterCopies } from './carry_registers';

/**
 * What of one program's state another takes over, by the names that mean the same in both, and what must be unused
 * because the other does not have it.
 */
export interface CarriedNames {
  tables: CarriedTable[];
  /** Tables whose default action is not the program's own. */
  defaults: string[];
  profiles: string[];
  value_sets: string[];
  counters: string[];
  meters: string[];
  registers: string[];
  unused: { tables: string[]; profiles: string[]; value_sets: string[]; meters: string[]; actions: string[] };
}

/** What is left to do once everything else has been copied. */
export interface Carried {
  /** In one go, just before packets go through the other engine: they read and write registers. */
  copyRegisters(): void;
  /** Adds what packets made of the state: counts, the fill of meters, idle times. In steps, after the change. */
  addCounts(): Generator<undefined, void>;
}

/**
 * Copies state from one engine to another in small steps, while packets go through the first. Counts are not copied:
 * once packets go through the other engine, its own are added to those of the first, which do not change any more. So
 * none is lost and nothing has to wait. Both engines have one clock.
 * @throws EngineError INVALID_ARGUMENT naming what the other program cannot take
 */
export function* carryOver(from: Engine, to: Engine, names: CarriedNames): Generator<undefined, Carried> {
  checkUnused(from, names.unused);
  const gone_actions = new Set(names.unused.actions);
  function check(action: EntryAction | undefined): void {
    if (action === undefined) return;
    if ('one_shot' in action) for (const one of action.one_shot) check(one.action);
    else if ('name' in action && gone_actions.has(action.name))
      throw invalid(`action ${action.name} is in use, but not in the new program or with other parameters`);
  }
  for (const name of names.profiles) {
    for (const member of from.members(name)) {
      check(member.action);
      carry(`action profile ${name}, member ${member.member_id}`, () => to.insertMember(name, member));
      yield undefined;
    }
    for (const group of from.groups(name)) {
      carry(`action profile ${name}, group ${group.group_id}`, () => to.insertGroup(name, group));
      yield undefined;
    }
  }
  const copied: CopiedMeters = { entries: new Map(), cells: new Map() };
  for (const { name, with_meters } of names.tables) {
    const meters: (SavedMeter | undefined)[] = [];
    if (with_meters) copied.entries.set(name, meters);
    // What the new program has instead of the old one's entries is not what was there.
    for (const state of [...to.entries(name)]) if (!state.is_const) to.deleteEntry(name, state);
    for (const state of from.entries(name)) {
      // A const entry is the program's own.
      if (!state.is_const) {
        check(state.action);
        const saved = from.savedEntry(name, state);
        if (saved === undefined) continue;
        if (!with_meters && saved.meter !== undefined)
          throw invalid(`table ${name}: an entry's meter is configured, but the new program's is another`);
        if (to.entry(name, state) !== undefined)
          throw invalid(`table ${name}: the new program has an entry of its own where there is one`);
        carry(`table ${name}, an entry`, () =>
          to.restoreEntry(name, {
            ...saved,
            counter: undefined,
            saved_meter: with_meters ? withoutCounters(saved.saved_meter) : undefined,
          }),
        );
        if (with_meters) meters.push(saved.saved_meter);
      }
      yield undefined;
    }
  }
  for (const name of names.defaults) {
    const state = from.defaultAction(name);
    check(state?.action);
    carry(`table ${name}, the default action`, () => to.setDefaultAction(name, state?.action));
  }
  for (const name of names.value_sets)
    carry(`value set ${name}`, () => to.setValueSet(name, from.valueSet(name)));
  for (const { group_id, replicas } of from.multicastGroups()) to.setMulticastGroup(group_id, replicas);
  for (const session of from.cloneSessions()) to.setCloneSession(session.session_id, session);
  for (const name of names.meters) {
    const cells = new Map<number, SavedMeter>();
    copied.cells.set(name, cells);
    for (let i = 0; i < from.meterSize(name); i++) {
      const saved = from.savedMeter(name, i);
      if (saved !== undefined) {
        to.restoreMeter(name, i, withoutCounters(saved));
        cells.set(i, saved);
      }
      yield undefined;
    }
  }
  const registers = new RegisterCopies(from, to, names.registers);
  // Most of the time goes into memory that is touched for the first time.
  yield* registers.inSteps();
  return {
    copyRegisters: () => registers.atOnce(),
    addCounts: () => addCounts(from, to, names, copied),
  };
}

function checkUnused(from: Engine, unused: CarriedNames['unused']): void {
  for (const name of unused.tables) {
    for (const { is_const } of from.entries(name))
      if (!is_const)
        throw invalid(`table ${name} has entries, but is not in the new program or has other keys`);
  }
  for (const name of unused.profiles) {
    for (const { member_id } of from.members(name))
      throw invalid(`action profile ${name} has member ${member_id}, but is not in the new program`);
  }
  for (const name of unused.value_sets) {
    if (from.valueSet(name).length > 0)
      throw invalid(`value set ${name} has members, but is not in the new program or is of other fields`);
  }
  for (const name of unused.meters) {
    for (let i = 0; i < from.meterSize(name); i++) {
      if (from.readMeter(name, i).config !== undefined)
        throw invalid(`meter ${name}, cell ${i} is configured, but is not in the new program`);
    }
  }
}

function invalid(message: string): EngineError {
  return new EngineError('INVALID_ARGUMENT', message);
}

function carry(what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw invalid(`${what} does not fit the new program: ${error.message}`);
  }
}

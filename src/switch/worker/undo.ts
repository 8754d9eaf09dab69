import { EngineError, type Engine } from '../engine';
import type { EngineCall } from './engine_calls';

/**
 * The calls that bring back the state before `call`, asked for before it is made. Calls that fail anyway may answer
 * anything: they change nothing.
 * @throws EngineError UNIMPLEMENTED for what cannot be brought back
 */
export function undoCalls(engine: Engine, call: EngineCall): EngineCall[] {
  switch (call.method) {
    case 'insertEntry':
      return [{ method: 'deleteEntry', args: call.args }];
    case 'modifyEntry':
    case 'deleteEntry':
    case 'writeDirectMeter':
    case 'clearDirectMeterCounters': {
      const [table, key] = call.args;
      const before = engine.savedEntry(table, key);
      return before === undefined ? [] : [{ method: 'restoreEntry', args: [table, before] }];
    }
    case 'setDefaultAction': {
      const [table] = call.args;
      const before = engine.defaultAction(table);
      const calls: EngineCall[] = [{ method: 'setDefaultAction', args: [table, before?.action] }];
      if (before?.counter !== undefined)
        calls.push({ method: 'writeDefaultCounter', args: [table, before.counter] });
      return calls;
    }
    case 'writeDefaultCounter': {
      const [table] = call.args;
      const counter = engine.defaultAction(table)?.counter;
      return counter === undefined ? [] : [{ method: 'writeDefaultCounter', args: [table, counter] }];
    }
    case 'writeDirectCounter': {
      const [table, key] = call.args;
      const counter = engine.entry(table, key)?.counter;
      return counter === undefined ? [] : [{ method: 'writeDirectCounter', args: [table, key, counter] }];
    }
    case 'writeCounter': {
      const [name, index] = call.args;
      return [{ method: 'writeCounter', args: [name, index, engine.readCounter(name, index)] }];
    }
    case 'writeMeter':
    case 'clearMeterCounters': {
      const [name, index] = call.args;
      return [{ method: 'restoreMeter', args: [name, index, engine.savedMeter(name, index)] }];
    }
    case 'writeRegister': {
      const [name, index] = call.args;
      return [{ method: 'writeRegister', args: [name, index, engine.readRegister(name, index)] }];
    }
    case 'insertMember': {
      const [profile, { member_id }] = call.args;
      return [{ method: 'deleteMember', args: [profile, member_id] }];
    }
    case 'modifyMember':
    case 'deleteMember': {
      const [profile, of] = call.args;
      const id = typeof of === 'number' ? of : of.member_id;
      const before = find(engine.members(profile), ({ member_id }) => member_id === id);
      if (before === undefined) return [];
      const method = call.method === 'modifyMember' ? 'modifyMember' : 'insertMember';
      return [{ method, args: [profile, before] }];
    }
    case 'insertGroup': {
      const [profile, { group_id }] = call.args;
      return [{ method: 'deleteGroup', args: [profile, group_id] }];
    }
    case 'modifyGroup':
    case 'deleteGroup': {
      const [profile, of] = call.args;
      const id = typeof of === 'number' ? of : of.group_id;
      const before = find(engine.groups(profile), ({ group_id }) => group_id === id);
      if (before === undefined) return [];
      const method = call.method === 'modifyGroup' ? 'modifyGroup' : 'insertGroup';
      return [{ method, args: [profile, before] }];
    }
    case 'setValueSet': {
      const [name] = call.args;
      return [{ method: 'setValueSet', args: [name, engine.valueSet(name)] }];
    }
    case 'setMulticastGroup': {
      const [id] = call.args;
      const before = find(engine.multicastGroups(), ({ group_id }) => group_id === id);
      return [{ method: 'setMulticastGroup', args: [id, before?.replicas] }];
    }
    case 'setCloneSession': {
      const [id] = call.args;
      const before = find(engine.cloneSessions(), ({ session_id }) => session_id === id);
      return [{ method: 'setCloneSession', args: [id, before] }];
    }
    default:
      throw new EngineError(
        'UNIMPLEMENTED',
        `${call.method} cannot be undone, so not in a batch that may have to be`,
      );
  }
}

function find<T>(items: Iterable<T>, is_wanted: (item: T) => boolean): T | undefined {
  for (const item of items) if (is_wanted(item)) return item;
  return undefined;
}

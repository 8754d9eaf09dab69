/** Action profiles and selectors on the engine itself. */
import fc from 'fast-check';
import { EngineError, type EntryAction, type MatchValue, type WeightedAction } from '../../src/switch/engine';
import { crc16 } from '../../src/switch/externs/hash';
import { ProgramUnderTest } from './program';

const SHARED = 'MyIngress.shared';
const CRC = 'MyIngress.crc';
const COUNTED = 'MyIngress.counted';
const SELECTED = 'MyIngress.selected';
const PLAIN = 'MyIngress.selected_plain';
const EXACT = 'MyIngress.profiled_exact';
const TERNARY = 'MyIngress.profiled_ternary';

const mark = (value: number, port = 1) => ({ name: 'MyIngress.mark', args: [BigInt(value), BigInt(port)] });
const DENY = { name: 'MyIngress.deny', args: [] };
const member = (member_id: number, value = member_id) => ({ member_id, action: mark(value) });
const part = (member_id: number, weight = 1, watch_port?: number) => ({ member_id, weight, watch_port });
const group = (group_id: number, members: ReturnType<typeof part>[], max_size = 0) => ({
  group_id,
  max_size,
  members,
});
const weighted = (value: number, weight = 1, watch_port?: number): WeightedAction => ({
  action: mark(value),
  weight,
  watch_port,
});
const entry = (key: number, action: EntryAction) => ({
  match: [{ kind: 'exact', value: BigInt(key) }] as MatchValue[],
  priority: 0,
  action,
  idle_timeout_ns: 0n,
});

interface Reply {
  port: number;
  result: number;
  trail: number;
}

/** Table number, key, flow, wide; the program answers in the last two bytes. */
function request(table: number, key: number, flow = 0, wide = 0): Buffer {
  const bytes = Buffer.alloc(11);
  bytes[0] = table;
  bytes[1] = key;
  bytes.writeUInt16BE(flow, 2);
  bytes.writeUIntBE(wide, 4, 5);
  return bytes;
}

function run(program: ProgramUnderTest, frame: Buffer): Reply | undefined {
  const [sent] = program.run(0, frame);
  return sent && { port: sent.port, result: sent.frame[9] as number, trail: sent.frame[10] as number };
}

function code(work: () => void): string {
  try {
    work();
    return 'OK';
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
}

let program: ProgramUnderTest;
beforeEach(() => {
  program = new ProgramUnderTest('selectors');
});

describe('action profile', () => {
  test('entries of two tables share a member, and its changes', () => {
    const { engine } = program;
    engine.insertMember(SHARED, { member_id: 7, action: mark(5, 3) });
    engine.insertEntry(EXACT, entry(1, { member_id: 7 }));
    engine.insertEntry(TERNARY, {
      ...entry(0, { member_id: 7 }),
      match: [{ kind: 'ternary', value: 0n, mask: 0n }],
      priority: 1,
    });
    expect(run(program, request(0, 1))).toEqual({ port: 3, result: 5, trail: 1 });
    expect(run(program, request(1, 9))).toEqual({ port: 3, result: 5, trail: 0 });
    engine.modifyMember(SHARED, { member_id: 7, action: mark(6, 2) });
    expect(run(program, request(0, 1))).toEqual({ port: 2, result: 6, trail: 1 });
    engine.modifyMember(SHARED, { member_id: 7, action: DENY });
    expect(run(program, request(0, 1))).toBeUndefined();
    expect(run(program, request(1, 9))).toBeUndefined();
    expect([...engine.entries(EXACT)].map(({ action }) => action)).toEqual([{ member_id: 7 }]);
    expect([...engine.members(SHARED)]).toEqual([{ member_id: 7, action: DENY }]);
  });

  test('a miss does nothing and there is no default to set', () => {
    expect(run(program, request(0, 1))).toEqual({ port: 1, result: 0, trail: 0 });
    expect(program.engine.defaultAction(EXACT)).toBeUndefined();
    expect(code(() => program.engine.setDefaultAction(EXACT, mark(1)))).toBe('INVALID_ARGUMENT');
  });

  test('a member in use stays', () => {
    const { engine } = program;
    engine.insertMember(SHARED, member(1));
    engine.insertMember(SHARED, member(2));
    engine.insertEntry(EXACT, entry(1, { member_id: 1 }));
    expect(code(() => engine.deleteMember(SHARED, 1))).toBe('FAILED_PRECONDITION');
    engine.modifyEntry(EXACT, entry(1, { member_id: 2 }));
    expect(code(() => engine.deleteMember(SHARED, 1))).toBe('OK');
    expect(code(() => engine.deleteMember(SHARED, 2))).toBe('FAILED_PRECONDITION');
    engine.deleteEntry(EXACT, entry(1, { member_id: 2 }));
    expect(code(() => engine.deleteMember(SHARED, 2))).toBe('OK');
  });

  test.each<[string, string, (p: ProgramUnderTest) => void]>([
    ['an id twice', 'ALREADY_EXISTS', (p) => p.engine.insertMember(SHARED, member(1))],
    ['id 0', 'INVALID_ARGUMENT', (p) => p.engine.insertMember(SHARED, member(0))],
    ['a member that is not there', 'NOT_FOUND', (p) => p.engine.modifyMember(SHARED, member(9))],
    ['none to delete', 'NOT_FOUND', (p) => p.engine.deleteMember(SHARED, 9)],
    [
      'an action of no table of it',
      'INVALID_ARGUMENT',
      (p) => p.engine.insertMember(SHARED, { member_id: 2, action: { name: 'MyIngress.trail', args: [1n] } }),
    ],
    [
      'an argument too wide',
      'INVALID_ARGUMENT',
      (p) => p.engine.insertMember(SHARED, { member_id: 2, action: mark(256) }),
    ],
    ['an entry of no member', 'NOT_FOUND', (p) => p.engine.insertEntry(EXACT, entry(1, { member_id: 9 }))],
    ['an entry with an action', 'INVALID_ARGUMENT', (p) => p.engine.insertEntry(EXACT, entry(1, mark(1)))],
    ['a group', 'INVALID_ARGUMENT', (p) => p.engine.insertGroup(SHARED, group(1, [part(1)]))],
    [
      'a one-shot set',
      'INVALID_ARGUMENT',
      (p) => p.engine.insertEntry(EXACT, entry(1, { one_shot: [weighted(1)] })),
    ],
    [
      'a member where the table has none',
      'INVALID_ARGUMENT',
      (p) => p.engine.insertEntry('MyIngress.after', entry(1, { member_id: 1 })),
    ],
    [
      'more members than its size',
      'RESOURCE_EXHAUSTED',
      (p) => {
        for (const id of [2, 3, 4, 5]) p.engine.insertMember(SHARED, member(id));
      },
    ],
    ['a profile that is not there', 'NOT_FOUND', (p) => p.engine.insertMember('nowhere', member(1))],
  ])('%s is %s', (_, expected, work) => {
    program.engine.insertMember(SHARED, member(1));
    expect(code(() => work(program))).toBe(expected);
  });
});

describe('action selector', () => {
  test('the hash of the selector fields chooses among the members, by weight, in the order of their making', () => {
    const { engine } = program;
    for (const id of [30, 10, 20]) engine.insertMember(CRC, member(id));
    engine.insertGroup(CRC, group(1, [part(10, 1), part(20, 2), part(30, 1)]));
    engine.insertEntry(SELECTED, entry(1, { group_id: 1 }));
    // 20 gets its second row last.
    const order = [30, 10, 20, 20];
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffffffffff), (flow, wide) => {
        const bytes = request(2, 1, flow, wide);
        const hash = crc16(bytes.subarray(2, 9), 7);
        expect(run(program, bytes)).toEqual({ port: 1, result: order[hash % 4], trail: 2 });
      }),
    );
  });

  test('an entry may name a member too', () => {
    program.engine.insertMember(CRC, member(4));
    program.engine.insertEntry(SELECTED, entry(1, { member_id: 4 }));
    expect(run(program, request(2, 1, 77))).toEqual({ port: 1, result: 4, trail: 2 });
  });

  test('a packet of an empty group fares like one that missed: no action runs', () => {
    const { engine } = program;
    engine.insertMember(CRC, { member_id: 1, action: DENY });
    engine.insertGroup(CRC, group(1, [part(1)]));
    engine.insertEntry(SELECTED, entry(1, { group_id: 1 }));
    expect(run(program, request(2, 1))).toBeUndefined();
    engine.modifyGroup(CRC, group(1, []));
    expect(run(program, request(2, 1))).toEqual({ port: 1, result: 0, trail: 0 });
    engine.deleteMember(CRC, 1);
  });

  test('members whose watch port is down are not chosen', () => {
    const { engine } = program;
    engine.setPortUp(1, true);
    engine.setPortUp(2, true);
    for (const id of [1, 2, 3]) engine.insertMember(CRC, member(id));
    engine.insertGroup(CRC, group(1, [part(1, 1, 1), part(2, 1, 2), part(3, 2, 2)]));
    engine.insertEntry(SELECTED, entry(1, { group_id: 1 }));
    const seen = (): number[] => {
      const results = Array.from(
        { length: 64 },
        (_, flow) => run(program, request(2, 1, flow))?.result ?? -1,
      );
      return [...new Set(results)].sort((a, b) => a - b);
    };
    expect(seen()).toEqual([1, 2, 3]);
    engine.setPortUp(2, false);
    expect(seen()).toEqual([1]);
    engine.setPortUp(1, false);
    expect(seen()).toEqual([0]);
    engine.setPortUp(2, true);
    expect(seen()).toEqual([2, 3]);
    expect([...engine.groups(CRC)]).toEqual([group(1, [part(1, 1, 1), part(2, 1, 2), part(3, 2, 2)])]);
    engine.modifyGroup(CRC, group(1, [part(1)]));
    expect(seen()).toEqual([1]);
    expect(code(() => engine.modifyGroup(CRC, group(1, [part(1, 1, 9)])))).toBe('INVALID_ARGUMENT');
  });

  test.each<[string, string, (p: ProgramUnderTest) => void]>([
    ['a group twice', 'ALREADY_EXISTS', (p) => p.engine.insertGroup(CRC, group(1, []))],
    ['group 0', 'INVALID_ARGUMENT', (p) => p.engine.insertGroup(CRC, group(0, []))],
    ['no such member', 'NOT_FOUND', (p) => p.engine.insertGroup(CRC, group(2, [part(9)]))],
    ['a member twice', 'INVALID_ARGUMENT', (p) => p.engine.insertGroup(CRC, group(2, [part(1), part(1)]))],
    ['weight 0', 'INVALID_ARGUMENT', (p) => p.engine.insertGroup(CRC, group(2, [part(1, 0)]))],
    ['a group too heavy', 'RESOURCE_EXHAUSTED', (p) => p.engine.insertGroup(CRC, group(2, [part(1, 7)]))],
    ['its own limit', 'RESOURCE_EXHAUSTED', (p) => p.engine.insertGroup(CRC, group(2, [part(1, 3)], 2))],
    ['a limit above the limit', 'INVALID_ARGUMENT', (p) => p.engine.insertGroup(CRC, group(2, [], 7))],
    ['another limit', 'INVALID_ARGUMENT', (p) => p.engine.modifyGroup(CRC, group(1, [], 3))],
    ['no such group', 'NOT_FOUND', (p) => p.engine.modifyGroup(CRC, group(2, []))],
    ['none to delete', 'NOT_FOUND', (p) => p.engine.deleteGroup(CRC, 2)],
    ['a group in use', 'FAILED_PRECONDITION', (p) => p.engine.deleteGroup(CRC, 1)],
    ['a member in a group', 'FAILED_PRECONDITION', (p) => p.engine.deleteMember(CRC, 1)],
    ['an entry of no group', 'NOT_FOUND', (p) => p.engine.insertEntry(SELECTED, entry(2, { group_id: 2 }))],
    [
      'a one-shot set beside members',
      'INVALID_ARGUMENT',
      (p) => p.engine.insertEntry(SELECTED, entry(2, { one_shot: [weighted(1)] })),
    ],
    [
      'weights above the size of all',
      'RESOURCE_EXHAUSTED',
      (p) => {
        for (let id = 2; id < 20; id++) p.engine.insertGroup(CRC, group(id, [part(1, 6)]));
      },
    ],
  ])('%s is %s and changes nothing', (_, expected, work) => {
    const { engine } = program;
    engine.setProfileLimits(CRC, { counted: 'weights', group_size_max: 6, member_weight_max: 0 });
    engine.insertMember(CRC, member(1));
    engine.insertGroup(CRC, group(1, [part(1, 2)], 4));
    engine.insertEntry(SELECTED, entry(1, { group_id: 1 }));
    expect(code(() => work(program))).toBe(expected);
    expect([...engine.groups(CRC)][0]).toEqual(group(1, [part(1, 2)], 4));
    expect(run(program, request(2, 1))?.result).toBe(1);
  });

  test('sizes may count members instead of weights', () => {
    const { engine } = program;
    engine.setProfileLimits(COUNTED, { counted: 'members', group_size_max: 3, member_weight_max: 8 });
    for (const id of [1, 2, 3, 4]) engine.insertMember(COUNTED, member(id));
    engine.insertGroup(COUNTED, group(1, [part(1, 8), part(2, 8), part(3, 8)]));
    expect(code(() => engine.insertGroup(COUNTED, group(2, [part(1, 9)])))).toBe('INVALID_ARGUMENT');
    expect(
      code(() =>
        engine.modifyGroup(
          COUNTED,
          group(
            1,
            [1, 2, 3, 4].map((id) => part(id)),
          ),
        ),
      ),
    ).toBe('RESOURCE_EXHAUSTED');
    engine.insertGroup(COUNTED, group(2, [part(1), part(4)]));
    expect(code(() => engine.insertGroup(COUNTED, group(3, [part(1)])))).toBe('RESOURCE_EXHAUSTED');
    engine.deleteGroup(COUNTED, 2);
    expect(code(() => engine.insertGroup(COUNTED, group(3, [part(1)])))).toBe('OK');
  });
});

describe('one-shot sets', () => {
  const plain = (key: number, one_shot: WeightedAction[]) => ({
    ...entry(key, { one_shot }),
    match: [{ kind: 'lpm', value: BigInt(key), prefix_length: 8 }] as MatchValue[],
  });

  test('are chosen from by weight, replaced, read back and gone', () => {
    const { engine } = program;
    const set = [weighted(1), weighted(2, 3), weighted(1)];
    engine.insertEntry(PLAIN, plain(5, set));
    const results = (): (number | undefined)[] =>
      [0, 1, 2, 3, 4].map((flow) => run(program, request(3, 5, flow))?.result);
    expect(results()).toEqual([1, 2, 2, 2, 1]);
    expect([...engine.entries(PLAIN)].map(({ action }) => action)).toEqual([{ one_shot: set }]);
    engine.modifyEntry(PLAIN, plain(5, [weighted(8)]));
    expect(results()).toEqual([8, 8, 8, 8, 8]);
    expect([...engine.members('MyIngress.plain')]).toEqual([]);
    expect([...engine.groups('MyIngress.plain')]).toEqual([]);
    expect(code(() => engine.insertMember('MyIngress.plain', member(1)))).toBe('INVALID_ARGUMENT');
    engine.deleteEntry(PLAIN, plain(5, []));
    expect(results()).toEqual([0, 0, 0, 0, 0]);
    engine.insertMember('MyIngress.plain', member(1));
    expect(code(() => engine.insertEntry(PLAIN, plain(5, set)))).toBe('INVALID_ARGUMENT');
  });

  test('are refused whole', () => {
    const { engine } = program;
    engine.setProfileLimits('MyIngress.plain', {
      counted: 'weights',
      group_size_max: 4,
      member_weight_max: 0,
    });
    engine.insertEntry(PLAIN, plain(5, [weighted(1, 4)]));
    expect(code(() => engine.modifyEntry(PLAIN, plain(5, [weighted(2, 5)])))).toBe('INVALID_ARGUMENT');
    expect(code(() => engine.modifyEntry(PLAIN, plain(5, [weighted(2, 0)])))).toBe('INVALID_ARGUMENT');
    expect(code(() => engine.modifyEntry(PLAIN, plain(5, [weighted(2, 1, 6)])))).toBe('INVALID_ARGUMENT');
    expect(code(() => engine.insertEntry(PLAIN, plain(5, [weighted(2)])))).toBe('ALREADY_EXISTS');
    expect([...engine.entries(PLAIN)].map(({ action }) => action)).toEqual([{ one_shot: [weighted(1, 4)] }]);
    expect(run(program, request(3, 5, 3))?.result).toBe(1);
  });

  test('weights beyond all measure take no memory', () => {
    const huge = plain(5, [weighted(1, 2 ** 31 - 1)]);
    expect(code(() => program.engine.insertEntry(PLAIN, huge))).toBe('RESOURCE_EXHAUSTED');
  });

  test('counters and idle times of indirect tables', () => {
    const { engine } = program;
    engine.insertEntry(SELECTED, { ...entry(3, { one_shot: [weighted(1)] }), idle_timeout_ns: 1000n });
    run(program, request(2, 3));
    expect([...engine.entries(SELECTED)][0]?.counter).toEqual({ packets: 1n, bytes: 11n });
    engine.tick(1e6);
    expect(program.idle).toMatchObject([{ entry: { action: { one_shot: [weighted(1)] } } }]);
  });
});

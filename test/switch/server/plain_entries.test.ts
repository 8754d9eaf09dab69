import * as fc from 'fast-check';
import { Update, Update_Type, WriteRequest, type FieldMatch } from 'p4runtime-js';
import { EngineError } from '../../../src/switch/engine';
import { PlainEntries } from '../../../src/switch/server/entities/plain_entries';
import { prepareTableEntry } from '../../../src/switch/server/entities/table_entry';
import type { KeyField, TableSpec } from '../../../src/switch/server/p4info';
import { Pipeline } from '../../../src/switch/server/pipeline';
import { decodeWriteRequest, type EncodedUpdates } from '../../../src/switch/server/write_request';
import { finish, runBatch } from '../../../src/switch/worker/engine_calls';
import { runRows } from '../../../src/switch/worker/row_batch';
import { ProgramUnderTest } from '../program';
import { bytes, pipelineConfig } from './raw_client';

const pipeline = new Pipeline(pipelineConfig('matches'));
const tables = [...pipeline.info.tables.values()];
const plain = new PlainEntries(pipeline.info);

/** Few values, so that entries meet; some of them, with some widths, are one bit or byte too long. */
function value(width_bits: number): fc.Arbitrary<Buffer> {
  const all = (1n << BigInt(width_bits)) - 1n;
  return fc
    .record({
      value: fc.oneof(
        { weight: 12, arbitrary: fc.bigInt(0n, 1n) },
        { weight: 2, arbitrary: fc.bigInt(0n, all) },
        { weight: 1, arbitrary: fc.constantFrom(all, all << 1n, all + 1n) },
      ),
      zeros: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(3)),
      empty: fc.nat(40).map((n) => n === 0),
    })
    .map(({ value, zeros, empty }) =>
      empty ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(zeros), bytes(value)]),
    );
}

/** `value` of a prefix, most of the time without bits beyond it. */
function prefix(width: number): fc.Arbitrary<{ value: Buffer; prefixLen: number }> {
  return fc
    .tuple(fc.oneof(fc.integer({ min: -1, max: width + 1 }), fc.integer({ min: 1, max: 4 })), value(width))
    .map(([prefixLen, given]) => {
      const low = BigInt(Math.max(0, width - prefixLen));
      const number = BigInt(`0x0${given.toString('hex')}`);
      return { value: given.length === 0 ? given : bytes((number >> low) << low), prefixLen };
    });
}

function fieldMatch({ id, kind, width_bits: width }: KeyField): fc.Arbitrary<FieldMatch> {
  const one = value(width);
  const kinds = {
    exact: one.map((v) => ({ $case: 'exact' as const, value: { value: v } })),
    optional: one.map((v) => ({ $case: 'optional' as const, value: { value: v } })),
    ternary: fc.tuple(one, one, fc.nat(9)).map(([v, m, keep]) => {
      const masked = BigInt(`0x0${v.toString('hex')}`) & BigInt(`0x0${m.toString('hex')}`);
      return { $case: 'ternary' as const, value: { value: keep === 0 ? v : bytes(masked), mask: m } };
    }),
    lpm: prefix(width).map((v) => ({ $case: 'lpm' as const, value: v })),
    range: fc.tuple(one, one).map(([low, high]) => ({ $case: 'range' as const, value: { low, high } })),
  };
  return kinds[kind].map((fieldMatchType) => ({ fieldId: id, fieldMatchType }));
}

function update(table: TableSpec): fc.Arbitrary<Update> {
  const rarely = <T>(usual: T, other: T): fc.Arbitrary<T> => fc.nat(30).map((n) => (n === 0 ? other : usual));
  const fields = table.keys.map((key) =>
    fc.tuple(fieldMatch(key), fc.nat(key.kind === 'exact' ? 40 : 3), rarely(key.id, 1)),
  );
  const actions = [...table.actions.values()].map(({ action }) => action);
  const action = fc
    .constantFrom(...actions)
    .chain(({ id, params }) =>
      fc.tuple(
        rarely(id, id + 1),
        fc.tuple(...params.map((param) => fc.tuple(rarely(param.id, 7), value(param.width_bits)))),
      ),
    );
  return fc
    .record({
      type: fc.constantFrom(1, 1, 1, 2, 3),
      fields: fc.tuple(...fields),
      reversed: fc.boolean(),
      priority: table.has_priority ? fc.integer({ min: 0, max: 9 }) : rarely(0, 1),
      action,
      with_action: fc.nat(20),
    })
    .map(({ type, fields, reversed, priority, action: [actionId, params], with_action }) => {
      const match = fields.flatMap(([field, absent, fieldId]) =>
        absent === 0 ? [] : [{ ...field, fieldId }],
      );
      const value = { actionId, params: params.map(([paramId, value]) => ({ paramId, value })) };
      const tableEntry = {
        tableId: table.id,
        match: reversed ? match.reverse() : match,
        priority,
        ...(with_action > 0 && { action: { type: { $case: 'action' as const, value } } }),
      };
      return Update.fromPartial({ type, entity: { entity: { $case: 'tableEntry', value: tableEntry } } });
    });
}

function encoded(updates: Update[]): EncodedUpdates {
  const request = WriteRequest.encode(
    WriteRequest.fromPartial({ deviceId: 3n, updates, role: 'r' }),
  ).finish();
  const decoded = decodeWriteRequest(request);
  expect([decoded.deviceId, decoded.role]).toEqual([3n, 'r']);
  return decoded.updates;
}

/** The long way does not look at the action of an entry to be deleted, and a change need not have one. */
function isOfBothWays({ type, entity }: Update): boolean {
  if (entity?.entity?.$case !== 'tableEntry') throw new Error('not a table entry');
  return (
    Number(type) === Number(Update_Type.INSERT) ||
    (Number(type) === Number(Update_Type.MODIFY) && entity.entity.value.action !== undefined)
  );
}

/** The outcome of each update the long way; undefined where it is refused before the engine sees it. */
function theLongWay(updates: Update[], program: ProgramUnderTest): (string | undefined)[] {
  return updates.map(({ type, entity }) => {
    if (entity?.entity?.$case !== 'tableEntry') throw new Error('not a table entry');
    try {
      const { calls } = prepareTableEntry(pipeline, type, entity.entity.value);
      const [outcome] = finish(runBatch(program.engine, calls));
      return outcome === undefined || outcome.ok ? 'OK' : outcome.code;
    } catch {
      return undefined;
    }
  });
}

test('plain entries the short way are the same entries as the long way, and what is not plain is left to it', () => {
  const seen = new Set<string>();
  let taken = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...tables).chain((table) => fc.array(update(table), { minLength: 1, maxLength: 40 })),
      (updates) => {
        const [short, long] = [new ProgramUnderTest('matches'), new ProgramUnderTest('matches')];
        // One by one, so that what is not plain in one of them does not hide the others.
        const expected = theLongWay(updates, long);
        const outcomes = updates.map((one, i) => {
          const rows = plain.rowsOf(encoded([one]));
          if (isOfBothWays(one)) expect(rows === undefined).toBe(expected[i] === undefined);
          if (rows === undefined) return theLongWay([one], short)[0];
          taken++;
          const [failure] = finish(runRows(short.engine, rows));
          return failure?.code ?? 'OK';
        });
        expect(outcomes).toEqual(expected);
        for (const { name } of tables)
          expect([...short.engine.entries(name)]).toEqual([...long.engine.entries(name)]);
        for (const one of outcomes) seen.add(one ?? 'refused');
      },
    ),
    { numRuns: 120 },
  );
  // The property says something only if all of these come up.
  for (const one of ['OK', 'refused', 'ALREADY_EXISTS', 'NOT_FOUND']) expect([...seen]).toContain(one);
  expect(taken).toBeGreaterThan(100);
});

test('a batch is done in order, its failures told by number', () => {
  const exact = tables.find(({ name }) => name === 'match.by_lpm_wide');
  if (exact === undefined) throw new Error('no such table');
  const [match] = fc.sample(fieldMatch(exact.keys[0] as KeyField), { numRuns: 1, seed: 1 });
  const [found] = [...exact.actions.values()].filter(({ in_entries }) => in_entries);
  const params = found?.action.params.map(({ id }) => ({ paramId: id, value: bytes(1) })) ?? [];
  const one = (type: number): Update => {
    const action = { type: { $case: 'action' as const, value: { actionId: found?.action.id ?? 0, params } } };
    const value = { tableId: exact.id, match: match === undefined ? [] : [match], action };
    return Update.fromPartial({ type, entity: { entity: { $case: 'tableEntry', value } } });
  };
  const program = new ProgramUnderTest('matches');
  const rows = plain.rowsOf(encoded([3, 1, 1, 2, 3, 3, 1].map(one)));
  if (rows === undefined) throw new Error('not plain');
  expect(finish(runRows(program.engine, rows)).map(({ row, code }) => [row, code])).toEqual([
    [0, 'NOT_FOUND'],
    [2, 'ALREADY_EXISTS'],
    [5, 'NOT_FOUND'],
  ]);
  expect([...program.engine.entries(exact.name)]).toHaveLength(1);
});

test('rows laid out for another program are refused', () => {
  const { engine } = new ProgramUnderTest('matches');
  expect(() => engine.rowWriter({ name: 'match.by_exact', stride: 2, actions: [] })).toThrow(EngineError);
  expect(() => engine.rowWriter({ name: 'nowhere', stride: 2, actions: [] })).toThrow(EngineError);
});

test('bytes that are no WriteRequest are refused, also within an update', () => {
  const good = WriteRequest.encode(WriteRequest.fromPartial({ updates: [{ type: 1 }] })).finish();
  expect(() => decodeWriteRequest(good.subarray(0, good.length - 1))).toThrow();
  expect(() => decodeWriteRequest(Buffer.from([0x22, 0x7f]))).toThrow();
  const broken = decodeWriteRequest(Buffer.from([0x22, 0x02, 0x12, 0x7f])).updates;
  expect(plain.rowsOf(broken)).toBeUndefined();
  expect(() => broken.decodeAll()).toThrow('cannot be decoded');
});

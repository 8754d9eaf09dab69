import fc from 'fast-check';
import { Code } from 'p4runtime-js';
import { Network } from '../../src/controller/network';
import { PoolAssignments, storeDownRows, storeRows, type StoreFacts } from '../../src/controller/store_rows';
import { TableWriter, type RowChange } from '../../src/controller/table_writer';
import { clientRoute } from '../../src/dataplane/client_route';
import { slot } from '../../src/dataplane/slot';
import { store } from '../../src/dataplane/store';
import { storeDown } from '../../src/dataplane/store_down';
import type { Row } from '../../src/dataplane/table';
import { findTable } from '../../src/dataplane/tables';
import { RpcError, UnreachableError, WriteError, type TableEntry, type Update } from '../../src/p4runtime';
import { numberToIpv4 } from '../../src/wire/address';
import { exampleConfig, PORT_MAC, STORE_MAC, STORE_PORT, STORES } from './example';

/** Tables in memory, with entries one by one, as a target without atomic batches applies them. */
class FakeSwitch {
  readonly tables = new Map<string, Map<string, Row>>();
  readonly updates: string[] = [];
  /** Called after each update. */
  onUpdate: () => void = () => undefined;
  /** Keys that are refused. */
  readonly full = new Set<string>();

  /** Before a write is done; what it throws is the write's answer. */
  onWrite: (updates: readonly Update[]) => Promise<void> | void = () => undefined;

  async write(updates: readonly Update[]): Promise<void> {
    await Promise.resolve();
    await this.onWrite(updates);
    const failures = updates.flatMap((update, index) => {
      const code = this.#apply(update);
      this.onUpdate();
      return code === Code.OK
        ? []
        : [{ index, update, description: '', code, message: '', space: '', target_code: 0 }];
    });
    if (failures.length > 0) throw new WriteError('fake', failures, updates.length);
  }

  async *readTable(table: string): AsyncGenerator<TableEntry> {
    for (const { entry } of this.tables.get(table)?.values() ?? []) yield await Promise.resolve(entry);
  }

  #apply({ type, entity }: Update): Code {
    const entry = entity as TableEntry;
    const row = findTable(entry.table)?.rowOf(entry);
    if (row === undefined) return Code.INVALID_ARGUMENT;
    this.updates.push(`${type} ${row.table} ${row.key}`);
    const rows = this.tables.get(row.table) ?? new Map<string, Row>();
    this.tables.set(row.table, rows);
    if (this.full.has(row.key)) return Code.RESOURCE_EXHAUSTED;
    if (type === 'insert' && rows.has(row.key)) return Code.ALREADY_EXISTS;
    if (type !== 'insert' && !rows.has(row.key)) return Code.NOT_FOUND;
    if (type === 'delete') rows.delete(row.key);
    else rows.set(row.key, row);
    return Code.OK;
  }
}

const network = new Network(exampleConfig());
const place = (name: (typeof STORES)[number]) => {
  const port = network.port(STORE_PORT[name]);
  if (port === undefined) throw new Error('no port');
  return { mac: STORE_MAC[name], port };
};

const wantedTables = (assignments: PoolAssignments, stores: readonly StoreFacts[]) => {
  assignments.update(stores);
  return new Map([
    ['slot', assignments.rows()],
    ['store', storeRows(stores)],
    ['store_down', storeDownRows(stores, assignments.kept)],
  ]);
};

const facts = (up: readonly string[]): StoreFacts[] =>
  STORES.map((name) => ({
    config: { name },
    id: network.storeId(name),
    state: up.includes(name) ? 'up' : 'down',
    place: place(name),
  }));

/** The store each slot's requests reach, as `SelectStore` finds it; undefined where they are dropped. */
function destinations(target: FakeSwitch): (number | undefined)[] {
  const down = new Set(
    [...(target.tables.get('store_down')?.values() ?? [])].map(
      ({ entry }) => storeDown.readKey(entry)?.store_id,
    ),
  );
  const there = new Set(
    [...(target.tables.get('store')?.values() ?? [])].map(({ entry }) => store.readKey(entry)?.store_id),
  );
  return [...(target.tables.get('slot')?.values() ?? [])].map(({ entry }) => {
    const params = slot.readAction(entry)?.params;
    if (params === undefined) throw new Error('not a slot entry');
    const id = down.has(params.store_id) ? params.standby_id : params.store_id;
    return there.has(id) ? id : undefined;
  });
}

const quiet = { onRefused: () => undefined, onInterrupted: () => undefined };

async function startedWriter(target: FakeSwitch, up: readonly string[]) {
  const assignments = new PoolAssignments(network);
  const writer = new TableWriter(target, quiet);
  await writer.load();
  writer.want(wantedTables(assignments, facts(up)));
  await writer.resume();
  await writer.settled();
  return { writer, assignments };
}

describe('stores that die and return', () => {
  /** From one to the next any number of stores return, and at most one leaves: a slot names one standby only. */
  const history = fc
    .array(fc.tuple(fc.subarray(STORES), fc.constantFrom(...STORES)), { minLength: 1, maxLength: 5 })
    .map((steps) => {
      let up: string[] = [...STORES];
      return steps.map(([returning, leaver]) => {
        up = STORES.filter((name) => name !== leaver && (up.includes(name) || returning.includes(name)));
        return up;
      });
    });

  test('from the first write on, no request goes to a store that is down, nor nowhere if one serves', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (changes) => {
        const target = new FakeSwitch();
        const { writer, assignments } = await startedWriter(target, STORES);
        let before: readonly string[] = STORES;
        for (const up of changes) {
          const wrong: unknown[] = [];
          const ids = new Set<number | undefined>(
            (up.length > 0 ? up : before).map((name) => network.storeId(name)),
          );
          const tables = wantedTables(assignments, facts(up));
          const down = (tables.get('store_down') ?? []).map(({ key }) => key);
          target.onUpdate = () => {
            // Looking at 1024 slots after each of 1024 writes takes too long: after some of them will do.
            if (target.updates.at(-1)?.includes(' slot ') === true && target.updates.length % 61 !== 0)
              return;
            const is_told = down.every((key) => target.tables.get('store_down')?.has(key));
            if (is_told) wrong.push(...destinations(target).filter((id) => id !== undefined && !ids.has(id)));
          };
          writer.want(tables);
          await writer.settled();
          expect(wrong).toEqual([]);
          const found = destinations(target);
          expect(found).toHaveLength(1024);
          expect(found.every((id) => ids.has(id))).toBe(true);
          if (up.length > 0) before = up;
        }
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  test('a death is told by the very first write, and moves requests once', async () => {
    const target = new FakeSwitch();
    const { writer, assignments } = await startedWriter(target, STORES);
    target.updates.length = 0;
    const seen = new Set<string>();
    target.onUpdate = () => seen.add(destinations(target).join());
    writer.want(wantedTables(assignments, facts(['store1', 'store3'])));
    await writer.settled();
    expect(target.updates[0]).toMatch(/^insert store_down /);
    expect(target.updates.filter((update) => update.includes('store_down'))).toHaveLength(1);
    expect(seen.size).toBe(1);
  });

  test('a return is one switch-over at the very last write', async () => {
    const target = new FakeSwitch();
    const { writer, assignments } = await startedWriter(target, ['store1', 'store3']);
    const before = destinations(target).join();
    target.updates.length = 0;
    const seen: string[] = [];
    target.onUpdate = () => seen.push(destinations(target).join());
    writer.want(wantedTables(assignments, facts(STORES)));
    await writer.settled();
    expect(target.updates.at(-1)).toMatch(/^delete store_down /);
    expect(new Set(seen.slice(0, -1))).toEqual(new Set([before]));
    expect(seen.at(-1)).not.toBe(before);
  });

  test('a death while slots are being written waits for one batch only', async () => {
    const target = new FakeSwitch();
    const assignments = new PoolAssignments(network);
    const writer = new TableWriter(target, quiet);
    await writer.load();
    writer.want(wantedTables(assignments, facts(STORES)));
    await writer.resume();
    let updates = 0;
    target.onUpdate = () => {
      updates += 1;
      if (updates === 300) writer.want(wantedTables(assignments, facts(['store2', 'store3'])));
    };
    await writer.settled();
    const told = target.updates.findIndex((update) => update.startsWith('insert store_down'));
    expect(told).toBeGreaterThanOrEqual(300);
    expect(told).toBeLessThan(300 + 256);
  });
});

describe('what is written', () => {
  test('nothing, if everything is right already', async () => {
    const target = new FakeSwitch();
    await startedWriter(target, STORES);
    target.updates.length = 0;
    const { writer } = await startedWriter(target, STORES);
    expect(target.updates).toEqual([]);
    expect(writer.counts).toEqual({ inserted: 0, modified: 0, deleted: 0, failed: 0, adopted: 1024 + 3 });
  });

  test('what somebody else left behind is removed, what differs is put right', async () => {
    const target = new FakeSwitch();
    await startedWriter(target, STORES);
    const foreign = store.row(
      { store_id: 4000 },
      { name: 'store.forward', params: { mac: PORT_MAC(1), port: 9 } },
    );
    const moved = store.row(
      { store_id: network.storeId('store1') },
      { name: 'store.forward', params: { mac: PORT_MAC(1), port: 9 } },
    );
    target.tables.get('store')?.set(foreign.key, foreign).set(moved.key, moved);
    const { writer } = await startedWriter(target, STORES);
    expect(writer.counts).toMatchObject({ inserted: 0, modified: 1, deleted: 1, failed: 0 });
  });

  test('entries that changed behind our back are put right without reading again', async () => {
    const target = new FakeSwitch();
    const { writer, assignments } = await startedWriter(target, ['store1']);
    const down = storeDownRows(facts(['store1']), new Set());
    for (const { key } of down) target.tables.get('store_down')?.delete(key);
    target.tables.get('slot')?.clear();
    writer.want(wantedTables(assignments, facts(STORES)));
    await writer.settled();
    expect(target.tables.get('store_down')?.size).toBe(0);
    expect(target.tables.get('slot')?.size).toBe(1024);
    expect(destinations(target)).not.toContain(undefined);
  });

  test('a refused entry is told once, left out, and tried again when asked to', async () => {
    const target = new FakeSwitch();
    const problems: string[] = [];
    const writer = new TableWriter(target, { ...quiet, onRefused: (problem) => problems.push(problem) });
    await writer.load();
    const rows = storeDownRows(facts([]), new Set());
    const refused = rows[0]?.key ?? '';
    target.full.add(refused);
    writer.want(new Map([['store_down', rows]]));
    await writer.resume();
    await writer.settled();
    expect(target.tables.get('store_down')?.size).toBe(2);
    expect(problems).toEqual([
      expect.stringMatching(/^the switch refused to insert table store_down .*: RESOURCE_EXHAUSTED$/),
    ]);
    expect(writer.counts).toMatchObject({ inserted: 2, failed: 1 });
    target.full.clear();
    writer.retryRefused();
    await writer.settled();
    expect(target.tables.get('store_down')?.size).toBe(3);
  });

  test('nothing while interrupted', async () => {
    const target = new FakeSwitch();
    const { writer, assignments } = await startedWriter(target, STORES);
    target.updates.length = 0;
    writer.interrupt();
    writer.want(wantedTables(assignments, facts([])));
    await writer.settled();
    expect(target.updates).toEqual([]);
  });

  test('an entry that is gone already is not deleted again, nor a problem', async () => {
    const target = new FakeSwitch();
    const { writer, assignments } = await startedWriter(target, ['store1']);
    target.tables.get('store_down')?.clear();
    const failed_before = writer.counts.failed;
    target.updates.length = 0;
    writer.want(wantedTables(assignments, facts(STORES)));
    await writer.settled();
    expect(target.updates.filter((update) => update.startsWith('delete store_down'))).toHaveLength(2);
    expect(writer.counts.failed).toBe(failed_before);
    expect(writer.pending).toBe(0);
  });

  test('where the target does not tell which update it refuses, all others are written one by one', async () => {
    const target = new FakeSwitch();
    const problems: string[] = [];
    const writer = new TableWriter(target, { ...quiet, onRefused: (problem) => problems.push(problem) });
    await writer.load();
    const rows = storeDownRows(facts([]), new Set());
    const refused = rows[1]?.entry;
    const batches: number[] = [];
    target.onWrite = (updates) => {
      batches.push(updates.length);
      if (updates.some(({ entity }) => entity === refused)) {
        throw new RpcError('Write', 'fake', Code.RESOURCE_EXHAUSTED, 'the table is full');
      }
    };
    writer.want(new Map([['store_down', rows]]));
    await writer.resume();
    await writer.settled();
    expect(batches).toEqual([3, 1, 1, 1]);
    expect(target.tables.get('store_down')?.size).toBe(2);
    expect(problems).toEqual([
      expect.stringMatching(/refused to insert table store_down .*: the table is full$/),
    ]);
  });

  test('a write that fails after the switch was read again says nothing about the new connection', async () => {
    const target = new FakeSwitch();
    const interruptions: Error[] = [];
    const writer = new TableWriter(target, { ...quiet, onInterrupted: (error) => interruptions.push(error) });
    await writer.load();
    let answerLate: (error: Error) => void = () => undefined;
    target.onWrite = () => new Promise<void>((_resolve, reject) => (answerLate = reject));
    const rows = storeDownRows(facts([]), new Set());
    writer.want(new Map([['store_down', rows]]));
    await writer.resume();
    await Promise.resolve();
    writer.interrupt();
    target.onWrite = () => undefined;
    await writer.load();
    await writer.resume();
    await writer.settled();
    expect(target.tables.get('store_down')?.size).toBe(3);
    answerLate(new UnreachableError('Write', 'fake', Code.DEADLINE_EXCEEDED, 'late'));
    await new Promise(setImmediate);
    expect(interruptions).toEqual([]);
    expect(writer.counts).toMatchObject({ inserted: 3, failed: 0 });
  });
});

describe('clients', () => {
  const CLIENTS = 16_000;
  const LEARNED = 500;
  const client = (index: number): RowChange => ({
    row: clientRoute.row(
      { dst_addr: { address: numberToIpv4(0x0a640000 + index), length: 32 } },
      { name: 'client_route.forward', params: { port: 1, mac: PORT_MAC(1) } },
    ),
    is_wanted: true,
  });
  const range = (first: number, count: number) => Array.from({ length: count }, (_, i) => client(first + i));

  test('however many are being learned, the death of a store waits for the batch under way only', async () => {
    const target = new FakeSwitch();
    const { writer, assignments } = await startedWriter(target, STORES);
    writer.change(range(0, CLIENTS));
    await writer.settled();
    target.updates.length = 0;
    let writes = 0;
    const told: number[] = [];
    target.onWrite = (updates) => {
      writes += 1;
      if (writes === 1) {
        writer.change(range(CLIENTS + LEARNED, LEARNED));
        writer.want(wantedTables(assignments, facts(['store2', 'store3'])));
      }
      if (updates.some(({ entity }) => 'table' in entity && entity.table === 'store_down')) told.push(writes);
    };
    writer.change(range(CLIENTS, LEARNED));
    await writer.settled();
    expect(told).toEqual([2]);
    const last_slot = target.updates.findLastIndex((update) => update.includes(' slot '));
    const client_before = target.updates
      .slice(0, last_slot)
      .filter((update) => update.includes('client_route'));
    expect(client_before.length).toBeLessThanOrEqual(128);
    expect(target.tables.get('client_route')?.size).toBe(CLIENTS + 2 * LEARNED);
  });

  test('a change looks at the entries it names, and no others', async () => {
    const target = new FakeSwitch();
    const { writer } = await startedWriter(target, STORES);
    const known = range(0, 100);
    writer.change(known);
    await writer.settled();
    let looks = 0;
    for (const { row } of known) {
      const { value } = row;
      Object.defineProperty(row, 'value', {
        get: () => {
          looks += 1;
          return value;
        },
      });
    }
    writer.change([client(200), { ...client(3), is_wanted: false }]);
    await writer.settled();
    expect(looks).toBe(0);
    expect(target.tables.get('client_route')?.size).toBe(100);
  });
});

describe('whoever waits for entries', () => {
  const row = (store_id: number) => storeDown.row({ store_id }, { name: 'reselect', params: {} });
  const wanted = (...rows: Row[]): RowChange[] => rows.map((one) => ({ row: one, is_wanted: true }));

  test('is told when those are written, not when all are, and at once if they are there', async () => {
    const target = new FakeSwitch();
    const { writer } = await startedWriter(target, STORES);
    const told: string[] = [];
    const client = clientRoute.row(
      { dst_addr: { address: '10.0.1.11', length: 32 } },
      { name: 'client_route.forward', params: { port: 1, mac: '02:00:00:00:01:11' } },
    );
    target.onUpdate = () => told.push(target.updates.at(-1)?.split(' ')[1] ?? '');
    writer.change(wanted(row(1), row(2), client));
    writer.whenWritten([row(1), row(2)], () => told.push('written'));
    await writer.settled();
    expect(told).toEqual(['store_down', 'store_down', 'written', 'client_route']);
    writer.whenWritten([row(1)], () => told.push('there'));
    expect(told.at(-1)).toBe('there');
  });

  test('is told when they are refused, too', async () => {
    const target = new FakeSwitch();
    const { writer } = await startedWriter(target, STORES);
    target.full.add(row(1).key);
    let is_told = false;
    writer.change(wanted(row(1)));
    writer.whenWritten([row(1)], () => (is_told = true));
    await writer.settled();
    expect(is_told).toBe(true);
  });

  test('is told once the switch is in step, if it is not yet, and never if it goes away before', async () => {
    const target = new FakeSwitch();
    const writer = new TableWriter(target, quiet);
    let told = 0;
    await writer.load();
    writer.change(wanted(row(1)));
    writer.whenWritten([row(1)], () => (told += 1));
    expect(told).toBe(0);
    await writer.resume();
    await writer.settled();
    expect(told).toBe(1);
    target.onWrite = () => {
      throw new UnreachableError('Write', 'fake', Code.UNAVAILABLE, 'gone');
    };
    writer.change(wanted(row(2)));
    writer.whenWritten([row(2)], () => (told += 1));
    await writer.settled();
    expect(told).toBe(1);
  });
});

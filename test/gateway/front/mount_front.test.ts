import fc from 'fast-check';
import type { FrontCounter } from '../../../src/gateway/front/counters';
import type { ExportPool } from '../../../src/gateway/front/export_list';
import type { ClientEndpoint, Forwarder, ForwardOptions } from '../../../src/gateway/front/forwarder';
import type { FrontLimits } from '../../../src/gateway/front/limits';
import { MountFront } from '../../../src/gateway/front/mount_front';
import type { Answer } from '../../../src/gateway/front/rpc_program';
import { DEFAULT_STORE_EXPORTS_OPTIONS, StoreExports } from '../../../src/gateway/front/store_exports';
import {
  decodeExportResults,
  decodeMountList,
  encodeMountPath,
  encodeMountResults,
  MOUNT_PROCEDURE,
  type ExportEntry,
  type MountResult,
} from '../../../src/wire/mount';
import {
  AUTH_NONE,
  decodeRpc,
  encodeRpc,
  RPC_PROGRAM,
  type RpcCall,
  type RpcOutcome,
} from '../../../src/wire/rpc';
import { FakeClock } from '../../controller/fake_clock';
import { decodeReply, incoming, rpcCall, surroundings } from './calls';

const mount = (procedure: number, args?: Uint8Array, version = 3): RpcCall =>
  rpcCall(RPC_PROGRAM.mount, version, procedure, args);
const mnt = (path: string): RpcCall => mount(MOUNT_PROCEDURE.MNT, encodeMountPath(path));

/** A store behind the forwarder: everything below `/good` can be mounted. */
class FakeStore implements Forwarder {
  readonly calls: { client: ClientEndpoint; pool: string | undefined; signal: AbortSignal }[] = [];
  /** While set, replies wait for it. */
  gate: Promise<void> | undefined;
  reply: ((call: RpcCall) => Uint8Array | undefined) | undefined;

  async call(
    client: ClientEndpoint,
    bytes: Uint8Array,
    { pool, signal }: ForwardOptions,
  ): Promise<Uint8Array | undefined> {
    this.calls.push({ client, pool, signal });
    const call = decodeRpc(bytes);
    if (call?.kind !== 'call') throw new Error('no call was forwarded');
    await this.gate;
    return this.reply === undefined ? reply(call, this.outcome(call)) : this.reply(call);
  }

  private outcome(call: RpcCall): RpcOutcome {
    if (call.procedure !== MOUNT_PROCEDURE.MNT) return { status: 'success', results: new Uint8Array(0) };
    const good = Buffer.from(call.args).includes('/good');
    const result: MountResult = good
      ? { status: 0, handle: new Uint8Array(28), authFlavors: [1] }
      : { status: 13 };
    return { status: 'success', results: encodeMountResults(result) };
  }
}

function reply({ xid }: RpcCall, outcome: RpcOutcome): Uint8Array {
  return encodeRpc({ kind: 'reply', xid, verifier: AUTH_NONE, outcome });
}

interface Setting {
  front: MountFront;
  store: FakeStore;
  exports: StoreExports;
  clock: FakeClock;
  counted: (name: FrontCounter) => number;
}

async function setting(
  lists: Record<string, ExportEntry[] | undefined>,
  pools?: ExportPool[],
  limits: Partial<FrontLimits> = {},
): Promise<Setting> {
  const clock = new FakeClock();
  const store = new FakeStore();
  const exports = new StoreExports(DEFAULT_STORE_EXPORTS_OPTIONS, clock, async ({ name }) => {
    const list = lists[name];
    if (list === undefined) throw new Error('silent');
    return list;
  });
  await exports.setStores(Object.keys(lists).map((name) => ({ name, address: '10.0.2.11' })));
  const around = surroundings();
  const front = new MountFront({
    ...around,
    address: '10.0.1.100',
    port: 20_048,
    exports,
    forwarder: store,
    limits: { ...around.limits, ...limits },
    ...(pools === undefined ? {} : { pools }),
  });
  return { front, store, exports, clock, counted: (name) => front.counters.values()[name] };
}

function successOf(answer: Answer): Uint8Array {
  if (typeof answer !== 'object' || answer instanceof Uint8Array || answer.status !== 'success')
    throw new Error('no success');
  return answer.results;
}

const good: ExportEntry = { directory: '/good', groups: [] };
const other: ExportEntry = { directory: '/other', groups: ['10.0.0.0/8'] };

describe('EXPORT', () => {
  const ask = async ({ front }: Setting): Promise<Answer> =>
    front.answer(incoming(mount(MOUNT_PROCEDURE.EXPORT)));
  const paths = async (of: Setting): Promise<string[] | undefined> =>
    decodeExportResults(successOf(await ask(of)))?.map(({ directory }) => directory);

  test('is that of all stores, also as time goes by', async () => {
    const lists: Record<string, ExportEntry[] | undefined> = { a: [good], b: [other] };
    const there = await setting(lists);
    expect(await paths(there)).toEqual(['/good', '/other']);
    lists['b'] = undefined;
    there.clock.advance(DEFAULT_STORE_EXPORTS_OPTIONS.refresh_ms);
    await new Promise(setImmediate);
    expect(there.exports.status()[1]).toEqual({ name: 'b', exports: 1, error: 'silent' });
    expect(await paths(there)).toEqual(['/good', '/other']);
    for (let time_ms = 0; time_ms <= DEFAULT_STORE_EXPORTS_OPTIONS.keep_ms; time_ms += 5000) {
      there.clock.advance(5000);
      await new Promise(setImmediate);
    }
    expect(await paths(there)).toEqual(['/good']);
    lists['b'] = [other];
    there.clock.advance(DEFAULT_STORE_EXPORTS_OPTIONS.retry_ms);
    await new Promise(setImmediate);
    expect(await paths(there)).toEqual(['/good', '/other']);
    await there.exports.setStores([{ name: 'b', address: '10.0.2.11' }]);
    expect(await paths(there)).toEqual(['/other']);
  });

  test('pools can be replaced', async () => {
    const there = await setting({ a: [good], b: [other, good] }, [{ name: 'p', stores: ['a', 'b'] }]);
    expect(await paths(there)).toEqual(['/good']);
    there.front.setPools([{ name: 'p', stores: ['b'] }]);
    expect(await paths(there)).toEqual(['/good', '/other']);
  });

  test('is an error while no store has told, not an empty list', async () => {
    const there = await setting({ a: undefined });
    expect(await ask(there)).toEqual({ status: 'system_err' });
    expect(there.counted('exports_unknown')).toBe(1);
    expect(await paths(await setting({ a: [] }))).toEqual([]);
  });

  test('beyond its limit is an error', async () => {
    const there = await setting({ a: [good, other] }, undefined, { export_octets_max: 40 });
    expect(await ask(there)).toEqual({ status: 'system_err' });
    expect(there.counted('answers_too_large')).toBe(1);
  });
});

describe('MNT, UMNT and UMNTALL', () => {
  const ask = ({ front }: Setting, call: RpcCall, rest = {}): Answer | Promise<Answer> =>
    front.answer(incoming(call, rest));
  const dump = async (there: Setting): Promise<string[] | undefined> =>
    decodeMountList(successOf(await ask(there, mount(MOUNT_PROCEDURE.DUMP))))?.map(
      ({ hostname, directory }) => `${hostname}:${directory}`,
    );

  test('go to the stores as the client sent them, with the pool of the export', async () => {
    const there = await setting({ a: [good], b: [other] }, [
      { name: 'p', stores: ['a'] },
      { name: 'q', stores: ['b'] },
    ]);
    const client = { address: '10.9.0.7', port: 801 };
    const call = mnt('/good/below');
    const answer = await ask(there, call, { client });
    expect(decodeReply(answer as Uint8Array)).toMatchObject({
      xid: call.xid,
      outcome: { status: 'success' },
    });
    await ask(there, mnt('/other'), { client });
    await ask(there, mnt('/nothing'), { client });
    await ask(there, mount(MOUNT_PROCEDURE.UMNTALL), { client });
    expect(there.store.calls.map(({ pool }) => pool)).toEqual(['p', 'q', undefined, undefined]);
    expect(there.store.calls.every((one) => one.client === client && !one.signal.aborted)).toBe(true);
  });

  test('keep the list of mounts: what a store refused is not on it', async () => {
    const there = await setting({ a: [good] });
    const client = { address: '10.9.0.7', port: 801 };
    for (const path of ['/good', '/good/b', '/bad']) await ask(there, mnt(path));
    await ask(there, mnt('/good'), { client });
    expect(await dump(there)).toEqual(['10.0.0.1:/good', '10.0.0.1:/good/b', '10.9.0.7:/good']);
    await ask(there, mount(MOUNT_PROCEDURE.UMNT, encodeMountPath('/good')));
    expect(await dump(there)).toEqual(['10.0.0.1:/good/b', '10.9.0.7:/good']);
    await ask(there, mount(MOUNT_PROCEDURE.UMNTALL), { client });
    expect(await dump(there)).toEqual(['10.0.0.1:/good/b']);
  });

  test('of version 1 count only with a whole handle', async () => {
    const there = await setting({ a: [good] });
    const call = (): RpcCall => mount(MOUNT_PROCEDURE.MNT, encodeMountPath('/good'), 1);
    there.store.reply = (sent) => reply(sent, { status: 'success', results: new Uint8Array(4) });
    await ask(there, call());
    expect(await dump(there)).toEqual([]);
    there.store.reply = (sent) => reply(sent, { status: 'success', results: new Uint8Array(36) });
    await ask(there, call());
    expect(await dump(there)).toEqual(['10.0.0.1:/good']);
  });

  test('sent again while a store has them are dropped, others are not', async () => {
    const there = await setting({ a: [good] });
    let open = (): void => undefined;
    there.store.gate = new Promise((resolve) => (open = resolve));
    const call = mnt('/good');
    const first = ask(there, call, { transport: 'udp' });
    expect(await ask(there, call, { transport: 'udp' })).toBeUndefined();
    const second = ask(there, call, { transport: 'udp', client: { address: '10.0.0.1', port: 701 } });
    open();
    expect(await Promise.all([first, second])).toEqual([expect.any(Uint8Array), expect.any(Uint8Array)]);
    expect(there.counted('retransmissions')).toBe(1);
    // Answered: the same call sent again is one the answer of which was lost.
    expect(await ask(there, call, { transport: 'udp' })).toBeInstanceOf(Uint8Array);
  });

  test('end with the connection when there is no answer, a wrong one, none in time or too many wait', async () => {
    const there = await setting({ a: [good] }, undefined, { forward_ms: 20, pending_max: 1 });
    there.store.reply = () => undefined;
    expect(await ask(there, mnt('/good'))).toBe('hang_up');
    expect(there.counted('unanswered')).toBe(1);
    there.store.reply = (sent) => reply({ ...sent, xid: 0xffff }, { status: 'system_err' });
    expect(await ask(there, mnt('/good'))).toBe('hang_up');
    there.store.reply = () => new Uint8Array(3);
    expect(await ask(there, mnt('/good'))).toBe('hang_up');
    there.store.reply = () => {
      throw new Error('cannot send');
    };
    expect(await ask(there, mnt('/good'))).toBe('hang_up');
    expect(there.counted('forward_failures')).toBe(3);
    there.store.gate = new Promise(() => undefined);
    const stuck = ask(there, mnt('/good'));
    expect(await ask(there, mnt('/good'))).toBe('hang_up');
    expect(there.counted('pending_full')).toBe(1);
    expect(await stuck).toBe('hang_up');
    expect(there.store.calls.at(-1)?.signal.aborted).toBe(true);
    expect(there.counted('unanswered')).toBe(2);
    expect(await dump(there)).toEqual([]);
  });

  test('with arguments that do not decode go nowhere', async () => {
    const there = await setting({ a: [good] });
    expect(await ask(there, mount(MOUNT_PROCEDURE.MNT, new Uint8Array([0, 0, 4, 1])))).toEqual({
      status: 'garbage_args',
    });
    expect(there.store.calls).toEqual([]);
  });
});

test.each(['stranger', 'known'] as const)('DUMP is not for a source that is %s', async (standing) => {
  const { front, counted } = await setting({ a: [good] });
  const answer = await front.answer(incoming(mount(MOUNT_PROCEDURE.DUMP), { standing }));
  expect(answer).toEqual({ status: 'auth_error', authStatus: 5 });
  expect(counted('dumps_refused')).toBe(1);
});

test('NULL is answered here, other procedures by nobody', async () => {
  const { front, store } = await setting({ a: [good] });
  expect(await front.answer(incoming(mount(0)))).toEqual({ status: 'success', results: new Uint8Array(0) });
  for (const procedure of [6, 7, 0xffffffff])
    expect(await front.answer(incoming(mount(procedure)))).toEqual({ status: 'proc_unavail' });
  expect(store.calls).toEqual([]);
});

test('whatever a store replies, nothing throws', async () => {
  const there = await setting({ a: [good] });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(1, 3),
      fc.constantFrom(1, 3, 4),
      fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constant(undefined)),
      fc.boolean(),
      async (version, procedure, results, is_reply) => {
        there.store.reply = (sent) =>
          is_reply && results !== undefined ? reply(sent, { status: 'success', results }) : results;
        const answer = await there.front.answer(
          incoming(mount(procedure, encodeMountPath('/good'), version)),
        );
        expect(answer === 'hang_up' || answer instanceof Uint8Array).toBe(true);
      },
    ),
  );
});

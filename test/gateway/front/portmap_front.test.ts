import fc from 'fast-check';
import { PortmapFront, type VirtualService } from '../../../src/gateway/front/portmap_front';
import type { Answer } from '../../../src/gateway/front/rpc_program';
import { decodeDumpResults, PORTMAP_PROCEDURE } from '../../../src/wire/portmap';
import { RPC_PROGRAM, type RpcCall } from '../../../src/wire/rpc';
import { decodeGettimeResults, decodeRpcbindDump, RPCBIND_PROCEDURE } from '../../../src/wire/rpcbind';
import { exchanges, results } from '../../wire/golden_messages';
import { incoming, rpcCall, surroundings } from './calls';

/** Those of the store in the golden captures. */
const SERVICES: VirtualService[] = (['udp', 'tcp'] as const).flatMap((protocol) => [
  { program: 100_024, versions: [1], protocol, port: 662 },
  { program: RPC_PROGRAM.nfs, versions: [3, 4], protocol, port: 2049 },
  { program: RPC_PROGRAM.mount, versions: [1, 3], protocol, port: 20_048 },
  { program: RPC_PROGRAM.nlm, versions: [4], protocol, port: 32_803 },
  { program: 100_011, versions: [1, 2], protocol, port: 875 },
]);

function front(): PortmapFront {
  return new PortmapFront({ address: '10.9.0.2', services: SERVICES, ...surroundings() });
}

function successOf(answer: Answer): Uint8Array {
  if (typeof answer !== 'object' || answer instanceof Uint8Array || answer.status !== 'success')
    throw new Error('no success');
  return answer.results;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const portmap = (version: number, procedure: number, args?: Uint8Array): RpcCall =>
  rpcCall(RPC_PROGRAM.portmap, version, procedure, args);

test('what rpcinfo, showmount and libnfs ask is answered byte for byte as rpcbind does', () => {
  const LISTS_OF_THEIR_OWN: number[] = [RPCBIND_PROCEDURE.DUMP, RPCBIND_PROCEDURE.GETTIME];
  const asked = (['portmap_mount', 'rpcbind', 'mount', 'nfs_tcp'] as const)
    .flatMap((capture) => exchanges(capture, RPC_PROGRAM.portmap))
    .filter(
      ({ reply, call }) =>
        reply?.outcome.status === 'success' && !LISTS_OF_THEIR_OWN.includes(call.procedure),
    );
  const compared = asked.flatMap((exchange) => {
    const { call, tsharkCall } = exchange;
    const transport = tsharkCall.has('udp.srcport') ? 'udp' : 'tcp';
    const answer = front().answer(incoming(call, { transport }));
    if (typeof answer === 'object' && 'status' in answer && answer.status === 'proc_unavail') return [];
    expect(hex(successOf(answer))).toBe(hex(results(exchange)));
    return [`${call.version} ${call.procedure}`];
  });
  expect([...new Set(compared)].sort()).toEqual(['2 0', '2 3', '3 3', '4 11', '4 3', '4 9']);
});

test('calls that rpcbind refuses are refused in the same way', () => {
  const refused = exchanges('rpcbind', RPC_PROGRAM.portmap).filter(
    ({ reply, call }) => reply?.outcome.status !== 'success' && call.version <= 4,
  );
  expect(refused.length).toBe(7);
  const portmapper = front();
  for (const { call, reply } of refused)
    expect(portmapper.answer(incoming(call, { transport: 'udp' }))).toEqual(reply?.outcome);
  expect(portmapper.counters.values().calls_refused).toBe(6);
});

describe('DUMP', () => {
  test('has every service, portmap among them, in every version', () => {
    const mappings = decodeDumpResults(
      successOf(front().answer(incoming(portmap(2, PORTMAP_PROCEDURE.DUMP)))),
    );
    expect(mappings).toHaveLength(22);
    expect(mappings).toContainEqual({ program: 100_000, version: 4, protocol: 17, port: 111 });
    expect(mappings).toContainEqual({ program: 100_005, version: 1, protocol: 6, port: 20_048 });
    for (const version of [3, 4]) {
      const dump = front().answer(incoming(portmap(version, RPCBIND_PROCEDURE.DUMP)));
      const entries = decodeRpcbindDump(successOf(dump));
      expect(entries).toHaveLength(22);
      expect(entries).toContainEqual({
        program: 100_003,
        version: 3,
        netid: 'udp',
        address: '10.9.0.2.8.1',
        owner: 'storeswitch',
      });
    }
  });

  test.each([
    ['udp', 'stranger', false],
    ['udp', 'known', false],
    ['udp', 'trusted', true],
    ['tcp', 'stranger', true],
  ] as const)('over %s to a source that is %s: %s', (transport, standing, given) => {
    const portmapper = front();
    for (const version of [2, 3, 4]) {
      const answer = portmapper.answer(incoming(portmap(version, 4), { transport, standing }));
      expect(answer === undefined).toBe(!given);
    }
    expect(portmapper.counters.values().dumps_refused).toBe(given ? 0 : 3);
  });
});

test('services can be replaced', () => {
  const portmapper = front();
  portmapper.setServices([]);
  const answer = portmapper.answer(incoming(portmap(2, PORTMAP_PROCEDURE.DUMP)));
  expect(decodeDumpResults(successOf(answer))).toHaveLength(6);
});

test('GETTIME is the time', () => {
  const before_s = Math.floor(Date.now() / 1000);
  const time_s = decodeGettimeResults(
    successOf(front().answer(incoming(portmap(3, RPCBIND_PROCEDURE.GETTIME)))),
  );
  expect(time_s).toBeGreaterThanOrEqual(before_s);
  expect(time_s).toBeLessThanOrEqual(Math.ceil(Date.now() / 1000));
});

test('whatever the arguments are, there is an answer or silence, never more than is known', () => {
  const portmapper = front();
  fc.assert(
    fc.property(
      fc.constantFrom(2, 3, 4),
      fc.nat(14),
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom('udp' as const, 'tcp' as const),
      (version, procedure, args, transport) => {
        const answer = portmapper.answer(incoming(portmap(version, procedure, args), { transport }));
        expect(answer === undefined || typeof answer === 'object').toBe(true);
      },
    ),
  );
  expect(portmapper.answer(incoming(portmap(2, 3, new Uint8Array(12))))).toEqual({ status: 'garbage_args' });
  expect(portmapper.answer(incoming(portmap(4, 3, new Uint8Array(12))))).toEqual({ status: 'garbage_args' });
});

/** A configuration with other names gives pools and stores other numbers, while requests are on their way. */
import { parseConfig } from '../../src/config/load';
import { Network } from '../../src/controller/network';
import { DrivenVirtualizer, Timeline } from '../../src/sim';
import { encodeUdpFrame } from '../../src/wire/frame';
import { AUTH_NONE, encodeRpc, RPC_PROGRAM } from '../../src/wire/rpc';
import { XdrWriter } from '../../src/wire/xdr';

const VIP = '10.1.0.100';
const CLIENT_PORT = 1;
const NFS_PORT = 2049;
const NEW_PORT = 3049;
/** Of NFS: GETATTR, WRITE, REMOVE. */
const PROCEDURES = [1, 7, 12];

interface Site {
  stores: readonly [string, string?];
  pools: readonly [string, string?];
}

/** The first pool, of the first store, is what NFS_PORT leads to; the second of both, NEW_PORT. */
function configOf({ stores, pools }: Site) {
  const [old_store, new_store = old_store] = stores;
  const [old_pool, new_pool] = pools;
  const health = 'health: { check: none }';
  const is_two = new_pool !== undefined;
  const text = `
ports:
  - { name: clients, number: 1, role: external, mac: '02:00:00:00:01:01', addresses: [10.1.0.254/16] }
  - { name: p2, number: 2, role: internal, mac: '02:00:00:00:01:02', addresses: [10.2.0.254/24] }
  - { name: p3, number: 3, role: internal, mac: '02:00:00:00:01:03', addresses: [10.3.0.254/24] }
stores:
  - { name: ${old_store}, address: 10.2.0.1, mac: '02:00:00:00:02:01' }
  ${new_store === old_store ? '' : `- { name: ${new_store}, address: 10.3.0.1, mac: '02:00:00:00:02:02' }`}
virtual_stores:
  - name: files
    address: ${VIP}
    pools:
      - { name: ${old_pool}, stores: [${old_store}] }
      ${is_two ? `- { name: ${new_pool}, stores: [${new_store}] }` : ''}
    services:
      - { name: nfs, protocol: udp, port: ${NFS_PORT}, program: nfs, mode: request, pool: ${old_pool}, ${health} }
      ${is_two ? `- { name: new, protocol: udp, port: ${NEW_PORT}, program: nfs, mode: request, pool: ${new_pool}, ${health} }` : ''}
`;
  return parseConfig(text, 'x.yaml');
}

/** Where requests to both services come out from the restart on; the switch's port, or `dropped`. */
async function arrivals(before: Site, after: Site) {
  const timeline = new Timeline();
  const virtualizer = new DrivenVirtualizer({
    config: configOf(before),
    timeline,
    delay_us: () => 300,
    onFrame: () => undefined,
  });
  await timeline.runFor(2e6);
  let xid = 1;
  const send = (destinationPort: number, procedure: number) => {
    const args = new XdrWriter().opaque(new Uint8Array(32).fill(xid)).finish();
    const call = {
      program: RPC_PROGRAM.nfs,
      version: 3,
      procedure,
      credential: AUTH_NONE,
      verifier: AUTH_NONE,
    };
    const frame = encodeUdpFrame(
      {
        sourceMac: '02:00:00:00:00:11',
        destinationMac: '02:00:00:00:01:01',
        source: '10.1.1.1',
        destination: VIP,
      },
      { sourcePort: 700, destinationPort, payload: encodeRpc({ kind: 'call', xid: xid++, ...call, args }) },
    );
    return virtualizer.program.forward(CLIENT_PORT, frame)?.port ?? 'dropped';
  };
  virtualizer.restart(configOf(after));
  const seen = { nfs: new Set<number | string>(), new: new Set<number | string>() };
  const last: { nfs: (number | string)[]; new: (number | string)[] } = { nfs: [], new: [] };
  for (let round = 0; round < 3000; round++) {
    last.nfs = PROCEDURES.map((procedure) => send(NFS_PORT, procedure));
    last.new = PROCEDURES.map((procedure) => send(NEW_PORT, procedure));
    for (const port of last.nfs) seen.nfs.add(port);
    for (const port of last.new) seen.new.add(port);
    await timeline.runFor(100);
  }
  return { seen, last };
}

const ONE: Site = { stores: ['s1', 's2'], pools: ['data'] };
const TWO: Site = { stores: ['s1', 's2'], pools: ['data', 'archive'] };
const ONE_STORE: Site = { stores: ['nas24'], pools: ['alldata'] };
const TWO_STORES: Site = { stores: ['nas24', 'filer6'], pools: ['alldata', 'archive'] };

test('these names take each other’s numbers', () => {
  const poolOf = (site: Site, name: string) => new Network(configOf(site)).poolId('files', name);
  expect(poolOf(TWO, 'archive')).toBe(poolOf(ONE, 'data'));
  const storeOf = (site: Site, name: string) => new Network(configOf(site)).storeId(name);
  expect(storeOf(TWO_STORES, 'filer6')).toBe(storeOf(ONE_STORE, 'nas24'));
});

test.each([
  ['a pool comes', ONE, TWO, [2, 2, 2], [3, 3, 3]],
  ['a pool goes', TWO, ONE, [2, 2, 2], ['dropped', 'dropped', 'dropped']],
  ['a store comes', ONE_STORE, TWO_STORES, [2, 2, 2], [3, 3, 3]],
  ['a store goes', TWO_STORES, ONE_STORE, [2, 2, 2], ['dropped', 'dropped', 'dropped']],
])('%s: no request reaches the other’s stores', async (_what, before, after, nfs, fresh) => {
  const { seen, last } = await arrivals(before, after);
  expect([...seen.nfs].filter((port) => port !== 2 && port !== 'dropped')).toEqual([]);
  expect([...seen.new].filter((port) => port !== 3 && port !== 'dropped')).toEqual([]);
  expect(last).toEqual({ nfs, new: fresh });
});

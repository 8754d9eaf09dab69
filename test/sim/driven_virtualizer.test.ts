/** A controller that gives way to another one, and the TCP connections that begin just then. */
import { DrivenVirtualizer, Timeline } from '../../src/sim';
import { Frames, nullAnswer } from '../../src/sim/frames';
import {
  CLIENT_PORT,
  clientAddress,
  introduceClients,
  siteConfig,
  STORE_PORT,
  storeName,
  storeNames,
  VIP,
} from '../../src/sim/site';
import { NFS_PORT } from '../../src/wire/nfs3';
import { TCP_FLAG } from '../../src/wire/tcp';

const STORES = 3;
const CONFIG = siteConfig(
  Array.from({ length: STORES }, () => 1),
  `
    pools: [{ name: all, stores: [${storeNames(STORES)}] }]
    services: [{ name: nfs-tcp, protocol: tcp, port: ${NFS_PORT}, program: nfs, mode: session, pool: all }]`,
);
const CLIENT = 3;
const PORT = 2000;

async function setUp() {
  const timeline = new Timeline();
  const frames = new Frames();
  const virtualizer: DrivenVirtualizer = new DrivenVirtualizer({
    config: CONFIG,
    timeline,
    delay_us: () => 300,
    onFrame: (port, frame) => {
      const answer = port === STORE_PORT ? nullAnswer(frame) : undefined;
      if (answer !== undefined) timeline.later(40, () => virtualizer.program.receive(STORE_PORT, answer));
    },
  });
  await timeline.runFor(1e6);
  introduceClients(virtualizer.virtualizer);
  await timeline.runFor(1e6);
  const send = (port: number, flags: number): string => {
    const departure = virtualizer.program.forward(CLIENT_PORT, frames.segment(CLIENT, port, flags));
    if (departure?.port !== STORE_PORT) throw new Error('it reached no store');
    return storeName(departure.station);
  };
  const pinnedTo = (port: number) =>
    virtualizer.pinnedTo({
      src_addr: clientAddress(CLIENT),
      src_port: port,
      dst_addr: VIP,
      dst_port: NFS_PORT,
    });
  return { timeline, virtualizer, send, pinnedTo };
}

test('a controller that is stopped pins what has begun by then', async () => {
  const { timeline, virtualizer, send, pinnedTo } = await setUp();
  const store = send(PORT, TCP_FLAG.syn);
  await timeline.runFor(1000);
  virtualizer.restart(CONFIG);
  // Less than the controller before waits for more to say.
  await timeline.runFor(20_000);
  expect(pinnedTo(PORT)).toBe(store);
});

test('while connections begin without end, too, it pins all of them and ends', async () => {
  const { timeline, virtualizer, send, pinnedTo } = await setUp();
  const { virtualizer: first } = virtualizer;
  const stores = new Map<number, string>();
  for (let index = 0; index < 200; index++) {
    timeline.later(index * 1000, () => stores.set(PORT + index, send(PORT + index, TCP_FLAG.syn)));
  }
  timeline.later(50_500, () => virtualizer.restart(CONFIG));
  await timeline.runFor(300_000);
  expect(virtualizer.virtualizer).not.toBe(first);
  expect([...stores].filter(([port, store]) => pinnedTo(port) !== store)).toEqual([]);
});

test('what a killed one had not pinned is pinned once its client sends something', async () => {
  const { timeline, virtualizer, send, pinnedTo } = await setUp();
  const store = send(PORT, TCP_FLAG.syn);
  await timeline.runFor(1000);
  virtualizer.kill(CONFIG);
  await timeline.runFor(2e6);
  expect(pinnedTo(PORT)).toBeUndefined();
  expect(send(PORT, TCP_FLAG.psh | TCP_FLAG.ack)).toBe(store);
  await timeline.runFor(1e6);
  expect(pinnedTo(PORT)).toBe(store);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, P4Schema, parseTarget, readP4InfoFile, type TableEntry } from '../../src/p4runtime';
import { action } from '../../src/p4runtime/action';
import { exact } from '../../src/p4runtime/match';
import { Switch } from '../../src/switch/switch';
import {
  drawEntries,
  networkEntries,
  POOL,
  poolPolicy,
  SERVICE,
  SLOTS,
  slotEntries,
  STORES,
} from './entries';
import { NET, nfsCall } from './packets';

const BUILD = join(__dirname, '../../p4/build');
const SECOND_US = 1_000_000;

/** What the program forgets with time; needs a clock that can be driven, which only the embedded switch has. */
describe('as time goes by', () => {
  let now_us: number;
  let sw: Switch;
  let client: Client;

  beforeEach(async () => {
    now_us = 5 * SECOND_US;
    const device_config = readFileSync(join(BUILD, 'storeswitch.json'));
    const program = JSON.parse(device_config.toString()) as object;
    sw = new Switch({ ports: [NET.clientPort, ...NET.storePorts], program, now_us: () => now_us });
    const p4info = new P4Schema(readP4InfoFile(join(BUILD, 'storeswitch.p4info.txtpb')));
    const address = await sw.listen('127.0.0.1:0', 1n);
    client = new Client(parseTarget(`grpc://${address}?device_id=1`), { p4info });
    await client.start();
    await client.pushPipeline({ p4info, device_config });
    await write('insert', [...networkEntries(), ...slotEntries(() => 0)]);
  });

  afterEach(async () => {
    client.close();
    await sw.close();
  });

  async function write(type: 'insert' | 'modify', entries: readonly TableEntry[]): Promise<void> {
    await client.write(entries.map((entity) => ({ type, entity })));
  }

  /** Sends a call; returns which store it reaches. */
  function storeOf(xid: number): number {
    const [left] = sw.exchange(NET.clientPort, nfsCall({ xid }));
    return NET.storePorts.findIndex((port) => port === left?.port);
  }

  test('a retransmission is known for two minutes after the last transmission', async () => {
    const retransmissions = async () => {
      for await (const cell of client.readCounter('service_retransmissions', SERVICE.nfsUdp))
        return cell.packets;
      throw new Error('no such counter');
    };
    const sendAfter = (duration_s: number) => {
      now_us += duration_s * SECOND_US;
      storeOf(77);
    };
    sendAfter(0);
    sendAfter(119);
    expect(await retransmissions()).toBe(1n);
    sendAfter(119);
    expect(await retransmissions()).toBe(2n);
    sendAfter(121);
    expect(await retransmissions()).toBe(2n);
  });

  test('what a draw offered and did not take is a spare for the next one, for 65 ms', async () => {
    const [first] = STORES;
    const onlyFirst = Array.from({ length: SLOTS }, (_, position) => ({
      table: 'draw',
      match: { pool_id: exact(POOL), position: exact(position) },
      action: action('offer', {
        ...{ store_1: first, cost_1: 1, store_2: first, cost_2: 1 },
        ...{ store_3: first, cost_3: 1, store_4: first, cost_4: 1 },
      }),
    }));
    await write('insert', [poolPolicy('least_of_2'), ...drawEntries(() => 0)]);
    const secondAfter = async (xid: number, duration_us: number): Promise<number> => {
      await write(
        'modify',
        drawEntries(() => 0),
      );
      expect(storeOf(xid)).toBe(0);
      await write('modify', onlyFirst);
      now_us += duration_us;
      return storeOf(xid + 1);
    };
    expect(await secondAfter(100, 60_000)).toBe(1);
    // Nothing is outstanding any more.
    now_us += 10 * SECOND_US;
    expect(await secondAfter(200, 67_000)).toBe(0);
  });

  test('of two rows the older gives way, also when the clock of rows has come round', async () => {
    // In units of 1024 us the clock has 32 bits: 50.9 days.
    const wrap_us = 2 ** 42;
    const changes = Array.from({ length: 3000 }, (_, i) => ({ xid: 10_000 + i, procedure: 12 }));
    now_us = wrap_us - 1_000_000;
    for (let xid = 20_000; xid < 220_000; xid++) sw.inject(NET.clientPort, nfsCall({ xid, procedure: 12 }));
    now_us = wrap_us + 1_000_000;
    for (const call of changes) sw.inject(NET.clientPort, nfsCall(call));
    await write(
      'modify',
      slotEntries(() => 1),
    );
    const moved = changes.filter((call) => {
      const [left] = sw.exchange(NET.clientPort, nfsCall(call));
      return left?.port !== NET.storePorts[0];
    });
    // Few of them have taken a row from each other.
    expect(moved.length).toBeLessThan(changes.length / 50);
  }, 180_000);
});

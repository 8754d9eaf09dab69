import { status } from '@grpc/grpc-js';
import { Update_Type } from 'p4runtime-js';
import { createEngine } from '../../../src/switch';
import { startServer, type RunningServer } from '../../../src/switch/server/server';
import { InProcessDataplane } from '../../../src/switch/worker/in_process';
import { bridge, config, readTables, table } from './device_under_test';
import { DEVICE_ID, RawClient } from './raw_client';

const { INSERT } = Update_Type;

let server: RunningServer;
let first: RawClient;
const clients: RawClient[] = [];
/** Writes of plain entries wait while it is set. */
let gate: Promise<void> | undefined;

function connect(election_id: bigint): RawClient {
  const client = new RawClient(server.address, election_id);
  clients.push(client);
  client.arbitrate();
  return client;
}

beforeEach(async () => {
  const dataplane = new InProcessDataplane(createEngine, [], { cpu_port: 510 });
  const write = dataplane.writeRows.bind(dataplane);
  dataplane.writeRows = async (rows) => {
    await gate;
    return write(rows);
  };
  const ignore = (): void => undefined;
  server = await startServer('127.0.0.1:0', { device_id: DEVICE_ID, dataplane, log: ignore, failed: ignore });
  first = connect(1n);
  expect(await first.status()).toBe(status.OK);
  expect(await first.setConfig(config)).toBeUndefined();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server.close();
});

function holdWrites(): () => void {
  let open = (): void => undefined;
  gate = new Promise((resolve) => (open = resolve));
  return () => {
    gate = undefined;
    open();
  };
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

describe('a new primary while the old one’s write is under way', () => {
  test('hears of it when the write is done, and may do nothing before; the others hear at once', async () => {
    const release = holdWrites();
    const writing = first.write(INSERT, bridge(1n, 1));
    await first.getConfig(1);
    const second = connect(2n);
    expect(await first.status()).toBe(status.ALREADY_EXISTS);
    expect(await first.write(INSERT, bridge(2n, 1))).toMatchObject({ code: status.PERMISSION_DENIED });
    expect(await second.write(INSERT, bridge(2n, 1))).toMatchObject({ code: status.PERMISSION_DENIED });
    await pause();
    expect(second.messages).toEqual([]);
    release();
    expect(await second.status()).toBe(status.OK);
    expect(await writing).toMatchObject({ code: 0 });
    expect(await readTables(second, table('bridge'))).toHaveLength(1);
    expect(await second.write(INSERT, bridge(2n, 1))).toMatchObject({ code: 0 });
  });

  test('the same when the old one is gone, and when the new one is overtaken or leaves meanwhile', async () => {
    const release = holdWrites();
    void first.write(INSERT, bridge(1n, 1));
    await first.getConfig(1);
    first.close();
    const second = connect(2n);
    const third = connect(3n);
    expect(await second.status()).toBe(status.ALREADY_EXISTS);
    third.close();
    expect(await second.status()).toBe(status.NOT_FOUND);
    const fourth = connect(4n);
    expect(await second.status()).toBe(status.ALREADY_EXISTS);
    await pause();
    expect(fourth.messages).toEqual([]);
    release();
    expect(await fourth.status()).toBe(status.OK);
    expect(await readTables(fourth, table('bridge'))).toHaveLength(1);
  });
});

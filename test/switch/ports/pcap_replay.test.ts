import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PcapPort, ReplaySchedule } from '../../../src/switch/ports/pcap_replay';
import { decodePcap, encodePcap } from '../../../src/wire/pcap';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'storeswitch-replay-'))));
afterEach(() => rmSync(folder, { recursive: true }));

function port(schedule: ReplaySchedule, number: number, times_ns: bigint[]): PcapPort {
  const name = join(folder, `p${number}`);
  const packets = times_ns.map((timestamp_ns) => {
    const data = Uint8Array.of(number, Number(timestamp_ns));
    return { timestamp_ns, originalLength: data.length, data };
  });
  writeFileSync(`${name}_in.pcap`, encodePcap(packets));
  return new PcapPort(number, name, schedule);
}

test('frames of several files come in the order of their times, a tie by port', () => {
  const schedule = new ReplaySchedule(0, () => true);
  const ports = [port(schedule, 1, [1n, 4n, 9n]), port(schedule, 2, [2n, 3n, 4n]), port(schedule, 3, [])];
  const seen: number[][] = [];
  for (const one of ports)
    one.onReceive((_number, buffer, start, end) => seen.push([...buffer.subarray(start, end)]));
  for (let turns = 0; turns < 10; turns++) for (const one of ports) one.receiveBatch(64);
  expect(seen).toEqual([
    [1, 1],
    [2, 2],
    [2, 3],
    [1, 4],
    [2, 4],
    [1, 9],
  ]);
  expect(ports[0]?.stats()).toMatchObject({ rx_frames: 3, rx_bytes: 6 });
  for (const one of ports) one.close();
});

test('what leaves is in the other file', () => {
  const one = port(new ReplaySchedule(0, () => true), 1, []);
  one.transmit(Uint8Array.of(0, 1, 2, 3), 1, 3);
  one.close();
  const path = join(folder, 'p1_out.pcap');
  expect(decodePcap(readFileSync(path), path).packets.map(({ data }) => [...data])).toEqual([[1, 2]]);
});

test('a file that cannot be read is named with its port', () => {
  const schedule = new ReplaySchedule(0, () => true);
  expect(() => new PcapPort(7, join(folder, 'none'), schedule)).toThrow(/^port 7: .*none_in\.pcap/);
  writeFileSync(join(folder, 'bad_in.pcap'), 'not a capture');
  expect(() => new PcapPort(7, join(folder, 'bad'), schedule)).toThrow(/^port 7: .*bad_in\.pcap: at byte 0/);
});

test('nothing comes before there is a program', () => {
  let has_program = false;
  const one = port(new ReplaySchedule(0, () => has_program), 1, [1n]);
  expect(one.receiveBatch(64)).toBe(0);
  has_program = true;
  expect(one.receiveBatch(64)).toBe(1);
  one.close();
});

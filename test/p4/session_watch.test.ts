/** When the controller is shown a TCP connection that has begun long ago; by a clock that is driven. */
import type { TableEntry, UpdateType } from '../../src/p4runtime';
import { DrivenProgram } from '../../src/sim/driven_program';
import { TCP_FLAG } from '../../src/wire/tcp';
import {
  clientKnown,
  clientRoute,
  networkEntries,
  PUNT,
  sessionPin,
  slotEntries,
  storeDown,
  STORES,
} from './entries';
import { NET, tcpSegment } from './packets';

const { syn, ack, fin } = TCP_FLAG;
const CLIENT_PORT = 12_000;

function setUp() {
  let now_us = 5_000_000;
  let shown: { reason: number; store: number }[] = [];
  const program = new DrivenProgram(() => now_us, {
    frame: () => undefined,
    packetIn: ({ metadata }) =>
      shown.push({ reason: Number(metadata['reason']), store: Number(metadata['store_id']) }),
  });
  const write = (type: UpdateType, ...entries: TableEntry[]) =>
    program.write(entries.map((entity) => ({ type, entity })));
  write('insert', ...networkEntries(), ...slotEntries(() => 0), clientRoute(), clientKnown());
  /** At which store a segment is that is sent after a while, and which store the controller is shown it at. */
  const after = (duration_ms: number, flags: number) => {
    now_us += duration_ms * 1000;
    shown = [];
    program.receive(NET.clientPort, tcpSegment(CLIENT_PORT, flags));
    expect(shown.filter(({ reason }) => reason !== PUNT.session)).toEqual([]);
    return shown.map(({ store }) => STORES.indexOf(store as (typeof STORES)[number]));
  };
  return { write, after };
}

test('one that is not pinned is shown once a second at most', () => {
  const { write, after } = setUp();
  expect(after(0, syn)).toEqual([0]);
  expect(after(900, ack)).toEqual([]);
  expect(after(200, ack)).toEqual([0]);
  expect(after(900, ack)).toEqual([]);
  expect(after(90, fin | ack)).toEqual([0]);
  expect(after(20, ack)).toEqual([0]);
  write('insert', sessionPin(CLIENT_PORT, 0));
  expect(after(5000, ack)).toEqual([]);
});

test('so is one that is pinned to another store than it is at', () => {
  const { write, after } = setUp();
  write('insert', sessionPin(CLIENT_PORT, 1));
  expect(after(0, syn)).toEqual([0]);
  expect(after(1100, ack)).toEqual([0]);
  write('modify', sessionPin(CLIENT_PORT, 0));
  expect(after(1100, ack)).toEqual([]);
});

test('what no row knows is shown once it is known again', () => {
  const { write, after } = setUp();
  write('insert', sessionPin(CLIENT_PORT, 0));
  expect(after(0, ack)).toEqual([]);
  expect(after(130_000, ack)).toEqual([]);
  write('delete', sessionPin(CLIENT_PORT, 0));
  // Perhaps there is no such connection: whoever sends one segment from each port makes the controller do nothing.
  expect(after(2000, ack)).toEqual([]);
  expect(after(2000, ack)).toEqual([0]);
});

test('one whose store has died is shown at the store that has its place, unless that has reset it', () => {
  const { write, after } = setUp();
  write('modify', ...slotEntries(() => 1));
  write('insert', sessionPin(CLIENT_PORT, 0), storeDown(0));
  expect(after(0, ack)).toEqual([]);
  expect(after(500, ack)).toEqual([]);
  expect(after(600, ack)).toEqual([1]);
});

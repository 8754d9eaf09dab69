/** What is known of clients' TCP connections, from the segments that a switch would show. */
import fc from 'fast-check';
import { Sessions } from '../../src/controller/sessions';
import type { Row } from '../../src/dataplane/table';
import { sessionPin } from '../../src/dataplane/session_pin';
import { TCP_FLAG } from '../../src/wire/tcp';
import { tcpSegment } from '../p4/packets';
import { requireFrame } from './example';
import { FakeClock } from './fake_clock';

const STORE = 7;
const OTHER_STORE = 8;
const CLOSING_MS = 5_000;
const { syn, fin, rst, ack } = TCP_FLAG;

function setUp(sessions_max = 100) {
  const clock = new FakeClock();
  /** By key. */
  const pins = new Map<string, Row>();
  const changes: number[] = [];
  const sessions = new Sessions({
    clock,
    limits: { sessions_max },
    onChange(rows) {
      changes.push(rows.length);
      for (const { row, is_wanted } of rows) {
        if (is_wanted) pins.set(row.key, row);
        else pins.delete(row.key);
      }
    },
  });
  const show = (port: number, flags: number, store = STORE, client = '10.0.1.11') =>
    sessions.receive(store, requireFrame(tcpSegment(port, flags, { source: client })));
  const pinned = () =>
    [...pins.values()].map(({ entry }) => [
      sessionPin.readKey(entry)?.src_port,
      sessionPin.readAction(entry)?.params.store_id,
    ]);
  return { clock, sessions, show, pinned, changes };
}

test('a SYN begins a session, which is pinned to its store', () => {
  const { sessions, show, pinned } = setUp();
  show(700, syn);
  show(701, syn, OTHER_STORE);
  expect([sessions.count(STORE), sessions.count(OTHER_STORE), sessions.size]).toEqual([1, 1, 2]);
  expect(pinned()).toEqual([
    [700, STORE],
    [701, OTHER_STORE],
  ]);
  expect([...sessions.at(STORE)]).toMatchObject([
    { client: '10.0.1.11', client_port: 700, address: '10.0.1.100', port: 2049 },
  ]);
});

test('a SYN that is repeated changes nothing, one to another store moves the pin', () => {
  const { sessions, show, pinned, changes } = setUp();
  show(700, syn);
  const [before] = sessions.at(STORE);
  show(700, syn);
  expect(changes).toEqual([1]);
  show(700, syn, OTHER_STORE);
  expect(pinned()).toEqual([[700, OTHER_STORE]]);
  expect([sessions.count(STORE), sessions.count(OTHER_STORE), sessions.size]).toEqual([0, 1, 1]);
  expect(before !== undefined && sessions.isCurrent(before)).toBe(false);
});

test('the client ends a session: by a reset at once, by a FIN after a while in which it no longer counts', () => {
  const { clock, sessions, show, pinned } = setUp();
  for (const port of [700, 701, 702]) show(port, syn);
  show(700, rst);
  expect(pinned()).toEqual([
    [701, STORE],
    [702, STORE],
  ]);
  show(701, fin | ack);
  clock.advance(1000);
  show(702, fin | ack);
  show(701, fin | ack);
  expect([sessions.count(STORE), [...sessions.at(STORE)].length]).toEqual([0, 2]);
  clock.advance(CLOSING_MS - 1000);
  expect(pinned()).toEqual([[702, STORE]]);
  clock.advance(1000);
  expect(pinned()).toEqual([]);
  expect(sessions.has(STORE)).toBe(false);
  expect(clock.waiting).toBe(0);
});

test('a port used again while its last session closes has a new one', () => {
  const { clock, sessions, show, pinned } = setUp();
  show(700, syn);
  show(700, fin | ack);
  show(700, syn);
  clock.advance(2 * CLOSING_MS);
  expect(sessions.count(STORE)).toBe(1);
  expect(pinned()).toEqual([[700, STORE]]);
});

test('what is no beginning and of no session that is known is nothing', () => {
  const { sessions, show, changes } = setUp();
  for (const flags of [fin | ack, rst, syn | ack, syn | rst, rst | ack]) show(700, flags);
  sessions.receive(STORE, requireFrame(new Uint8Array(60)));
  show(700, syn, 0);
  expect([sessions.size, changes]).toEqual([0, []]);
  expect(sessions.counts.values()).toMatchObject({ session_segments_unreadable: 2, sessions_begun: 0 });
});

test('where all room is taken, whoever has most loses the oldest', () => {
  const { sessions, show, pinned } = setUp(4);
  show(1, syn, STORE, '10.0.1.12');
  for (const port of [2, 3, 4, 5, 6]) show(port, syn);
  expect(pinned().map(([port]) => port)).toEqual([1, 4, 5, 6]);
  show(7, syn, STORE, '10.0.1.13');
  expect(pinned().map(([port]) => port)).toEqual([1, 5, 6, 7]);
  expect(sessions.counts.get('sessions_evicted')).toBe(3);
});

test('one that is not pinned is known from any of its segments', () => {
  const { sessions, show, pinned, changes } = setUp();
  show(700, ack);
  expect([pinned(), sessions.count(STORE)]).toEqual([[[700, STORE]], 1]);
  show(700, ack);
  expect(changes).toEqual([1]);
  // Its SYN has not been seen.
  show(700, ack, OTHER_STORE);
  expect([pinned(), sessions.count(STORE)]).toEqual([[[700, OTHER_STORE]], 0]);
  show(700, fin | ack, OTHER_STORE);
  show(700, ack, OTHER_STORE);
  expect(sessions.count(OTHER_STORE)).toBe(0);
  expect(sessions.counts.values()).toMatchObject({ sessions_begun: 0, sessions_found: 2 });
});

test('those of a store that has returned are known and not pinned, until they are heard of again', () => {
  const { sessions, show, pinned } = setUp();
  for (const port of [700, 701, 702, 703]) show(port, syn);
  show(704, syn, OTHER_STORE);
  sessions.unpin(STORE);
  expect([pinned(), sessions.count(STORE), sessions.rows().length]).toEqual([[[704, OTHER_STORE]], 4, 1]);
  show(700, syn);
  show(701, ack);
  show(702, syn, OTHER_STORE);
  expect(pinned().sort()).toEqual([
    [700, STORE],
    [701, STORE],
    [702, OTHER_STORE],
    [704, OTHER_STORE],
  ]);
});

test('nobody gives way to one that is found', () => {
  const { sessions, show, pinned } = setUp(2);
  for (const port of [1, 2]) show(port, syn);
  show(3, ack);
  show(2, ack, OTHER_STORE);
  expect(pinned()).toEqual([
    [1, STORE],
    [2, OTHER_STORE],
  ]);
  expect(sessions.counts.values()).toMatchObject({
    sessions_found: 1,
    sessions_found_no_room: 1,
    sessions_evicted: 0,
  });
});

test('what is known of a port since counts more than what another controller has pinned', () => {
  const { sessions, show } = setUp();
  show(700, syn);
  sessions.adopt({ client: '10.0.1.11', client_port: 700, address: '10.0.1.100', port: 2049 }, OTHER_STORE);
  expect([sessions.size, sessions.count(STORE), sessions.has(OTHER_STORE)]).toEqual([1, 1, false]);
});

test('what another controller has pinned is known', () => {
  const { sessions, show, changes } = setUp();
  show(700, syn);
  sessions.forget();
  sessions.adopt({ client: '10.0.1.11', client_port: 800, address: '10.0.1.100', port: 2049 }, OTHER_STORE);
  expect([sessions.size, sessions.count(OTHER_STORE), changes]).toEqual([1, 1, [1]]);
  expect(sessions.rows()).toHaveLength(1);
  show(800, rst);
  expect(sessions.size).toBe(0);
});

test('whatever comes, pins and counts are those of the sessions there are', () => {
  const segments = fc.tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.constantFrom(syn, fin | ack, rst, ack),
    fc.constantFrom(STORE, OTHER_STORE),
    fc.constantFrom('10.0.1.11', '10.0.1.12'),
    fc.constantFrom(0, 0, 2000, CLOSING_MS),
  );
  fc.assert(
    fc.property(fc.array(segments, { maxLength: 60 }), (script) => {
      const { clock, sessions, show, pinned } = setUp(5);
      for (const [port, flags, store, client, pause_ms] of script) {
        show(port, flags, store, client);
        clock.advance(pause_ms);
        const all = [...sessions.at(STORE), ...sessions.at(OTHER_STORE)];
        expect(all).toHaveLength(sessions.size);
        expect(all.every((session) => sessions.isCurrent(session))).toBe(true);
        expect(sessions.size).toBeLessThanOrEqual(5);
        const text = (pairs: unknown[]) => pairs.map(String).sort();
        expect(text(pinned())).toEqual(text(all.map(({ client_port, store_id }) => [client_port, store_id])));
        const open = all.filter(({ closes_ms }) => closes_ms === undefined);
        expect(sessions.count(STORE) + sessions.count(OTHER_STORE)).toBe(open.length);
      }
      clock.advance(2 * CLOSING_MS);
      expect(clock.waiting).toBe(0);
    }),
  );
});

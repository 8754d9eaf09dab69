import fc from 'fast-check';
import { Identities, type CallIdentity } from '../../src/gateway/identities';
import { gatewayLimits } from '../../src/gateway/limits';
import { TimedRows } from '../../src/gateway/timed_rows';

const NOTHING_UNDER_WAY = new Set<number>();
const CALL: CallIdentity = {
  address: 0x0a000001,
  port: 700,
  xid: 5,
  hash: 1234,
  service: 1,
  is_change: true,
};

const identities = (remembered_max = 4096) => new Identities(gatewayLimits({ remembered_max }));

function choose(from: Identities, call: CallIdentity, now_ms = 0, under_way = NOTHING_UNDER_WAY) {
  from.choose(call, now_ms, under_way);
  return { port: from.port, xid: from.xid, is_repeat: from.is_repeat };
}

test('the block of ports is that of the client’s port', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65_535 }), fc.integer(), (port, hash) => {
      const chosen = choose(identities(), { ...CALL, port, hash });
      const [first, last] = port < 1024 ? [512, 575] : [64_512, 65_535];
      expect(chosen.port).toBeGreaterThanOrEqual(first ?? 0);
      expect(chosen.port).toBeLessThanOrEqual(last ?? 0);
    }),
  );
});

test('the same call from the same port has the same name where nobody remembers it', () => {
  const { port, xid } = choose(identities(), CALL);
  expect(choose(identities(), CALL)).toEqual({ port, xid, is_repeat: false });
});

test('a repetition has the same name, from another port too, for as long as it is remembered', () => {
  const names = identities();
  const { port, xid } = choose(names, CALL);
  expect(choose(names, { ...CALL, port: 900 }, 100_000)).toEqual({ port, xid, is_repeat: true });
  expect(choose(names, CALL, 219_000)).toEqual({ port, xid, is_repeat: true });
  expect(choose(names, { ...CALL, port: 900 }, 400_000).is_repeat).toBe(false);
});

test.each([
  ['xid', { xid: 6 }],
  ['content', { hash: 4321 }],
  ['address', { address: 0x0a000002 }],
  ['service', { service: 2 }],
  ['class of port', { port: 5000 }],
])('a call of another %s is no repetition', (_, difference) => {
  const names = identities();
  choose(names, CALL);
  expect(choose(names, { ...CALL, ...difference }).is_repeat).toBe(false);
});

test('no name is given twice while it is under way or remembered', () => {
  const names = identities(65_536);
  const given = new Set<string>();
  const under_way = new Set<number>();
  for (let i = 0; i < 20_000; i++) {
    // Two connections that count from the same xid.
    const call = { ...CALL, port: 700 + (i % 2), xid: i >> 1, hash: (i * 7919) | 0 };
    const { port, xid, is_repeat } = choose(names, call, i, under_way);
    const name = `${port} ${xid}`;
    if (is_repeat || given.has(name) || under_way.has(xid | 0)) throw new Error(`${name} again, call ${i}`);
    given.add(name);
    if (i < 8000) under_way.add(xid | 0);
  }
  expect(given.size).toBe(20_000);
});

test('a first choice that is taken gives way to another', () => {
  const first = choose(identities(), CALL);
  const other = choose(identities(), CALL, 0, new Set([first.xid | 0]));
  expect(other.xid).not.toBe(first.xid);
});

test('a repetition whose name another call has got gets a name of its own, and keeps it', () => {
  const names = identities();
  const first = choose(names, CALL);
  names.chooseOther(CALL, 0, new Set([first.xid | 0]));
  const { port, xid } = names;
  expect(xid).not.toBe(first.xid);
  expect(choose(names, CALL)).toEqual({ port, xid, is_repeat: true });
});

test('memory is bounded: reads give way before changes, and it is counted', () => {
  const rows = new TimedRows(64, 1000);
  expect(rows.size).toBe(64);
  const change = rows.insert(1, 1, 0, 1);
  for (let i = 0; i < 1000; i++) rows.insert(i + 2, i, 100, 0);
  expect(rows.find(1, 1, 200)).toBe(change);
  expect(rows.evicted_early).toBeGreaterThan(900);
});

test('rows are found until their time is over, whatever was put in', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer(), fc.integer()), { maxLength: 20 }), (keys) => {
      const rows = new TimedRows(4096, 2000);
      for (const [a, b] of keys) if (rows.find(a, b, 1000) < 0) rows.insert(a, b, 1000);
      for (const [a, b] of keys) {
        expect(rows.evicted_early > 0 || rows.find(a, b, 2900) >= 0).toBe(true);
        expect(rows.find(a, b, 5001)).toBe(-1);
      }
    }),
  );
});

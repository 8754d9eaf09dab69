/** The judge of the benchmark can say no. */
import { Judge } from '../../../src/bench/fragments/judge';
import { RequestMaker } from '../../../src/bench/fragments/requests';
import { requireFrame } from '../../controller/example';

const maker = new RequestMaker('10.1.0.100', '02:00:00:00:00:11', '02:00:00:00:01:01');
const request = (number: number) =>
  maker.make(3, { number, client: 0x0a010101, identification: 5, file: 1 }) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];

function setUp(...numbers: number[]) {
  const judge = new Judge();
  for (const number of numbers) judge.watch(number, 'client 5', request(number), 3);
  const verdict = () => {
    for (const number of numbers) judge.forget(number);
    const { completed, undelivered, misdirected_fragments, mixed_datagrams } = judge;
    const { out_of_order_fragments, changed_fragments } = judge;
    return [
      completed,
      undelivered,
      misdirected_fragments,
      mixed_datagrams,
      out_of_order_fragments,
      changed_fragments,
    ];
  };
  return { judge, verdict };
}

test('its fragments are those of a host', () => {
  const packets = request(7).map((frame) => requireFrame(frame).ipv4);
  expect(packets.map((packet) => [packet?.fragmentOffset_bytes, packet?.moreFragments])).toEqual([
    [0, true],
    [256, true],
    [512, false],
  ]);
});

test('a request that arrives in order', () => {
  const { judge, verdict } = setUp(1);
  for (const frame of request(1)) judge.arrived(2, frame);
  expect(verdict()).toEqual([1, 0, 0, 0, 0, 0]);
});

test('a fragment at another store', () => {
  const { judge, verdict } = setUp(1);
  const [zeroth, first, last] = request(1);
  judge.arrived(2, zeroth);
  judge.arrived(3, first);
  judge.arrived(2, last);
  expect(verdict()).toEqual([0, 1, 1, 0, 1, 0]);
});

test('fragments of two datagrams with one key', () => {
  const { judge, verdict } = setUp(1, 2);
  judge.arrived(2, request(1)[0]);
  judge.arrived(2, request(2)[0]);
  judge.arrived(2, request(1)[1]);
  expect(verdict()).toEqual([0, 2, 0, 1, 0, 0]);
});

test('a changed octet', () => {
  const { judge, verdict } = setUp(1);
  const [zeroth] = request(1);
  zeroth[100] = 1;
  judge.arrived(2, zeroth);
  expect(verdict()).toEqual([0, 1, 0, 0, 0, 1]);
});

import { Neighbours, type Neighbour } from '../../src/controller/neighbours';
import { Network } from '../../src/controller/network';
import { exampleConfig, PORT_MAC, requireFrame } from './example';
import { FakeClock } from './fake_clock';

const network = new Network(exampleConfig());
const options = { retry_ms: 100, attempts: 3, refresh_ms: 10_000 };
const MAC = '02:00:00:00:02:11';
const STORE = '10.0.2.11';

function setUp() {
  const clock = new FakeClock();
  const sent: { port: number; target: string; sender: string; at_ms: number }[] = [];
  const changes: string[] = [];
  let is_connected = true;
  const neighbours = new Neighbours({
    network,
    clock,
    options,
    send(port, frame) {
      if (!is_connected) return false;
      const { arp } = requireFrame(frame);
      sent.push({
        port: port.number,
        target: arp?.targetIp ?? '',
        sender: `${arp?.senderIp} ${arp?.senderMac}`,
        at_ms: clock.now_ms(),
      });
      return true;
    },
    onChange: (address) => changes.push(address),
  });
  neighbours.resume();
  const ports = network.internal.filter(({ number }) => number === 3);
  const reply = (port: number, senderMac = MAC, senderIp = STORE) =>
    neighbours.receive(port, {
      operation: 'reply',
      senderMac,
      senderIp,
      targetMac: PORT_MAC(3),
      targetIp: '10.0.2.254',
    });
  return { clock, sent, changes, neighbours, ports, reply, connect: (yes: boolean) => (is_connected = yes) };
}

test('asks on the port in the name of the port, ever more rarely, and again after refresh_ms', () => {
  const { clock, sent, changes, neighbours, ports, reply } = setUp();
  neighbours.watch(STORE, ports);
  expect(sent).toEqual([{ port: 3, target: STORE, sender: `10.0.2.254 ${PORT_MAC(3)}`, at_ms: 0 }]);
  clock.advance(800);
  expect(sent.map(({ at_ms }) => at_ms)).toEqual([0, 100, 300, 700]);
  expect(neighbours.isSilent(STORE)).toBe(true);
  reply(3);
  expect(neighbours.find(STORE)).toMatchObject({ mac: MAC, port: { number: 3 } });
  expect(neighbours.isSilent(STORE)).toBe(false);
  expect(changes.at(-1)).toBe(STORE);
  sent.length = 0;
  clock.advance(9_999);
  expect(sent).toEqual([]);
  clock.advance(1);
  expect(sent).toHaveLength(1);
});

test('a MAC address that changes is told, one that stays is not', () => {
  const { changes, neighbours, ports, reply } = setUp();
  neighbours.watch(STORE, ports);
  reply(3);
  changes.length = 0;
  reply(3);
  expect(changes).toEqual([]);
  reply(3, '02:00:00:00:02:99');
  expect(changes).toEqual([STORE]);
  expect(neighbours.find(STORE)?.mac).toBe('02:00:00:00:02:99');
});

test.each([
  ['by another port', 4, MAC, STORE],
  ['from a group address', 3, '01:00:5e:00:00:01', STORE],
  ['from no address', 3, '00:00:00:00:00:00', STORE],
  ['in our own name', 3, PORT_MAC(4), STORE],
  ['for an address nobody asked for', 3, MAC, '10.0.2.77'],
])('a reply %s is counted, not believed', (_what, port, mac, address) => {
  const { neighbours, ports, reply } = setUp();
  neighbours.watch(STORE, ports);
  reply(port, mac, address);
  expect(neighbours.find(STORE)).toBeUndefined();
  expect(neighbours.counts.get('arp_replies_ignored')).toBe(1);
});

test('a lookup ends after its attempts, and all who wait are told', () => {
  const { clock, sent, neighbours } = setUp();
  const answers: (Neighbour | undefined)[] = [];
  const ports = network.external;
  neighbours.lookUp('10.0.1.11', ports, (answer) => answers.push(answer));
  neighbours.lookUp('10.0.1.11', ports, (answer) => answers.push(answer));
  clock.advance(299);
  expect(answers).toEqual([]);
  clock.advance(1);
  expect(answers).toEqual([undefined, undefined]);
  expect(sent).toHaveLength(options.attempts * ports.length);
  expect(neighbours.counts.get('arp_lookups_failed')).toBe(1);
  clock.advance(60_000);
  expect(sent).toHaveLength(options.attempts * ports.length);
});

test('a lookup that is answered ends at once', () => {
  const { clock, sent, neighbours, reply } = setUp();
  const answers: (Neighbour | undefined)[] = [];
  neighbours.lookUp('10.0.1.11', network.external, (answer) => answers.push(answer));
  reply(1, MAC, '10.0.1.11');
  expect(answers).toMatchObject([{ mac: MAC, port: { number: 1 } }]);
  sent.length = 0;
  clock.advance(60_000);
  expect(sent).toEqual([]);
});

test('while held nobody is asked and nobody becomes silent', () => {
  const { clock, sent, neighbours, ports } = setUp();
  neighbours.watch(STORE, ports);
  neighbours.hold();
  sent.length = 0;
  clock.advance(60_000);
  expect(sent).toEqual([]);
  expect(neighbours.isSilent(STORE)).toBe(false);
  neighbours.resume();
  expect(sent).toHaveLength(1);
});

test('what could not be sent does not count as unanswered', () => {
  const { clock, neighbours, ports, connect } = setUp();
  connect(false);
  neighbours.watch(STORE, ports);
  clock.advance(60_000);
  expect(neighbours.isSilent(STORE)).toBe(false);
});

test('a suggestion holds until an answer says otherwise', () => {
  const { neighbours, ports, reply } = setUp();
  neighbours.watch(STORE, ports);
  const [port] = ports;
  if (port === undefined) throw new Error('no port');
  neighbours.suggest(STORE, { mac: '02:00:00:00:02:55', port });
  expect(neighbours.find(STORE)?.mac).toBe('02:00:00:00:02:55');
  reply(3);
  expect(neighbours.find(STORE)?.mac).toBe(MAC);
});

test('what is configured is neither asked for nor overruled', () => {
  const { clock, sent, neighbours, ports, reply } = setUp();
  const [port] = ports;
  if (port === undefined) throw new Error('no port');
  neighbours.fix(STORE, { mac: '02:00:00:00:02:55', port });
  neighbours.hold();
  neighbours.resume();
  clock.advance(60_000);
  reply(3);
  neighbours.suggest(STORE, { mac: MAC, port });
  expect(sent).toEqual([]);
  expect(neighbours.isSilent(STORE)).toBe(false);
  expect(neighbours.find(STORE)?.mac).toBe('02:00:00:00:02:55');
});

import { ProgramUnderTest } from './program';

const InstanceType = { normal: 0, ingress_clone: 1, egress_clone: 2, replica: 5 } as const;
const PAYLOAD = '0102030405060708';

/** What egress prepends: instance type, kept and lost metadata, replication id, port, length. */
function trace(
  instance: number,
  kept: number,
  lost: number,
  rid: number,
  port: number,
  length: number,
): string {
  const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0');
  return hex(instance, 2) + hex(kept, 2) + hex(lost, 2) + hex(rid, 4) + hex(port, 4) + hex(length, 8);
}

function copies(): ProgramUnderTest {
  const program = new ProgramUnderTest('copies');
  const replicas = [{ port: 6, instance: 61 }];
  program.engine.setCloneSession(5, { session_id: 5, class_of_service: 0, packet_length_bytes: 0, replicas });
  program.engine.setMulticastGroup(9, [
    { port: 2, instance: 21 },
    { port: 3, instance: 0 },
    { port: 2, instance: 22 },
  ]);
  return program;
}

test('an ingress clone is the packet as received, with the field list kept and the rest lost', () => {
  expect(copies().runHex(0, `0100${PAYLOAD}`)).toEqual([
    `6:${trace(InstanceType.ingress_clone, 0x55, 0, 61, 6, 10)}0100${PAYLOAD}`,
    `1:${trace(InstanceType.normal, 0x55, 0x77, 0, 1, 10)}01ee${PAYLOAD}`,
  ]);
});

test('a clone without a field list keeps nothing, and leaves though the packet is dropped', () => {
  expect(copies().runHex(0, `0900${PAYLOAD}`)).toEqual([
    `6:${trace(InstanceType.ingress_clone, 0, 0, 61, 6, 10)}0900${PAYLOAD}`,
  ]);
});

test('an egress clone is the packet as egress left it', () => {
  const original = `1:${trace(InstanceType.normal, 0x55, 0x77, 0, 1, 10)}0800${PAYLOAD}`;
  const clone = `6:${trace(InstanceType.egress_clone, 0x55, 0, 61, 6, 21)}0800${PAYLOAD}`;
  expect(copies().runHex(0, `0800${PAYLOAD}`)).toEqual([original, clone]);
});

test("no clone without its session, and one cut to the session's length", () => {
  const program = copies();
  program.engine.setCloneSession(5, undefined);
  expect(program.runHex(0, `0900${PAYLOAD}`)).toEqual([]);
  program.engine.setCloneSession(5, {
    session_id: 5,
    class_of_service: 0,
    packet_length_bytes: 16,
    replicas: [{ port: 6, instance: 1 }],
  });
  expect(program.runHex(0, `0900${PAYLOAD}`)[0]).toHaveLength(2 + 32);
});

test('multicast makes one copy for each replica, each with its own headers', () => {
  const copy = (port: number, rid: number): string =>
    `${port}:${trace(InstanceType.replica, 0x55, 0x77, rid, port, 10)}0209${PAYLOAD}`;
  const program = copies();
  expect(program.runHex(0, `0209${PAYLOAD}`)).toEqual([copy(2, 21), copy(3, 0), copy(2, 22)]);
  program.engine.setMulticastGroup(9, undefined);
  expect(program.runHex(0, `0209${PAYLOAD}`)).toEqual([]);
});

test('a resubmitted packet runs ingress again as it was received', () => {
  expect(copies().runHex(0, `0300${PAYLOAD}`)).toEqual([
    `1:${trace(InstanceType.normal, 0x55, 0x77, 0, 1, 10)}0300${PAYLOAD}`,
  ]);
});

test('a recirculated packet runs everything again as it would have left', () => {
  expect(copies().runHex(0, `0400${PAYLOAD}`)).toEqual([
    `1:${trace(InstanceType.normal, 0x55, 0x77, 0, 1, 10)}0403${PAYLOAD}`,
  ]);
});

test('truncation counts from the first byte that leaves', () => {
  const whole = `1:${trace(InstanceType.normal, 0x55, 0x77, 0, 1, 10)}050f${PAYLOAD}`;
  expect(copies().runHex(0, `050f${PAYLOAD}`)).toEqual([whole.slice(0, 2 + 30)]);
  expect(copies().runHex(0, `05ff${PAYLOAD}`)).toEqual([whole.replace('050f', '05ff')]);
});

test('drops at the end of ingress and of egress', () => {
  expect(copies().runHex(0, `0600${PAYLOAD}`)).toEqual([]);
  expect(copies().runHex(0, `0700${PAYLOAD}`)).toEqual([]);
});

test('groups and sessions are read back as written, and bad ones refused', () => {
  const { engine } = copies();
  expect([...engine.multicastGroups()]).toEqual([
    {
      group_id: 9,
      replicas: [
        { port: 2, instance: 21 },
        { port: 3, instance: 0 },
        { port: 2, instance: 22 },
      ],
    },
  ]);
  expect([...engine.cloneSessions()]).toMatchObject([
    { session_id: 5, replicas: [{ port: 6, instance: 61 }] },
  ]);
  expect(() => engine.setMulticastGroup(0, [])).toThrow('multicast group 0 is not within 1..65535');
  const twice = [
    { port: 2, instance: 1 },
    { port: 2, instance: 1 },
  ];
  expect(() => engine.setMulticastGroup(1, twice)).toThrow('port 2 instance 1 twice');
});

test('a clone of a recirculated packet is parsed as one of the port that received it, as in BMv2', () => {
  const program = new ProgramUnderTest('again');
  const replicas = [{ port: 6, instance: 1 }];
  program.engine.setCloneSession(5, { session_id: 5, class_of_service: 0, packet_length_bytes: 0, replicas });
  // The parser reads a byte more for port 0, which the recirculated packet itself has, and two for others. Egress tells of
  // what it got the instance type, the field kept, both, the ingress port and the priority, and overwrites both.
  expect(program.runHex(3, '0101 112233')).toEqual([
    `6:0102 0022 0000 0000 0100 bbbb33`.replace(/ /g, ''),
    `1:0002 1100 0000 0000 0100 aa2233`.replace(/ /g, ''),
  ]);
});

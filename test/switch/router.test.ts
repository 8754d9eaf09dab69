import { ProgramUnderTest } from './program';

const ROUTES = 'route.routes';
const [DST, SRC, HOP] = ['020000000001', '020000000002', '0200000000aa'];

/** An IPv4 packet with options and a right checksum. */
function packet(options: {
  dst: string;
  ttl?: number;
  options?: string;
  payload?: string;
  checksum?: number;
}): string {
  const opts = options.options ?? '';
  const ihl = 5 + opts.length / 8;
  const header = Buffer.from(
    `4${ihl.toString(16)}00002a00010000${(options.ttl ?? 64).toString(16).padStart(2, '0')}110000c0000201${options.dst}${opts}`,
    'hex',
  );
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += header.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.writeUInt16BE(options.checksum ?? ~sum & 0xffff, 10);
  return `${DST}${SRC}0800${header.toString('hex')}${options.payload ?? 'cafe'}`;
}

function router(): ProgramUnderTest {
  const program = new ProgramUnderTest('router');
  program.insert(ROUTES, [{ kind: 'lpm', value: 0x0a000000n, prefix_length: 8 }], {
    name: 'route.forward',
    args: [0x0200000000aan, 3n],
  });
  return program;
}

test('forwards by the longest prefix, with the time to live and checksum rewritten and nothing else', () => {
  const program = router();
  program.insert(ROUTES, [{ kind: 'lpm', value: 0x0a010000n, prefix_length: 16 }], {
    name: 'route.forward',
    args: [0x0200000000bbn, 4n],
  });
  const out = packet({ dst: '0a000001', ttl: 63 }).slice(24);
  expect(program.runHex(1, packet({ dst: '0a000001' }))).toEqual([`3:${HOP}${DST}${out}`]);
  const [longer] = program.runHex(1, packet({ dst: '0a010001' }));
  expect(longer?.slice(0, 14)).toBe('4:0200000000bb');
});

test.each([4, 20, 40])('keeps %d bytes of options, and the checksum covers them', (bytes) => {
  const options = Buffer.alloc(bytes, 'abcdefg').toString('hex');
  const out = packet({ dst: '0a000001', ttl: 63, options }).slice(24);
  expect(router().runHex(1, packet({ dst: '0a000001', options }))).toEqual([`3:${HOP}${DST}${out}`]);
});

test('the payload leaves as it came, up to the largest frame', () => {
  const payload = Buffer.alloc(65535 - 34, 'payload').toString('hex');
  const [sent] = router().runHex(1, packet({ dst: '0a000001', payload }));
  expect(sent?.endsWith(payload)).toBe(true);
  expect(sent).toHaveLength(2 + 65535 * 2);
});

test('misses run the default action, which the control plane may change and restore', () => {
  const program = router();
  expect(program.runHex(1, packet({ dst: '0b000001' }))).toEqual([]);
  program.engine.setDefaultAction(ROUTES, { name: 'route.forward', args: [1n, 6n] });
  expect(program.runHex(1, packet({ dst: '0b000001' }))[0]?.slice(0, 2)).toBe('6:');
  program.engine.setDefaultAction(ROUTES, undefined);
  expect(program.runHex(1, packet({ dst: '0b000001' }))).toEqual([]);
});

/** What the program prepends: parser error, checksum error, length. */
function report(frame: string): string {
  return (router().runHex(1, frame)[0] ?? '').slice(0, 14);
}

test('parser and checksum errors reach ingress', () => {
  const whole = packet({ dst: '0a000001' });
  const length = (bytes: number): string => bytes.toString(16).padStart(8, '0');
  expect(report(whole.slice(0, 60))).toBe(`7:0100${length(30)}`);
  expect(report(whole.slice(0, 20))).toBe(`7:0100${length(10)}`);
  expect(report('')).toBe(`7:0100${length(0)}`);
  expect(report(`${whole.slice(0, 28)}44${whole.slice(30)}`)).toBe(`7:0400${length(36)}`);
  expect(report(packet({ dst: '0a000001', checksum: 0x1234 }))).toBe(`7:0080${length(36)}`);
});

test('a frame cut short in its headers leaves with what was read and the rest behind it', () => {
  const cut = packet({ dst: '0a000001' }).slice(0, 60);
  expect(router().runHex(1, cut)).toEqual([`7:0100${'0000001e'}${cut}`]);
});

test('counters count packets and bytes received: direct ones on hits, indirect ones by index', () => {
  const program = router();
  program.runHex(1, packet({ dst: '0a000001' }));
  program.runHex(2, packet({ dst: '0a000001', payload: '' }));
  program.runHex(2, packet({ dst: '0b000001' }));
  program.runHex(200, packet({ dst: '0b000001' }));
  const { engine } = program;
  const [entry] = engine.entries(ROUTES);
  expect(entry?.counter).toEqual({ packets: 2n, bytes: 70n });
  expect([1, 2].map((i) => engine.readCounter('route.seen', i))).toEqual([
    { packets: 1n, bytes: 36n },
    { packets: 2n, bytes: 70n },
  ]);
  engine.writeCounter('route.seen', 2, { packets: 0n, bytes: 5n });
  expect(engine.readCounter('route.seen', 2)).toEqual({ packets: 0n, bytes: 5n });
  expect(() => engine.readCounter('route.seen', 8)).toThrow('index 8 is not within 0..7');
});

test('an entry is reported idle, and again each time its timeout has passed without a hit', () => {
  const program = new ProgramUnderTest('router');
  const { engine } = program;
  const match = [{ kind: 'lpm', value: 0x0a000000n, prefix_length: 8 }] as const;
  program.insert(ROUTES, [...match], { name: 'route.forward', args: [1n, 3n] }, 0, 1_000_000n);
  const frame = Buffer.from(packet({ dst: '0a000001' }), 'hex');
  engine.receive(1, frame, 500);
  engine.tick(1400);
  expect(program.idle).toEqual([]);
  engine.tick(1501);
  engine.tick(2500);
  const reports = () => program.idle.map(({ table, entry }) => [table, entry.idle_ns]);
  expect(reports()).toEqual([[ROUTES, 1_001_000n]]);
  engine.tick(2501);
  expect(reports()).toEqual([
    [ROUTES, 1_001_000n],
    [ROUTES, 2_001_000n],
  ]);
  engine.receive(1, frame, 3000);
  engine.tick(3999);
  expect(program.idle).toHaveLength(2);
  engine.tick(4000);
  expect(reports().at(-1)).toEqual([ROUTES, 1_000_000n]);
});

import { createEngine, formatTrace, type Engine, type PacketTrace } from '../../../src/switch';
import { programText } from '../program';

const PACKET = '020000000001020000000002080045000016000100004011aed4c00002010a000001cafe';
const UNROUTED = PACKET.replace('aed4', 'add4').replace('0a000001', '0b000001');

function traced(name: string): { engine: Engine; traces: PacketTrace[]; sent: number[] } {
  const traces: PacketTrace[] = [];
  const sent: number[] = [];
  const engine = createEngine(programText(name), {
    send: (port) => sent.push(port),
    digest: () => undefined,
    idle: () => undefined,
    trace: (trace) => traces.push(trace),
  });
  return { engine, traces, sent };
}

function router(): ReturnType<typeof traced> {
  const under_test = traced('router');
  under_test.engine.insertEntry('route.routes', {
    match: [{ kind: 'lpm', value: 0x0a000000n, prefix_length: 8 }],
    priority: 0,
    action: { name: 'route.forward', args: [0x0200000000aan, 3n] },
    idle_timeout_ns: 0n,
  });
  return under_test;
}

test('tells states, headers, the entry hit, its action and where the packet went', () => {
  const { engine, traces } = router();
  engine.setTrace({});
  engine.receive(1, Buffer.from(PACKET, 'hex'), 5);
  const [trace] = traces;
  expect(trace).toMatchObject({ packet: 1, time_us: 5, port: 1, length_bytes: 36, frame: PACKET });
  expect(trace?.steps.filter((step) => step.step === 'table' && step.key.length > 0)).toEqual([
    expect.objectContaining({
      table: 'route.routes',
      key: [expect.objectContaining({ value: '0xa000001' })],
      entry: { match: ['0xa000000/8'], priority: 0 },
      action: {
        name: 'route.forward',
        args: [
          { name: expect.any(String) as string, value: '0x200000000aa' },
          { name: 'port', value: '0x3' },
        ],
      },
    }),
  ]);
  expect(trace?.steps.at(-1)).toEqual({ step: 'send', port: 3, length_bytes: 36 });
  expect(trace?.steps).toContainEqual({ step: 'extract', header: 'ethernet', offset_bytes: 0 });
  expect(trace?.steps).toContainEqual({ step: 'extract', header: 'ipv4', offset_bytes: 14 });
});

test('says why a packet was dropped', () => {
  const { engine, traces } = router();
  engine.setTrace({});
  engine.receive(1, Buffer.from(UNROUTED, 'hex'), 5);
  const [trace] = traces;
  expect(trace?.steps).toContainEqual(
    expect.objectContaining({ step: 'table', table: 'route.routes', entry: undefined }),
  );
  expect(trace?.steps.at(-1)).toMatchObject({ step: 'drop', reason: 'ingress' });
  expect(formatTrace(trace as PacketTrace)).toMatchInlineSnapshot(`
   "packet 1: port 1, 36 bytes, t=5 us
     020000000001020000000002080045000016000100004011add4c00002010b000001cafe
     ingress, port 1
       parser state start
         extract ethernet at byte 0
       parser state ipv4
         extract ipv4 at byte 14
       table tbl_router92 -> router92()
         (bit<32>) standard.ingress_port   [router.p4:92]
         seen.count((bit<32>) standard.ingress_port)   [router.p4:92]
       if (standard.parser_error != error.NoError || standard.checksum_error == 1) is false   [router.p4:93]
       if (hdr.ipv4.isValid()) is true   [router.p4:100]
       table route.routes (hdr.ipv4.dst=0xb000001): miss -> route.drop()
         mark_to_drop(standard)   [router.p4:72]
       DROP (ingress): egress_spec is the drop port 511"
  `);
});

test('a short frame ends in the parser with the name of its error', () => {
  const { engine, traces } = router();
  engine.setTrace({});
  engine.receive(1, Buffer.from(PACKET.slice(0, 40), 'hex'), 5);
  expect(traces[0]?.steps).toContainEqual({ step: 'parser_error', error: 'PacketTooShort' });
});

test('a filter chooses the port and how many; then the plain program goes on', () => {
  const { engine, traces, sent } = router();
  engine.setTrace({ port: 2, packets_max: 2 });
  for (const port of [1, 2, 1, 2, 2]) engine.receive(port, Buffer.from(PACKET, 'hex'), 0);
  expect(traces.map(({ packet, port }) => [packet, port])).toEqual([
    [1, 2],
    [2, 2],
  ]);
  expect(sent).toEqual([3, 3, 3, 3, 3]);
});

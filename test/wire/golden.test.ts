import { encodeArp, type ArpPacket } from '../../src/wire/arp';
import { encodeEthernet, type EthernetFrame } from '../../src/wire/ethernet';
import type { Frame } from '../../src/wire/frame';
import { encodeIpv4, type Ipv4Packet } from '../../src/wire/ipv4';
import {
  decodeExportResults,
  decodeMountPath,
  decodeMountResults,
  encodeMountPath,
  MOUNT_PROCEDURE,
} from '../../src/wire/mount';
import {
  decodeLeadingHandle,
  decodeNfsStatus,
  encodeDirectoryEntryArgs,
  encodeHandleArgs,
  encodeRangeArgs,
  encodeWriteArgs,
  NFS3_PROCEDURE,
  nfs3ProcedureName,
  WRITE_STABILITY,
} from '../../src/wire/nfs3';
import {
  decodeDumpResults,
  decodeGetportArgs,
  decodeGetportResults,
  encodeDumpResults,
  encodeGetportArgs,
  PORTMAP_PROCEDURE,
} from '../../src/wire/portmap';
import { decodeAuthSys, encodeAuthSys, encodeRpc, RPC_PROGRAM } from '../../src/wire/rpc';
import { encodeTcp, type TcpSegment } from '../../src/wire/tcp';
import { decodeUdpHeader, encodeUdp, type UdpDatagram, type UdpHeader } from '../../src/wire/udp';
import { CAPTURES, goldenFrames, type GoldenFrame } from './golden';
import { exchanges, messages, requireFrame, results } from './golden_messages';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const hexNumber = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;
const flag = (value: boolean): string => (value ? '1' : '0');

function ethernetFields(ethernet: EthernetFrame): Record<string, string> {
  return {
    'eth.dst': ethernet.destination,
    'eth.src': ethernet.source,
    'eth.type': hexNumber(ethernet.etherType, 4),
  };
}

function arpFields(arp: ArpPacket): Record<string, string> {
  return {
    'arp.opcode': arp.operation === 'request' ? '1' : '2',
    'arp.src.hw_mac': arp.senderMac,
    'arp.src.proto_ipv4': arp.senderIp,
    'arp.dst.hw_mac': arp.targetMac,
    'arp.dst.proto_ipv4': arp.targetIp,
  };
}

function ipv4Fields(ipv4: Ipv4Packet): Record<string, string> {
  const headerLength = 20 + ipv4.options.length;
  return {
    'ip.src': ipv4.source,
    'ip.dst': ipv4.destination,
    'ip.dsfield': hexNumber(ipv4.trafficClass, 2),
    'ip.id': hexNumber(ipv4.identification, 4),
    'ip.flags.df': flag(ipv4.dontFragment),
    'ip.flags.mf': flag(ipv4.moreFragments),
    'ip.frag_offset': String(ipv4.fragmentOffset_bytes / 8),
    'ip.ttl': String(ipv4.ttl),
    'ip.proto': String(ipv4.protocol),
    'ip.hdr_len': String(headerLength),
    'ip.len': String(headerLength + ipv4.payload.length),
  };
}

function udpFields(header: UdpHeader): Record<string, string> {
  return {
    'udp.srcport': String(header.sourcePort),
    'udp.dstport': String(header.destinationPort),
    'udp.length': String(header.length),
  };
}

function tcpFields(tcp: TcpSegment): Record<string, string> {
  return {
    'tcp.srcport': String(tcp.sourcePort),
    'tcp.dstport': String(tcp.destinationPort),
    'tcp.seq_raw': String(tcp.sequence),
    'tcp.ack_raw': String(tcp.acknowledgement),
    'tcp.flags': hexNumber(tcp.flags, 4),
    'tcp.window_size_value': String(tcp.window),
    'tcp.hdr_len': String(20 + tcp.options.length),
    'tcp.len': String(tcp.payload.length),
  };
}

/** The header of an UDP datagram or of its first fragment. */
function udpHeader(ipv4: Ipv4Packet | undefined): UdpHeader | undefined {
  const carriesHeader = ipv4?.protocol === 17 && ipv4.fragmentOffset_bytes === 0;
  return carriesHeader ? decodeUdpHeader(ipv4.payload) : undefined;
}

/** Everything up to the transport header, under tshark's names. */
function decodedFields(frame: Frame): Record<string, string> {
  const udp = udpHeader(frame.ipv4);
  return {
    ...ethernetFields(frame.ethernet),
    ...(frame.arp && arpFields(frame.arp)),
    ...(frame.ipv4 && ipv4Fields(frame.ipv4)),
    ...(udp && udpFields(udp)),
    ...(frame.tcp && tcpFields(frame.tcp)),
  };
}

const TRANSPORT_FIELD = /^(eth|arp|ip|udp|tcp)\./;

function expectedFields({ tshark }: GoldenFrame): Record<string, string> {
  return Object.fromEntries([...tshark].filter(([name]) => TRANSPORT_FIELD.test(name)));
}

describe.each(CAPTURES)('%s', (capture) => {
  test('every frame decodes to what tshark shows', () => {
    for (const golden of goldenFrames(capture)) {
      expect(decodedFields(requireFrame(golden))).toEqual(expectedFields(golden));
    }
  });

  test('timestamps and lengths are those of tshark', () => {
    for (const { packet, tshark } of goldenFrames(capture)) {
      const digits = packet.timestamp_ns.toString();
      expect(`${digits.slice(0, -9)}.${digits.slice(-9)}`).toBe(tshark.get('frame.time_epoch'));
      expect(String(packet.originalLength)).toBe(tshark.get('frame.len'));
    }
  });

  test('every frame encodes to the captured bytes, checksums included', () => {
    for (const golden of goldenFrames(capture)) {
      const { ethernet, arp, ipv4, udp, tcp } = requireFrame(golden);
      const transport =
        (udp && encodeUdp(udp, ipv4)) ??
        (tcp && ipv4 && encodeTcp(tcp, ipv4)) ??
        ipv4?.payload ??
        new Uint8Array(0);
      const payload = arp ? encodeArp(arp) : ipv4 && encodeIpv4({ ...ipv4, payload: transport });
      expect(payload).toBeDefined();
      if (payload) expect(hex(encodeEthernet({ ...ethernet, payload }))).toBe(hex(golden.packet.data));
    }
  });

  test('RPC headers are those of tshark, and encode to the captured bytes', () => {
    for (const { golden, bytes, message } of messages(capture)) {
      expect(hex(encodeRpc(message))).toBe(hex(bytes));
      const { tshark } = golden;
      // tshark knows only the programs it has a dissector for.
      if (!tshark.has('rpc.xid')) {
        expect(message).toMatchObject(
          message.kind === 'call' ? { program: 400003 } : { outcome: { status: 'prog_unavail' } },
        );
        continue;
      }
      expect(hexNumber(message.xid, 8)).toBe(tshark.get('rpc.xid'));
      expect(message.kind).toBe(tshark.get('rpc.msgtyp') === '0' ? 'call' : 'reply');
      if (message.kind === 'reply') continue;
      const auth = decodeAuthSys(message.credential);
      const decoded = {
        'rpc.program': String(message.program),
        'rpc.programversion': String(message.version),
        'rpc.procedure': String(message.procedure),
        'rpc.auth.flavor': String(message.credential.flavor),
        'rpc.auth.machinename': auth?.machineName,
        'rpc.auth.uid': auth && String(auth.uid),
        'rpc.auth.gid': auth && String(auth.gid),
      };
      expect(decoded).toEqual(
        Object.fromEntries(Object.keys(decoded).map((name) => [name, tshark.get(name)])),
      );
      if (auth !== undefined) expect(hex(encodeAuthSys(auth).body)).toBe(hex(message.credential.body));
    }
  });

  test('no message that tshark sees is missed', () => {
    const seen = goldenFrames(capture).filter(({ tshark }) => tshark.has('rpc.xid'));
    const decoded = messages(capture).filter(({ golden }) => golden.tshark.has('rpc.xid'));
    expect(decoded.map(({ golden }) => golden.tshark.get('frame.number'))).toEqual(
      seen.map(({ tshark }) => tshark.get('frame.number')),
    );
  });
});

test('reply outcomes', () => {
  const outcomes = messages('rpc_refusals').flatMap(({ message }) =>
    message.kind === 'reply' ? [[message.xid, message.outcome]] : [],
  );
  expect(outcomes).toEqual([
    [1, { status: 'success', results: Buffer.alloc(0) }],
    [3, { status: 'auth_error', authStatus: 2 }],
    [4, { status: 'proc_unavail' }],
    [5, { status: 'prog_unavail' }],
    [6, { status: 'auth_error', authStatus: 1 }],
  ]);
  const mismatch = exchanges('portmap_mount', RPC_PROGRAM.nfs).find(({ call }) => call.version === 9);
  expect(mismatch?.reply?.outcome).toEqual({ status: 'prog_mismatch', low: 3, high: 4 });
});

test('a call of another RPC version is not decoded', () => {
  const xids = messages('rpc_refusals').map(({ message }) => message.xid);
  expect(xids).not.toContain(2);
});

test('portmap GETPORT', () => {
  const getports = exchanges('nfs_tcp', RPC_PROGRAM.portmap).filter(
    ({ call }) => call.procedure === PORTMAP_PROCEDURE.GETPORT,
  );
  expect(getports.map(({ call }) => decodeGetportArgs(call.args))).toEqual([
    { program: 100005, version: 3, protocol: 6, port: 0 },
    { program: 100003, version: 3, protocol: 6, port: 0 },
  ]);
  for (const exchange of getports) {
    const port = decodeGetportResults(results(exchange));
    expect(String(port)).toBe(exchange.tsharkReply.get('portmap.port'));
    const args = decodeGetportArgs(exchange.call.args);
    if (args !== undefined) expect(hex(encodeGetportArgs(args))).toBe(hex(exchange.call.args));
  }
});

test('portmap DUMP lists what rpcinfo -p printed', () => {
  const [dump] = exchanges('portmap_mount', RPC_PROGRAM.portmap).filter(
    ({ call }) => call.version === 2 && call.procedure === PORTMAP_PROCEDURE.DUMP,
  );
  if (dump === undefined) throw new Error('no DUMP in the capture');
  const mappings = decodeDumpResults(results(dump)) ?? [];
  expect(
    mappings.map(({ program, version, protocol, port }) => [program, version, protocol, port].join(' ')),
  ).toEqual([
    '100000 4 6 111',
    '100000 3 6 111',
    '100000 2 6 111',
    '100000 4 17 111',
    '100000 3 17 111',
    '100000 2 17 111',
    '100024 1 17 662',
    '100024 1 6 662',
    '100003 3 17 2049',
    '100003 3 6 2049',
    '100005 1 17 20048',
    '100005 1 6 20048',
    '100005 3 17 20048',
    '100005 3 6 20048',
    '100021 4 17 32803',
    '100021 4 6 32803',
    '100003 4 17 2049',
    '100003 4 6 2049',
    '100011 1 17 875',
    '100011 1 6 875',
    '100011 2 17 875',
    '100011 2 6 875',
  ]);
  expect(hex(encodeDumpResults(mappings))).toBe(hex(results(dump)));
});

test('MOUNT: MNT and EXPORT', () => {
  const mounts = [...exchanges('nfs_udp', RPC_PROGRAM.mount), ...exchanges('nfs_tcp', RPC_PROGRAM.mount)];
  const mnts = mounts.filter(({ call }) => call.procedure === MOUNT_PROCEDURE.MNT);
  expect(mnts.map(({ call }) => decodeMountPath(call.args))).toEqual(['/share', '/nothing', '/share']);
  for (const exchange of mnts) {
    expect(hex(encodeMountPath(exchange.tsharkCall.get('mount.path') ?? ''))).toBe(hex(exchange.call.args));
    const result = decodeMountResults(results(exchange));
    expect(String(result?.status)).toBe(exchange.tsharkReply.get('mount.status'));
    expect(result?.handle && hex(result.handle)).toBe(exchange.tsharkReply.get('nfs.fhandle'));
  }
  const listings = [...exchanges('portmap_mount', RPC_PROGRAM.mount), ...mounts].filter(
    ({ call }) => call.procedure === MOUNT_PROCEDURE.EXPORT,
  );
  expect(listings.map((exchange) => decodeExportResults(results(exchange)))).toEqual([
    [{ directory: '/share', groups: [] }],
    [{ directory: '/share', groups: [] }],
  ]);
});

describe('NFSv3', () => {
  const calls = (['nfs_udp', 'nfs_udp_fragments', 'nfs_tcp'] as const).flatMap((capture) =>
    exchanges(capture, RPC_PROGRAM.nfs),
  );

  test('every call starts with the handle tshark shows', () => {
    const withArgs = calls.filter(({ call }) => call.procedure !== NFS3_PROCEDURE.NULL);
    expect(withArgs.length).toBeGreaterThan(10);
    for (const { call, tsharkCall } of withArgs) {
      const handle = decodeLeadingHandle(call.args);
      // The calls after the MNT that was refused carry an empty handle, which is none.
      expect(handle && hex(handle)).toBe(tsharkCall.get('nfs.fhandle'));
    }
  });

  test('every reply starts with the status tshark shows', () => {
    for (const exchange of calls) {
      if (exchange.call.procedure === NFS3_PROCEDURE.NULL) continue;
      expect(String(decodeNfsStatus(results(exchange)))).toBe(exchange.tsharkReply.get('nfs.status3'));
    }
  });

  test('arguments we build are those the client sent', () => {
    const built = new Set<string>();
    for (const { call, tsharkCall } of calls) {
      const handle = Buffer.from(tsharkCall.get('nfs.fhandle') ?? '', 'hex');
      const offset = BigInt(tsharkCall.get('nfs.offset3') ?? 0);
      const count = Number(tsharkCall.get('nfs.count3'));
      const encode = {
        GETATTR: () => encodeHandleArgs(handle),
        FSINFO: () => encodeHandleArgs(handle),
        LOOKUP: () => encodeDirectoryEntryArgs(handle, tsharkCall.get('nfs.name') ?? ''),
        READ: () => encodeRangeArgs(handle, offset, count),
        // The program that was captured writes zeros.
        WRITE: () => encodeWriteArgs(handle, offset, WRITE_STABILITY.FILE_SYNC, new Uint8Array(count)),
      };
      const name = nfs3ProcedureName(call.procedure);
      if (name === undefined || !(name in encode)) continue;
      // Of a fragmented call the capture's frame has the beginning.
      const args = encode[name as keyof typeof encode]().subarray(0, call.args.length);
      expect(`${name} ${hex(args)}`).toBe(`${name} ${hex(call.args)}`);
      built.add(name);
    }
    expect([...built].sort()).toEqual(['FSINFO', 'GETATTR', 'LOOKUP', 'READ', 'WRITE']);
  });
});

test('fragments of one datagram join to it', () => {
  const packets = goldenFrames('nfs_udp_fragments').flatMap((golden) => requireFrame(golden).ipv4 ?? []);
  const fragments = packets.filter((packet) => packet.moreFragments || packet.fragmentOffset_bytes > 0);
  expect(fragments.map((fragment) => [fragment.identification, fragment.fragmentOffset_bytes])).toEqual([
    [0x99da, 0],
    [0x99da, 1480],
    [0x99da, 2960],
    [0x3395, 0],
    [0x3395, 1480],
    [0x3395, 2960],
  ]);
  for (const id of [0x99da, 0x3395]) {
    const parts = fragments.filter(({ identification }) => identification === id);
    const whole = Buffer.concat(parts.map(({ payload }) => payload));
    const [first] = parts;
    if (first === undefined) throw new Error('no fragments');
    const datagram: UdpDatagram = {
      sourcePort: whole.readUInt16BE(0),
      destinationPort: whole.readUInt16BE(2),
      payload: whole.subarray(8),
    };
    // The checksum covers all fragments: encoding the joined datagram must give it.
    expect(hex(encodeUdp(datagram, first))).toBe(hex(whole));
  }
});

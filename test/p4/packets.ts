import { encodeArp } from '../../src/wire/arp';
import { decodeEthernet, encodeEthernet, ETHERTYPE } from '../../src/wire/ethernet';
import { encodeUdpFrame, encodeTcpFrame, type FrameAddresses } from '../../src/wire/frame';
import { decodeIpv4, encodeIpv4, type Ipv4Packet } from '../../src/wire/ipv4';
import { fragmentIpv4 } from '../../src/wire/ipv4_fragment';
import { AUTH_NONE, encodeRpc, RPC_PROGRAM, type RpcAuth } from '../../src/wire/rpc';
import { TCP_FLAG } from '../../src/wire/tcp';
import { concat } from '../../src/wire/field';
import { XdrWriter } from '../../src/wire/xdr';

/** The network the packet tests play in: one client port, two store ports, one port with a shadow. */
export const NET = {
  clientPort: 1,
  storePorts: [2, 3],
  hostPort: 4, // the shadow of clientPort
  unknownPort: 5,
  vip: '10.0.1.100',
  otherVip: '10.0.1.101',
  ownExternal: '10.0.1.254',
  ownInternal: '10.0.2.254',
  client: '10.0.1.11',
  clientMac: '02:00:00:00:00:11',
  externalMac: '02:00:00:00:01:01',
  internalMacs: ['02:00:00:00:01:02', '02:00:00:00:01:03'],
  storeMacs: ['02:00:00:00:02:01', '02:00:00:00:02:02'],
} as const;

export const NFS_PORT = 2049;
/** Of the service that the controller answers. */
export const SLOW_PORT = 4000;
export const FILE_HANDLE = Uint8Array.from({ length: 44 }, (_, i) => (i * 7 + 3) & 0xff);

const FROM_CLIENT: FrameAddresses = {
  sourceMac: NET.clientMac,
  destinationMac: NET.externalMac,
  source: NET.client,
  destination: NET.vip,
};

export interface CallOptions {
  xid?: number;
  procedure?: number;
  program?: number;
  version?: number;
  credential?: RpcAuth;
  verifier?: RpcAuth;
  /** Of an NFS call. */
  fileHandle?: Uint8Array;
  /** Of another program. */
  args?: Uint8Array;
  clientPort?: number;
  servicePort?: number;
  addresses?: Partial<FrameAddresses>;
  ipv4?: Partial<Ipv4Packet>;
  /** What follows the file handle. */
  data?: Uint8Array;
  /** Changes the RPC message before it is put into a datagram. */
  edit?: (message: Uint8Array) => Uint8Array;
}

/** An NFSv3 call from the client to the VIP; GETATTR unless told otherwise. */
export function nfsCall(options: CallOptions = {}): Uint8Array {
  const { xid = 1, procedure = 1, edit = (message: Uint8Array) => message } = options;
  const message = encodeRpc({
    kind: 'call',
    xid,
    program: options.program ?? RPC_PROGRAM.nfs,
    version: options.version ?? 3,
    procedure,
    credential: options.credential ?? AUTH_NONE,
    verifier: options.verifier ?? AUTH_NONE,
    args: concat(
      options.args ?? new XdrWriter().opaque(options.fileHandle ?? FILE_HANDLE).finish(),
      options.data ?? new Uint8Array(0),
    ),
  });
  return encodeUdpFrame(
    { ...FROM_CLIENT, ...options.addresses },
    {
      sourcePort: options.clientPort ?? 700,
      destinationPort: options.servicePort ?? NFS_PORT,
      payload: edit(message),
    },
    options.ipv4,
  );
}

/** A store's answer to `nfsCall({xid, clientPort})`. */
export function nfsReply(
  store: 0 | 1,
  options: Pick<CallOptions, 'xid' | 'clientPort' | 'ipv4'> = {},
): Uint8Array {
  const payload = encodeRpc({
    kind: 'reply',
    xid: options.xid ?? 1,
    verifier: AUTH_NONE,
    outcome: { status: 'success', results: new Uint8Array(88) },
  });
  return encodeUdpFrame(
    {
      sourceMac: NET.storeMacs[store],
      destinationMac: NET.internalMacs[store],
      source: NET.vip,
      destination: NET.client,
    },
    { sourcePort: NFS_PORT, destinationPort: options.clientPort ?? 700, payload },
    options.ipv4,
  );
}

export function tcpSegment(
  clientPort: number,
  flags: number = TCP_FLAG.syn,
  addresses: Partial<FrameAddresses> = {},
  servicePort = NFS_PORT,
): Uint8Array {
  return encodeTcpFrame(
    { ...FROM_CLIENT, ...addresses },
    {
      sourcePort: clientPort,
      destinationPort: servicePort,
      sequence: 1000,
      acknowledgement: 0,
      flags,
      window: 65535,
      urgentPointer: 0,
      options: new Uint8Array(0),
      payload: new Uint8Array(0),
    },
  );
}

export function udpFrame(
  addresses: Partial<FrameAddresses>,
  sourcePort: number,
  destinationPort: number,
): Uint8Array {
  return encodeUdpFrame(
    { ...FROM_CLIENT, ...addresses },
    { sourcePort, destinationPort, payload: new TextEncoder().encode('nothing of ours') },
  );
}

export function arpReply(
  senderIp: string,
  senderMac: string,
  targetIp: string,
  targetMac: string,
): Uint8Array {
  return encodeEthernet({
    destination: targetMac,
    source: senderMac,
    etherType: ETHERTYPE.arp,
    payload: encodeArp({ operation: 'reply', senderMac, senderIp, targetMac, targetIp }),
  });
}

/** A frame of an EtherType the pipeline does not read. */
export function unknownFrame(payload = new Uint8Array(46).fill(7)): Uint8Array {
  return encodeEthernet({
    destination: '01:80:c2:00:00:0e',
    source: NET.clientMac,
    etherType: ETHERTYPE.vlan + 0x1000,
    payload,
  });
}

/** One that nothing else looks like: a client port and its shadow hand it on to each other. */
export function markerFrame(number: number): Uint8Array {
  const payload = Buffer.alloc(46);
  payload.write('marker');
  payload.writeUInt32BE(number, 8);
  return unknownFrame(Uint8Array.from(payload));
}

/** One that always goes to the controller, without counting towards any client's share. */
export function slowMarker(store: 0 | 1, number: number): Uint8Array {
  const addresses = {
    ...{ sourceMac: NET.storeMacs[store], destinationMac: NET.internalMacs[store] },
    ...{ source: `10.0.2.${store + 1}`, destination: NET.ownInternal },
  };
  return udpFrame(addresses, 1024 + (number % 60000), SLOW_PORT);
}

/** What leaves a host whose network takes IP packets of `mtu` octets. */
export function fragments(frame: Uint8Array, mtu = 1500): Uint8Array[] {
  const ethernet = decodeEthernet(frame);
  const packet = ethernet && decodeIpv4(ethernet.payload);
  if (ethernet === undefined || packet === undefined) throw new Error('not an IPv4 frame');
  return fragmentIpv4(packet, mtu).map((piece) =>
    encodeEthernet({ ...ethernet, payload: encodeIpv4(piece) }),
  );
}

/** The frame as it should leave: other Ethernet addresses, nothing else different. */
export function rewritten(frame: Uint8Array, destinationMac: string, sourceMac: string): Uint8Array {
  const copy = Uint8Array.from(frame);
  copy.set(Buffer.from(destinationMac.replaceAll(':', ''), 'hex'), 0);
  copy.set(Buffer.from(sourceMac.replaceAll(':', ''), 'hex'), 6);
  return copy;
}

/** Clients' RPC calls over UDP to the virtual address and their replies, as one link's capture shows them. */
import { decodeEthernet, ETHERTYPE } from '../wire/ethernet';
import { decodeIpv4, IP_PROTOCOL } from '../wire/ipv4';
import { decodeLeadingHandle, NFS3_PROCEDURE, NFS3_VERSION } from '../wire/nfs3';
import type { PcapPacket } from '../wire/pcap';
import { decodeRpc, RPC_PROGRAM, type RpcCall } from '../wire/rpc';
import { decodeUdpHeader, UDP_HEADER_LENGTH } from '../wire/udp';
import type { Addresses } from './addresses';
import type { LinkCapture } from './captures';

/** One request on one link: all its transmissions and replies there, in ns since the epoch. */
export interface RpcExchange {
  /** Client address, client port and xid: what makes it one request. */
  key: string;
  client_port: number;
  program: number;
  procedure: number;
  /** Of WRITE and COMMIT: the handle of the file, in hexadecimal. */
  file?: string;
  transmissions_ns: bigint[];
  replies_ns: bigint[];
}

interface RpcFrame {
  key: string;
  client_port: number;
  time_ns: bigint;
  call?: Pick<RpcExchange, 'program' | 'procedure' | 'file'>;
}

/** Requests on this link, in the order of their first transmission. */
export function rpcExchanges(capture: LinkCapture, addresses: Addresses): RpcExchange[] {
  const exchanges = new Map<string, RpcExchange>();
  for (const packet of capture.packets) {
    const frame = decodeRpcFrame(packet, addresses);
    if (frame === undefined) continue;
    const known = exchanges.get(frame.key);
    if (frame.call === undefined) known?.replies_ns.push(frame.time_ns);
    else if (known !== undefined) known.transmissions_ns.push(frame.time_ns);
    else {
      exchanges.set(frame.key, {
        key: frame.key,
        client_port: frame.client_port,
        ...frame.call,
        transmissions_ns: [frame.time_ns],
        replies_ns: [],
      });
    }
  }
  return [...exchanges.values()];
}

/** A datagram's first fragment has the RPC header, so the others are not looked at. */
function decodeRpcFrame(
  { data, timestamp_ns }: PcapPacket,
  { vip, clients }: Addresses,
): RpcFrame | undefined {
  const ethernet = decodeEthernet(data);
  if (ethernet?.etherType !== ETHERTYPE.ipv4) return undefined;
  const ipv4 = decodeIpv4(ethernet.payload);
  if (ipv4?.protocol !== IP_PROTOCOL.udp || ipv4.fragmentOffset_bytes !== 0) return undefined;
  const udp = decodeUdpHeader(ipv4.payload);
  const message = decodeRpc(ipv4.payload.subarray(UDP_HEADER_LENGTH));
  if (udp === undefined || message === undefined) return undefined;
  const isCall = message.kind === 'call';
  const [client, port, server] = isCall
    ? [ipv4.source, udp.sourcePort, ipv4.destination]
    : [ipv4.destination, udp.destinationPort, ipv4.source];
  if (server !== vip || !clients.has(client)) return undefined;
  return {
    key: `${client}:${port}:${message.xid.toString(16)}`,
    client_port: port,
    time_ns: timestamp_ns,
    ...(isCall
      ? { call: { program: message.program, procedure: message.procedure, ...writtenFile(message) } }
      : {}),
  };
}

function writtenFile({ program, version, procedure, args }: RpcCall): Pick<RpcExchange, 'file'> {
  const isWrite = procedure === NFS3_PROCEDURE.WRITE || procedure === NFS3_PROCEDURE.COMMIT;
  if (program !== RPC_PROGRAM.nfs || version !== NFS3_VERSION || !isWrite) return {};
  const handle = decodeLeadingHandle(args);
  return handle === undefined ? {} : { file: Buffer.from(handle).toString('hex') };
}

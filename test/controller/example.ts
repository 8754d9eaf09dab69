/** The configuration the controller's tests share: two client ports, three store ports. */
import type { Config } from '../../src/config/config';
import { parseConfig } from '../../src/config/load';
import { encodeArp, type ArpPacket } from '../../src/wire/arp';
import { encodeEthernet, ETHERTYPE } from '../../src/wire/ethernet';
import { decodeFrame, encodeUdpFrame, type Frame } from '../../src/wire/frame';
import { AUTH_NONE, decodeRpc, encodeRpc, type RpcOutcome } from '../../src/wire/rpc';

export const VIP = '10.0.1.100';
export const STORE_MAC = {
  store1: '02:00:00:00:02:11',
  store2: '02:00:00:00:02:12',
  store3: '02:00:00:00:02:13',
};
export const STORE_ADDRESS = { store1: '10.0.2.11', store2: '10.0.2.12', store3: '10.0.2.13' };
export const STORE_PORT = { store1: 3, store2: 4, store3: 5 };
export const PORT_MAC = (port: number) => `02:00:00:00:00:0${port}`;
export type StoreName = keyof typeof STORE_MAC;
export const STORES = Object.keys(STORE_MAC) as StoreName[];

/** `extra` follows as YAML of its own top-level keys; `address` is the switch's. */
export function exampleConfig(extra = '', address = '127.0.0.1:9559'): Config {
  return parseConfig(
    `
switch: { address: '${address}', device_id: 1 }
ports:
  - { name: c1, number: 1, role: external, mac: '${PORT_MAC(1)}', addresses: [10.0.1.254/24], host_port: 101 }
  - { name: c2, number: 2, role: external, mac: '${PORT_MAC(2)}', addresses: [10.0.3.254/24] }
  - { name: s1, number: 3, role: internal, mac: '${PORT_MAC(3)}', addresses: [10.0.2.254/24] }
  - { name: s2, number: 4, role: internal, mac: '${PORT_MAC(4)}', addresses: [10.0.2.253/24] }
  - { name: s3, number: 5, role: internal, mac: '${PORT_MAC(5)}', addresses: [10.0.2.252/24] }
routes:
  - { to: 192.0.2.0/24, via: 10.0.3.1 }
stores:
  - { name: store1, address: 10.0.2.11, port: s1 }
  - { name: store2, address: 10.0.2.12, port: s2 }
  - { name: store3, address: 10.0.2.13, port: s3 }
virtual_stores:
  - name: share
    address: ${VIP}
    pools: [{ name: all, stores: [store1, store2, store3] }]
    services:
      - { name: nfs-udp, protocol: udp, port: 2049, program: nfs, mode: request, pool: all }
      - { name: nfs-tcp, protocol: tcp, port: 2049, program: nfs, mode: session, pool: all }
${extra}`,
    'example.yaml',
  );
}

export function arpReplyFrame(packet: Omit<ArpPacket, 'operation'>): Uint8Array {
  return encodeEthernet({
    destination: packet.targetMac,
    source: packet.senderMac,
    etherType: ETHERTYPE.arp,
    payload: encodeArp({ operation: 'reply', ...packet }),
  });
}

/** What a store that holds the VIP answers to a frame it receives; undefined if it would not. */
export function storeAnswer(
  store: StoreName,
  bytes: Uint8Array,
  outcome: RpcOutcome = { status: 'success', results: new Uint8Array(0) },
): Uint8Array | undefined {
  const frame = decodeFrame(bytes);
  if (frame === undefined) return undefined;
  const { ethernet, arp, ipv4, udp } = frame;
  const mac = STORE_MAC[store];
  if (arp?.operation === 'request' && arp.targetIp === STORE_ADDRESS[store]) {
    return arpReplyFrame({
      senderMac: mac,
      senderIp: arp.targetIp,
      targetMac: arp.senderMac,
      targetIp: arp.senderIp,
    });
  }
  if (ipv4 === undefined || udp === undefined || ethernet.destination !== mac || ipv4.destination !== VIP) {
    return undefined;
  }
  const call = decodeRpc(udp.payload);
  if (call?.kind !== 'call') return undefined;
  return encodeUdpFrame(
    { sourceMac: mac, destinationMac: ethernet.source, source: VIP, destination: ipv4.source },
    {
      sourcePort: udp.destinationPort,
      destinationPort: udp.sourcePort,
      payload: encodeRpc({ kind: 'reply', xid: call.xid, verifier: AUTH_NONE, outcome }),
    },
  );
}

export function requireFrame(bytes: Uint8Array): Frame {
  const frame = decodeFrame(bytes);
  if (frame === undefined) throw new Error('not a frame');
  return frame;
}

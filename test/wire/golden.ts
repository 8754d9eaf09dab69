import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePcap, type PcapPacket } from '../../src/wire/pcap';

const FOLDER = join(__dirname, '..', 'golden');

export const CAPTURES = [
  'portmap_mount',
  'rpcbind',
  'mount',
  'mount_dump',
  'nfs_udp',
  'nfs_udp_fragments',
  'nfs_tcp',
  'nfs_procedures',
  'rpc_refusals',
] as const;
export type Capture = (typeof CAPTURES)[number];

/** A captured frame with tshark's decode: field name to text, without the fields the frame does not have. */
export interface GoldenFrame {
  packet: PcapPacket;
  tshark: Map<string, string>;
}

export function captureBytes(capture: Capture): Uint8Array {
  return readFileSync(join(FOLDER, `${capture}.pcap`));
}

export function goldenFrames(capture: Capture): GoldenFrame[] {
  const { packets } = decodePcap(captureBytes(capture), `${capture}.pcap`);
  const [head = '', ...lines] = readFileSync(join(FOLDER, `${capture}.tsv`), 'utf8')
    .trimEnd()
    .split('\n');
  const names = head.split('\t');
  if (lines.length !== packets.length)
    throw new Error(`${capture}: ${packets.length} frames, ${lines.length} lines`);
  return packets.map((packet, index) => {
    const values = (lines[index] ?? '').split('\t');
    const fields = names.map((name, column): [string, string] => [name, values[column] ?? '']);
    return { packet, tshark: new Map(fields.filter(([, value]) => value !== '')) };
  });
}

import { execFileSync } from 'node:child_process';
import { PacketReader } from '../../src/afpacket/packet_reader';
import { PacketSocket } from '../../src/afpacket/packet_socket';
import { TxBatch } from '../../src/afpacket/tx_batch';
import { inNamespace } from '../targets/namespace';

const testHere = process.getuid?.() === 0 ? test : test.skip;
const NAMESPACE = `ssr-${process.pid}`;
const SLOT_OCTETS = 256;
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'inherit'] });

/** A frame of an experimental type (IEEE 802, 88b5) that says its number. */
function frame(number: number, length: number): Uint8Array {
  const octets = new Uint8Array(length).fill(number & 0xff);
  octets.set([2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5]);
  new DataView(octets.buffer).setUint32(14, number);
  return octets;
}

testHere(
  'frames are events of the loop, all of them and in order; the end of the interface too (needs root)',
  async () => {
    ip('netns', 'add', NAMESPACE);
    try {
      execFileSync('ip', [
        'netns',
        'exec',
        NAMESPACE,
        'sysctl',
        '-qw',
        'net.ipv6.conf.default.disable_ipv6=1',
      ]);
      ip('-n', NAMESPACE, 'link', 'add', 'r0', 'type', 'veth', 'peer', 'name', 'r1');
      for (const end of ['r0', 'r1']) ip('-n', NAMESPACE, 'link', 'set', end, 'arp', 'off', 'up');
      const open = (name: string) =>
        inNamespace(NAMESPACE, () => {
          const socket = new PacketSocket(`test ${name}`, name);
          socket.setReceiveBuffer(8 * 1024 * 1024);
          socket.bind();
          return socket;
        });
      const [receiving, sending] = [open('r0'), open('r1')];
      const counts = { rx_frames: 0, rx_bytes: 0, rx_truncated: 0 };
      const numbers: number[] = [];
      let turns = 0;
      let wake: () => void = () => undefined;
      const failed = new Promise<string>((resolve) => {
        const reader = new PacketReader(
          receiving,
          SLOT_OCTETS,
          counts,
          (_buffer, view, start, end) => {
            if (view.getUint16(start + 12) === 0x88b5)
              numbers.push(view.getUint32(start + 14) * 1000 + end - start);
          },
          () => {
            turns++;
            wake();
          },
          (code) => {
            reader.close();
            resolve(code);
          },
        );
      });
      const tx = new TxBatch(sending.fd, SLOT_OCTETS, {
        ...{ tx_frames: 0, tx_bytes: 0, tx_dropped: 0, tx_oversized: 0 },
      });
      const expected: number[] = [];
      for (let number = 0; number < 1500; number++) {
        const length = 60 + (number % 190);
        const octets = frame(number, length);
        tx.add(octets, 0, octets.length);
        expected.push(number * 1000 + length);
      }
      tx.flush();
      while (numbers.length < expected.length) await new Promise<void>((resolve) => (wake = resolve));
      expect(numbers).toEqual(expected);
      expect(turns).toBeLessThan(1500);
      ip('-n', NAMESPACE, 'link', 'set', 'r0', 'down');
      expect(await failed).toBe('ENETDOWN');
      for (const socket of [receiving, sending]) socket.close();
    } finally {
      ip('netns', 'delete', NAMESPACE);
    }
  },
);

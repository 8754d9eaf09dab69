/**
 * The least a switch in this process could do: node copy_loop.js IFACE_IN IFACE_OUT...  Frames go from the first
 * interface's ring to the others in turn, by the switch's own ports and batches, without any program. Writes "ready".
 */
import { AfPacketPort } from '../../switch/ports/afpacket';
import { libc, POLLIN } from '../../afpacket/libc';

/** As the switch's packet loop. */
const BATCH_FRAMES = 64;
const POLL_TIMEOUT_MS = 100;

function main(ifaces: string[]): void {
  const [input, ...outputs] = ifaces.map((iface, index) => new AfPacketPort(index, iface));
  if (input === undefined || outputs.length === 0) throw new Error('usage: copy_loop IFACE_IN IFACE_OUT...');
  let turn = 0;
  input.onReceive((_, buffer, start, end) => {
    outputs[turn]?.transmit(buffer, start, end);
    if (++turn === outputs.length) turn = 0;
  });
  const pollfd = new Int32Array([input.fd, POLLIN]);
  const pollfd_bytes = new Uint8Array(pollfd.buffer);
  process.stdout.write('ready\n');
  for (;;) {
    const taken = input.receiveBatch(BATCH_FRAMES);
    for (const output of outputs) output.flush();
    if (taken === 0) libc().poll(pollfd_bytes, 1, POLL_TIMEOUT_MS);
  }
}

main(process.argv.slice(2));

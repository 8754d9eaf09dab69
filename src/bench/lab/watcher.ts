/**
 * Watches calls enter and leave a switch: node watcher.js FIRST_XID FRAMES IFACE_IN IFACE_OUT...  Writes "ready",
 * watches until its standard input ends, then prints {"p50_us","p99_us","lost"}. A lost frame counts as one that
 * takes for ever.
 */
import { AfPacketPort } from '../../switch/ports/afpacket';
import { quantile } from '../statistics';
import { CALL_LENGTH, XID_OFFSET } from './calls';

const DRAIN_INTERVAL_MS = 2;
const NOT_SEEN = -1;

function main([first, count, ...ifaces]: string[]): void {
  if (ifaces.length < 2) throw new Error('usage: watcher FIRST_XID FRAMES IFACE_IN IFACE_OUT...');
  const first_xid = Number(first);
  const frames = Number(count);
  const entered_us = new Float64Array(frames).fill(NOT_SEEN);
  const left_us = new Float64Array(frames).fill(NOT_SEEN);
  const ports = ifaces.map((iface, index) => {
    const port = new AfPacketPort(index, iface);
    const times_us = index === 0 ? entered_us : left_us;
    port.onReceive((_, buffer, start, end) => {
      if (end - start !== CALL_LENGTH) return;
      const at = start + XID_OFFSET;
      const [a = 0, b = 0, c = 0, d = 0] = [buffer[at], buffer[at + 1], buffer[at + 2], buffer[at + 3]];
      const index = (((a << 24) | (b << 16) | (c << 8) | d) - first_xid) >>> 0;
      if (index < frames && times_us[index] === NOT_SEEN) times_us[index] = port.received_at_us;
    });
    return port;
  });
  const drain = (): void => {
    for (const port of ports) while (port.receiveBatch(1024) > 0);
  };
  const timer = setInterval(drain, DRAIN_INTERVAL_MS);
  process.stdin.on('end', () => {
    clearInterval(timer);
    drain();
    const missed = ports.reduce((sum, port) => sum + port.stats().rx_dropped, 0);
    for (const port of ports) port.close();
    if (missed > 0) throw new Error(`the watcher itself missed ${missed} frames: no latency is known`);
    const took_us = new Float64Array(frames).fill(Infinity);
    let lost = 0;
    for (let i = 0; i < frames; i++) {
      if (left_us[i] === NOT_SEEN) lost++;
      else took_us[i] = (left_us[i] ?? 0) - (entered_us[i] ?? 0);
    }
    // JSON writes Infinity as null.
    const [p50_us, p99_us] = [quantile(took_us, 0.5), quantile(took_us, 0.99)];
    process.stdout.write(`${JSON.stringify({ p50_us, p99_us, lost })}\n`);
  });
  process.stdin.resume();
  process.stdout.write('ready\n');
}

main(process.argv.slice(2));

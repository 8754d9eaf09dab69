/**
 * Offers GETATTR calls at a steady rate on one interface:
 * node sender.js IFACE RATE_PPS FRAMES FIRST_XID SRC_MAC DST_MAC LATE_MAX_MS
 * A sender that had to wait for its core for longer than LATE_MAX_MS gives up what it could not send meanwhile, and so
 * sends more slowly; up to then it makes up for it in a burst. A process of its own, since the switch under test and the
 * benchmark have theirs. Prints {"sent","duration_s"}.
 */
import { AfPacketPort } from '../../switch/ports/afpacket';
import { getattrCall, XID_OFFSET } from './calls';

/** How far ahead of the clock frames are sent: the sleep between batches, and so their size. */
const BATCH_MS = 0.5;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

function main([iface, rate, frames, firstXid, sourceMac, destinationMac, lateMax]: string[]): void {
  if (
    iface === undefined ||
    sourceMac === undefined ||
    destinationMac === undefined ||
    lateMax === undefined
  ) {
    throw new Error('usage: sender IFACE RATE_PPS FRAMES FIRST_XID SRC_MAC DST_MAC LATE_MAX_MS');
  }
  const rate_pps = Number(rate);
  const total = Number(frames);
  const late_max_s = Number(lateMax) / 1000;
  const port = new AfPacketPort(0, iface);
  const frame = getattrCall({ sourceMac, destinationMac, source: '10.0.1.11', destination: '10.0.1.100' });
  const started = process.hrtime.bigint();
  const elapsed_s = () => Number(process.hrtime.bigint() - started) / 1e9;

  let queued = 0;
  let given_up_s = 0;
  while (queued < total) {
    const now_s = elapsed_s() - given_up_s;
    const late_s = now_s - queued / rate_pps;
    if (late_s > late_max_s) given_up_s += late_s;
    const due = Math.min(total, Math.ceil((elapsed_s() - given_up_s + BATCH_MS / 1000) * rate_pps));
    // Sleeping, not spinning: the cores belong to the switch under test.
    if (queued >= due) Atomics.wait(sleeper, 0, 0, BATCH_MS / 2);
    while (queued < due) {
      frame.writeUInt32BE((Number(firstXid) + queued) >>> 0, XID_OFFSET);
      port.transmit(frame, 0, frame.length);
      queued++;
    }
    port.flush();
  }
  const duration_s = elapsed_s();
  const { tx_frames: sent } = port.stats();
  port.close();
  process.stdout.write(`${JSON.stringify({ sent, duration_s })}\n`);
}

main(process.argv.slice(2));

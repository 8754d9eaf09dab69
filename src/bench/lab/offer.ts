import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLIENT, switchMac } from './entries';
import type { Lab } from './lab';
import { CLIENT_PORT, STORE_PORTS, switchEnd, testerEnd } from './ports';
import type { Trial, TrialResult } from './rate_search';

export const TRIAL_SECONDS = 1;
/**
 * A trial ends when no frame has arrived for so long: what an overloaded switch or controller still holds must not
 * be taken for frames of the next trial.
 */
const QUIET_MS = 300;
const QUIET_TIMEOUT_MS = 20_000;

/**
 * How long calls are offered before those that are measured: a sender that has just started gets no even rate out
 * of its own cold code.
 */
export const LEAD_SECONDS = 0.5;

/** A burst after a wait of the sender's own would be what is measured. */
const STEADY_LATE_MAX_MS = 1;

export interface Latency {
  /** What the sender did send, which on a busy machine is less than it was asked for. */
  offered_pps: number;
  /** Null: so many frames were lost. */
  p50_us: number | null;
  p99_us: number | null;
  lost: number;
}

let nextXid = 1;

/** One trial a second long: calls at the client's port, counted at the stores'. */
export function trialOf(lab: Lab, signal: AbortSignal): Trial {
  return (rate_pps) => {
    signal.throwIfAborted();
    return offer(lab, rate_pps, Math.ceil(rate_pps * TRIAL_SECONDS), Infinity);
  };
}

/**
 * How long frames stay in the switch at a steady rate, from the kernel's own timestamps at both sides of it: no
 * process that has to wake up first is in the figure.
 */
export async function latencyAt(lab: Lab, rate_pps: number, seconds: number): Promise<Latency> {
  const lead = Math.ceil(rate_pps * LEAD_SECONDS);
  const frames = Math.ceil(rate_pps * seconds);
  const watcher = lab.spawn([
    ...[process.execPath, join(__dirname, 'watcher.js'), String((nextXid + lead) >>> 0), String(frames)],
    ...[switchEnd(CLIENT_PORT), ...STORE_PORTS.map(testerEnd)],
  ]);
  try {
    await watcher.ready();
    const { sent, duration_s } = await offer(lab, rate_pps, lead + frames, STEADY_LATE_MAX_MS);
    const watched = (await watcher.result()) as Omit<Latency, 'offered_pps'>;
    return { ...watched, offered_pps: Math.round(sent / duration_s) };
  } finally {
    await watcher.stop();
  }
}

async function offer(lab: Lab, rate_pps: number, frames: number, late_max_ms: number): Promise<TrialResult> {
  const before = lab.received(STORE_PORTS);
  const sender = lab.spawn([
    ...[process.execPath, join(__dirname, 'sender.js')],
    ...[testerEnd(CLIENT_PORT), String(rate_pps), String(frames), String(nextXid)],
    ...[CLIENT.mac, switchMac(CLIENT_PORT), String(late_max_ms)],
  ]);
  nextXid = (nextXid + frames) >>> 0;
  let arrived = before;
  sender.onOutput(() => (arrived = lab.received(STORE_PORTS)));
  const { sent, duration_s } = (await sender.result()) as { sent: number; duration_s: number };
  const received = (await receivedInTheEnd(lab)) - before;
  return { sent, received, backlog: sent - (arrived - before), duration_s };
}

async function receivedInTheEnd(lab: Lab): Promise<number> {
  const deadline = Date.now() + QUIET_TIMEOUT_MS;
  let before = -1;
  let now = lab.received(STORE_PORTS);
  while (now !== before) {
    if (Date.now() > deadline)
      throw new Error(`frames still arrive ${QUIET_TIMEOUT_MS} ms after the last was sent`);
    await sleep(QUIET_MS);
    before = now;
    now = lab.received(STORE_PORTS);
  }
  return now;
}

/** Brings a topology up, and takes it or its remains down. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { control } from './control';
import { TopologyError } from './errors';
import { isAlive, type ProcessIdentity } from './processes';
import { parseState, readStateText, statePath, type Target } from './state';
import { Topology } from './topology';

/** Mininet's modules are Debian's, so they are there for Debian's Python only. */
const PYTHON = '/usr/bin/python3';
const CHECKOUT = resolve(__dirname, '../..');
const DOWN_PATIENCE_MS = 30_000;
/** Mininet waits for ever for a node whose shell does not start. */
const SILENCE_MAX_MS = 60_000;

export const DEFAULT_INSTANCE = 'single';

export interface StartOptions {
  target: Target;
  instance: string;
  /** File of `topologies/`, without `.py`. */
  topology: string;
  /** Of the stores' links; above 1500 their pool is sent large packets. Default: 1500. */
  store_mtu?: number;
  /** TCP connections end at the virtualizer's gateway. */
  has_gateway?: boolean;
  /** The same files over SMB, too: from the stores, or from the gateway where there is one. */
  smb?: boolean;
  /** Text of nfs-ganesha's configuration for every store, besides its usual export. */
  exports_file?: string;
  progress: (text: string) => void;
  /** Takes down what is already up when it aborts. */
  signal?: AbortSignal;
}

const eventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('progress'), text: z.string() }),
  z.object({ event: z.literal('leftover'), removed: z.string() }),
  z.object({ event: z.literal('failed'), error: z.string() }),
  z.object({ event: z.literal('ready'), state: z.unknown() }),
]);

/** Rejects with TopologyError when it does not come up; then nothing of it is left. It outlives this process. */
export async function startTopology(options: StartOptions): Promise<Topology> {
  const script = topologyScript(options.topology);
  const { target, instance, store_mtu, has_gateway = false, smb = false, exports_file } = options;
  const parts = [
    ...(store_mtu === undefined ? [] : ['--store-mtu', String(store_mtu)]),
    ...(has_gateway ? ['--gateway'] : []),
    ...(smb ? ['--smb'] : []),
    ...(exports_file === undefined ? [] : ['--exports', exports_file]),
  ];
  const child = spawn(
    PYTHON,
    ['-B', script, '--target', target, '--instance', instance, '--node', process.execPath, ...parts],
    { stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  const abort = () => child.kill('SIGTERM');
  options.signal?.addEventListener('abort', abort, { once: true });
  let silent = false;
  const watchdog = setTimeout(() => {
    silent = true;
    abort();
  }, SILENCE_MAX_MS);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr = (stderr + chunk).slice(-4000)));
  const ended = new Promise<string>((settle) => {
    child.once('error', (error) => {
      settle(error.message);
    });
    child.once('close', (code, signal) => {
      settle(stderr.trim() || `it ended with ${signal ?? `exit code ${code}`}`);
    });
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      watchdog.refresh();
      const event = eventSchema.parse(JSON.parse(line));
      if (event.event === 'progress') options.progress(event.text);
      if (event.event === 'leftover')
        options.progress(`removed a leftover of an earlier run: ${event.removed}`);
      if (event.event === 'failed') {
        await ended;
        throw new TopologyError(event.error);
      }
      if (event.event === 'ready') return Topology.attach(options.instance);
    }
    const cause = await ended;
    throw new TopologyError(
      `the topology did not come up: ${silent ? `no progress for ${SILENCE_MAX_MS / 1000} s; ` : ''}${cause}`,
    );
  } finally {
    clearTimeout(watchdog);
    options.signal?.removeEventListener('abort', abort);
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  }
}

function topologyScript(topology: string): string {
  const script = resolve(CHECKOUT, 'topologies', `${topology}.py`);
  if (!/^[a-z_]+$/.test(topology) || !existsSync(script)) {
    throw new TopologyError(`there is no topology ${JSON.stringify(topology)} in topologies/`);
  }
  return script;
}

/** Removes a topology, running or dead. Resolves with what was removed of a dead one; undefined: there was none. */
export async function downTopology(instance: string): Promise<string[] | undefined> {
  const text = readStateText(instance);
  if (text === undefined) return undefined;
  const running = runningProcess(text);
  if (running === undefined) return removeLeftovers(instance);
  await control(parseState(text).control_socket, { do: 'down' });
  const deadline_ms = Date.now() + DOWN_PATIENCE_MS;
  while (isAlive(running)) {
    if (Date.now() > deadline_ms)
      throw new TopologyError(`process ${running.pid} of the topology does not end`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
  return [];
}

const processSchema = z.object({ process: z.object({ pid: z.int(), start_time: z.int().nullable() }) });

function runningProcess(stateText: string): ProcessIdentity | undefined {
  const { process } = processSchema.parse(JSON.parse(stateText));
  return isAlive(process) ? process : undefined;
}

function removeLeftovers(instance: string): string[] {
  const script = resolve(CHECKOUT, 'topologies/leftovers.py');
  const result = spawnSync(PYTHON, ['-B', script, statePath(instance)], { encoding: 'utf8' });
  if (result.status !== 0) {
    throw new TopologyError(`what the topology left could not be removed: ${result.stderr.trim()}`);
  }
  return result.stdout.split('\n').filter((line) => line !== '');
}

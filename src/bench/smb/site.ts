/** The topology with a gateway that serves SMB shares of three stores, and smbclient among its clients. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runIn } from '../../demo/children';
import { busiestStore } from '../../demo/traffic';
import { sharesMounted, storesUp } from '../../demo/waiting';
import { downTopology, startTopology } from '../../topology/start';
import type { ClientState, VirtualizerState } from '../../topology/state';
import type { Topology } from '../../topology/topology';

const INSTANCE = 'smb';
/** Longer than smbclient waits by itself: it has to outwait a store's death. */
const TIMEOUT_S = 100;
const PATIENCE_MS = 300_000;
/** Short, as half of what is transferred is soon the whole. */
const SAMPLE_MS = 200;

export interface SmbOutcome {
  seconds: number;
  /** Lines in which smbclient tells of an error. */
  complaints: string[];
}

export class SmbSite {
  /** The client's files. */
  readonly folder = mkdtempSync(join(tmpdir(), 'storeswitch-smb-'));

  private constructor(
    private readonly topology: Topology,
    private readonly client: ClientState,
    private readonly virtualizer: VirtualizerState,
    private readonly signal: AbortSignal,
  ) {}

  static async open(progress: (line: string) => void, signal: AbortSignal): Promise<SmbSite> {
    const topology = await startTopology({
      ...{ topology: 'single', target: 'embedded', instance: INSTANCE },
      ...{ has_gateway: true, smb: true, progress, signal },
    });
    try {
      await storesUp(topology, signal);
      await sharesMounted(topology, signal);
      const [client] = topology.clients;
      const [virtualizer] = topology.virtualizers;
      if (client === undefined || virtualizer === undefined)
        throw new Error('the topology has no client or virtualizer');
      return new SmbSite(topology, client, virtualizer, signal);
    } catch (error) {
      await downTopology(INSTANCE);
      throw error;
    }
  }

  /** A file or folder as the stores have it. */
  exported(name: string): string {
    return join(this.topology.state.share, name);
  }

  /** A folder of the client. */
  local(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** `commands` as after smbclient's prompt. */
  async smbclient(share: string, commands: string): Promise<SmbOutcome> {
    const argv = ['smbclient', `//${this.topology.state.vip}/${share}`, '--configfile=/dev/null'];
    const options = ['-N', '-t', String(TIMEOUT_S), '-c', commands];
    const started_ms = performance.now();
    const output = await runIn(this.topology, this.client.name, [...argv, ...options], PATIENCE_MS);
    const seconds = (performance.now() - started_ms) / 1000;
    const said = `${output.stdout.toString('utf8')}${output.stderr}`;
    const complaints = said.split('\n').filter((line) => /NT_STATUS_|timed? ?out/i.test(line));
    if (output.code !== 0 && complaints.length === 0) complaints.push(`exit code ${output.code}`);
    return { seconds, complaints };
  }

  /** Kills the store that gets the most requests just now, as a power failure does. Resolves with its name. */
  async killBusiest(): Promise<string> {
    const store = await busiestStore(this.virtualizer, this.signal, SAMPLE_MS);
    await this.topology.daemon('kill', store, 'ganesha');
    return store;
  }

  /** Resolves when the store that was killed serves again. */
  async restart(store: string): Promise<void> {
    await this.topology.daemon('start', store, 'ganesha');
    await storesUp(this.topology, this.signal);
  }

  async close(): Promise<void> {
    rmSync(this.folder, { recursive: true, force: true });
    await downTopology(INSTANCE);
  }
}

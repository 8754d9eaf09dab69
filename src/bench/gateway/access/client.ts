/** One client that asks under several addresses, over a wire to a store itself and over the virtual address. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { runIn } from '../../../demo/children';
import { ip } from '../../lab/ip';
import type { Topology } from '../../../topology/topology';
import type { ClientState, StoreState, VirtualizerState } from '../../../topology/state';
import { refusalOf, UNCLEAR, type Case, type Verdict } from './cases';
import { ADDRESSES, FILES } from './rules';

/** Whoever has no privilege has no privileged ports either. */
const WITHOUT_PRIVILEGE = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
/** Of the store: for what leaves from its address on the wire. */
const WIRE_TABLE = '109';

export class AccessClient {
  private files = 0;

  /**
   * @param wire the store's address on a wire to the client, interface `wire` at both ends
   * @param exports folder of the exports
   * @param content a file that everybody may read
   */
  constructor(
    private readonly topology: Topology,
    private readonly client: ClientState,
    store: StoreState,
    virtualizer: VirtualizerState,
    private readonly wire: string,
    private readonly exports: string,
    private readonly content: string,
  ) {
    const port = virtualizer.ports.find(({ peer }) => peer === client.name);
    if (port === undefined) throw new Error(`${client.name} is on no port of ${virtualizer.name}`);
    for (const address of Object.values(ADDRESSES)) {
      ip('-n', client.namespace, 'address', 'add', `${address}/32`, 'dev', client.interface);
      // As for the client's own address.
      ip(
        ...['-n', virtualizer.namespace, 'route', 'add', `${address}/32`],
        ...['dev', port.shadow_interface, 'src', port.address],
      );
    }
    // What came over the wire returns on it; else it would go to the switch.
    ip('-n', store.namespace, 'rule', 'add', 'from', wire, 'table', WIRE_TABLE);
    ip('-n', store.namespace, 'route', 'add', 'default', 'dev', 'wire', 'table', WIRE_TABLE);
  }

  /** Asks from this address from now on. */
  setAddress(address: string): void {
    const { client, wire, topology } = this;
    for (const [server, device] of [
      [wire, 'wire'],
      [topology.state.vip, client.interface],
    ] as const) {
      ip('-n', client.namespace, 'route', 'replace', `${server}/32`, 'dev', device, 'src', address);
    }
  }

  directly(asked: Case): Promise<Verdict> {
    return this.verdict(this.wire, asked);
  }

  throughGateway(asked: Case): Promise<Verdict> {
    return this.verdict(this.topology.state.vip, asked);
  }

  private async verdict(server: string, asked: Case): Promise<Verdict> {
    const verdict: Record<string, string> = {};
    const url = (file: string): string =>
      `nfs://${server}/${asked.export}/${file}?version=3&uid=${asked.uid}&gid=${asked.uid}`;
    for (const file of Object.keys(FILES)) {
      verdict[`read ${file}`] = await this.run(asked, ['nfs-cat', url(file)]);
    }
    const name = `made-${++this.files}`;
    verdict.write = await this.run(asked, ['nfs-cp', this.content, url(name)]);
    verdict.made = this.made(asked.export, name);
    return verdict;
  }

  private async run({ privileged_port }: Case, argv: readonly string[]): Promise<string> {
    const prefix = privileged_port ? [] : WITHOUT_PRIVILEGE;
    const { code, stderr } = await runIn(this.topology, this.client.name, [...prefix, ...argv]);
    if (code === null) return `${UNCLEAR}: no answer`;
    return code === 0 ? 'done' : refusalOf(stderr);
  }

  /** Whose file came of it, and how long it is. */
  private made(name: string, file: string): string {
    const stat = statSync(join(this.exports, name, file), { throwIfNoEntry: false });
    return stat === undefined ? 'nothing' : `${stat.size} octets of ${stat.uid}:${stat.gid}`;
  }
}

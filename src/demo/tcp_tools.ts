/** What libnfs's tools, showmount and rpcinfo do over the virtual address; each call of a tool is one operation. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Topology } from '../topology/topology';
import { runIn, type Output } from './children';

const FILE_BYTES = 1_000_003;

export class TcpTools {
  operations = 0;
  checksum_mismatches = 0;
  /** What went wrong, a line each. */
  readonly errors: string[] = [];
  private files = 0;

  constructor(private readonly topology: Topology) {}

  /** Asks portmap (UDP and TCP) and MOUNT what they offer, as an administrator would. */
  async look(client: string): Promise<void> {
    const { vip } = this.topology.state;
    const services = await this.run(client, ['rpcinfo', '-p', vip]);
    for (const service of ['portmapper', 'mountd', 'nfs']) {
      this.expect(services.stdout.includes(service), `rpcinfo -p ${vip} does not list ${service}`);
    }
    const exports = await this.run(client, ['showmount', '-e', vip]);
    this.expect(
      exports.stdout.includes(this.topology.state.export),
      `showmount -e ${vip} does not list the export`,
    );
  }

  /** Writes a file from one client; lists it and reads it back byte for byte from another. */
  async copy(writer: string, reader: string): Promise<void> {
    const { vip, directory } = this.topology.state;
    const name = `tcp-${++this.files}`;
    const url = `nfs://${vip}${this.topology.state.export}`;
    const local = join(directory, name);
    const content = randomBytes(FILE_BYTES);
    writeFileSync(local, content);
    await this.run(writer, ['nfs-cp', local, `${url}/${name}`]);
    const listing = await this.run(reader, ['nfs-ls', url]);
    const line = listing.stdout
      .toString('utf8')
      .split('\n')
      .find((entry) => entry.endsWith(` ${name}`));
    this.expect(line?.includes(` ${FILE_BYTES} `) === true, `nfs-ls does not list ${name} with its size`);
    const read = await this.run(reader, ['nfs-cat', `${url}/${name}`]);
    if (!read.stdout.equals(content)) {
      this.checksum_mismatches++;
      this.errors.push(
        `nfs-cat ${name}: ${read.stdout.length} bytes that differ from the ${FILE_BYTES} written`,
      );
    }
  }

  private async run(node: string, argv: readonly string[]): Promise<Output> {
    this.operations++;
    const output = await runIn(this.topology, node, argv);
    this.expect(output.code === 0, `${argv.join(' ')} in ${node}: ${output.stderr.trim()}`);
    return output;
  }

  private expect(condition: boolean, complaint: string): void {
    if (!condition) this.errors.push(complaint);
  }
}

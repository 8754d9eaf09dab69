/** Clients of each kind that a virtual store is for: they write and read files by name, each with programs of its own. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Topology } from '../topology/topology';
import { runIn, type Output } from './children';
import { DemoError } from './errors';

export const CLIENT_KINDS = ['nfs_tcp', 'smb', 'nfs_udp'] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** Compiled by `src/setup/compile.cjs`. */
const UDP_PROGRAM = resolve(__dirname, '../../.storeswitch/nfs-udp-file');
/** As long as a client may wait for a store that died, and more, on a machine that is busy. */
const PATIENCE_MS = 60_000;

/** What a file holds; `complaint` where the program failed. */
export interface Transfer {
  content: Buffer;
  complaint?: string;
}

export interface FileClient {
  readonly kind: ClientKind;
  /** The node it runs in. */
  readonly node: string;
  write(name: string, content: Buffer): Promise<Transfer>;
  read(name: string): Promise<Transfer>;
}

interface Programs {
  /** `local`: a file of this machine that has the content. */
  write(name: string, local: string): string[];
  /** Writes the content to `local`, or to standard output where that is not among its arguments. */
  read(name: string, local: string): string[];
}

/** The client of a kind in a node; throws DemoError where its program is not compiled. */
export function fileClient(kind: ClientKind, topology: Topology, node: string): FileClient {
  const programs = PROGRAMS[kind](topology);
  const run = async (argv: readonly string[]): Promise<Transfer> => {
    const output = await runIn(topology, node, argv, PATIENCE_MS);
    return { content: output.stdout, ...complaintOf(argv, node, output) };
  };
  const localFile = (name: string): string => join(topology.state.directory, `${kind}-${node}-${name}`);
  return {
    kind,
    node,
    write: (name, content) => {
      const local = localFile(name);
      writeFileSync(local, content);
      return run(programs.write(name, local)).finally(() => rmSync(local));
    },
    read: async (name) => {
      const local = localFile(name);
      const argv = programs.read(name, local);
      const transfer = await run(argv);
      if (!existsSync(local)) return transfer;
      const content = readFileSync(local);
      rmSync(local);
      return { ...transfer, content };
    },
  };
}

const PROGRAMS: Record<ClientKind, (topology: Topology) => Programs> = {
  nfs_tcp: ({ state: { vip, export: path } }) => ({
    write: (name, local) => ['nfs-cp', local, `nfs://${vip}${path}/${name}`],
    read: (name) => ['nfs-cat', `nfs://${vip}${path}/${name}`],
  }),
  smb: ({ state: { vip, export: path } }) => {
    const smbclient = (commands: string): string[] => [
      ...['smbclient', `//${vip}${path}`, '-N', '-t', String(PATIENCE_MS / 1000), '-d', '0'],
      ...['-c', commands],
    ];
    return {
      write: (name, local) => smbclient(`put ${local} ${name}`),
      read: (name, local) => smbclient(`get ${name} ${local}`),
    };
  },
  nfs_udp: ({ state: { vip, export: path } }) => {
    if (!existsSync(UDP_PROGRAM))
      throw new DemoError(`${UDP_PROGRAM} is not compiled: run \`npm run demo\`, which does it`);
    return {
      write: (name, local) => [
        ...['sh', '-c', 'exec "$0" "$1" "$2" put "$3" <"$4"', UDP_PROGRAM, vip, path, name, local],
      ],
      read: (name) => [UDP_PROGRAM, vip, path, 'get', name],
    };
  },
};

function complaintOf(argv: readonly string[], node: string, output: Output): Pick<Transfer, 'complaint'> {
  if (output.code === 0) return {};
  const said = output.stderr.trim() || output.stdout.toString('utf8').trim().slice(-200);
  return { complaint: `${argv.join(' ')} in ${node}: ${said || `exit code ${output.code}`}` };
}

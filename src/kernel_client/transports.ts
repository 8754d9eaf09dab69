/** The ways in which the guest reaches the virtual store: how it mounts it, and what of the topology takes part. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Topology } from '../topology/topology';
import type { ClientState, MountHostState } from '../topology/state';
import { KernelClientError } from './errors';

/** The first two go to the stores themselves; of the others the gateway answers a part, or all. */
export const TRANSPORTS = ['udp', 'tcp', 'gateway-udp', 'gateway-tcp', 'gateway-cifs'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface MountSizes {
  /** Bytes of a READ and of a WRITE of NFS. */
  rsize: number;
  wsize: number;
}

export interface GuestMount {
  file_system: 'nfs' | 'cifs';
  source: string;
  options: string;
}

interface Way {
  has_gateway: boolean;
  smb: boolean;
  mount(topology: Topology, sizes: MountSizes): GuestMount;
  /** What the kernel must say of the mount, where the options leave it to the two sides. */
  expected: readonly string[];
  /** Whose requests reach the stores over UDP: replies to them may be lost. Undefined: nobody's. */
  asksByUdp(topology: Topology, client: ClientState): ClientState | MountHostState | undefined;
}

/** In tenths of a second. With the usual 1.1 s, a load that meets losses mostly waits. */
const UDP_TIMEOUT = 'timeo=2';

const nfs =
  (options: string) =>
  ({ state }: Topology, { rsize, wsize }: MountSizes): GuestMount => ({
    file_system: 'nfs',
    source: `${state.vip}:${state.export}`,
    options: `${options},nolock,hard,retry=0,rsize=${rsize},wsize=${wsize}`,
  });

const UDP = nfs(`vers=3,proto=udp,mountproto=udp,${UDP_TIMEOUT}`);

export const WAYS: Record<Transport, Way> = {
  udp: {
    ...{ has_gateway: false, smb: false, expected: ['vers=3', 'proto=udp'] },
    mount: UDP,
    asksByUdp: (_topology, client) => client,
  },
  tcp: {
    ...{ has_gateway: false, smb: false, expected: ['vers=3', 'proto=tcp'] },
    mount: nfs('vers=3,proto=tcp,mountproto=tcp'),
    asksByUdp: () => undefined,
  },
  // MOUNT and portmap are the gateway's, NFS goes to the stores.
  'gateway-udp': {
    ...{ has_gateway: true, smb: false, expected: ['vers=3', 'proto=udp'] },
    mount: UDP,
    asksByUdp: (_topology, client) => client,
  },
  // Neither version nor protocol, as most people mount: NFSv4 is tried first, and refused.
  'gateway-tcp': {
    ...{ has_gateway: true, smb: false, expected: ['vers=3', 'proto=tcp'] },
    mount: nfs('rw'),
    asksByUdp: (_topology, client) => client,
  },
  'gateway-cifs': {
    ...{ has_gateway: true, smb: true, expected: ['vers=3.1.1'] },
    // SMB has no symbolic links of POSIX's kind: `mfsymlinks` keeps them in files of a certain form.
    mount: ({ state }) => ({
      file_system: 'cifs',
      source: `//${state.vip}${state.export}`,
      options: 'guest,vers=3.1.1,hard,mfsymlinks',
    }),
    asksByUdp: ({ mountHosts }) => mountHosts[0],
  },
};

/** Throws KernelClientError unless the guest's kernel says of its mount what the transport is to be. */
export function checkMounted(transport: Transport, results: string): void {
  const mounted = readFileSync(join(results, 'mount'), 'utf8').trim();
  const [, , , options = ''] = mounted.split(' ');
  const found = new Set(options.split(','));
  const missing = WAYS[transport].expected.filter((option) => !found.has(option));
  if (missing.length === 0) return;
  throw new KernelClientError(`the guest's mount is '${mounted}', expected ${missing.join(', ')}`);
}

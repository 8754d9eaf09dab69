/** What one virtual store's SMB server is made of. */
import { join } from 'node:path';
import type { VirtualStoreConfig } from '../../config/config';
import type { Ipv4Address, Ipv4Prefix } from '../../wire/address';

export const DEFAULT_RUN_FOLDER = '/run/storeswitch/smb';

export interface SmbShare {
  name: string;
  /** Path of the export, as the MOUNT service has it. */
  export: string;
  comment?: string | undefined;
  /** At least one. */
  hosts_allow: readonly Ipv4Prefix[];
  /** Accounts and @groups; empty: all who log on. */
  valid_users: readonly string[];
  read_only: boolean;
  /** Clients whom Samba does not know are let in, as the guest account. */
  guest: boolean;
  case_sensitive: boolean;
  /** Where the export is mounted; absolute. */
  folder: string;
  mount: 'auto' | 'kernel' | 'user';
}

export interface SmbServerOptions {
  /** The virtual store's. */
  name: string;
  /** What clients connect to, at port 445; an address of this machine. */
  address: Ipv4Address;
  /** Unix account. */
  guest_account: string;
  smb1: boolean;
  clients_max: number;
  /** Accounts and other state that outlives a restart. */
  state_folder: string;
  /** Locks, sockets, the log and the generated configuration. */
  run_folder: string;
  shares: readonly SmbShare[];
  /** File of the network namespace that exports are mounted from; undefined: this process's. */
  network_namespace?: string | undefined;
}

/** Undefined where the virtual store has no shares. */
export function smbServerOptions(
  { name, address, smb }: Pick<VirtualStoreConfig, 'name' | 'address' | 'smb'>,
  run_base = DEFAULT_RUN_FOLDER,
): SmbServerOptions | undefined {
  if (smb === undefined) return undefined;
  const { guest_account, smb1, clients_max, network_namespace, state_folder, shares } = smb;
  const run_folder = join(run_base, name);
  return {
    name,
    address,
    guest_account,
    smb1,
    clients_max,
    network_namespace,
    state_folder: join(state_folder, name),
    run_folder,
    shares: shares.map(({ folder, ...share }) => ({
      ...share,
      folder: folder ?? join(run_folder, 'shares', share.name),
    })),
  };
}

import { SmbFolders } from '../../../src/gateway/smb/folders';
import type { SmbServerOptions, SmbShare } from '../../../src/gateway/smb/options';

export function share(changes: Partial<SmbShare> = {}): SmbShare {
  return {
    name: 'home',
    export: '/home',
    hosts_allow: [{ address: '10.0.1.0', length: 24 }],
    valid_users: [],
    read_only: false,
    guest: false,
    case_sensitive: false,
    folder: '/srv/home',
    mount: 'auto',
    ...changes,
  };
}

export function server(changes: Partial<SmbServerOptions> = {}): SmbServerOptions {
  return {
    name: 'files',
    address: '10.0.1.100',
    guest_account: 'nobody',
    smb1: false,
    clients_max: 256,
    state_folder: '/var/lib/storeswitch/smb/files',
    run_folder: '/run/storeswitch/smb/files',
    shares: [share()],
    ...changes,
  };
}

export function folders(options: SmbServerOptions): SmbFolders {
  return new SmbFolders(options);
}

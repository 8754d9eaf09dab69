/** What must hold between the SMB shares of virtual stores. */
import { normalize } from 'node:path';
import { RPC_PROGRAM } from '../wire/rpc';
import type { KeyPath, Problem } from './problem';
import type { ConfigShape } from './schema';

type VirtualStore = ConfigShape['virtual_stores'][number];

export const SMB_PORT = 445;
/** Sections of smb.conf that mean something else. */
const RESERVED = ['global', 'homes', 'printers'];

export function checkSmb({ smb, services }: VirtualStore, path: KeyPath): Problem[] {
  if (smb === undefined) return [];
  const problems: Problem[] = [];
  const taken = services.find(
    ({ protocol, port, mode }) => protocol === 'tcp' && port === SMB_PORT && mode !== 'request',
  );
  if (taken !== undefined) {
    const expected = `no shares, as service ${taken.name} sends tcp port ${SMB_PORT} to the stores`;
    problems.push({ path: [...path, 'shares'], found: smb.shares, expected });
  }
  problems.push(...checkMounts(smb, services, path));
  const names = new Set<string>();
  for (const [index, { name, guest, valid_users }] of smb.shares.entries()) {
    const at = [...path, 'shares', index];
    const key = name.toLowerCase();
    if (RESERVED.includes(key)) {
      const expected = `a name that Samba does not use itself (${RESERVED.join(', ')})`;
      problems.push({ path: [...at, 'name'], found: name, expected });
    } else if (names.has(key)) {
      const expected = 'a name used once, whatever its case';
      problems.push({ path: [...at, 'name'], found: name, expected });
    }
    names.add(key);
    const admits_guests = valid_users.length === 0 || valid_users.includes(smb.guest_account);
    if (guest && !admits_guests && !valid_users.some((user) => user.startsWith('@'))) {
      const expected = `false, or ${smb.guest_account} among valid_users, who keep guests out otherwise`;
      problems.push({ path: [...at, 'guest'], found: guest, expected });
    }
  }
  return problems;
}

/** Programs that mounting an export takes. */
const MOUNT_PROGRAMS = ['portmap', 'mount', 'nfs'] as const;
/** Our own client speaks UDP, the kernel's is told to use TCP. */
const MOUNT_PROTOCOLS = { user: ['udp'], kernel: ['tcp'], auto: ['udp', 'tcp'] } as const;

/** Points at the first share that no client could mount. */
function checkMounts(
  { shares }: NonNullable<VirtualStore['smb']>,
  services: VirtualStore['services'],
  path: KeyPath,
): Problem[] {
  const missing = (protocol: 'udp' | 'tcp') =>
    MOUNT_PROGRAMS.filter(
      (name) =>
        !services.some((service) => service.protocol === protocol && service.program === RPC_PROGRAM[name]),
    );
  for (const [index, { mount }] of shares.entries()) {
    const protocols = MOUNT_PROTOCOLS[mount];
    if (protocols.some((protocol) => missing(protocol).length === 0)) continue;
    const [protocol] = protocols;
    const expected = `services of programs ${MOUNT_PROGRAMS.join(', ')} over ${protocol} beside it, by which exports are mounted (missing: ${missing(protocol).join(', ')})`;
    return [{ path: [...path, 'shares', index, 'mount'], found: mount, expected }];
  }
  return [];
}

/** Two exports cannot be mounted in one place. */
export function checkFolders(virtual_stores: readonly VirtualStore[]): Problem[] {
  const folders = new Map<string, string>();
  return virtual_stores.flatMap(({ name: store, smb }, position) =>
    (smb?.shares ?? []).flatMap(({ name, folder }, index): Problem[] => {
      if (folder === undefined) return [];
      const place = normalize(`${folder}/`);
      const path = ['virtual_stores', position, 'smb', 'shares', index, 'folder'];
      if (place === '/') return [{ path, found: folder, expected: 'a folder for the mount, not / itself' }];
      const earlier = folders.get(place);
      if (earlier === undefined) {
        folders.set(place, `${store}/${name}`);
        return [];
      }
      return [{ path, found: folder, expected: `a folder of its own: share ${earlier} has it already` }];
    }),
  );
}

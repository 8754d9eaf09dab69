/**
 * smb.conf(5) from our configuration. Samba must not assume that it is alone with its files: NFS clients change them
 * too, and the mount has neither extended attributes nor a way to tell Samba of a change. docs/decisions/0026 says why
 * each option has its value.
 */
import { SMB_PORT } from '../../config/check_smb';
import { isAccountName, isExactText, isPlainText } from '../../config/smb_text';
import type { Ipv4Prefix } from '../../wire/address';
import { SmbError } from './errors';
import type { SmbFolders } from './folders';
import type { SmbServerOptions, SmbShare } from './options';

/** In KiB; one older file is kept. */
const LOG_SIZE_MAX_KIB = 4096;
const NETBIOS_NAME_LENGTH_MAX = 15;

type Option = readonly [name: string, value: string];

/** Throws SmbError for a value that smb.conf cannot carry. */
export function smbConf(options: SmbServerOptions, folders: SmbFolders): string {
  const sections = [
    section('global', globalOptions(options, folders)),
    ...options.shares.map((share) => section(shareName(share), shareOptions(share))),
  ];
  return `# Written by storeswitch: changes here are lost.\n${sections.join('\n')}`;
}

/** What the file at `negotiation_config_file` holds. */
export function negotiationConf(): string {
  return line(['log level', '3 auth:1 auth_audit:3 auth_json_audit:0 rpc_srv:0 rpc_parse:0']);
}

function globalOptions(options: SmbServerOptions, folders: SmbFolders): Option[] {
  const { name, address, guest_account, smb1, clients_max, shares } = options;
  const has_guests = shares.some(({ guest }) => guest);
  return [
    ['server role', 'standalone server'],
    ['netbios name', netbiosName(name)],
    ['server string', plain('the name of the virtual store', name)],
    ['disable netbios', 'yes'],
    ['smb ports', String(SMB_PORT)],
    ['interfaces', address],
    ['bind interfaces only', 'yes'],
    ['server min protocol', smb1 ? 'NT1' : 'SMB2_02'],
    ['server multi channel support', 'no'],
    ['max smbd processes', String(clients_max)],

    ['private dir', exact('state_folder', folders.private_folder)],
    ['state directory', exact('state_folder', folders.state)],
    ['cache directory', exact('state_folder', folders.cache)],
    ['lock directory', exact('run_folder', folders.lock)],
    ['pid directory', exact('run_folder', folders.pid)],
    ['ncalrpc dir', exact('run_folder', folders.ncalrpc)],
    ['passdb backend', 'tdbsam'],
    ['enable core files', 'no'],

    ['log file', exact('run_folder', folders.log_file)],
    ['max log size', String(LOG_SIZE_MAX_KIB)],
    ['debug pid', 'yes'],
    ['log level', '1 auth_audit:3 auth_json_audit:0'],
    ['include', folders.negotiation_include],

    ['map to guest', has_guests ? 'Bad User' : 'Never'],
    ['guest account', account('guest_account', guest_account)],
    ['usershare max shares', '0'],
    ['load printers', 'no'],
    ['printing', 'bsd'],
    ['printcap name', '/dev/null'],
    ['disable spoolss', 'yes'],

    ['oplocks', 'no'],
    ['level2 oplocks', 'no'],
    ['kernel oplocks', 'no'],
    ['smb2 leases', 'no'],
    ['csc policy', 'disable'],
    ['kernel share modes', 'no'],
    ['posix locking', 'no'],
    ['strict locking', 'auto'],
    ['kernel change notify', 'no'],
    ['strict sync', 'yes'],
    ['sync always', 'no'],
    ['strict allocate', 'no'],

    ['ea support', 'no'],
    ['store dos attributes', 'no'],
    ['map archive', 'no'],
    ['map hidden', 'no'],
    ['map system', 'no'],
    ['map readonly', 'no'],

    ['follow symlinks', 'yes'],
    ['wide links', 'no'],
    ['smb1 unix extensions', 'no'],
  ];
}

function shareOptions(share: SmbShare): Option[] {
  const folder = exact(`folder of share ${share.name}`, share.folder);
  if (share.hosts_allow.length === 0) throw new SmbError(`share ${share.name}: nobody may connect to it`);
  const options: Option[] = [
    ['path', folder],
    // What is served must be the export, never the folder that it should be mounted on.
    ['root preexec', `mountpoint -q -- ${shellWord(folder)}`],
    ['root preexec close', 'yes'],
    ['hosts allow', share.hosts_allow.map(hosts).join(' ')],
    ['read only', yesNo(share.read_only)],
    ['guest ok', yesNo(share.guest)],
    ['case sensitive', share.case_sensitive ? 'yes' : 'no'],
  ];
  if (share.comment !== undefined && share.comment.trim() !== '')
    options.push(['comment', plain(`comment of share ${share.name}`, share.comment)]);
  if (share.valid_users.length > 0) {
    const users = share.valid_users.map((user) =>
      user.startsWith('@') ? `@${account('valid_users', user.slice(1))}` : account('valid_users', user),
    );
    options.push(['valid users', users.join(' ')]);
  }
  return options;
}

function section(name: string, options: readonly Option[]): string {
  return `[${name}]\n${options.map(line).join('')}`;
}

function line([name, value]: Option): string {
  return `\t${name} = ${value}\n`;
}

const RESERVED_SECTIONS = ['global', 'homes', 'printers', 'ipc$', 'print$'];

function shareName({ name }: SmbShare): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name) || RESERVED_SECTIONS.includes(name.toLowerCase()))
    throw new SmbError(`${JSON.stringify(name)} is no name for a share`);
  return name;
}

/** Letters, digits and `-`; the machine's security identifier hangs on it, so it must not change. */
function netbiosName(name: string): string {
  const text = name
    .toUpperCase()
    .replace(/[^A-Z0-9-]/g, '-')
    .slice(0, NETBIOS_NAME_LENGTH_MAX);
  return /^[A-Z0-9]/.test(text) ? text : 'STORESWITCH';
}

function hosts({ address, length }: Ipv4Prefix): string {
  return `${address}/${length}`;
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

function plain(what: string, text: string): string {
  if (isPlainText(text)) return text;
  throw new SmbError(`${what}: smb.conf cannot carry ${JSON.stringify(text)}`);
}

function exact(what: string, text: string): string {
  if (isExactText(text)) return text;
  throw new SmbError(`${what}: smb.conf cannot carry ${JSON.stringify(text)}`);
}

function account(what: string, name: string): string {
  if (isAccountName(name)) return name;
  throw new SmbError(`${what}: ${JSON.stringify(name)} is no name of an account`);
}

/** As one word for sh(1). */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

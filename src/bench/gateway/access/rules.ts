/** Exports with access rules of every kind, as nfs-ganesha's configuration has them (ganesha-export-config(8)). */
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Rule {
  access: 'RW' | 'RO' | 'NONE';
  squash: 'No_Root_Squash' | 'Root_Squash' | 'All_Squash';
  /** Only calls from ports below 1024. */
  privileged_port: boolean;
}

export interface RuledExport {
  name: string;
  /** For whoever is in none of `clients`. */
  rule: Rule;
  /** The first that fits counts. */
  clients: readonly { who: string; rule: Rule }[];
}

/** Who asks, and what rules say of the address. */
export const ADDRESSES = {
  listed_host: '10.0.1.21',
  in_listed_network: '10.0.1.40',
  outside: '10.0.1.70',
} as const;
const HOST = ADDRESSES.listed_host;
const NETWORK = '10.0.1.32/27';

/** Owner of what a squashed user makes. */
const ANONYMOUS = 65_001;
/** A user, besides root. */
export const USER = 1000;

const RW: Rule = { access: 'RW', squash: 'No_Root_Squash', privileged_port: false };
const RO: Rule = { ...RW, access: 'RO' };
const NONE: Rule = { ...RW, access: 'NONE' };
const ROOT_SQUASHED: Rule = { ...RW, squash: 'Root_Squash' };
const ALL_SQUASHED: Rule = { ...RW, squash: 'All_Squash' };
const SECURE: Rule = { ...RW, privileged_port: true };

export const EXPORTS: readonly RuledExport[] = [
  { name: 'writable', rule: RW, clients: [] },
  { name: 'read_only', rule: RO, clients: [] },
  { name: 'nobodys', rule: NONE, clients: [] },
  { name: 'root_squash', rule: ROOT_SQUASHED, clients: [] },
  { name: 'all_squash', rule: ALL_SQUASHED, clients: [] },
  { name: 'secure', rule: SECURE, clients: [] },
  { name: 'of_host', rule: NONE, clients: [{ who: HOST, rule: RW }] },
  { name: 'of_network', rule: NONE, clients: [{ who: NETWORK, rule: ROOT_SQUASHED }] },
  {
    name: 'graded',
    rule: { ...RO, squash: 'All_Squash' },
    clients: [
      { who: HOST, rule: RW },
      { who: NETWORK, rule: ROOT_SQUASHED },
    ],
  },
  {
    name: 'secure_for_network',
    rule: RO,
    clients: [
      { who: NETWORK, rule: SECURE },
      { who: HOST, rule: NONE },
    ],
  },
];

/** In each export: for everybody, and for its owner alone. */
export const FILES = {
  public: { owner: 0, mode: 0o644 },
  of_root: { owner: 0, mode: 0o600 },
  of_user: { owner: USER, mode: 0o600 },
} as const;

const FIRST_EXPORT_ID = 200;

/** What a store's configuration has of them; they lie in `folder`. */
export function ganeshaExports(folder: string): string {
  return EXPORTS.map(
    ({ name, rule, clients }, index) => `EXPORT {
  Export_Id = ${FIRST_EXPORT_ID + index}; Path = ${join(folder, name)}; Pseudo = /${name};
  SecType = sys; Protocols = 3; Transports = UDP, TCP; Attr_Expiration_Time = 0;
  MaxRead = 32768; MaxWrite = 32768; PrefRead = 32768; PrefWrite = 32768;
  ${ruleText(rule)}
${clients.map((client) => `  CLIENT { Clients = ${client.who}; ${ruleText(client.rule)} }\n`).join('')}\
  FSAL { Name = VFS; }
}
`,
  ).join('');
}

function ruleText({ access, squash, privileged_port }: Rule): string {
  const anonymous = `Anonymous_Uid = ${ANONYMOUS}; Anonymous_Gid = ${ANONYMOUS};`;
  return `Access_Type = ${access}; Squash = ${squash}; ${anonymous} PrivilegedPort = ${privileged_port};`;
}

/** Makes the exports' folders and files. */
export function makeExports(folder: string): void {
  for (const { name } of EXPORTS) {
    const path = join(folder, name);
    mkdirSync(path);
    chmodSync(path, 0o777);
    for (const [file, { owner, mode }] of Object.entries(FILES)) {
      writeFileSync(join(path, file), `${file} of ${name}\n`);
      chmodSync(join(path, file), mode);
      chownSync(join(path, file), owner, owner);
    }
  }
}

/** SMB shares of a virtual store: Samba serves them from a mount of its exports. */
import { z } from 'zod';
import { isAccountName, isExactText, isPlainText } from './smb_text';
import { integer, name, networkOrAddress, path } from './values';

export const DEFAULT_SMB_STATE_FOLDER = '/var/lib/storeswitch/smb';

const COMMENT_EXPECTED = 'at most 200 characters on one line, without % and without a backslash at the end';
const comment = z.string(COMMENT_EXPECTED).max(200, COMMENT_EXPECTED).refine(isPlainText, COMMENT_EXPECTED);

const ACCOUNT_EXPECTED = "the name of one of this machine's accounts";
const account = z.string(ACCOUNT_EXPECTED).refine(isAccountName, ACCOUNT_EXPECTED);

const MEMBER_EXPECTED = 'the name of an account, or @ and the name of a group';
const accountOrGroup = z
  .string(MEMBER_EXPECTED)
  .refine((text) => isAccountName(text.replace(/^@/, '')), MEMBER_EXPECTED);

const EXPORT_EXPECTED = 'the absolute path of an export, such as /home';
const DOTS_EXPECTED = 'the path of an export as stores have it, without "." and ".."';
const exportPath = z
  .string(EXPORT_EXPECTED)
  .regex(/^\/\P{Cc}*$/u, EXPORT_EXPECTED)
  .refine((text) => !text.split('/').some((name) => name === '.' || name === '..'), DOTS_EXPECTED);

const FOLDER_EXPECTED =
  'a path without control characters, %, and spaces that begin, end or follow each other';
const folder = path.refine(isExactText, FOLDER_EXPECTED);

export const MOUNT_KINDS = ['auto', 'kernel', 'user'] as const;

const shareSchema = z.strictObject({
  name: name.describe('what clients call the share'),
  export: exportPath.describe("path of the export, as the virtual store's MOUNT service has it"),
  comment: comment.optional().describe('what clients are shown beside the name'),
  hosts_allow: z
    .array(networkOrAddress)
    .min(1, 'at least one network')
    .describe("clients that may connect; export access lists of stores see the virtualizer's address only"),
  valid_users: z
    .array(accountOrGroup)
    .prefault([])
    .describe('accounts and @groups that may connect; without any, all who log on'),
  read_only: z.boolean('true or false').default(false).describe('nothing can be changed through the share'),
  guest: z
    .boolean('true or false')
    .default(false)
    .describe('clients whom Samba does not know are let in, as guest_account'),
  case_sensitive: z
    .boolean('true or false')
    .default(false)
    .describe('names that differ in case are different; false looks through whole folders for other cases'),
  folder: folder.optional().describe('where the export is mounted; without it, below /run/storeswitch/smb'),
  mount: z
    .enum(MOUNT_KINDS, `one of ${MOUNT_KINDS.join(', ')}`)
    .default('auto')
    .describe("kernel: the kernel's NFS client; user: our own; auto: the kernel's where there is one"),
});

export const smbSchema = z.strictObject({
  shares: z.array(shareSchema).min(1, 'at least one share').describe('what SMB clients can connect to'),
  guest_account: account.default('nobody').describe('account that guests act as'),
  smb1: z
    .boolean('true or false')
    .default(false)
    .describe('clients that speak SMB 1 only are served; false refuses them, and the log says so'),
  clients_max: integer(1, 10_000, 'a number of clients')
    .default(256)
    .describe('clients that are connected at one time; each has a process of its own'),
  network_namespace: path
    .optional()
    .describe('file of the network namespace that exports are mounted from, such as /run/netns/smb'),
  state_folder: folder
    .default(DEFAULT_SMB_STATE_FOLDER)
    .describe("where Samba keeps its accounts and other state, in a folder with the virtual store's name"),
});

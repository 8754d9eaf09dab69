/** samba-dcerpcd(8), which smbd starts to answer who asks for a list of shares. It outlives smbd. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SmbFolders } from './folders';

/** Ends the one that belongs to these folders, if there is one. */
export function endHelper({ pid, config_file }: Pick<SmbFolders, 'pid' | 'config_file'>): void {
  try {
    const helper = Number(readFileSync(join(pid, 'samba-dcerpcd.pid'), 'latin1').trim());
    // The number may be another process's by now.
    const argv = readFileSync(`/proc/${helper}/cmdline`, 'utf8').split('\0');
    if (argv.includes(`--configfile=${config_file}`)) process.kill(helper, 'SIGTERM');
  } catch {
    // None, or ended by itself.
  }
}

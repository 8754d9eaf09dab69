/** The folders and files of one SMB server. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SmbError } from './errors';
import type { SmbServerOptions } from './options';

/** sockaddr_un has room for 107 (unix(7)); the longest below the run folder is `lock/msg.sock/<pid>` of 22. */
const RUN_FOLDER_LENGTH_MAX = 107 - '/lock/msg.sock/4194304'.length;

export class SmbFolders {
  readonly private_folder: string;
  readonly state: string;
  readonly cache: string;
  readonly lock: string;
  readonly pid: string;
  readonly ncalrpc: string;
  readonly log: string;
  /** smbd's; its option -l makes the name. */
  readonly log_file: string;
  readonly config_file: string;

  constructor(private readonly options: Pick<SmbServerOptions, 'state_folder' | 'run_folder' | 'shares'>) {
    const { state_folder, run_folder } = options;
    this.private_folder = join(state_folder, 'private');
    this.state = join(state_folder, 'state');
    this.cache = join(state_folder, 'cache');
    this.lock = join(run_folder, 'lock');
    this.pid = join(run_folder, 'pid');
    this.ncalrpc = join(run_folder, 'ncalrpc');
    this.log = join(run_folder, 'log');
    this.log_file = join(this.log, 'log.smbd');
    this.config_file = join(run_folder, 'smb.conf');
  }

  /**
   * Included until client and server have agreed on a protocol: %R is that protocol, and reads UNKNOWN before. So
   * refused clients are logged in full, and each request of the others is not.
   */
  get negotiation_config_file(): string {
    return join(this.options.run_folder, 'negotiation-UNKNOWN.conf');
  }

  get negotiation_include(): string {
    return join(this.options.run_folder, 'negotiation-%R.conf');
  }

  /** Makes what is not there; throws SmbError. */
  make(): void {
    const { run_folder, shares } = this.options;
    if (Buffer.byteLength(run_folder) > RUN_FOLDER_LENGTH_MAX) {
      throw new SmbError(
        `${run_folder}: Samba's sockets in it would have names too long for the system; at most ${RUN_FOLDER_LENGTH_MAX} octets`,
      );
    }
    const open = [this.state, this.cache, this.lock, this.pid, this.ncalrpc];
    try {
      for (const folder of open) mkdirSync(folder, { recursive: true, mode: 0o755 });
      for (const folder of [this.private_folder, this.log])
        mkdirSync(folder, { recursive: true, mode: 0o700 });
      for (const { folder } of shares) mkdirSync(folder, { recursive: true, mode: 0o755 });
    } catch (error) {
      throw new SmbError(
        `folders of the SMB server: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}

/**
 * The SMB shares of one virtual store: its exports mounted, and smbd serving them at the virtual address. Clients are
 * refused at a share whose export is not mounted; the others go on.
 */
import { writeFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { SMB_PORT } from '../../config/check_smb';
import type { BackoffOptions } from '../../p4runtime/backoff';
import { unknownAccounts } from './accounts';
import { ClientEvents, type ClientEvent } from './client_events';
import { SmbError } from './errors';
import { SmbFolders } from './folders';
import { KernelMounter, kernelHasNfs } from './kernel_mounter';
import { LogTail } from './log_tail';
import { mayListen } from './may_listen';
import type { Mounter } from './mounter';
import type { SmbServerOptions, SmbShare } from './options';
import { Pause } from './pause';
import { lastWords, runProgram } from './run_program';
import { SambaLogParser, type SambaLogRecord } from './samba_log';
import { ShareMount, type ShareMountState } from './share_mount';
import { negotiationConf, smbConf } from './smb_conf';
import { SmbdSupervisor, type SmbdState } from './supervisor';
import { endHelper } from './helper';
import { checkSmbConf } from './testparm';
import { UserMounter } from './user_mounter';

export interface SmbPrograms {
  /** Each with what comes before it, such as `nsenter`. */
  smbd: readonly string[];
  testparm: readonly string[];
  smbcontrol: readonly string[];
}

export interface SmbSharesOptions {
  server: SmbServerOptions;
  logger: Logger;
  /** Where exports are mounted from; without it, the virtual address. */
  mount_address?: string;
  /** `storeswitch mount`, for shares that it mounts; SOURCE and FOLDER come after it. */
  user_mount: readonly string[];
  programs?: SmbPrograms;
  /** Rejects where smbd cannot have its port. Default: tried from this process's network namespace. */
  may_listen?: () => Promise<void>;
  /** Instead of those that the shares ask for. */
  mounter?: Mounter;
  backoff?: BackoffOptions;
}

export interface SmbSharesStatus {
  name: string;
  address: string;
  smbd: SmbdState & { pid?: number; restarts: number };
  shares: ({ name: string; export: string; folder: string } & ShareMountState)[];
  /** Clients refused since the start, by kind of refusal. */
  refused: Record<ClientEvent['kind'], number>;
}

const DEFAULT_PROGRAMS: SmbPrograms = { smbd: ['smbd'], testparm: ['testparm'], smbcontrol: ['smbcontrol'] };
const DEFAULT_BACKOFF: BackoffOptions = { initial_ms: 200, max_ms: 30_000, factor: 2, jitter: 0.2 };
/** `start` waits no longer for mounts: a store that is away must not keep the others' clients out. */
const MOUNT_PATIENCE_MS = 10_000;
const NAMESPACE_PATIENCE_MS = 5_000;
const CONTROL_PATIENCE_MS = 5_000;
/** Of errors that follow each other closely the first ones say why; a panic's backtrace comes after them. */
const ERRORS_KEPT_MAX = 3;
const ERRORS_APART_MS = 10_000;
/** What Samba puts around a panic. */
const PANIC_FRAME = /^(If you are running a recent Samba version|BACKTRACE:|Exiting on internal error)/;

export class SmbShares {
  private readonly server: SmbServerOptions;
  private readonly folders: SmbFolders;
  private readonly programs: SmbPrograms;
  private readonly logger: Logger;
  private readonly backoff: BackoffOptions;
  private readonly may_listen: () => Promise<void>;
  private readonly events: ClientEvents;
  private readonly parser = new SambaLogParser();
  private readonly refused: SmbSharesStatus['refused'] = {
    smb1_refused: 0,
    address_refused: 0,
    user_refused: 0,
    logon_failed: 0,
    too_many_clients: 0,
  };
  private last_errors: string[] = [];
  private last_error_ms = 0;
  private mounts: { share: SmbShare; mount: ShareMount }[] = [];
  private supervisor: SmbdSupervisor | undefined;
  private tail: LogTail | undefined;

  constructor(private readonly options: SmbSharesOptions) {
    this.server = options.server;
    this.events = new ClientEvents(options.server.shares.some(({ guest }) => guest));
    this.folders = new SmbFolders(options.server);
    this.programs = options.programs ?? DEFAULT_PROGRAMS;
    this.logger = options.logger.child({ smb: options.server.name });
    this.backoff = options.backoff ?? DEFAULT_BACKOFF;
    this.may_listen = options.may_listen ?? (() => mayListen(this.server.address, SMB_PORT));
  }

  /**
   * Resolves when smbd serves and every export has been mounted, or failed to be at its first try (it is tried again).
   * Rejects with SmbError, and leaves nothing behind, when Samba is missing, refuses its configuration or does not start;
   * with ListenError when it could not have its port.
   */
  async start(): Promise<void> {
    const { server, folders, programs } = this;
    await this.checkNamespace();
    const mounters = await Promise.all(server.shares.map((share) => this.mounterFor(share)));
    const text = smbConf(server, folders);
    folders.make();
    writeFileSync(folders.negotiation_config_file, negotiationConf());
    writeFileSync(folders.config_file, text);
    await checkSmbConf(folders.config_file, programs.testparm);
    await this.may_listen();
    await this.tellUnknownAccounts();

    this.tail = new LogTail(folders.log_file, (chunk) =>
      this.parser.push(chunk).forEach((record) => this.take(record)),
    );
    this.tail.skip();
    try {
      this.mounts = server.shares.map((share, index) => ({
        share,
        mount: this.mountShare(share, index, mounters[index] as Mounter),
      }));
      this.supervisor = new SmbdSupervisor({
        program: programs.smbd,
        folders,
        logger: this.logger,
        backoff: this.backoff,
        lastErrors: () => this.lastErrors(),
      });
      await this.supervisor.start();
      const late = new Pause();
      await Promise.race([
        Promise.all(this.mounts.map(({ mount }) => mount.tried)),
        late.wait(MOUNT_PATIENCE_MS),
      ]);
      late.end();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.logger.info({ address: server.address, pid: this.supervisor.pid }, 'SMB shares are served');
  }

  /** Ends smbd, then unmounts. Never rejects. */
  async stop(): Promise<void> {
    await this.supervisor?.stop();
    endHelper(this.folders);
    await Promise.all(this.mounts.map(({ mount }) => mount.stop()));
    this.tail?.stop();
  }

  status(): SmbSharesStatus {
    const { supervisor } = this;
    return {
      name: this.server.name,
      address: this.server.address,
      smbd: {
        ...(supervisor?.state ?? { state: 'stopped' }),
        ...(supervisor?.pid !== undefined && { pid: supervisor.pid }),
        restarts: supervisor?.restarts ?? 0,
      },
      shares: this.mounts.map(({ share, mount }) => ({
        name: share.name,
        export: share.export,
        folder: share.folder,
        ...mount.state,
      })),
      refused: { ...this.refused },
    };
  }

  /** What makes a program run where exports are mounted from. */
  private get enter(): string[] {
    const { network_namespace } = this.server;
    return network_namespace === undefined ? [] : ['nsenter', `--net=${network_namespace}`, '--'];
  }

  /** One that goes later makes mounting fail, which is tried again. */
  private async checkNamespace(): Promise<void> {
    const { enter } = this;
    if (enter.length === 0) return;
    const result = await runProgram([...enter, 'true'], NAMESPACE_PATIENCE_MS);
    if (result.code === 0) return;
    throw new SmbError(
      `${this.keyOf('network_namespace')}: found ${this.server.network_namespace}, expected the file of a network namespace, which "ip netns add" makes: ${lastWords(result)}`,
    );
  }

  /** Not an error: accounts may come later, and Samba asks for them when somebody logs on. */
  private async tellUnknownAccounts(): Promise<void> {
    for (const [index, { valid_users }] of this.server.shares.entries()) {
      const unknown = await unknownAccounts(valid_users);
      if (unknown.length === 0) continue;
      this.logger.warn(
        { key: this.keyOf(`shares[${index}].valid_users`), unknown },
        'valid_users names accounts or groups that this machine does not have: nobody gets in by them',
      );
    }
  }

  private async mounterFor({ name, mount }: SmbShare): Promise<Mounter> {
    const { enter } = this;
    const user_mount = [...enter, ...this.options.user_mount];
    if (this.options.mounter !== undefined) return this.options.mounter;
    if (mount === 'user') return new UserMounter(user_mount);
    if (await kernelHasNfs()) return new KernelMounter([...enter, 'mount']);
    if (mount === 'auto') return new UserMounter(user_mount);
    throw new SmbError(
      `share ${name}: mount: kernel, but this kernel has no NFS client; mount: user needs none`,
    );
  }

  private mountShare(share: SmbShare, index: number, mounter: Mounter): ShareMount {
    const { folder, read_only } = share;
    const source = `${this.options.mount_address ?? this.server.address}:${share.export}`;
    const request = { source, folder, folder_key: `${this.keyOf(`shares[${index}]`)}.folder`, read_only };
    return new ShareMount(mounter, request, this.logger, this.backoff, () => this.closeShare(share));
  }

  /** Clients that were in the share before hold on to a mount that is gone: they have to connect again. */
  private async closeShare({ name }: SmbShare): Promise<void> {
    const argv = [...this.programs.smbcontrol, '-s', this.folders.config_file, 'smbd', 'close-share', name];
    const { code, stderr } = await runProgram(argv, CONTROL_PATIENCE_MS);
    if (code !== 0)
      this.logger.warn({ share: name, stderr }, 'clients of the share were not told to reconnect');
  }

  /** As messages name a key of the virtual store's `smb`. */
  private keyOf(key: string): string {
    return `virtual store ${this.server.name}: smb.${key}`;
  }

  private take(record: SambaLogRecord): void {
    if (record.text.startsWith('waiting for connections')) this.supervisor?.ready();
    const event = this.events.take(record);
    if (event !== undefined) this.tell(event);
    else if (record.level === 0) this.remember(record);
  }

  private remember({ text, pid }: SambaLogRecord): void {
    if (/^smbd version .* started|^=+$/.test(text)) return;
    this.logger.warn({ pid, samba: text }, 'Samba says');
    if (PANIC_FRAME.test(text)) return;
    const now_ms = performance.now();
    if (now_ms - this.last_error_ms > ERRORS_APART_MS) this.last_errors = [];
    this.last_error_ms = now_ms;
    if (this.last_errors.length < ERRORS_KEPT_MAX) this.last_errors.push(text.replaceAll('\n', ' '));
  }

  private lastErrors(): string {
    this.tail?.look();
    const text = this.last_errors.join('; ');
    this.last_errors = [];
    return text;
  }

  private tell(event: ClientEvent): void {
    this.refused[event.kind] += 1;
    const { kind, ...details } = event;
    this.logger.warn(details, WHY[kind]);
  }
}

const WHY: Record<ClientEvent['kind'], string> = {
  smb1_refused: 'client refused: it speaks SMB 1 only, which is off (smb1: true would let it in)',
  address_refused: 'client refused: no hosts_allow of the share has its address',
  user_refused: 'client refused: valid_users of the share do not have its account',
  logon_failed: 'client refused: its account or password is not known',
  too_many_clients: 'client refused: as many are connected as clients_max allows',
};

/** Keeps smbd running: again after a pause that grows while it keeps dying. */
import type { Logger } from 'pino';
import { Backoff, type BackoffOptions } from '../../p4runtime/backoff';
import { SmbError } from './errors';
import type { SmbFolders } from './folders';
import { Pause } from './pause';
import { Smbd } from './smbd';

/** One that ran so long was well: the next pause is the shortest again. */
const STEADY_MS = 30_000;
const READY_PATIENCE_MS = 20_000;

export type SmbdState = { state: 'starting' | 'running' | 'stopped' } | { state: 'waiting'; reason: string };

export interface SupervisorOptions {
  program: readonly string[];
  folders: SmbFolders;
  logger: Logger;
  backoff: BackoffOptions;
  /** The errors that smbd's log ends with, looked up now. */
  lastErrors: () => string;
  steady_ms?: number;
}

export class SmbdSupervisor {
  private current: SmbdState = { state: 'stopped' };
  private smbd: Smbd | undefined;
  private readonly pause = new Pause();
  private is_stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private tell_ready: () => void = () => undefined;
  /** Times it was started again. */
  restarts = 0;

  constructor(private readonly options: SupervisorOptions) {}

  get state(): SmbdState {
    return this.current;
  }

  get pid(): number | undefined {
    return this.smbd?.pid;
  }

  /** Resolves when smbd waits for clients; rejects with SmbError when the first one ends before that. */
  async start(): Promise<void> {
    const ready = new Promise<'ready'>((resolve) => (this.tell_ready = () => resolve('ready')));
    const smbd = this.launch();
    const late = new Pause();
    const outcome = await Promise.race([
      ready,
      smbd.ended,
      late.wait(READY_PATIENCE_MS).then(() => `not ready after ${READY_PATIENCE_MS} ms`),
    ]);
    late.end();
    if (outcome !== 'ready') {
      await this.stop();
      throw new SmbError(`smbd does not start: ${this.why(smbd, outcome)}`);
    }
    this.loop = this.keep(smbd);
  }

  /** For whoever reads smbd's log: it says that it waits for connections. */
  ready(): void {
    if (this.current.state === 'starting') this.current = { state: 'running' };
    this.tell_ready();
  }

  async stop(): Promise<void> {
    this.is_stopping = true;
    this.pause.end();
    await this.smbd?.stop();
    await this.loop;
    this.current = { state: 'stopped' };
  }

  private launch(): Smbd {
    const { program, folders } = this.options;
    this.current = { state: 'starting' };
    this.smbd = new Smbd(program, folders);
    return this.smbd;
  }

  private async keep(first: Smbd): Promise<void> {
    const { backoff: limits, logger, steady_ms = STEADY_MS } = this.options;
    const backoff = new Backoff(limits);
    let smbd = first;
    for (;;) {
      const started_ms = performance.now();
      const how = await smbd.ended;
      if (this.is_stopping) return;
      if (performance.now() - started_ms > steady_ms) backoff.reset();
      const delay_ms = Math.round(backoff.nextDelay_ms());
      const reason = this.why(smbd, how);
      this.current = { state: 'waiting', reason };
      logger.error({ reason, delay_ms }, 'smbd ended; it is started again');
      await this.pause.wait(delay_ms);
      if (this.is_stopping) return;
      this.restarts += 1;
      smbd = this.launch();
    }
  }

  private why({ stderr }: Smbd, how: string): string {
    const words = [this.options.lastErrors(), stderr].filter((text) => text !== '');
    return `${words.join('; ') || 'it said nothing'} (${how})`;
  }
}

/** Keeps one share's export mounted: again after a pause when it cannot be mounted, or is lost. */
import type { Logger } from 'pino';
import { Backoff, type BackoffOptions } from '../../p4runtime/backoff';
import type { MountedExport, Mounter, MountRequest } from './mounter';
import { Pause } from './pause';

export type ShareMountState =
  { state: 'mounting' } | { state: 'mounted' } | { state: 'failed'; reason: string } | { state: 'stopped' };

export class ShareMount {
  private current: ShareMountState = { state: 'mounting' };
  private readonly stopping = new AbortController();
  private readonly pause = new Pause();
  private readonly loop: Promise<void>;
  /** Resolves when the first try has ended, well or not. */
  readonly tried: Promise<void>;
  private tell_tried: () => void = () => undefined;

  constructor(
    private readonly mounter: Mounter,
    private readonly request: MountRequest,
    private readonly logger: Logger,
    backoff: BackoffOptions,
    /** Clients still hold on to what was there before. */
    private readonly remounted: () => Promise<void>,
  ) {
    this.tried = new Promise((resolve) => (this.tell_tried = resolve));
    this.loop = this.keep(new Backoff(backoff));
  }

  get state(): ShareMountState {
    return this.current;
  }

  /** Unmounts. Never rejects. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.pause.end();
    await this.loop;
    this.current = { state: 'stopped' };
  }

  private async keep(backoff: Backoff): Promise<void> {
    for (let mounts = 0; !this.stopping.signal.aborted;) {
      const mounted = await this.tryOnce();
      if (mounted !== undefined) {
        mounts += 1;
        backoff.reset();
        this.current = { state: 'mounted' };
        this.logger.info(this.request, 'export mounted');
        this.tell_tried();
        if (mounts > 1) await this.remounted();
        const reason = await Promise.race([mounted.lost, this.pause.ended]);
        await mounted.unmount();
        if (reason === undefined) return;
        this.fail(reason);
      }
      this.tell_tried();
      await this.pause.wait(backoff.nextDelay_ms());
    }
  }

  private async tryOnce(): Promise<MountedExport | undefined> {
    try {
      return await this.mounter.mount(this.request, this.stopping.signal);
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  private fail(reason: string): void {
    if (this.stopping.signal.aborted) return;
    const is_new = this.current.state !== 'failed' || this.current.reason !== reason;
    this.current = { state: 'failed', reason };
    if (!is_new) return;
    this.logger.error(
      { ...this.request, reason },
      'export not mounted; its share refuses clients until it is',
    );
  }
}

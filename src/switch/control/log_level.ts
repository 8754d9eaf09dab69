import type { Logger } from 'pino';
import type { LogLevel } from '../flags';
import type { SwitchControl } from './switch_control';

/** The level of the switch's log, which at `trace` also has every packet's trace. */
export class LogLevelControl {
  private end: (() => Promise<void>) | undefined;

  constructor(
    private readonly control: SwitchControl,
    private readonly log: Pick<Logger, 'level' | 'trace'>,
  ) {}

  get level(): string {
    return this.log.level === 'silent' ? 'off' : this.log.level;
  }

  async set(level: LogLevel): Promise<void> {
    this.log.level = level === 'off' ? 'silent' : level;
    const { end } = this;
    this.end =
      level === 'trace'
        ? await this.control.subscribeTraces({}, (trace) =>
            this.log.trace({ trace }, `packet ${trace.packet}`),
          )
        : undefined;
    await end?.();
  }
}

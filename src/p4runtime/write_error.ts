/** A write of which some updates failed, each with the target's own reason. */
import type { Code } from 'p4runtime-js';
import { formatUpdate, type Update } from './entities';
import { codeName, P4RuntimeError } from './errors';
import { withQuirk } from './quirks';

/** Why one update of a batch failed. */
export interface UpdateFailure {
  /** Position in the updates given to `write`. */
  index: number;
  update: Update;
  code: Code;
  message: string;
  /** The target's own error space and code, where it gives them. */
  space: string;
  target_code: number;
}

/** Some updates of a write failed; unless atomic, the others were done. */
export class WriteError extends P4RuntimeError {
  constructor(
    readonly target: string,
    readonly failures: readonly UpdateFailure[],
    readonly updates_total: number,
  ) {
    const shown = failures.slice(0, WriteError.failures_shown_max);
    const rest = failures.length - shown.length;
    super(
      [
        `${target}: ${failures.length} of ${updates_total} updates failed:`,
        ...shown.map(
          ({ index, update, code, message }) =>
            `  #${index} ${formatUpdate(update)}: ${codeName(code)}${message ? `: ${withQuirk(message)}` : ''}`,
        ),
        ...(rest > 0 ? [`  and ${rest} more`] : []),
      ].join('\n'),
    );
  }

  /** Failures listed in the message; all are in `failures`. */
  static readonly failures_shown_max = 10;
}

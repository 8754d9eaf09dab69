/** `storeswitch store drain --wait`: until the store has no session left. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreStatus } from '../controller/status';
import { ask } from './ask';
import { CliError } from './exit_codes';
import type { SocketOptions } from './options';

const LOOK_MS = 500;
/** What sessions that are reset at the deadline may take to be gone. */
const AFTER_DEADLINE_MS = 15_000;

/** Throws CliError if that will not come about, and AdminError as `ask` does. */
export async function waitForSessions(
  store: string,
  options: SocketOptions,
  progress: (text: string) => void,
): Promise<void> {
  let told: number | undefined;
  for (;;) {
    const stores = await ask<StoreStatus[]>(options, 'store.list');
    const status = stores.find(({ name }) => name === store);
    if (status === undefined) throw new CliError('failed', `there is no store "${store}" any more`);
    const { sessions, state, since_ms } = status;
    if (state === 'up') throw new CliError('failed', `${store} was restored meanwhile`);
    if (sessions === 0) return;
    if (state === 'drained' && since_ms > AFTER_DEADLINE_MS) {
      throw new CliError(
        'failed',
        `${store} has ${sessions} session(s) left after the deadline: no other store serves them, or their clients cannot be reached`,
      );
    }
    if (sessions !== told) progress(`${sessions} session(s) left …`);
    told = sessions;
    await sleep(LOOK_MS);
  }
}

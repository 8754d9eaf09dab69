import { libc } from '../../afpacket/libc';

/** How long frames wait for others under load, unless the switch is told otherwise. */
export const COALESCE_US = 50;

/**
 * Who is woken again soon waits for more to come, as network cards put off their interrupts: a wake-up costs more than a
 * frame, and takes a core from others. Frames that come seldom wait for nobody.
 */
export class Coalescing {
  private woken_us = -Infinity;

  constructor(
    private readonly longest_us: number,
    private readonly sleep: (us: number) => void = (us) => void libc().usleep(us),
  ) {}

  /** After a wake-up, at `now_us`; returns once it is time to look at the ports. */
  await(now_us: number): void {
    const is_soon = now_us - this.woken_us < 2 * this.longest_us;
    this.woken_us = now_us;
    if (is_soon) this.sleep(this.longest_us);
  }
}

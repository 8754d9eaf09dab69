import { errno, libc } from '../../afpacket/libc';

/** How the packet thread asks for a core: `real_time` where it is permitted, or like any other thread. */
export type Scheduling = 'real_time' | 'normal';

/** sched_setattr(2) and sched_getattr(2), which not every C library wraps. */
const SYSCALLS: Partial<Record<string, { set: number; get: number }>> = {
  x64: { set: 314, get: 315 },
  arm64: { set: 274, get: 275 },
  riscv64: { set: 274, get: 275 },
  loong64: { set: 274, get: 275 },
};
const THIS_THREAD = 0;
const SCHED_OTHER = 0;
const SCHED_RR = 2;
/** The lowest: what else is real-time on the machine is more urgent. */
const RR_PRIORITY = 1;

/** struct sched_attr: u32 size, policy; u64 flags; s32 nice; u32 priority; u64 runtime, deadline, period. */
const ATTR_BYTES = 48;
const ATTR = { size: 0, policy: 4, priority: 20, runtime: 24 } as const;
/**
 * The shortest slice the kernel takes. A thread that asks for short ones waits less for its turn and gets no more of
 * it (Linux 6.12; older kernels ignore it).
 */
const SLICE_NS = 100_000n;

const WINDOW_US = 500_000;
/** Who works longer than this in a window is overloaded: then every other thread's turn counts as much. */
const BUSY_MAX = 0.95;

/**
 * Has the calling thread wait little for a core after its sleep: a frame that arrives meanwhile waits with it, up to
 * several milliseconds a turn on a machine whose cores are all busy. It is a real-time thread as long as it sleeps
 * enough that others get their turn; as soon as it works all the time it is not, until it sleeps again.
 */
export class ThreadScheduling {
  private is_real_time = false;
  private window_start_us = 0;
  private last_us = 0;
  private idle_us = 0;

  /** Why `real_time` was refused, for the log; undefined: it was not. */
  readonly refusal: string | undefined;

  constructor(private wanted: Scheduling) {
    this.refusal = this.apply(wanted === 'real_time');
    if (this.refusal !== undefined) {
      this.wanted = 'normal';
      this.apply(false);
    }
  }

  /** Once a turn of the thread's loop; `was_idle`: it found nothing to do since the last call but to sleep. */
  turn(now_us: number, was_idle: boolean): void {
    if (this.wanted === 'normal') return;
    if (was_idle) this.idle_us += now_us - this.last_us;
    this.last_us = now_us;
    const window_us = now_us - this.window_start_us;
    if (window_us < WINDOW_US) return;
    const may_be_real_time = this.idle_us >= (1 - BUSY_MAX) * window_us;
    if (may_be_real_time !== this.is_real_time) this.apply(may_be_real_time);
    this.window_start_us = now_us;
    this.idle_us = 0;
  }

  /** Returns why not, undefined if done. */
  private apply(real_time: boolean): string | undefined {
    const calls = SYSCALLS[process.arch];
    if (calls === undefined) return `unknown on ${process.arch}`;
    const attr = Buffer.alloc(ATTR_BYTES);
    // For the nice value, which stays.
    if (libc().syscall(calls.get, THIS_THREAD, attr, ATTR_BYTES, 0) < 0) return libc().strerror(errno());
    attr.writeUInt32LE(ATTR_BYTES, ATTR.size);
    attr.writeUInt32LE(real_time ? SCHED_RR : SCHED_OTHER, ATTR.policy);
    attr.writeUInt32LE(real_time ? RR_PRIORITY : 0, ATTR.priority);
    attr.writeBigUInt64LE(real_time ? 0n : SLICE_NS, ATTR.runtime);
    if (libc().syscall(calls.set, THIS_THREAD, attr, 0, 0) < 0) return libc().strerror(errno());
    this.is_real_time = real_time;
    return undefined;
  }
}

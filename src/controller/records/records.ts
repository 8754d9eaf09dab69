/** Performance records: what becomes of the sampled frames that the switch shows, and of what it counts. */
import type { Logger } from 'pino';
import type { PuntedFrame } from '../../dataplane/packet_io';
import { RECORD_OCTETS } from '../../dataplane/sizes';
import type { Clock } from '../clock';
import type { LoadSnapshot } from '../load/snapshot';
import type { Network } from '../network';
import { Tally } from '../tally';
import { RecordFeed } from './feed';
import { Joiner } from './joiner';
import { RecordFiles } from './record_files';
import { frameLength, readSample } from './sample';
import { Summaries } from './summaries';
import { SwitchTime } from './switch_time';

export interface RecordsEnvironment {
  network: Network;
  clock: Clock;
  logger: Logger;
  /** Microseconds since 1970-01-01 UTC; the system's clock without it. */
  now_us?: () => number;
  readLoad(): Promise<LoadSnapshot>;
}

export class Records {
  readonly feed: RecordFeed;
  readonly #counts = new Tally(['record_frames', 'record_frames_unreadable']);
  readonly #joiner: Joiner;
  readonly #time: SwitchTime;
  readonly #summaries: Summaries | undefined;
  #files: RecordFiles | undefined;

  constructor(private readonly environment: RecordsEnvironment) {
    const { network, clock, now_us = systemNow_us } = environment;
    const { records } = network.config;
    this.feed = new RecordFeed(clock);
    this.#time = new SwitchTime(now_us);
    this.#joiner = new Joiner(network, clock, records, (record) => {
      this.feed.push(record);
      this.#files?.record(record);
    });
    if (records.folder !== undefined) {
      this.#summaries = new Summaries(
        clock,
        records.summary_interval_ms,
        () => environment.readLoad(),
        (load) => this.#files?.summary({ time: new Date(now_us() / 1000).toISOString(), ...load }),
      );
    }
  }

  /** Throws what the file system says if the folder of the configuration cannot be written. */
  start(): void {
    const { network, clock, logger } = this.environment;
    const { folder, rotate_bytes, rotate_files } = network.config.records;
    if (folder === undefined) return;
    this.#files ??= new RecordFiles({ folder, rotate_bytes, rotate_files }, clock, logger);
  }

  /** The switch is in step. */
  resume(): void {
    this.#summaries?.start();
  }

  /** The switch is away, or another controller's. */
  hold(): void {
    this.#summaries?.stop();
    this.#time.forget();
  }

  /** For good. */
  stop(): void {
    this.hold();
    this.#joiner.end();
    this.feed.end();
    this.#files?.close();
    this.#files = undefined;
  }

  /** A request or a response, or the first piece of one. */
  take({ frame, store_id, time_us: switch_us }: PuntedFrame): void {
    const time_us = this.#time.heard(switch_us);
    this.#counts.add('record_frames');
    this.#files?.frame({
      timestamp_ns: BigInt(Math.round(time_us)) * 1000n,
      originalLength: frameLength(frame),
      // What was shown for another reason came whole.
      data: frame.subarray(0, RECORD_OCTETS),
    });
    const sample = readSample(frame);
    if (sample === undefined) this.#counts.add('record_frames_unreadable');
    else this.#joiner.take({ ...sample, store_id, switch_us, time_us });
  }

  counts(): Record<string, number> {
    return {
      ...this.#counts.values(),
      ...this.#joiner.counts.values(),
      ...this.#summaries?.counts.values(),
      ...this.#files?.counts.values(),
    };
  }
}

function systemNow_us(): number {
  return (performance.timeOrigin + performance.now()) * 1000;
}

/** Records, the frames they were made of, and summaries, in files for later analysis. */
import type { Logger } from 'pino';
import { encodePcapHeader, encodePcapPacket, type PcapPacket } from '../../wire/pcap';
import type { Clock, Timer } from '../clock';
import { Tally } from '../tally';
import type { PerformanceRecord } from './record';
import { RotatingFile } from './rotating_file';
import type { Summary } from './summaries';

export interface RecordFilesOptions {
  folder: string;
  rotate_bytes: number;
  rotate_files: number;
}

/** What was recorded is in the files after this time. */
const FLUSH_MS = 500;

export class RecordFiles {
  readonly counts = new Tally(['record_writes_failed']);
  readonly #records: RotatingFile;
  readonly #frames: RotatingFile;
  readonly #summaries: RotatingFile;
  #timer: Timer | undefined;
  #has_failed = false;

  /** Throws what the file system says if the folder cannot be written. */
  constructor(
    options: RecordFilesOptions,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#records = new RotatingFile({ ...options, name: 'records', extension: 'ndjson' });
    this.#frames = new RotatingFile({
      ...options,
      name: 'frames',
      extension: 'pcap',
      header: encodePcapHeader(),
    });
    this.#summaries = new RotatingFile({ ...options, name: 'summaries', extension: 'ndjson' });
  }

  record(record: PerformanceRecord): void {
    this.#append(this.#records, line(record));
  }

  frame(packet: PcapPacket): void {
    this.#append(this.#frames, encodePcapPacket(packet));
  }

  summary(summary: Summary): void {
    this.#append(this.#summaries, line(summary));
  }

  close(): void {
    this.#timer?.cancel();
    for (const file of this.#all()) this.#try(() => file.close());
  }

  #append(file: RotatingFile, item: Uint8Array): void {
    this.#try(() => file.append(item));
    this.#timer ??= this.clock.after(FLUSH_MS, () => {
      this.#timer = undefined;
      for (const one of this.#all()) this.#try(() => one.flush());
    });
  }

  #all(): RotatingFile[] {
    return [this.#records, this.#frames, this.#summaries];
  }

  /** A full disk takes records only; that is said once, and counted. */
  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.counts.add('record_writes_failed');
      if (!this.#has_failed) this.logger.warn({ error: String(error) }, 'records cannot be written');
      this.#has_failed = true;
    }
  }
}

function line(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

/**
 * One TCP connection of a client. Its calls are answered one after another, and it is read on only when the last answer
 * has left: so whatever a client sends or does not read, it holds one chunk and one answer.
 */
import type { Socket } from 'node:net';
import { encodeRecord, RecordSplitter } from '../../wire/record_mark';
import type { FrontCounters } from './counters';
import type { FrontLimits } from './limits';

/** Of one record; RFC 5531 sets no limit, real clients use one fragment. */
const FRAGMENTS_MAX = 16;

/** Undefined: no answer; `garbage`: the record is no call; `hang_up`: the connection ends. */
export type RecordAnswer = Uint8Array | undefined | 'garbage' | 'hang_up';

export class RpcConnection {
  private readonly splitter: RecordSplitter;
  private readonly queue: Uint8Array[] = [];
  private octets = 0;
  private answering = false;
  private half_closed = false;
  private readonly idle_timer: NodeJS.Timeout;

  constructor(
    private readonly socket: Socket,
    private readonly limits: FrontLimits,
    private readonly counters: FrontCounters,
    private readonly answer: (record: Uint8Array) => RecordAnswer | Promise<RecordAnswer>,
  ) {
    this.splitter = new RecordSplitter({
      record_octets_max: limits.call_octets_max,
      fragments_max: FRAGMENTS_MAX,
    });
    this.idle_timer = setTimeout(() => {
      counters.count('connections_idle');
      this.destroy();
    }, limits.idle_ms);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('end', () => {
      this.half_closed = true;
      if (!this.answering) socket.end();
    });
    // 'close' follows, and there is nobody to tell.
    socket.on('error', () => undefined);
    socket.on('close', () => clearTimeout(this.idle_timer));
  }

  destroy(): void {
    clearTimeout(this.idle_timer);
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    this.octets += chunk.length;
    if (this.octets > this.limits.connection_octets_max) {
      this.counters.count('connections_over_octets');
      this.destroy();
      return;
    }
    this.splitter.push(chunk, (record) => this.queue.push(record));
    if (!this.answering && (this.queue.length > 0 || this.splitter.failure !== undefined)) void this.run();
  }

  private async run(): Promise<void> {
    this.answering = true;
    this.socket.pause();
    for (let record = this.queue.shift(); record !== undefined; record = this.queue.shift()) {
      const answer = await this.answer(record);
      if (this.socket.destroyed) return;
      if (answer === 'garbage') {
        this.closeForGarbage();
        return;
      }
      if (answer === 'hang_up') {
        this.destroy();
        return;
      }
      if (answer !== undefined && !this.socket.write(encodeRecord(answer))) await this.drained();
      this.idle_timer.refresh();
    }
    if (this.splitter.failure !== undefined) {
      this.closeForGarbage();
      return;
    }
    this.answering = false;
    if (this.half_closed) this.socket.end();
    else this.socket.resume();
  }

  private closeForGarbage(): void {
    this.counters.count('tcp_garbage');
    this.destroy();
  }

  /** Resolves also when the connection is gone. */
  private drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) {
        resolve();
        return;
      }
      const done = () => {
        this.socket.off('drain', done).off('close', done);
        resolve();
      };
      this.socket.on('drain', done).on('close', done);
    });
  }
}

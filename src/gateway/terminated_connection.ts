/** One client's TCP connection: records in, replies out in whatever order they come. */
import type { Socket } from 'node:net';
import { RecordSplitter } from '../wire/record_mark';
import { acknowledgedOctets } from './acknowledged';
import { CallHeader } from './call';
import type { GatewayCounters } from './counters';
import type { GatewayLimits } from './limits';
import { encodeLocalAnswer, localAnswer, type LocalAnswer } from './local_answers';
import { ReplyPieces } from './reply_pieces';
import type { Caller, Client } from './request';
import type { Requests } from './requests';
import type { Service } from './service';

/** Why the gateway ends a connection itself: the names of the counters. */
export type CloseReason = Extract<keyof GatewayCounters, `closed_${string}`>;

/** What connections share. */
export interface ConnectionHost {
  readonly limits: GatewayLimits;
  readonly counters: GatewayCounters;
  readonly requests: Requests;
  answeredHere(answer: LocalAnswer): void;
  /** The connection has replies to write, or may read on: `settle` it when this turn is over. */
  touch(connection: TerminatedConnection): void;
  /** The gateway is full: `settle` the connection when it no longer is. */
  waitForRoom(connection: TerminatedConnection): void;
  /** Octets that the connection holds have become more or fewer. */
  unreadChanged(connection: TerminatedConnection, by_octets: number): void;
  /** False if there is no room for so many more octets of calls that came in part, or may not be read yet. */
  partialChanged(by_octets: number): boolean;
  /** The connection is closed because its client does not read. */
  notReading(connection: TerminatedConnection): void;
  closed(connection: TerminatedConnection): void;
}

/**
 * A client that closed its direction gets what it still waits for, but not for long: most that do so are gone, which shows
 * only when something is written.
 */
const HALF_OPEN_MS_MAX = 5000;
const KEEP_ALIVE_MS = 60_000;

const header = new CallHeader();
/** Of the chunk that is being read. */
let chunk_view: DataView = new DataView(new ArrayBuffer(0));

export class TerminatedConnection implements Caller {
  /** Set by the host while it is among those touched. */
  is_touched = false;
  private readonly splitter: RecordSplitter;
  private readonly pieces = new ReplyPieces();
  private calls = 0;
  private octets = 0;
  private partial_octets = 0;
  private unread_octets = 0;
  private is_closed = false;
  private is_paused = false;
  private has_ended = false;
  private ended_ms: number | undefined;
  private active_ms: number;
  /** Since the last check a record has ended, so that one that is there in part is another. */
  private has_had_record = false;
  private record_began_ms: number | undefined;
  /** For noticing a client that takes nothing: what it had acknowledged, and since when it has no more. */
  private acknowledged_octets: bigint | undefined;
  private stalled_ms: number | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly service: Service,
    private readonly client: Client,
    readonly client_port: number,
    private readonly host: ConnectionHost,
    now_ms: number,
  ) {
    const { record_octets_max, record_fragments_max } = host.limits;
    this.splitter = new RecordSplitter({ record_octets_max, fragments_max: record_fragments_max });
    this.active_ms = now_ms;
    // Whoever vanished while a store was silent shows only so.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('drain', () => this.settle());
    socket.on('end', () => {
      this.has_ended = true;
      this.endIfDone();
    });
    // What failed is of no interest: 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.ended());
  }

  /** The client's, as a number. */
  get client_address(): number {
    return this.client.address;
  }

  /** Octets of replies that the client has not taken yet, the kernel's not counted. */
  get unread(): number {
    return this.unread_octets;
  }

  answer(
    xid: number,
    buffer: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    is_owned: boolean,
  ): void {
    if (this.is_closed) return;
    view.setUint32(start, xid);
    if (is_owned) this.pieces.addOwned(buffer, start, end);
    else this.pieces.addCopy(buffer, start, end, this.unread_octets > 0);
    this.host.touch(this);
  }

  callEnded(octets: number): void {
    this.calls--;
    this.octets -= octets;
    this.host.touch(this);
  }

  /** Writes what came for it, and reads on if it may again. */
  settle(): void {
    if (this.is_closed) return;
    this.write();
    this.pump();
    // What `pump` has answered by itself.
    this.write();
    this.endIfDone();
  }

  /** Called about once a second. */
  check(now_ms: number): void {
    const { limits } = this.host;
    this.noteUnread();
    this.noteProgress(now_ms);
    const is_waiting_for_us = this.is_paused;
    if (!this.splitter.within_record || is_waiting_for_us) this.record_began_ms = undefined;
    else if (this.has_had_record) this.record_began_ms = now_ms;
    else this.record_began_ms ??= now_ms;
    if (this.has_had_record || this.calls > 0 || this.unread_octets > 0) this.active_ms = now_ms;
    this.has_had_record = false;
    if (this.has_ended) this.ended_ms ??= now_ms;

    if (this.stalled_ms !== undefined && now_ms - this.stalled_ms >= limits.unread_ms_max) {
      this.close('closed_unread');
    } else if (this.ended_ms !== undefined && now_ms - this.ended_ms >= HALF_OPEN_MS_MAX) {
      this.close('closed_half_open');
    } else if (this.record_began_ms !== undefined && now_ms - this.record_began_ms >= limits.record_ms_max) {
      this.close('closed_record_timeout');
    } else if (limits.idle_ms_max > 0 && now_ms - this.active_ms >= limits.idle_ms_max) {
      this.close('closed_idle');
    }
  }

  close(reason?: CloseReason): void {
    if (this.is_closed) return;
    if (reason !== undefined) this.host.counters[reason]++;
    if (reason === 'closed_unread' || reason === 'closed_unread_overflow') this.host.notReading(this);
    this.socket.destroy();
    this.ended();
  }

  private read(chunk: Buffer): void {
    if (this.is_closed) return;
    this.splitter.offer(chunk);
    this.pump();
    this.write();
  }

  /** Takes calls as long as limits allow; else the socket is paused, and `settle` goes on. */
  private pump(): void {
    while (!this.is_closed) {
      if (this.isBlocked()) {
        this.pause();
        return;
      }
      const record = this.splitter.next();
      if (record === undefined) break;
      this.has_had_record = true;
      this.call(record);
    }
    if (this.is_closed) return;
    if (this.splitter.failure !== undefined) {
      this.close('closed_garbage');
      return;
    }
    if (!this.noteHeld() || !this.is_paused) return;
    this.is_paused = false;
    this.socket.resume();
  }

  private isBlocked(): boolean {
    const { limits, requests } = this.host;
    if (requests.is_full) {
      this.host.waitForRoom(this);
      return true;
    }
    return (
      this.calls >= limits.connection_calls_max ||
      this.octets >= limits.connection_octets_max ||
      this.unread_octets >= limits.connection_unread_octets_max
    );
  }

  private pause(): void {
    if (this.is_paused) return;
    this.is_paused = true;
    this.host.counters.paused++;
    this.splitter.keepApart();
    this.socket.pause();
    this.noteHeld();
  }

  /** Closes the connection, and returns false, if there is no room for what it holds. */
  private noteHeld(): boolean {
    const held_octets = this.splitter.held_octets + this.splitter.offered_octets;
    const grown_octets = held_octets - this.partial_octets;
    this.partial_octets = held_octets;
    const has_room = grown_octets === 0 || this.host.partialChanged(grown_octets);
    if (!has_room) this.close('closed_partial_overflow');
    return has_room;
  }

  private call(record: Uint8Array): void {
    const { host, service } = this;
    if (chunk_view.buffer !== record.buffer) chunk_view = new DataView(record.buffer);
    const start = record.byteOffset;
    const end = start + record.length;
    const fault = header.read(chunk_view, start, end);
    if (fault === 'not_a_call') {
      this.close('closed_garbage');
      return;
    }
    host.counters.calls++;
    let answer: LocalAnswer | undefined;
    if (fault === undefined) answer = localAnswer(header, service, chunk_view, start, end);
    else answer = fault === 'rpc_version' ? 'rpc_mismatch' : 'bad_credential';
    if (answer !== undefined) {
      host.answeredHere(answer);
      const message = encodeLocalAnswer(header.xid, answer);
      this.pieces.addCopy(message, 0, message.length, this.unread_octets > 0);
      return;
    }
    const octets = host.requests.call(
      this,
      this.client,
      this.client_port,
      service,
      header,
      record,
      chunk_view,
      start,
    );
    if (octets === undefined) return;
    this.calls++;
    this.octets += octets;
  }

  private write(): void {
    if (this.is_closed) return;
    const { pieces, socket } = this;
    if (!pieces.is_empty) {
      const has_several = pieces.length > 1;
      if (has_several) socket.cork();
      pieces.take((octets) => socket.write(octets));
      if (has_several) socket.uncork();
    }
    this.noteUnread();
  }

  private noteUnread(): void {
    const { writableLength } = this.socket;
    const by_octets = writableLength - this.unread_octets;
    if (by_octets === 0) return;
    this.unread_octets = writableLength;
    this.host.unreadChanged(this, by_octets);
  }

  private noteProgress(now_ms: number): void {
    if (this.unread_octets === 0) {
      this.stalled_ms = undefined;
      return;
    }
    const before = this.acknowledged_octets;
    this.acknowledged_octets = acknowledgedOctets(this.socket);
    if (this.acknowledged_octets !== before) this.stalled_ms = undefined;
    else this.stalled_ms ??= now_ms;
  }

  /** A client may close its direction and still wait for replies. */
  private endIfDone(): void {
    if (this.has_ended && this.calls === 0 && this.splitter.offered_octets === 0) this.socket.end();
  }

  private ended(): void {
    if (this.is_closed) return;
    this.is_closed = true;
    this.host.requests.closeClient(this.client, this, this.calls > 0);
    this.host.unreadChanged(this, -this.unread_octets);
    this.host.partialChanged(-this.partial_octets);
    this.unread_octets = 0;
    this.partial_octets = 0;
    this.host.closed(this);
  }
}

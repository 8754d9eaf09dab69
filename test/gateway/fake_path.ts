/** A path whose other end is the test. */
import type { DatagramPath, DatagramReceiver } from '../../src/gateway/path/datagram_path';
import { HEADROOM_OCTETS } from '../../src/gateway/path/datagram_path';
import { wordSum } from '../../src/wire/checksum';
import { decodeRpc, encodeRpc, type RpcCall, type RpcOutcome } from '../../src/wire/rpc';

export interface Sent {
  source: number;
  source_port: number;
  destination: number;
  destination_port: number;
  payload: Uint8Array;
  pool_id: number;
}

export class FakePath implements DatagramPath {
  readonly sent: Sent[] = [];
  /** Called for each datagram, at once. */
  onSend: (sent: Sent) => void = () => undefined;
  private receiver: DatagramReceiver | undefined;

  send(
    source: number,
    source_port: number,
    destination: number,
    destination_port: number,
    payload: Uint8Array,
    payload_sum: number,
    pool_id: number,
  ): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const fold = (sum: number) => sum % 0xffff;
    if (fold(wordSum(view, 0, payload.length)) !== fold(payload_sum)) throw new Error('a wrong sum');
    const copy = Uint8Array.from(payload);
    const sent = { source, source_port, destination, destination_port, payload: copy, pool_id };
    this.sent.push(sent);
    this.onSend(sent);
  }

  onReceive(receiver: DatagramReceiver): void {
    this.receiver = receiver;
  }

  /** What the service sends back for a datagram; `changes` as if somebody else did. */
  deliver(to: Sent, payload: Uint8Array, changes: Partial<Sent> = {}, is_owned = false): void {
    const { source, source_port, destination, destination_port } = { ...to, ...changes };
    const buffer = new Uint8Array(HEADROOM_OCTETS + payload.length);
    buffer.set(payload, HEADROOM_OCTETS);
    this.receiver?.received({
      source: destination,
      source_port: destination_port,
      destination: source,
      destination_port: source_port,
      buffer,
      view: new DataView(buffer.buffer),
      start: HEADROOM_OCTETS,
      end: buffer.length,
      is_owned,
    });
    if (!is_owned) buffer.fill(0xdd);
  }

  turnEnded(): void {
    this.receiver?.turnEnded();
  }

  flush(): void {
    // Nothing is queued.
  }

  start(): void {
    // Nothing to open.
  }

  stop(): void {
    this.receiver = undefined;
  }

  stats(): Record<string, number> {
    return { sent: this.sent.length };
  }
}

export function callOf(sent: Sent): RpcCall {
  const call = decodeRpc(sent.payload);
  if (call?.kind !== 'call') throw new Error('not a call');
  return call;
}

/** A reply to what was sent, with its xid. */
export function replyTo(sent: Sent, outcome: RpcOutcome): Uint8Array {
  const verifier = { flavor: 0, body: new Uint8Array(0) };
  return encodeRpc({ kind: 'reply', xid: callOf(sent).xid, verifier, outcome });
}

/** Answers each call with its own arguments. */
export function echo(path: FakePath): void {
  answerEach(path, (sent) => callOf(sent).args);
}

/** Answers each call with these results, in a turn of its own. */
export function answerEach(path: FakePath, resultsOf: (sent: Sent) => Uint8Array): void {
  path.onSend = (sent) => {
    setImmediate(() => {
      path.deliver(sent, replyTo(sent, { status: 'success', results: resultsOf(sent) }));
      path.turnEnded();
    });
  };
}

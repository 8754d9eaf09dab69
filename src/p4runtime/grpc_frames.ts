/** gRPC's length-prefixed messages: a flag, the length, the message (gRPC over HTTP/2, "Requests"). */

const PREFIX_BYTES = 5;
const COMPRESSED = 1;
/** No message of a StreamChannel is near it; a length beyond is not gRPC. */
const MESSAGE_MAX_BYTES = 256 * 1024 * 1024;

/** Messages one after the other, each behind its prefix. */
export function frameMessages(messages: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const message of messages) length += PREFIX_BYTES + message.length;
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const message of messages) {
    bytes[at] = 0;
    bytes.writeUInt32BE(message.length, at + 1);
    bytes.set(message, at + PREFIX_BYTES);
    at += PREFIX_BYTES + message.length;
  }
  return bytes;
}

/** Finds the messages in the pieces a connection delivers. */
export class MessageReader {
  /** What came of a message that is not yet whole. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** How much is needed to go on: a prefix, then the message with it. */
  #needed = PREFIX_BYTES;

  /** Calls `each` with every message that is whole now, as a view of the pieces. Throws Error for what is not gRPC. */
  read(piece: Buffer, each: (message: Buffer) => void): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length < this.#needed) return;
    const bytes = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces, this.#length);
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      this.#needed = PREFIX_BYTES;
      if (left < PREFIX_BYTES) break;
      this.#needed += messageLength(bytes, at);
      if (left < this.#needed) break;
      const start = at + PREFIX_BYTES;
      at += this.#needed;
      each(bytes.subarray(start, at));
    }
    const rest = bytes.subarray(at);
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
  }
}

function messageLength(bytes: Buffer, at: number): number {
  if (bytes[at] === COMPRESSED) throw new Error('a compressed message, though none was asked for');
  const length = bytes.readUInt32BE(at + 1);
  if (bytes[at] !== 0 || length > MESSAGE_MAX_BYTES) {
    throw new Error(`not a gRPC message: flag ${bytes[at]}, length ${length}`);
  }
  return length;
}

import { Update, WriteRequest } from 'p4runtime-js';
import { ProtobufScanner } from './protobuf_scanner';
import { RpcError } from './rpc_error';

/** WriteRequest.updates as a tag: field 4, length-delimited. */
const UPDATES_TAG = (4 << 3) | 2;

/** A request's updates as they came. */
export class EncodedUpdates {
  /** Where each one starts and ends, in turn. */
  private readonly bounds: number[] = [];

  constructor(readonly bytes: Uint8Array) {}

  get count(): number {
    return this.bounds.length / 2;
  }

  start(index: number): number {
    return this.bounds[index * 2] as number;
  }

  end(index: number): number {
    return this.bounds[index * 2 + 1] as number;
  }

  add(start: number, end: number): void {
    this.bounds.push(start, end);
  }

  /** Throws RpcError INTERNAL, as gRPC does for a request it cannot decode. */
  decode(index: number): Update {
    try {
      return Update.decode(this.bytes.subarray(this.start(index), this.end(index)));
    } catch (error) {
      throw new RpcError('INTERNAL', `update ${index} cannot be decoded: ${String(error)}`);
    }
  }

  decodeAll(): Update[] {
    return Array.from({ length: this.count }, (_, i) => this.decode(i));
  }
}

export interface EncodedWriteRequest extends Omit<WriteRequest, 'updates'> {
  updates: EncodedUpdates;
}

/** All of a WriteRequest but its updates, of which a bulk write has too many to make objects of. Throws if malformed. */
export function decodeWriteRequest(bytes: Uint8Array): EncodedWriteRequest {
  const updates = new EncodedUpdates(bytes);
  const scanner = new ProtobufScanner(bytes, 0, bytes.length);
  const others: Uint8Array[] = [];
  while (scanner.at < scanner.end) {
    const field_at = scanner.at;
    const tag = scanner.varint();
    if (tag === UPDATES_TAG) {
      const end = scanner.length();
      updates.add(scanner.at, end);
      scanner.at = end;
    } else {
      scanner.skip(tag);
      others.push(bytes.subarray(field_at, scanner.at));
    }
  }
  return { ...WriteRequest.decode(Buffer.concat(others)), updates };
}

/** A header between controller and switch: its fields one after another, the first in the highest bits. */
import type { FieldInfo, PacketIn } from '../p4runtime';

export class ControllerHeader {
  readonly #octets: number;
  readonly #padding_bits: bigint;

  constructor(private readonly fields: readonly FieldInfo[]) {
    const bits = fields.reduce((sum, { width_bits }) => sum + width_bits, 0);
    this.#octets = Math.ceil(bits / 8);
    this.#padding_bits = BigInt(this.#octets * 8 - bits);
  }

  /** What is not given is 0. */
  encode(values: Readonly<Record<string, bigint>>, payload: Uint8Array): Uint8Array {
    const header = this.fields.reduce(
      (bits, { name, width_bits }) => (bits << BigInt(width_bits)) | (values[name] ?? 0n),
      0n,
    );
    const text = (header << this.#padding_bits).toString(16).padStart(this.#octets * 2, '0');
    return Buffer.concat([Buffer.from(text, 'hex'), payload]);
  }

  /** The payload is a view of the bytes. */
  decode(bytes: Uint8Array): PacketIn {
    const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let header = BigInt(`0x${payload.toString('hex', 0, this.#octets)}`) >> this.#padding_bits;
    const metadata: Record<string, bigint> = {};
    for (const { name, width_bits } of [...this.fields].reverse()) {
      metadata[name] = BigInt.asUintN(width_bits, header);
      header >>= BigInt(width_bits);
    }
    return { metadata, payload: payload.subarray(this.#octets) };
  }
}

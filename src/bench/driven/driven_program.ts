/**
 * The compiled P4 program in the embedded switch's engine, without sockets and by a clock that the caller moves.
 * Entries, packet-ins and packet-outs are those of `src/dataplane`.
 */
import { CPU_CLONE_SESSION, CPU_PORT } from '../../dataplane/constants';
import { readPacketIn, type PuntedFrame } from '../../dataplane/packet_io';
import { loadProgram } from '../../dataplane/program';
import type { Row } from '../../dataplane/table';
import type { FieldInfo, P4Schema, PacketOut } from '../../p4runtime';
import { engineEntry } from '../../sim';
import { createEngine, type Engine } from '../../switch';

export interface DrivenEvents {
  /** A frame has left by a port. The bytes are the listener's. */
  frame(port: number, frame: Uint8Array): void;
  punt(punted: PuntedFrame): void;
}

export class DrivenProgram {
  /** For counters and registers by name. */
  readonly engine: Engine;
  readonly #schema: P4Schema;
  readonly #packet_in: ControllerHeader;
  readonly #packet_out: ControllerHeader;
  #left: { port: number; frame: Uint8Array }[] = [];

  constructor(
    private readonly now_us: () => number,
    private readonly events: DrivenEvents,
  ) {
    const { p4info, device_config } = loadProgram();
    this.#schema = p4info;
    this.#packet_in = new ControllerHeader(p4info.packet_in?.fields ?? []);
    this.#packet_out = new ControllerHeader(p4info.packet_out?.fields ?? []);
    this.engine = createEngine(device_config.toString(), {
      send: (port, buffer, start, end) => this.#left.push({ port, frame: buffer.slice(start, end) }),
      digest: () => undefined,
      idle: () => undefined,
    });
    this.engine.setCloneSession(CPU_CLONE_SESSION, {
      session_id: CPU_CLONE_SESSION,
      class_of_service: 0,
      packet_length_bytes: 0,
      replicas: [{ port: CPU_PORT, instance: 1 }],
    });
  }

  insert(rows: Iterable<Row>): void {
    for (const row of rows) {
      const { table, entry } = engineEntry(this.#schema, row);
      this.engine.insertEntry(table, entry);
    }
  }

  /** A frame arrives. All that follows from it has been told when this returns. */
  receive(port: number, frame: Uint8Array): void {
    this.engine.receive(port, frame, this.now_us());
    const left = this.#left;
    this.#left = [];
    for (const { port: out, frame: bytes } of left) {
      if (out === CPU_PORT) this.#punted(bytes);
      else this.events.frame(out, bytes);
    }
  }

  packetOut({ metadata, payload }: PacketOut): void {
    this.receive(CPU_PORT, this.#packet_out.encode(metadata, payload));
  }

  #punted(bytes: Uint8Array): void {
    const punted = readPacketIn(this.#packet_in.decode(bytes));
    if (punted === undefined) throw new Error('a packet-in without a reason');
    this.events.punt(punted);
  }
}

/** A header between controller and switch: its fields one after another, the first in the highest bits. */
class ControllerHeader {
  readonly #octets: number;
  readonly #padding_bits: bigint;

  constructor(private readonly fields: readonly FieldInfo[]) {
    const bits = fields.reduce((sum, { width_bits }) => sum + width_bits, 0);
    this.#octets = Math.ceil(bits / 8);
    this.#padding_bits = BigInt(this.#octets * 8 - bits);
  }

  encode(values: Readonly<Record<string, bigint>>, payload: Uint8Array): Uint8Array {
    const header = this.fields.reduce(
      (bits, { name, width_bits }) => (bits << BigInt(width_bits)) | (values[name] ?? 0n),
      0n,
    );
    const text = (header << this.#padding_bits).toString(16).padStart(this.#octets * 2, '0');
    return Buffer.concat([Buffer.from(text, 'hex'), payload]);
  }

  decode(bytes: Uint8Array): { metadata: Record<string, bigint>; payload: Buffer } {
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

/**
 * The compiled P4 program in the embedded switch's engine, without sockets and by a clock that the caller moves. What
 * a P4Runtime client would write, read, send and be sent, in its terms.
 */
import { CPU_CLONE_SESSION, CPU_PORT } from '../dataplane/constants';
import { loadProgram } from '../dataplane/program';
import type { Row } from '../dataplane/table';
import { findTable } from '../dataplane/tables';
import type { P4Schema, PacketIn, PacketOut, TableEntry, Update, UpdateType } from '../p4runtime';
import { createEngine, type Engine } from '../switch';
import { ControllerHeader } from './controller_header';
import { engineEntry } from './entry_translation';

/** Told while the program runs: nothing may be sent to it until they return. */
export interface DrivenEvents {
  /** A frame has left by a port. The bytes are valid until this returns: copy to keep. */
  frame(port: number, frame: Uint8Array): void;
  /** The bytes are the listener's. */
  packetIn(packet: PacketIn): void;
}

/** Where a frame went. */
export interface Departure {
  port: number;
  /** The last two octets of its destination's MAC address: see `site.ts`. */
  station: number;
}

const NO_PORT = -1;

export class DrivenProgram {
  /** For counters and registers by name. */
  readonly engine: Engine;
  /** Grows whenever entries change. */
  entries_version = 0;
  readonly #schema: P4Schema;
  readonly #packet_in: ControllerHeader;
  readonly #packet_out: ControllerHeader;
  /** By short name of the table and by key. */
  readonly #rows = new Map<string, Map<string, Row>>();
  /** The departure that `forward` waits for. */
  readonly #departure: Departure = { port: NO_PORT, station: 0 };
  #is_forwarding = false;

  constructor(
    private readonly now_us: () => number,
    private readonly events: DrivenEvents,
    random_seed?: number,
  ) {
    const { p4info, device_config } = loadProgram();
    this.#schema = p4info;
    this.#packet_in = new ControllerHeader(p4info.packet_in?.fields ?? []);
    this.#packet_out = new ControllerHeader(p4info.packet_out?.fields ?? []);
    this.engine = createEngine(
      device_config.toString(),
      {
        send: (port, buffer, start, end) => this.#left(port, buffer, start, end),
        digest: () => undefined,
        idle: () => undefined,
      },
      random_seed === undefined ? {} : { random_seed },
    );
    this.engine.setCloneSession(CPU_CLONE_SESSION, {
      session_id: CPU_CLONE_SESSION,
      class_of_service: 0,
      packet_length_bytes: 0,
      replicas: [{ port: CPU_PORT, instance: 1 }],
    });
  }

  /** Of table entries. Throws what the engine throws for those it does not take. */
  write(updates: Iterable<Update>): void {
    for (const { type, entity } of updates) {
      if (!('table' in entity)) throw new Error('only table entries can be written here');
      const { table, entry } = engineEntry(this.#schema, entity);
      if (type === 'insert') this.engine.insertEntry(table, entry);
      else if (type === 'modify') this.engine.modifyEntry(table, entry);
      else this.engine.deleteEntry(table, entry);
      this.#note(type, entity);
    }
  }

  /** What has been written to a table. */
  rows(table: string): Iterable<Row> {
    return this.#rows.get(table)?.values() ?? [];
  }

  /** The entry of that key; undefined if there is none. */
  row(table: string, key: string): Row | undefined {
    return this.#rows.get(table)?.get(key);
  }

  /** Packets that a cell of an indirect counter has counted. */
  counter(name: string, index: number): number {
    return Number(this.engine.readCounter(this.#schema.counters.get(name).name, index).packets);
  }

  /** A frame arrives. All that follows from it has been told when this returns. */
  receive(port: number, frame: Uint8Array): void {
    this.engine.receive(port, frame, Math.floor(this.now_us()));
  }

  /**
   * A frame arrives that is forwarded as it is, or not at all. Returns where it went instead of telling it; undefined
   * if it did not leave, or to the controller only. Valid until the next one.
   */
  forward(port: number, frame: Uint8Array): Readonly<Departure> | undefined {
    this.#departure.port = NO_PORT;
    this.#is_forwarding = true;
    try {
      this.receive(port, frame);
    } finally {
      this.#is_forwarding = false;
    }
    return this.#departure.port === NO_PORT ? undefined : this.#departure;
  }

  packetOut({ metadata, payload }: PacketOut): void {
    this.receive(CPU_PORT, this.#packet_out.encode(metadata, payload));
  }

  #left(port: number, buffer: Uint8Array, start: number, end: number): void {
    if (port === CPU_PORT) {
      this.events.packetIn(this.#packet_in.decode(buffer.slice(start, end)));
    } else if (this.#is_forwarding) {
      this.#departure.port = port;
      this.#departure.station = ((buffer[start + 4] as number) << 8) | (buffer[start + 5] as number);
    } else {
      this.events.frame(port, buffer.subarray(start, end));
    }
  }

  #note(type: UpdateType, entry: TableEntry): void {
    const row = findTable(entry.table)?.rowOf(entry);
    if (row === undefined) throw new Error(`there is no table ${entry.table}`);
    const rows = this.#rows.get(row.table) ?? new Map<string, Row>();
    this.#rows.set(row.table, rows);
    if (type === 'delete') rows.delete(row.key);
    else rows.set(row.key, row);
    this.entries_version += 1;
  }
}

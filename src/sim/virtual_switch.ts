/** The compiled program in this process, without ports or sockets: its clock and its entries are the caller's. */
import { stepOf, type RowUpdate } from '../controller/update_order';
import { loadProgram } from '../dataplane/program';
import type { Row } from '../dataplane/table';
import type { P4Schema } from '../p4runtime';
import { createEngine, type Engine } from '../switch';
import { engineEntry } from './entry_translation';

/** What left the switch last: for each frame that enters, one leaves, or none. */
interface Departure {
  port: number;
  /** Of the destination's MAC address, which say who it is: see `site.ts`. */
  station: number;
}

const NO_PORT = -1;

export class VirtualSwitch {
  readonly #schema: P4Schema;
  readonly #engine: Engine;
  readonly #rows = new Map<string, Row>();
  readonly #departure: Departure = { port: NO_PORT, station: 0 };

  constructor(random_seed: number) {
    const { p4info, device_config } = loadProgram();
    this.#schema = p4info;
    const departure = this.#departure;
    this.#engine = createEngine(
      device_config.toString(),
      {
        send(port, buffer, start) {
          departure.port = port;
          departure.station = ((buffer[start + 4] as number) << 8) | (buffer[start + 5] as number);
        },
        digest: () => undefined,
        idle: () => undefined,
      },
      { random_seed },
    );
  }

  /** The station that the frame is sent to by `out_port`; undefined if it is not sent there. */
  forward(in_port: number, frame: Uint8Array, now_us: number, out_port: number): number | undefined {
    this.#departure.port = NO_PORT;
    this.#engine.receive(in_port, frame, Math.floor(now_us));
    return this.#departure.port === out_port ? this.#departure.station : undefined;
  }

  /** What has to be written, in the controller's order, for each of these tables to hold these rows and no others. */
  difference(tables: ReadonlyMap<string, readonly Row[]>): RowUpdate[] {
    const updates: RowUpdate[] = [];
    for (const [table, rows] of tables) {
      const wanted = new Set(rows.map(keyOf));
      for (const row of this.#rows.values()) {
        if (row.table === table && !wanted.has(keyOf(row))) updates.push({ type: 'delete', row });
      }
      for (const row of rows) {
        const present = this.#rows.get(keyOf(row));
        if (present?.value === row.value) continue;
        updates.push({ type: present === undefined ? 'insert' : 'modify', row });
      }
    }
    return updates.sort((a, b) => stepOf(a) - stepOf(b));
  }

  /** As one Write. */
  write(updates: Iterable<RowUpdate>): void {
    for (const { type, row } of updates) {
      const { table, entry } = engineEntry(this.#schema, row);
      if (type === 'insert') this.#engine.insertEntry(table, entry);
      else if (type === 'modify') this.#engine.modifyEntry(table, entry);
      else this.#engine.deleteEntry(table, entry);
      if (type === 'delete') this.#rows.delete(keyOf(row));
      else this.#rows.set(keyOf(row), row);
    }
  }
}

function keyOf({ table, key }: Row): string {
  return `${table} ${key}`;
}

/** By table. */
export function byTable(rows: readonly Row[]): Map<string, Row[]> {
  const tables = new Map<string, Row[]>();
  for (const row of rows) {
    const of_table = tables.get(row.table);
    if (of_table === undefined) tables.set(row.table, [row]);
    else of_table.push(row);
  }
  return tables;
}

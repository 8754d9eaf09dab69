/**
 * A whole virtualizer under simulated time: the compiled program, and the controller's decisions and writes behind it.
 * What a controller is told of new and idle clients is not simulated: see `ClientRoutes.learn`.
 */
import type { Drain } from '../controller/store_states';
import pino from 'pino';
import type { Config } from '../config/config';
import { readLeftover } from '../controller/leftover';
import { NO_ID } from '../controller/ids';
import { writeLast } from '../controller/last_writes';
import { Network } from '../controller/network';
import { TableWriter } from '../controller/table_writer';
import { Virtualizer } from '../controller/virtualizer';
import { COUNTERS } from '../dataplane/counters';
import { isReturned, packetOut, readPacketIn } from '../dataplane/packet_io';
import { sessionPin } from '../dataplane/session_pin';
import type { KeyOf, Row } from '../dataplane/table';
import type { PacketIn, TableEntry } from '../p4runtime';
import { DrivenProgram } from './driven_program';
import type { Timeline } from './timeline';

export interface DrivenVirtualizerOptions {
  config: Config;
  timeline: Timeline;
  /** How long a frame takes to the controller, or from it; none overtakes another. None without it. */
  delay_us?: () => number;
  random_seed?: number;
  /** A frame has left by a port. The bytes are valid until this returns; no frame may be sent until then. */
  onFrame: (port: number, frame: Uint8Array) => void;
}

interface Controller {
  virtualizer: Virtualizer;
  writer: TableWriter;
}

/** Between two batches of entries. */
const WRITE_MS = 2;
const SILENT = pino({ level: 'silent' });

export class DrivenVirtualizer {
  readonly program: DrivenProgram;
  #controller: Controller;
  /** Asked to, it writes what is left. */
  #is_ending = false;
  readonly #inwards: (happen: () => void) => void;
  readonly #outwards: (happen: () => void) => void;

  /** All tables are written once the timeline has begun. */
  constructor(private readonly options: DrivenVirtualizerOptions) {
    const { config, timeline, delay_us = () => 0, random_seed, onFrame } = options;
    this.#inwards = inOrder(timeline, delay_us);
    this.#outwards = inOrder(timeline, delay_us);
    this.program = new DrivenProgram(
      () => timeline.now_us,
      {
        frame: onFrame,
        packetIn: (packet) => this.#inwards(() => this.#onPacketIn(packet)),
      },
      random_seed,
    );
    this.#controller = this.#begin(config);
  }

  /** Of the controller that is in charge. */
  get virtualizer(): Virtualizer {
    return this.#controller.virtualizer;
  }

  /** The store that the switch has a connection pinned to, by name; undefined if it has not. */
  pinnedTo(connection: KeyOf<(typeof sessionPin)['key']>): string | undefined {
    const { key } = sessionPin.row(connection, { name: 'pin', params: { store_id: NO_ID } });
    const row = this.program.row(sessionPin.name, key);
    const store_id = row && sessionPin.readAction(row.entry)?.params.store_id;
    return store_id === undefined ? undefined : this.virtualizer.stores.findById(store_id)?.config.name;
  }

  /** Updates that are left to write. */
  get pending(): number {
    return this.#controller.writer.pending;
  }

  /** The controller ends as `Controller.stop` has it, and another begins with this configuration: it takes the switch over as it is. */
  restart(config: Config): void {
    const { timeline } = this.options;
    const { virtualizer, writer } = this.#controller;
    if (this.#is_ending) throw new Error('the controller is ending already');
    this.#is_ending = true;
    timeline.call(timeline.now_us, () => {
      void writeLast(virtualizer, writer, timeline).then(() => this.kill(config));
    });
  }

  /** As `restart`, but what the controller has not written is lost. */
  kill(config: Config): void {
    const { virtualizer, writer } = this.#controller;
    this.#is_ending = false;
    virtualizer.hold();
    writer.interrupt();
    this.#controller = this.#begin(config, virtualizer.stores.drains);
  }

  #begin(config: Config, drains: ReadonlyMap<string, Readonly<Drain>> = new Map()): Controller {
    const { timeline } = this.options;
    const { program } = this;
    const network = new Network(config);
    const writer = new TableWriter(
      {
        write: (updates) => {
          program.write(updates);
          return new Promise((resolve) => timeline.after(WRITE_MS, resolve));
        },
        readTable: (table) => entriesOf(program.rows(table)),
      },
      {
        onRefused: (problem) => timeline.stopFor(Promise.reject(new Error(problem))),
        onInterrupted: (error) => timeline.stopFor(Promise.reject(error)),
      },
    );
    const virtualizer = new Virtualizer({
      network,
      clock: timeline,
      logger: SILENT,
      first_xid: 1,
      send: (port_number, frame, operation) => {
        this.#outwards(() => program.packetOut(packetOut(port_number, frame, operation)));
        return true;
      },
      record: () => undefined,
      responses: (store_id, callback) => callback(program.counter(COUNTERS.store_responses, store_id)),
      want: (tables) => writer.want(tables),
      change: (changes) => writer.change(changes),
      whenWritten: (rows, callback) => writer.whenWritten(rows, callback),
      onStalled: (silent_ms) =>
        timeline.stopFor(Promise.reject(new Error(`nothing came from the switch for ${silent_ms} ms`))),
    });
    for (const [store, drain] of drains) virtualizer.setDrain(store, drain);
    timeline.stopFor(takeOver({ virtualizer, writer }));
    return { virtualizer, writer };
  }

  #onPacketIn(packet: PacketIn): void {
    const { virtualizer } = this;
    if (isReturned(packet)) return virtualizer.path.canaryReturned();
    const punted = readPacketIn(packet);
    if (punted === undefined) throw new Error('a packet-in without a reason');
    virtualizer.receive(punted);
  }
}

/** As `Controller` does it once it is primary. */
async function takeOver({ virtualizer, writer }: Controller): Promise<void> {
  await writer.load();
  await virtualizer.adopt(readLeftover((table) => writer.present(table)));
  virtualizer.resume();
  await writer.resume();
}

async function* entriesOf(rows: Iterable<Row>): AsyncGenerator<TableEntry> {
  for (const { entry } of rows) yield await Promise.resolve(entry);
}

function inOrder(timeline: Timeline, delay_us: () => number): (happen: () => void) => void {
  let last_us = 0;
  return (happen) => {
    last_us = Math.max(last_us, timeline.now_us + delay_us());
    timeline.call(last_us, happen);
  };
}

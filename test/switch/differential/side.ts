import { CounterSpec_Unit, type Counter, type DirectCounter } from 'p4runtime-js';
import {
  Client,
  type CounterValue,
  type DigestList,
  type Entity,
  type P4Schema,
  WriteError,
} from '../../../src/p4runtime';
import type { RunningTarget } from '../../targets/target';
import { FRAME_BYTES_MIN, type TestFrame } from './frames';

/** Everything that came of a case, as lines that can be compared. */
export interface Outcome {
  /** Of each update, in order. */
  writes: string[];
  /** Frames by port, packet-ins, in order of arrival at their port. */
  outputs: string[];
  digests: string[];
  counters: string[];
  entries: string[];
}

export interface Program {
  schema: P4Schema;
  device_config: Buffer;
  /** Tables whose entries BMv2 cannot read back. */
  unread: ReadonlySet<string>;
}

/** How long to wait for what the other side says will come. */
const EXPECTED_WITHIN_MS = 1500;
/** How long nothing must come when all that was expected has come. */
const SILENCE_MS = 12;
/** The same where the outcomes differed at first: a busy machine may have been late. */
const PATIENT_SILENCE_MS = 400;
const POLL_MS = 50;

/** One target with a controller, its ports and packet-ins recorded. */
export class Side {
  private outputs: string[] = [];
  private digests: string[] = [];
  private closing = false;
  private readonly pumps: Promise<void>[];

  private constructor(
    private readonly target: RunningTarget,
    private readonly client: Client,
    ports: readonly number[],
  ) {
    client.on('packet_in', ({ payload, metadata }) =>
      this.outputs.push(`controller: ${payload.toString('hex')} ${text(metadata)}`),
    );
    client.on('digest', (list: DigestList) => {
      client.ackDigest(list);
      for (const sample of list.samples) this.digests.push(`${list.digest}: ${text(sample)}`);
    });
    this.pumps = ports.map((port) => this.pump(port));
  }

  static async connect(target: RunningTarget, ports: readonly number[], schema: P4Schema): Promise<Side> {
    const client = new Client(target.address, { p4info: schema, election_id: 1n });
    await client.start({ keep_trying: true });
    return new Side(target, client, ports);
  }

  get received(): number {
    return this.outputs.length;
  }

  /**
   * Loads the program anew, writes the entities and sends the frames.
   * @param expected outputs there are to be after each frame; undefined: what comes at once is all
   */
  async run(
    program: Program,
    entities: readonly Entity[],
    frames: readonly TestFrame[],
    expected?: readonly number[],
    patient = false,
  ): Promise<{ outcome: Outcome; after_each: number[] }> {
    await this.client.pushPipeline(
      { p4info: program.schema, device_config: program.device_config },
      { force: true },
    );
    await this.waitFor(0);
    this.outputs = [];
    this.digests = [];
    const digest_configs = [...program.schema.digests].map(({ name }): Entity => ({
      ...{ digest: name, max_timeout_ns: 0n, max_list_size: 1, ack_timeout_ns: 0n },
    }));
    const writes = await this.write([...entities, ...digest_configs]);
    const after_each: number[] = [];
    for (const [i, { port, bytes }] of frames.entries()) {
      this.target.send(port, bytes);
      await this.waitFor(expected?.[i]);
      after_each.push(this.received);
    }
    if (expected !== undefined || patient) await sleep(patient ? PATIENT_SILENCE_MS : SILENCE_MS);
    const counters = await this.readCounters(program.schema);
    const entries = await this.readEntries(program);
    await this.deleteReplication(entities.filter((_, i) => writes[i] === 'done'));
    const outputs = [...this.outputs].sort();
    const digests = [...new Set(this.digests)].sort();
    return { outcome: { writes, outputs, digests, counters, entries }, after_each };
  }

  async stop(): Promise<void> {
    this.closing = true;
    this.client.close();
    await Promise.all(this.pumps);
    await this.target.stop();
  }

  /** Undefined: a turn of the event loop, which is all a switch in this process needs. */
  private async waitFor(count: number | undefined): Promise<void> {
    if (count === undefined) await new Promise((resolve) => setImmediate(resolve));
    for (const end = Date.now() + EXPECTED_WITHIN_MS; this.received < (count ?? 0) && Date.now() < end;)
      await sleep(1);
  }

  private async write(entities: readonly Entity[]): Promise<string[]> {
    const results = entities.map(() => 'done');
    const updates = entities.map(
      (entity) =>
        ({
          type: 'meter' in entity || ('table' in entity && entity.is_default === true) ? 'modify' : 'insert',
          entity,
        }) as const,
    );
    try {
      await this.client.write(updates);
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      for (const { index } of error.failures) results[index] = 'refused';
    }
    return results;
  }

  /** BMv2 keeps the members of groups and sessions when a program is loaded anew, though it no longer tells of them. */
  private async deleteReplication(entities: readonly Entity[]): Promise<void> {
    const kept = entities.filter((entity) => 'multicast_group' in entity || 'clone_session' in entity);
    await this.client.write(kept.map((entity) => ({ type: 'delete', entity }) as const));
  }

  private async readCounters(schema: P4Schema): Promise<string[]> {
    const lines: string[] = [];
    for (const { name, info } of schema.counters)
      for await (const { index, ...value } of this.client.readCounter(name))
        lines.push(`${name}[${index}]: ${text(inUnit(info, value))}`);
    return lines;
  }

  private async readEntries({ schema, unread }: Program): Promise<string[]> {
    const lines: string[] = [];
    for (const table of schema.tables) {
      const { direct_counter } = table;
      if (unread.has(table.name)) continue;
      const counters = direct_counter !== undefined;
      for await (const entry of this.client.readTable(table.name, { counters })) {
        const { idle_ns, is_const, counter, ...written } = entry;
        // Time passes differently, and BMv2 does not tell which entries are const.
        void [idle_ns, is_const];
        const counted = counters && counter !== undefined ? inUnit(direct_counter.info, counter) : undefined;
        lines.push(text({ ...written, counted }));
      }
    }
    return lines.sort();
  }

  private async pump(port: number): Promise<void> {
    while (!this.closing) {
      const frame = await this.target.receive(port, POLL_MS);
      // An Ethernet interface could not have sent a shorter one.
      if (frame !== undefined && frame.length >= FRAME_BYTES_MIN)
        this.outputs.push(`port ${port}: ${Buffer.from(frame).toString('hex')}`);
    }
  }
}

/** Only what the program counts: of the other, BMv2 tells too. */
function inUnit({ spec }: Counter | DirectCounter, { packets, bytes }: CounterValue): Partial<CounterValue> {
  return {
    ...(spec?.unit === CounterSpec_Unit.BYTES ? {} : { packets }),
    ...(spec?.unit === CounterSpec_Unit.PACKETS ? {} : { bytes }),
  };
}

/** JSON with sorted members. */
export function text(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => {
    if (typeof one === 'bigint') return `0x${one.toString(16)}`;
    if (one instanceof Uint8Array) return Buffer.from(one).toString('hex');
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
    return Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function sleep(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  Client,
  P4Schema,
  readP4InfoFile,
  type CounterValue,
  type Entity,
  type P4Value,
  type UpdateType,
} from '../../src/p4runtime';
import type { RunningTarget, TargetKind } from '../targets/target';
import { cpuCloneSession, networkEntries, PUNT } from './entries';
import { markerFrame, NET, slowMarker } from './packets';

const BUILD = join(__dirname, '../../p4/build');
const PORTS = [NET.clientPort, ...NET.storePorts, NET.hostPort, NET.unknownPort];
/** Long enough for a busy machine: it is waited out only when a test fails. */
const TIMEOUT_MS = 5_000;
/** How long no digest must arrive for "none arrives": nothing that could be waited for comes behind them. */
const NO_DIGEST_MS = 50;
const PACKET_OUT = { send: 0n, send_last: 1n, send_last_gateway: 2n } as const;
const INGRESS = 'StoreswitchIngress';

/** What the controller sees of a packet-in. */
export interface Punt {
  port: number;
  reason: number;
  frame: Uint8Array;
}

/** And what else a packet-in says. */
export interface FullPunt extends Punt {
  is_sampled: boolean;
  service: number;
  store: number;
  passed: number;
}

class Inbox<T> {
  private readonly items: T[] = [];

  push(item: T): void {
    this.items.push(item);
  }

  async take(timeout_ms: number): Promise<T | undefined> {
    const deadline = Date.now() + timeout_ms;
    while (this.items.length === 0 && Date.now() < deadline) await sleep(1);
    return this.items.shift();
  }

  /** Waits for the item that `is_marker` says; what came before it stays. */
  async await(is_marker: (item: T) => boolean, timeout_ms: number): Promise<boolean> {
    const deadline = Date.now() + timeout_ms;
    for (;;) {
      const at = this.items.findIndex(is_marker);
      if (at >= 0) {
        this.items.splice(at, 1);
        return true;
      }
      if (Date.now() >= deadline) return false;
      await sleep(1);
    }
  }

  takeAll(): T[] {
    return this.items.splice(0);
  }
}

function sleep(duration_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, duration_ms));
}

/** One switch running the compiled program in the network of `NET`, with the test at all its ends. */
export class PacketTest {
  private readonly punts = new Inbox<FullPunt>();
  private readonly digests = new Inbox<P4Value>();
  /** By port: what came before a marker, and is still to be received. */
  private readonly held = new Map<number, Uint8Array[]>(PORTS.map((port) => [port, []]));
  private markers = 0;

  private constructor(
    private readonly target: RunningTarget,
    private readonly client: Client,
  ) {
    client.on('packet_in', ({ payload, metadata }) =>
      this.punts.push({
        port: Number(metadata['ingress_port']),
        reason: Number(metadata['reason']),
        is_sampled: metadata['is_sampled'] === 1n,
        service: Number(metadata['service_id']),
        store: Number(metadata['store_id']),
        passed: Number(metadata['fragment_next']),
        frame: Uint8Array.from(payload),
      }),
    );
    client.on('digest', (list) => {
      client.ackDigest(list);
      for (const sample of list.samples) this.digests.push(sample);
    });
  }

  static async start(kind: TargetKind): Promise<PacketTest> {
    const target = await kind.start(PORTS);
    const p4info = new P4Schema(
      readP4InfoFile(join(BUILD, 'storeswitch.p4info.txtpb')),
      'storeswitch.p4info.txtpb',
    );
    const client = new Client(target.address, { p4info, election_id: 1n });
    const test = new PacketTest(target, client);
    await client.start({ keep_trying: true });
    await client.pushPipeline({ p4info, device_config: readFileSync(join(BUILD, 'storeswitch.json')) });
    await test.insert([
      ...networkEntries(),
      cpuCloneSession(target.cpu_port),
      { digest: 'client_digest_t', max_timeout_ns: 0n, max_list_size: 1, ack_timeout_ns: 1_000_000_000n },
    ]);
    return test;
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.target.stop();
  }

  insert(entities: Entity[]): Promise<void> {
    return this.write('insert', entities);
  }

  modify(entities: Entity[]): Promise<void> {
    return this.write('modify', entities);
  }

  delete(entities: Entity[]): Promise<void> {
    return this.write('delete', entities);
  }

  private write(type: UpdateType, entities: Entity[]): Promise<void> {
    return this.client.write(entities.map((entity) => ({ type, entity })));
  }

  send(port: number, frame: Uint8Array): void {
    this.target.send(port, frame);
  }

  packetOut(port: number, frame: Uint8Array, operation: keyof typeof PACKET_OUT = 'send'): void {
    const metadata = { egress_port: BigInt(port), operation: PACKET_OUT[operation] };
    this.client.packetOut({ payload: frame, metadata });
  }

  async receive(port: number): Promise<Uint8Array> {
    const frame = await this.take(port, TIMEOUT_MS);
    if (frame === undefined) throw new Error(`nothing left by port ${port} within ${TIMEOUT_MS} ms`);
    return frame;
  }

  /** The next frame on any of `ports`. */
  async receiveAny(ports: readonly number[]): Promise<{ port: number; frame: Uint8Array }> {
    const deadline = Date.now() + TIMEOUT_MS;
    while (Date.now() < deadline) {
      for (const port of ports) {
        const frame = await this.take(port, 0);
        if (frame !== undefined) return { port, frame };
      }
    }
    throw new Error(`nothing left by any of the ports ${ports.join(', ')} within ${TIMEOUT_MS} ms`);
  }

  private async take(port: number, timeout_ms: number): Promise<Uint8Array | undefined> {
    return this.held.get(port)?.shift() ?? this.target.receive(port, timeout_ms);
  }

  async packetIn(): Promise<Punt> {
    const { port, reason, frame } = await this.fullPacketIn();
    return { port, reason, frame };
  }

  /** All packet-ins of what was sent from the ports of clients, stores and host until now. */
  async packetIns(): Promise<FullPunt[]> {
    await this.awaitIngress();
    return this.punts.takeAll();
  }

  async fullPacketIn(): Promise<FullPunt> {
    const punt = await this.punts.take(TIMEOUT_MS);
    if (punt === undefined) throw new Error(`no packet-in within ${TIMEOUT_MS} ms`);
    return punt;
  }

  /** The fields of the next digest sample. */
  async digest(): Promise<P4Value> {
    const sample = await this.digests.take(TIMEOUT_MS);
    if (sample === undefined) throw new Error(`no digest within ${TIMEOUT_MS} ms`);
    return sample;
  }

  async noDigest(): Promise<boolean> {
    return (await this.digests.take(NO_DIGEST_MS)) === undefined;
  }

  async counter(name: string, index: number): Promise<CounterValue> {
    for await (const cell of this.client.readCounter(name, index)) return cell;
    throw new Error(`counter ${name} has no cell ${index}`);
  }

  /** `send` must be dropped for `reason`, and for nothing else, and nothing may leave. */
  async expectDrop(reason: number, send: () => void): Promise<void> {
    const before = await this.drops();
    send();
    const deadline = Date.now() + TIMEOUT_MS;
    let grown: [number, bigint][] = [];
    while (grown.length === 0 && Date.now() < deadline) {
      const now = await this.drops();
      grown = now.flatMap((packets, i): [number, bigint][] => {
        const more = packets - (before[i] ?? 0n);
        return more === 0n ? [] : [[i, more]];
      });
    }
    expect(grown).toEqual([[reason, 1n]]);
  }

  private async drops(): Promise<bigint[]> {
    const packets: bigint[] = [];
    for await (const cell of this.client.readCounter(`${INGRESS}.verdict.drop_counter`)) {
      packets[cell.index] = cell.packets;
    }
    return packets;
  }

  /** Takes and forgets whatever leaves. */
  async drain(): Promise<void> {
    for (const port of PORTS) while ((await this.take(port, 0)) !== undefined);
  }

  /** Nothing may be left over from the test that has just ended; what is does not reach the next one. */
  async expectSilence(): Promise<void> {
    const punts = await this.packetIns();
    for (const port of PORTS) {
      const marker = this.nextMarker();
      this.packetOut(port, marker);
      await this.awaitFrame(port, marker);
    }
    const frames = [...this.held].flatMap(([port, held]) => held.splice(0).map((frame) => ({ port, frame })));
    expect({ punts, frames }).toEqual({ punts: [], frames: [] });
  }

  /** Until all that was sent before has been through the pipeline, and the controller has what it was sent of it. */
  private async awaitIngress(): Promise<void> {
    // Ports are not read in any order, so that each has its marker behind its own frames.
    for (const [from, to] of [
      [NET.clientPort, NET.hostPort],
      [NET.hostPort, NET.clientPort],
    ] as const) {
      const marker = this.nextMarker();
      this.send(from, marker);
      await this.awaitFrame(to, marker);
    }
    for (const [store, port] of NET.storePorts.entries()) {
      const marker = slowMarker(store as 0 | 1, ++this.markers);
      this.send(port, marker);
      const is_marker = ({ reason, frame }: FullPunt) =>
        reason === PUNT.service && Buffer.compare(frame, marker) === 0;
      if (!(await this.punts.await(is_marker, TIMEOUT_MS))) {
        throw new Error(`the marker from port ${port} was not punted within ${TIMEOUT_MS} ms`);
      }
    }
  }

  private nextMarker(): Uint8Array {
    return markerFrame(++this.markers);
  }

  private async awaitFrame(port: number, marker: Uint8Array): Promise<void> {
    for (;;) {
      const frame = await this.target.receive(port, TIMEOUT_MS);
      if (frame === undefined) throw new Error(`no marker left by port ${port} within ${TIMEOUT_MS} ms`);
      if (Buffer.compare(frame, marker) === 0) return;
      this.held.get(port)?.push(frame);
    }
  }
}

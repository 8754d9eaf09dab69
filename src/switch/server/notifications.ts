import type { Dataplane, DigestMessage, IdleMessage } from '../worker/dataplane';
import type { Device } from './device';
import { DigestLists } from './digest_lists';
import { entryMessage } from './entities/table_entry';
import type { ControllerStream } from './stream';
import { P4DataCodec } from './p4_data';
import { idOf } from './p4info';

/** Keeps messages below gRPC's usual limit of 4 MiB. */
const ENTRIES_PER_NOTIFICATION = 1024;

/** Where messages of the data plane go and what is said about them. */
export interface Audience {
  primaries(): ControllerStream[];
  log(level: 'info' | 'warn' | 'error', message: string): void;
  failed(error: Error): void;
}

/** Packet-ins, digests and idle timeouts, from the data plane to the primary controllers. */
export class Notifications {
  readonly digest_lists: DigestLists;
  /** Frames to the CPU port too short for the packet_in header. */
  packet_ins_too_short = 0;

  constructor(
    dataplane: Dataplane,
    private readonly device: Device,
    private readonly audience: Audience,
  ) {
    this.digest_lists = new DigestLists((list) => {
      for (const stream of audience.primaries()) stream.sendDigest(list);
    });
    dataplane.listen({
      packetIns: (frames) => this.packetIns(frames),
      digests: (messages) => this.digests(messages),
      idles: (messages) => this.idles(messages),
      log: (level, message) => audience.log(level, message),
      failed: (error) => audience.failed(error),
    });
  }

  private packetIns(frames: Uint8Array[]): void {
    const header = this.device.committed?.packet_in;
    if (header === undefined) return;
    const streams = this.audience.primaries();
    for (const frame of frames) {
      const metadata = header.decode(frame);
      if (metadata === undefined) {
        this.packet_ins_too_short++;
        continue;
      }
      const payload = Buffer.from(frame.buffer, frame.byteOffset, frame.length).subarray(header.length_bytes);
      for (const stream of streams) stream.send({ $case: 'packet', value: { payload, metadata } });
    }
  }

  private digests(messages: DigestMessage[]): void {
    const pipeline = this.device.committed?.pipeline;
    if (pipeline === undefined) return;
    for (const { name, fields } of messages) {
      const digest = pipeline.info.digests_by_name.get(name);
      if (digest === undefined) continue;
      const id = idOf('digest', digest);
      const config = pipeline.digest_configs.get(id);
      if (config === undefined) continue;
      try {
        const codec = new P4DataCodec(pipeline.info.types, `digest ${name}`);
        const data = codec.encode(digest.typeSpec, fields);
        this.digest_lists.add(id, config, fields.join(), data);
      } catch (error) {
        this.audience.log('error', String(error));
        // Said once; then it is as if nobody had asked for it.
        pipeline.digest_configs.delete(id);
      }
    }
  }

  private idles(messages: IdleMessage[]): void {
    const pipeline = this.device.committed?.pipeline;
    if (pipeline === undefined) return;
    const tableEntry = messages.flatMap(({ table, entry }) => {
      const spec = pipeline.info.tables_by_name.get(table);
      if (spec === undefined) return [];
      return entryMessage(pipeline, spec, entry, {});
    });
    const timestamp = BigInt(Date.now()) * 1_000_000n;
    for (let i = 0; i < tableEntry.length; i += ENTRIES_PER_NOTIFICATION) {
      const value = { tableEntry: tableEntry.slice(i, i + ENTRIES_PER_NOTIFICATION), timestamp };
      for (const stream of this.audience.primaries())
        stream.send({ $case: 'idleTimeoutNotification', value });
    }
  }
}

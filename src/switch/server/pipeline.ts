import type {
  CloneSessionEntry,
  DigestEntry_Config,
  ForwardingPipelineConfig,
  MulticastGroupEntry,
} from 'p4runtime-js';
import { parseDeviceConfig } from './device_config';
import { PlainEntries } from './entities/plain_entries';
import { P4InfoIndex } from './p4info';
import { checkProgram } from './program_check';
import { RpcError } from './rpc_error';
import { useProgramWidths } from './translation';

/** What a client attached to a table entry and wants to read back. */
export interface EntryNotes {
  metadata: Buffer;
  controller_metadata: bigint;
}

/**
 * One forwarding pipeline config and what clients wrote under it that the engine need not know. Replaced whole by the
 * next config.
 */
export class Pipeline {
  readonly program: object;
  readonly info: P4InfoIndex;
  readonly plain_entries: PlainEntries;
  /** By table name and entry key; entries without metadata have none. */
  readonly notes = new Map<string, EntryNotes>();
  /** Names of tables whose default action a client set. */
  readonly written_defaults = new Set<string>();
  /** As they were written, for reading back. The engine has their meaning. */
  readonly multicast_groups = new Map<number, MulticastGroupEntry>();
  readonly clone_sessions = new Map<number, CloneSessionEntry>();
  /** Digests that a client asked to have sent, by id. */
  readonly digest_configs = new Map<number, DigestEntry_Config>();

  /** Throws RpcError naming what is missing, malformed or at odds. The program itself is not compiled here. */
  constructor(readonly config: ForwardingPipelineConfig) {
    if (config.p4info === undefined) throw new RpcError('INVALID_ARGUMENT', 'config.p4info is not set');
    this.info = new P4InfoIndex(config.p4info);
    this.program = parseDeviceConfig(config.p4DeviceConfig);
    useProgramWidths(this.info, this.program);
    checkProgram(this.info, this.program);
    this.plain_entries = new PlainEntries(this.info);
  }
}

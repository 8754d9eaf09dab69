import type {
  CloneSessionEntry,
  DigestEntry_Config,
  ForwardingPipelineConfig,
  MulticastGroupEntry,
} from 'p4runtime-js';
import { loadProgram } from '../program/load';
import type { Program } from '../program/model';
import { parseDeviceConfig, refusedProgram } from './device_config';
import { PlainEntries } from './entities/plain_entries';
import { P4InfoIndex } from './p4info';
import { checkProgram, forgetDead, nameDigests, nameHiddenActions } from './program_check';
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
  /** p4c's JSON, and what it says. */
  readonly json: object;
  readonly program: Program;
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
  /** Told of each that a client asks for no more; set once packets go through this config. */
  digestDeleted: (digest_id: number) => void = () => undefined;

  /** Throws RpcError naming what is missing, malformed or at odds. The program itself is not compiled here. */
  constructor(readonly config: ForwardingPipelineConfig) {
    if (config.p4info === undefined) throw new RpcError('INVALID_ARGUMENT', 'config.p4info is not set');
    this.info = new P4InfoIndex(config.p4info);
    this.json = parseDeviceConfig(config.p4DeviceConfig);
    this.program = load(this.json);
    forgetDead(this.info, this.program);
    nameDigests(this.info, this.program);
    nameHiddenActions(this.info, this.program);
    useProgramWidths(this.info, this.program);
    checkProgram(this.info, this.program);
    this.plain_entries = new PlainEntries(this.info);
  }
}

function load(json: object): Program {
  try {
    return loadProgram(json);
  } catch (error) {
    throw refusedProgram(error);
  }
}

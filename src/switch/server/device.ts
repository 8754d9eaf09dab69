import {
  GetForwardingPipelineConfigRequest_ResponseType as ResponseType,
  SetForwardingPipelineConfigRequest_Action as SetAction,
  type ForwardingPipelineConfig,
  type SetForwardingPipelineConfigRequest,
} from 'p4runtime-js';
import { EngineError } from '../engine';
import type { Dataplane } from '../worker/dataplane';
import type { EngineCall } from '../worker/engine_calls';
import { refusedProgram } from './device_config';
import { profileLimitCalls } from './entities/action_profile';
import { ModeLock } from './mode_lock';
import type { P4InfoIndex } from './p4info';
import { PacketHeader } from './packet_header';
import { Pipeline } from './pipeline';
import { carriedNames, carryRecords } from './reconcile';
import { RpcError, toRpcError } from './rpc_error';
import { packetHeaderInProgram } from './translation';

/** Who shares the device with whom. */
export type Access = 'read' | 'write' | 'alone';

/** A pipeline that packets go through, with its packet headers. */
export interface Committed {
  pipeline: Pipeline;
  packet_in: PacketHeader;
  packet_out: PacketHeader;
}

/**
 * The device's forwarding pipeline configs: the one packets go through, and the one saved beside it, which reads and
 * writes then mean (specification, "SetForwardingPipelineConfig RPC").
 */
export class Device {
  private committed_config: Committed | undefined;
  private saved: Committed | undefined;
  /** Reads see no write half done; writes run side by side, as the dataplane takes them in order. */
  private readonly lock = new ModeLock<Access>('alone');

  constructor(
    readonly dataplane: Dataplane,
    private readonly onCommit: (pipeline: Pipeline) => void,
  ) {}

  get committed(): Committed | undefined {
    return this.committed_config;
  }

  /** Reads or writes under the config they mean, in their turn; FAILED_PRECONDITION without any. */
  access<T>(how: Access, work: (pipeline: Pipeline) => Promise<T>): Promise<T> {
    return this.lock.run(how, async () => {
      const config = this.saved ?? this.committed_config;
      if (config === undefined)
        throw new RpcError('FAILED_PRECONDITION', 'no forwarding pipeline config is set');
      return work(config.pipeline);
    });
  }

  set(request: Pick<SetForwardingPipelineConfigRequest, 'action' | 'config'>): Promise<void> {
    return this.lock.run('alone', () => this.change(request));
  }

  get(type: ResponseType): ForwardingPipelineConfig | undefined {
    const config = (this.committed_config ?? this.saved)?.pipeline.config;
    if (config === undefined) return undefined;
    const with_p4info = type === ResponseType.ALL || type === ResponseType.P4INFO_AND_COOKIE;
    const with_program = type === ResponseType.ALL || type === ResponseType.DEVICE_CONFIG_AND_COOKIE;
    return {
      cookie: config.cookie,
      p4info: with_p4info ? config.p4info : undefined,
      p4DeviceConfig: with_program ? config.p4DeviceConfig : Buffer.alloc(0),
    };
  }

  private async change({ action, config }: Pick<SetForwardingPipelineConfigRequest, 'action' | 'config'>) {
    switch (action) {
      case SetAction.VERIFY:
        await this.compile('verify', prepare(config));
        return;
      case SetAction.VERIFY_AND_SAVE: {
        const next = prepare(config);
        await this.compile('stage', next);
        this.saved = next;
        return;
      }
      case SetAction.VERIFY_AND_COMMIT: {
        const next = prepare(config);
        await this.compile('stage', next);
        this.saved = next;
        await this.commit(next);
        return;
      }
      case SetAction.COMMIT:
        if (config !== undefined) throw new RpcError('INVALID_ARGUMENT', 'COMMIT takes no config');
        if (this.saved === undefined) throw new RpcError('NOT_FOUND', 'no config is saved');
        await this.commit(this.saved);
        return;
      case SetAction.RECONCILE_AND_COMMIT:
        await this.reconcile(prepare(config));
        return;
      default:
        throw new RpcError('INVALID_ARGUMENT', `action ${action} is unknown`);
    }
  }

  private async commit(next: Committed): Promise<void> {
    await this.dataplane.commit();
    this.use(next);
  }

  private async reconcile(next: Committed): Promise<void> {
    const from = this.committed_config?.pipeline;
    if (from === undefined) {
      await this.compile('stage', next);
      await this.commit(next);
      return;
    }
    const { json, info } = next.pipeline;
    try {
      await this.dataplane.reconcile(json, setupCalls(info), carriedNames(from, next.pipeline));
    } catch (error) {
      throw error instanceof EngineError ? toRpcError(error) : refusedProgram(error);
    }
    carryRecords(from, next.pipeline);
    this.use(next);
  }

  private use(next: Committed): void {
    this.committed_config = next;
    this.saved = undefined;
    this.onCommit(next.pipeline);
  }

  private async compile(how: 'verify' | 'stage', { pipeline }: Committed): Promise<void> {
    try {
      await this.dataplane[how](pipeline.json);
    } catch (error) {
      throw refusedProgram(error);
    }
    if (how === 'verify') return;
    for (const outcome of await this.dataplane.batch(setupCalls(pipeline.info)))
      if (!outcome.ok) throw new RpcError('INTERNAL', outcome.message);
  }
}

/** What of P4Info an engine has to know before anything is written. */
function setupCalls(info: P4InfoIndex): EngineCall[] {
  const preinitialized = [...info.tables.values()].filter(
    ({ has_initial_entries, is_const }) => has_initial_entries && !is_const,
  );
  return [
    ...profileLimitCalls(info),
    ...preinitialized.map(({ name }): EngineCall => ({ method: 'allowWrites', args: [name] })),
  ];
}

function prepare(config: ForwardingPipelineConfig | undefined): Committed {
  if (config === undefined) throw new RpcError('INVALID_ARGUMENT', 'config is not set');
  const pipeline = new Pipeline(config);
  const { info, program } = pipeline;
  const header = (name: 'packet_in' | 'packet_out') =>
    new PacketHeader(name, packetHeaderInProgram(info[name], info.types, program));
  return { pipeline, packet_in: header('packet_in'), packet_out: header('packet_out') };
}

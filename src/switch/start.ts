import { extname, join } from 'node:path';
import { SwitchControl } from './control/switch_control';
import type { Port } from './ports/port';
import { startServer } from './server/server';
import type { ServiceOptions } from './server/service';
import type { TlsOptions } from './server/tls';
import { InProcessDataplane } from './worker/in_process';
import type { Dataplane } from './worker/dataplane';
import type { PortSpec } from './worker/messages';
import type { SwitchCoreOptions } from './worker/switch_core';
import type { Scheduling } from './worker/thread_scheduling';
import { WorkerDataplane } from './worker/worker_dataplane';
import { createEngine } from './v1model/engine';

export interface SwitchConfig extends SwitchCoreOptions {
  device_id: bigint;
  /** `host:port`; port 0 takes any free one. */
  grpc_address: string;
  /** Linux interfaces: packets run in a thread of their own. */
  interfaces?: PortSpec[];
  /** Of the thread that packets run in, with `interfaces`; default `normal`. */
  scheduling?: Scheduling;
  /** How long frames may wait for others under load; default `COALESCE_US`. */
  coalesce_us?: number | undefined;
  /** Ports made by the caller, memory ports mostly: packets run in the caller's thread. Not with `interfaces`. */
  ports?: Port[];
  /** P4Runtime over TLS. undefined: in the clear. */
  tls?: TlsOptions | undefined;
  /** p4c's BMv2 JSON, parsed, that packets go through until a client sets a pipeline config. */
  program?: object;
  /** Node flags of the packet thread, for a loader of TypeScript in tests. */
  exec_argv?: string[];
  log?: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** The packet thread has died; the switch is useless. */
  failed?: (error: Error) => void;
}

export interface RunningSwitch {
  /** Where P4Runtime is served, `host:port`. */
  address: string;
  dataplane: Dataplane;
  control: SwitchControl;
  close(): Promise<void>;
}

/** A whole switch: engine, ports and P4Runtime server. Rejects naming the port, program or address that is wrong. */
export async function startSwitch(config: SwitchConfig): Promise<RunningSwitch> {
  const log = config.log ?? (() => undefined);
  const dataplane = await startDataplane(config);
  const control = new SwitchControl(dataplane, log);
  try {
    if (config.program !== undefined) {
      await dataplane.stage(config.program);
      await dataplane.commit();
    }
    const service: ServiceOptions = {
      device_id: config.device_id,
      dataplane,
      log,
      failed: config.failed ?? ((error) => log('error', error.message)),
    };
    const server = await startServer(config.grpc_address, service, config.tls);
    control.server = server.service;
    return {
      address: server.address,
      dataplane,
      control,
      async close() {
        await server.close();
        await dataplane.close();
        control.close();
      },
    };
  } catch (error) {
    await dataplane.close();
    throw error;
  }
}

async function startDataplane(config: SwitchConfig): Promise<Dataplane> {
  const options: SwitchCoreOptions = {
    ...(config.cpu_port === undefined ? {} : { cpu_port: config.cpu_port }),
    ...(config.drop_port === undefined ? {} : { drop_port: config.drop_port }),
    ...(config.priority_queues === undefined ? {} : { priority_queues: config.priority_queues }),
    ...(config.random_seed === undefined ? {} : { random_seed: config.random_seed }),
  };
  if (config.interfaces === undefined)
    return new InProcessDataplane(createEngine, config.ports ?? [], options);
  if (config.ports !== undefined) throw new Error('a switch has either interfaces or ports of the caller');
  return WorkerDataplane.start(config.interfaces, {
    ...options,
    engine_module: join(__dirname, 'v1model', `engine${extname(__filename)}`),
    ...(config.scheduling === undefined ? {} : { scheduling: config.scheduling }),
    ...(config.coalesce_us === undefined ? {} : { coalesce_us: config.coalesce_us }),
    ...(config.exec_argv === undefined ? {} : { exec_argv: config.exec_argv }),
  });
}

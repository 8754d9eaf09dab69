/** Everything of a configuration that ends at this host, started and stopped together. */
import type { Logger } from 'pino';
import type { Config } from '../config/config';
import { systemClock } from '../controller/clock';
import { RPC_PROGRAM } from '../wire/rpc';
import { Front } from './front';
import { Gateway } from './gateway';
import { PacketPath } from './path/packet_path';
import type { CallPlan, GatewayPlan } from './plan';
import { SmbShares } from './smb';

export interface RunningGateway {
  status(): Record<string, unknown>;
  stop(): Promise<void>;
}

type GatewayLimits = Omit<Config['gateway'], 'socket'>;

export interface GatewayOptions {
  limits: GatewayLimits;
  /** `storeswitch mount`: exports that shares mount without the kernel's NFS client. */
  user_mount: readonly string[];
  logger: Logger;
}

/** Rejects, with nothing left open, if the interface, an address or Samba cannot be used. */
export async function startGateway(
  { calls, shares }: GatewayPlan,
  { limits, user_mount, logger }: GatewayOptions,
): Promise<RunningGateway> {
  let running: RunningGateway | undefined;
  const servers: SmbShares[] = [];
  const stop = async () => {
    // First what sends calls through the others.
    await Promise.all(servers.map((server) => server.stop()));
    await running?.stop();
  };
  try {
    if (calls !== undefined) running = await startCalls(calls, limits, logger);
    for (const server of shares) {
      const smb = new SmbShares({ server, logger, user_mount });
      await smb.start();
      servers.push(smb);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    status: () => ({
      ...running?.status(),
      smb: servers.map((server) => server.status()),
    }),
    stop,
  };
}

async function startCalls(
  { interface_name, mac, packets, listeners, fronts }: CallPlan,
  { trusted, amplification_max, source_events_per_second_max, ...limits }: GatewayLimits,
  logger: Logger,
): Promise<RunningGateway> {
  const clock = systemClock;
  const path = new PacketPath({ interface_name, mac, next_hop_mac: mac, packets, clock, logger });
  const sources = { trusted, amplification_max, events_per_second_max: source_events_per_second_max };
  const gateway = new Gateway({ listeners, path, logger, limits, clock });
  const running: Front[] = [];
  const stop = async () => {
    await Promise.all(running.map((front) => front.stop()));
    await gateway.stop();
  };
  try {
    await gateway.start();
    for (const { mount_port: port, address, pool_ids, ...plan } of fronts) {
      const forwarder = gateway.forwarder({ address, port, program: RPC_PROGRAM.mount }, pool_ids);
      running.push(await Front.start({ ...plan, address, mount_port: port, forwarder, sources, clock }));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    status: () => ({
      ...gateway.status(),
      fronts: fronts.map(({ address }, i) => ({ address, ...running[i]?.status() })),
    }),
    stop,
  };
}

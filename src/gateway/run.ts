/** Everything of a configuration that ends at this host, started and stopped together. */
import type { Logger } from 'pino';
import type { Config } from '../config/config';
import { systemClock } from '../controller/clock';
import { RPC_PROGRAM } from '../wire/rpc';
import { Front } from './front';
import { Gateway } from './gateway';
import { PacketPath } from './path/packet_path';
import type { GatewayPlan } from './plan';

export interface RunningGateway {
  status(): Record<string, unknown>;
  stop(): Promise<void>;
}

/** Rejects, with nothing left open, if the interface or an address cannot be used. */
export async function startGateway(
  { interface_name, mac, listeners, fronts }: GatewayPlan,
  { trusted, ...limits }: Omit<Config['gateway'], 'socket'>,
  logger: Logger,
): Promise<RunningGateway> {
  const clock = systemClock;
  const path = new PacketPath({ interface_name, mac, next_hop_mac: mac, clock, logger });
  const gateway = new Gateway({ listeners, path, logger, limits, clock });
  const running: Front[] = [];
  const stop = async () => {
    await Promise.all(running.map((front) => front.stop()));
    await gateway.stop();
  };
  try {
    await gateway.start();
    for (const { mount_port: port, address, ...plan } of fronts) {
      const forwarder = gateway.forwarder({ address, port, program: RPC_PROGRAM.mount });
      running.push(
        await Front.start({ ...plan, address, mount_port: port, forwarder, sources: { trusted }, clock }),
      );
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

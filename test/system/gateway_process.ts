/**
 * The gateway as a process of its own, in the namespace it was started in: `node --require swc_register.cjs
 * gateway_process.ts OPTIONS`, OPTIONS being JSON. Says "ready" on its standard output, and its status, as one line of JSON,
 * for each line it gets.
 */
import { createInterface } from 'node:readline';
import pino from 'pino';
import { systemClock } from '../../src/controller/clock';
import { Gateway, PacketPath, type GatewayLimits } from '../../src/gateway';
import type { DatagramPath, DatagramReceiver } from '../../src/gateway/path/datagram_path';
import type { ServiceOptions } from '../../src/gateway/service';

export interface GatewayProcessOptions {
  interface_name: string;
  mac: string;
  next_hop_mac: string;
  listeners: ServiceOptions[];
  limits?: Partial<GatewayLimits>;
  /** Every so many-th datagram is lost, in each direction; 0: none. */
  lose_every: number;
}

/** A path that loses datagrams. */
class LossyPath implements DatagramPath {
  private sent = 0;
  private received = 0;
  private lost = 0;

  constructor(
    private readonly path: DatagramPath,
    private readonly every: number,
  ) {}

  send(...datagram: Parameters<DatagramPath['send']>): void {
    if (++this.sent % this.every === 0) this.lost++;
    else this.path.send(...datagram);
  }

  onReceive(receiver: DatagramReceiver): void {
    this.path.onReceive({
      received: (datagram) => {
        if (++this.received % this.every === 0) this.lost++;
        else receiver.received(datagram);
      },
      turnEnded: () => receiver.turnEnded(),
    });
  }

  flush(): void {
    this.path.flush();
  }

  start(): void {
    this.path.start();
  }

  stop(): void {
    this.path.stop();
  }

  stats(): Record<string, number> {
    return { ...this.path.stats(), lost_on_purpose: this.lost };
  }
}

async function main(options: GatewayProcessOptions): Promise<void> {
  const logger = pino({ name: 'gateway' }, pino.destination({ fd: 2, sync: true }));
  const { interface_name, mac, next_hop_mac, listeners, limits = {}, lose_every } = options;
  const packets = new PacketPath({ interface_name, mac, next_hop_mac, clock: systemClock, logger });
  const path = lose_every > 0 ? new LossyPath(packets, lose_every) : packets;
  const gateway = new Gateway({ listeners, path, logger, limits });
  await gateway.start();
  process.stdout.write('ready\n');
  const lines = createInterface({ input: process.stdin });
  lines.on('line', () => process.stdout.write(`${JSON.stringify(gateway.status())}\n`));
  lines.on('close', () => void gateway.stop());
}

if (require.main === module) {
  main(JSON.parse(process.argv[2] ?? '{}') as GatewayProcessOptions).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}

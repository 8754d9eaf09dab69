import { packetOut, readPacketIn } from '../../dataplane/packet_io';
import type { Client } from '../../p4runtime';

/** Sends every packet-in back out of `egress_port`, until the controller is closed. */
export function echo(controller: Client, egress_port: number): void {
  controller.on('packet_in', (packet) => {
    const punted = readPacketIn(packet);
    if (punted?.reason === 'service') controller.packetOut(packetOut(egress_port, punted.frame));
  });
}

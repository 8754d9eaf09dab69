/** The gateway's public face. */
export { Gateway, type GatewayOptions } from './gateway';
export { gatewayLimits, GATEWAY_LIMITS, type GatewayLimits } from './limits';
export type { DatagramPath } from './path/datagram_path';
export { PacketPath, type PacketPathOptions } from './path/packet_path';

/**
 * Responses larger than the network of their client takes, as stores that take requests in large packets send them:
 * cut as a router would cut them ([0040]; RFC 791, section 3.2), also where their sender forbids it, since the client
 * is not to know. The store is told how large they may be (RFC 1191), so that it soon cuts them itself and they no
 * longer come here.
 */
import type { PortConfig } from '../config/config';
import { decodeEthernet, encodeEthernet, ETHERTYPE } from '../wire/ethernet';
import type { Frame } from '../wire/frame';
import { encodeFragmentationNeeded } from '../wire/icmp';
import { decodeIpv4, encodeIpv4, IP_PROTOCOL, IPV4_DEFAULTS } from '../wire/ipv4';
import { fragmentIpv4 } from '../wire/ipv4_fragment';
import type { Clock } from './clock';
import type { Network } from './network';
import { RateLimit } from './rate_limit';
import { Tally } from './tally';

export interface ResponseCutterEnvironment {
  network: Network;
  clock: Clock;
  /** False if the frame could not be sent. */
  send(port: PortConfig, frame: Uint8Array): boolean;
}

/** A store remembers for minutes what it was told of a client; so few are enough for thousands of clients. */
const NOTICES_PER_SECOND_MAX = 100;

export class ResponseCutter {
  readonly counts = new Tally([
    'responses_cut',
    'response_fragments_sent',
    'mtu_notices_sent',
    /** Too many in a second, or the port has no address to send them from. */
    'mtu_notices_withheld',
  ]);
  readonly #rate: RateLimit;

  constructor(private readonly environment: ResponseCutterEnvironment) {
    this.#rate = new RateLimit(NOTICES_PER_SECOND_MAX, environment.clock);
  }

  /** Sends a frame by an external port, in pieces if it is too large for it. False if not all of it could be sent. */
  send(port: PortConfig, frame: Uint8Array): boolean {
    const { network } = this.environment;
    const pieces = cut(frame, network.clientMtu(port));
    if (pieces === undefined) return this.environment.send(port, frame);
    if (!pieces.every((piece) => this.environment.send(port, piece))) return false;
    this.counts.add('responses_cut');
    this.counts.add('response_fragments_sent', pieces.length);
    return true;
  }

  /** Tells the store behind `port_number` that its response is too large for what leaves by `client_port`. */
  tell(port_number: number, { ethernet, ipv4 }: Frame, client_port: PortConfig | undefined): void {
    const { network } = this.environment;
    const port = network.port(port_number);
    // Nobody is told of later fragments (RFC 1122, section 3.2.2).
    if (ipv4 === undefined || ipv4.fragmentOffset_bytes > 0 || client_port === undefined) return;
    const source = port && network.ownAddress(port, ipv4.source);
    if (port === undefined || source === undefined || !this.#rate.take()) {
      return this.counts.add('mtu_notices_withheld');
    }
    const message = encodeFragmentationNeeded(network.clientMtu(client_port), ethernet.payload);
    const packet = {
      ...IPV4_DEFAULTS,
      protocol: IP_PROTOCOL.icmp,
      source,
      destination: ipv4.source,
      payload: message,
    };
    const notice = encodeEthernet({
      destination: ethernet.source,
      source: port.mac,
      etherType: ETHERTYPE.ipv4,
      payload: encodeIpv4(packet),
    });
    if (this.environment.send(port, notice)) this.counts.add('mtu_notices_sent');
  }
}

/** Undefined if the frame fits as it is, or is not IPv4. */
function cut(frame: Uint8Array, mtu: number): Uint8Array[] | undefined {
  const ethernet = decodeEthernet(frame);
  const packet = ethernet?.etherType === ETHERTYPE.ipv4 ? decodeIpv4(ethernet.payload) : undefined;
  if (ethernet === undefined || packet === undefined) return undefined;
  const [whole, ...others] = fragmentIpv4(packet, mtu);
  if (whole === undefined || others.length === 0) return undefined;
  return [whole, ...others].map((piece) =>
    encodeEthernet({ ...ethernet, payload: encodeIpv4({ ...piece, dontFragment: false }) }),
  );
}

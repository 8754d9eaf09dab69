/** One service of a virtual store whose streams the gateway terminates: where its requests go, and how fast. */
import { ipv4ToNumber, type Ipv4Address } from '../wire/address';
import { NO_ID } from '../controller/ids';
import { RPC_PROGRAM } from '../wire/rpc';
import { TraitsOfProgram, type Pace } from './procedure_traits';
import { RoundTripTime, type RetransmitBounds } from '../nfs_client/round_trip_time';
import { SendWindow } from './send_window';

export interface ServiceOptions {
  /** The virtual address: where clients connect, and where requests go. */
  address: Ipv4Address;
  /** TCP port here, UDP port towards the stores. */
  port: number;
  /** RPC program number; calls of other programs are refused. */
  program: number;
  /** The number of the pool that serves it; without it, the data plane finds the pool. */
  pool_id?: number;
}

export class Service {
  readonly address: number;
  readonly port: number;
  readonly program: number;
  readonly pool_id: number;
  readonly is_nfs: boolean;
  readonly traits: TraitsOfProgram;
  readonly window = new SendWindow();
  readonly round_trips: Record<Pace, RoundTripTime>;
  requests = 0;
  retransmissions = 0;

  constructor(
    readonly options: ServiceOptions,
    bounds: RetransmitBounds,
  ) {
    this.address = ipv4ToNumber(options.address);
    this.port = options.port;
    this.program = options.program;
    this.pool_id = options.pool_id ?? NO_ID;
    this.is_nfs = options.program === RPC_PROGRAM.nfs;
    this.traits = new TraitsOfProgram(options.program);
    const roundTrip = () => new RoundTripTime(bounds);
    this.round_trips = { other: roundTrip(), read: roundTrip(), write: roundTrip() };
  }

  /** A number for the service, the same everywhere and after every restart. */
  get number(): number {
    return (this.address ^ (this.port << 16)) | 0;
  }

  status(): Record<string, unknown> {
    const { window, round_trips, requests, retransmissions } = this;
    return {
      ...this.options,
      requests,
      retransmissions,
      window: { limit: Math.floor(window.limit), under_way: window.under_way },
      round_trip_ms: Object.fromEntries(
        Object.entries(round_trips).map(([pace, { smoothed_ms }]) => [
          pace,
          smoothed_ms === undefined ? null : Number(smoothed_ms.toFixed(1)),
        ]),
      ),
    };
  }
}

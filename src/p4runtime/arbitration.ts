/** Which controller is primary (specification, "Client Arbitration and Controller Replication"). */
import { Code, type MasterArbitrationUpdate, type Uint128 } from 'p4runtime-js';
import { EncodingError } from './errors';

/** `no_primary`: none is, because the primary left and no backup has claimed its place. */
export type ArbitrationState = 'primary' | 'backup' | 'no_primary';

export interface ArbitrationResult {
  state: ArbitrationState;
  /** Of the primary; where there is none, the highest the target has seen. */
  primary_election_id: bigint;
  /** Whether this differs from the result before. */
  changed: boolean;
}

export const ELECTION_ID_MAX = (1n << 128n) - 1n;

export function encodeUint128(value: bigint): Uint128 {
  return { high: value >> 64n, low: BigInt.asUintN(64, value) };
}

export function decodeUint128(wire: Uint128 | undefined): bigint {
  return wire === undefined ? 0n : (wire.high << 64n) | wire.low;
}

/** What we ask for and what the target last answered. Knows nothing of the stream it travels on. */
export class Arbitration {
  #election_id: bigint;
  #last: Omit<ArbitrationResult, 'changed'> | undefined;

  /** Throws EncodingError unless `election_id` is from 1 to 2^128-1. */
  constructor(
    readonly device_id: bigint,
    election_id: bigint,
    readonly role: string | undefined,
  ) {
    this.#election_id = checkElectionId(election_id);
  }

  get election_id(): bigint {
    return this.#election_id;
  }

  set election_id(election_id: bigint) {
    this.#election_id = checkElectionId(election_id);
  }

  /** Undefined before the first answer and after `reset`. */
  get state(): ArbitrationState | undefined {
    return this.#last?.state;
  }

  get primary_election_id(): bigint | undefined {
    return this.#last?.primary_election_id;
  }

  request(): MasterArbitrationUpdate {
    return {
      deviceId: this.device_id,
      role: this.role === undefined ? undefined : { id: 0n, config: undefined, name: this.role },
      electionId: encodeUint128(this.#election_id),
      status: undefined,
    };
  }

  /** Undefined for an answer that is not about our device, or whose status says nothing known. */
  receive(wire: MasterArbitrationUpdate): ArbitrationResult | undefined {
    if (wire.deviceId !== this.device_id) return undefined;
    const state = stateOf(wire.status?.code ?? Code.OK);
    if (state === undefined) return undefined;
    const primary_election_id = decodeUint128(wire.electionId);
    const last = this.#last;
    const changed = last?.state !== state || last.primary_election_id !== primary_election_id;
    this.#last = { state, primary_election_id };
    return { state, primary_election_id, changed };
  }

  /** The stream is gone, and with it our standing. */
  reset(): void {
    this.#last = undefined;
  }
}

function stateOf(code: Code): ArbitrationState | undefined {
  switch (code) {
    // Sent only to the primary. BMv2 also sends it to a backup it promotes by itself (quirk backup_promoted).
    case Code.OK:
      return 'primary';
    case Code.ALREADY_EXISTS:
      return 'backup';
    case Code.NOT_FOUND:
      return 'no_primary';
    default:
      return undefined;
  }
}

function checkElectionId(election_id: bigint): bigint {
  if (election_id < 1n || election_id > ELECTION_ID_MAX) {
    throw new EncodingError('arbitration', 'election_id', `${election_id} is not from 1 to 2^128-1`);
  }
  return election_id;
}

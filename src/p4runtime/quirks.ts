/**
 * Where known targets differ from the specification or leave something out, each named once, with the words by
 * which the target shows it. Nothing else in the project asks which target it talks to.
 */

export interface Quirk {
  name: string;
  target: string;
  /** How the target says it; absent where it says nothing. */
  says?: RegExp;
  meaning: string;
}

const BMV2 = 'simple_switch_grpc';

export const QUIRKS = {
  no_register_reads: {
    name: 'no_register_reads',
    target: BMV2,
    says: /^Register reads are not supported yet$/,
    meaning: 'registers can be neither read nor written over P4Runtime',
  },
  no_register_writes: {
    name: 'no_register_writes',
    target: BMV2,
    says: /^Register writes are not supported yet$/,
    meaning: 'registers can be neither read nor written over P4Runtime',
  },
  no_value_sets: {
    name: 'no_value_sets',
    target: BMV2,
    says: /^ValueSet (reads|writes) are not supported yet$/,
    meaning: 'parser value sets cannot be used over P4Runtime',
  },
  no_atomic_batches: {
    name: 'no_atomic_batches',
    target: BMV2,
    says: /^Support for atomic write modes has not been implemented yet$/,
    meaning: 'a batch is applied entry by entry and is never rolled back',
  },
  no_digest_wildcard: {
    name: 'no_digest_wildcard',
    target: BMV2,
    says: /^digest_id must be set when reading DigestEntry$/,
    meaning: 'digest configurations are read one at a time, never all at once',
  },
  no_direct_counter_wildcard: {
    name: 'no_direct_counter_wildcard',
    target: BMV2,
    says: /^Reading all direct counters for ALL tables is not supported yet$/,
    meaning: 'direct counters are read one table at a time',
  },
  no_class_of_service: {
    name: 'no_class_of_service',
    target: BMV2,
    says: /^COS for clone sessions not supported yet$/,
    meaning: 'clone sessions have no class of service',
  },
  no_clone_truncation: {
    name: 'no_clone_truncation',
    target: BMV2,
    says: /^Error when creating clone session in target$/,
    meaning: 'clone sessions cannot cut packets short: packet_length_bytes must be 0',
  },
  stuck_after_refused_program: {
    name: 'stuck_after_refused_program',
    target: BMV2,
    says: /^Error in first phase of device update$/,
    meaning: 'after a program it refused, it takes no other one until it is restarted',
  },
  pair_unchecked: {
    name: 'pair_unchecked',
    target: BMV2,
    says: /^Error when (adding|modifying|deleting) match entry (to|in|from) target$/,
    meaning: 'its program may not be the one of the P4Info, which it does not compare',
  },
  no_roles: {
    name: 'no_roles',
    target: BMV2,
    meaning: 'the role of an arbitration is ignored: there is one primary for the whole device',
  },
  backup_promoted: {
    name: 'backup_promoted',
    target: BMV2,
    meaning: 'when the primary leaves, the backup with the next election id is made primary without asking',
  },
  old_replica_ports: {
    name: 'old_replica_ports',
    target: BMV2,
    meaning:
      'releases before 2023 know only the deprecated 32-bit egress_port of a replica, and all of them still take it',
  },
} as const satisfies Record<string, Quirk>;

/** The quirk a target's error message shows, if it is a known one. */
export function quirkOf(message: string): Quirk | undefined {
  return Object.values<Quirk>(QUIRKS).find((quirk) => quirk.says?.test(message) === true);
}

/** The target's words, and behind them what they are known to mean. */
export function withQuirk(message: string): string {
  const quirk = quirkOf(message);
  return quirk === undefined ? message : `${message} (known of ${quirk.target}: ${quirk.meaning})`;
}

/** BMv2: "Election id already exists", "New election id already exists"; Stratum: "Election ID is already used by ...". */
const ELECTION_ID_IN_USE = /election id\b.*\b(exists|used|in use)\b/i;

/** BMv2: "No forwarding pipeline config set for this device"; Stratum: "No valid forwarding pipeline config has ...". */
const NO_PIPELINE = /\bno\b.*\bforwarding pipeline config/i;

export function saysElectionIdInUse(message: string): boolean {
  return ELECTION_ID_IN_USE.test(message);
}

export function saysNoPipeline(message: string): boolean {
  return NO_PIPELINE.test(message);
}

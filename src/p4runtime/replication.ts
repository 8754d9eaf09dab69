/** Multicast groups and clone sessions <-> PacketReplicationEngineEntry. */
import type { PacketReplicationEngineEntry, Replica as WireReplica } from 'p4runtime-js';
import { decodeValue, encodeValue, valueProblem } from './bytes';
import { EncodingError, P4InfoMismatchError } from './errors';

export interface Replica {
  port: number;
  /** `egress_rid` of the copy, 16 bits on v1model. */
  instance: number;
  /** Used in order while the ports before them are down. */
  backups?: { port: number; instance: number }[];
}

export interface MulticastGroup {
  /** At least 1. */
  multicast_group: number;
  /** Each (port, instance) at most once. */
  replicas: Replica[];
  metadata?: Uint8Array;
}

export interface CloneSession {
  /** At least 1. */
  clone_session: number;
  replicas: Replica[];
  class_of_service?: number;
  /** Absent or 0: whole packets. */
  packet_length_bytes?: number;
}

/**
 * How a replica names its port. `port` came with P4Runtime 1.4; older targets take it for no port at all, so
 * targets that announce an older version are sent `egress_port`.
 */
export type ReplicaPortForm = 'port' | 'egress_port';

function checkUint(object: string, field: string, value: number, width_bits: number, min = 0): void {
  const problem = !Number.isSafeInteger(value)
    ? `${value} is not a whole number`
    : value < min
      ? `${value} is below ${min}`
      : valueProblem(BigInt(value), width_bits);
  if (problem !== undefined) throw new EncodingError(object, field, problem);
}

function encodeReplica(object: string, replica: Replica, form: ReplicaPortForm): WireReplica {
  const backups = replica.backups ?? [];
  for (const { port, instance } of [replica, ...backups]) {
    checkUint(object, 'port', port, 32);
    checkUint(object, 'instance', instance, 32);
  }
  if (backups.length > 0 && form === 'egress_port') {
    throw new EncodingError(
      object,
      'backups',
      'the target announces P4Runtime before 1.5, which has no backups',
    );
  }
  return {
    portKind:
      form === 'port'
        ? { $case: 'port', value: encodeValue(BigInt(replica.port)) }
        : { $case: 'egressPort', value: replica.port },
    instance: replica.instance,
    backupReplicas: backups.map(({ port, instance }) => ({ port: encodeValue(BigInt(port)), instance })),
  };
}

function encodeReplicas(object: string, replicas: Replica[], form: ReplicaPortForm): WireReplica[] {
  const seen = new Set<string>();
  for (const { port, instance } of replicas) {
    const key = `(${port}, ${instance})`;
    if (seen.has(key)) throw new EncodingError(object, 'replicas', `(port, instance) ${key} is there twice`);
    seen.add(key);
  }
  return replicas.map((replica) => encodeReplica(object, replica, form));
}

export function encodeMulticastGroup(
  group: MulticastGroup,
  form: ReplicaPortForm = 'port',
): PacketReplicationEngineEntry {
  const object = `multicast group ${group.multicast_group}`;
  checkUint(object, 'multicast_group', group.multicast_group, 32, 1);
  return {
    type: {
      $case: 'multicastGroupEntry',
      value: {
        multicastGroupId: group.multicast_group,
        replicas: encodeReplicas(object, group.replicas, form),
        metadata: Buffer.from(group.metadata ?? []),
      },
    },
  };
}

export function encodeCloneSession(
  session: CloneSession,
  form: ReplicaPortForm = 'port',
): PacketReplicationEngineEntry {
  const object = `clone session ${session.clone_session}`;
  checkUint(object, 'clone_session', session.clone_session, 32, 1);
  checkUint(object, 'class_of_service', session.class_of_service ?? 0, 32);
  checkUint(object, 'packet_length_bytes', session.packet_length_bytes ?? 0, 31);
  return {
    type: {
      $case: 'cloneSessionEntry',
      value: {
        sessionId: session.clone_session,
        replicas: encodeReplicas(object, session.replicas, form),
        classOfService: session.class_of_service ?? 0,
        packetLengthBytes: session.packet_length_bytes ?? 0,
      },
    },
  };
}

function decodePort(object: string, bytes: Uint8Array): number {
  const port = decodeValue(bytes);
  if (port === undefined || port > 0xffffffffn) {
    throw new P4InfoMismatchError(`${object}: the target sent a replica whose port is ${port ?? 'empty'}`);
  }
  return Number(port);
}

/** Ordered by port, then instance: the order has no meaning and targets do not keep it. */
function decodeReplicas(object: string, wire: WireReplica[]): Replica[] {
  const replicas = wire.map(({ portKind, instance, backupReplicas }): Replica => {
    if (portKind === undefined)
      throw new P4InfoMismatchError(`${object}: the target sent a replica without port`);
    const port = portKind.$case === 'port' ? decodePort(object, portKind.value) : portKind.value;
    const backups = backupReplicas.map((backup) => ({
      port: decodePort(object, backup.port),
      instance: backup.instance,
    }));
    return { port, instance, ...(backups.length > 0 && { backups }) };
  });
  return replicas.sort(compareReplicas);
}

export function compareReplicas(a: Replica, b: Replica): number {
  return a.port - b.port || a.instance - b.instance;
}

/** Throws P4InfoMismatchError. */
export function decodeReplication(wire: PacketReplicationEngineEntry): MulticastGroup | CloneSession {
  switch (wire.type?.$case) {
    case 'multicastGroupEntry': {
      const { multicastGroupId, replicas, metadata } = wire.type.value;
      const object = `multicast group ${multicastGroupId}`;
      const group: MulticastGroup = {
        multicast_group: multicastGroupId,
        replicas: decodeReplicas(object, replicas),
      };
      if (metadata.length > 0) group.metadata = metadata;
      return group;
    }
    case 'cloneSessionEntry': {
      const { sessionId, replicas, classOfService, packetLengthBytes } = wire.type.value;
      return {
        clone_session: sessionId,
        replicas: decodeReplicas(`clone session ${sessionId}`, replicas),
        ...(classOfService !== 0 && { class_of_service: classOfService }),
        ...(packetLengthBytes !== 0 && { packet_length_bytes: packetLengthBytes }),
      };
    }
    case undefined:
      throw new P4InfoMismatchError('the target sent a replication entry of no kind');
  }
}

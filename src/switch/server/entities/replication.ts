import type { Replica as EngineReplica } from '../../engine';
import {
  Update_Type,
  type CloneSessionEntry,
  type Entity,
  type MulticastGroupEntry,
  type PacketReplicationEngineEntry,
  type Replica,
} from 'p4runtime-js';
import { decodeBits, encodeBits } from '../bytestring';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import type { EngineCall } from '../../worker/engine_calls';
import type { PreparedUpdate } from './prepared';

/** BMv2's egress ports have 9 bits, its packets' replica numbers 16. */
const PORT_WIDTH_BITS = 32;
const INSTANCE_MAX = 0xffff;
const CLASS_OF_SERVICE_MAX = 0xff;
/** BMv2's bounds of ids. */
const GROUP_MAX = 0xffff;
const SESSION_MAX = 0x7fff;

export function prepareReplication(
  pipeline: Pipeline,
  type: Update_Type,
  entry: PacketReplicationEngineEntry,
): PreparedUpdate {
  switch (entry.type?.$case) {
    case 'multicastGroupEntry':
      return prepareGroup(pipeline, type, entry.type.value);
    case 'cloneSessionEntry':
      return prepareSession(pipeline, type, entry.type.value);
    case undefined:
      throw new RpcError('INVALID_ARGUMENT', 'packet_replication_engine_entry.type is not set');
  }
}

function prepareGroup(pipeline: Pipeline, type: Update_Type, entry: MulticastGroupEntry): PreparedUpdate {
  const id = entry.multicastGroupId;
  if (id === 0) throw new RpcError('INVALID_ARGUMENT', 'multicast group 0 means no multicast');
  if (id > GROUP_MAX)
    throw new RpcError('INVALID_ARGUMENT', `multicast group ${id} is not within 1..${GROUP_MAX}`);
  const replicas =
    type === Update_Type.DELETE ? undefined : decodeReplicas(`multicast group ${id}`, entry.replicas);
  const stored = type === Update_Type.DELETE ? entry : canonical(entry);
  return prepareStored(pipeline.multicast_groups, type, id, stored, `multicast group ${id}`, {
    method: 'setMulticastGroup',
    args: [id, replicas],
  });
}

function prepareSession(pipeline: Pipeline, type: Update_Type, entry: CloneSessionEntry): PreparedUpdate {
  const id = entry.sessionId;
  const what = `clone session ${id}`;
  if (id === 0) throw new RpcError('INVALID_ARGUMENT', 'clone session 0 is not valid');
  if (id > SESSION_MAX) throw new RpcError('INVALID_ARGUMENT', `${what} is not within 1..${SESSION_MAX}`);
  if (type !== Update_Type.DELETE && entry.classOfService > CLASS_OF_SERVICE_MAX) {
    throw new RpcError('INVALID_ARGUMENT', `${what}: class of service ${entry.classOfService} is above 255`);
  }
  if (type !== Update_Type.DELETE && entry.packetLengthBytes < 0) {
    throw new RpcError('INVALID_ARGUMENT', `${what}: packet length ${entry.packetLengthBytes} is negative`);
  }
  const session =
    type === Update_Type.DELETE
      ? undefined
      : {
          session_id: id,
          class_of_service: entry.classOfService,
          packet_length_bytes: entry.packetLengthBytes,
          replicas: decodeReplicas(what, entry.replicas),
        };
  const stored = type === Update_Type.DELETE ? entry : canonical(entry);
  return prepareStored(pipeline.clone_sessions, type, id, stored, what, {
    method: 'setCloneSession',
    args: [id, session],
  });
}

/**
 * Existence is judged at once, in the order of the updates, not when the engine answers: a batch may insert a group
 * and modify it.
 */
function prepareStored<T>(
  store: Map<number, T>,
  type: Update_Type,
  id: number,
  entry: T,
  what: string,
  call: EngineCall,
): PreparedUpdate {
  const before = store.get(id);
  if (type === Update_Type.INSERT && before !== undefined)
    throw new RpcError('ALREADY_EXISTS', `${what} exists`);
  if (type !== Update_Type.INSERT && before === undefined)
    throw new RpcError('NOT_FOUND', `${what} does not exist`);
  if (type === Update_Type.DELETE) store.delete(id);
  else store.set(id, entry);
  return {
    calls: [call],
    failed: () => {
      if (before === undefined) store.delete(id);
      else store.set(id, before);
    },
  };
}

function decodeReplicas(what: string, replicas: Replica[]): EngineReplica[] {
  const seen = new Set<string>();
  return replicas.map((replica) => {
    if (replica.backupReplicas.length > 0) {
      throw new RpcError('UNIMPLEMENTED', `${what}: backup replicas are not supported`);
    }
    const port = replicaPort(what, replica);
    if (replica.instance < 0 || replica.instance > INSTANCE_MAX) {
      throw new RpcError(
        'INVALID_ARGUMENT',
        `${what}: instance ${replica.instance} is not within 0..${INSTANCE_MAX}`,
      );
    }
    const key = `${port} ${replica.instance}`;
    if (seen.has(key)) {
      throw new RpcError(
        'INVALID_ARGUMENT',
        `${what}: port ${port} instance ${replica.instance} is given twice`,
      );
    }
    seen.add(key);
    return { port, instance: replica.instance };
  });
}

/** As it reads back: the numbers of ports without leading zeros. The replicas were checked. */
function canonical<T extends { replicas: Replica[] }>(entry: T): T {
  const replicas = entry.replicas.map((replica): Replica => {
    if (replica.portKind?.$case !== 'port') return replica;
    const port = decodeBits(replica.portKind.value, PORT_WIDTH_BITS, 'port');
    return { ...replica, portKind: { $case: 'port', value: encodeBits(port) } };
  });
  return { ...entry, replicas };
}

function replicaPort(what: string, { portKind }: Replica): number {
  switch (portKind?.$case) {
    case 'egressPort':
      return portKind.value;
    case 'port':
      return Number(decodeBits(portKind.value, PORT_WIDTH_BITS, `${what}, port`));
    case undefined:
      throw new RpcError('INVALID_ARGUMENT', `${what}: a replica has no port`);
  }
}

/** Id 0 reads all of a kind. */
export function readReplication(pipeline: Pipeline, request: PacketReplicationEngineEntry): Entity[] {
  switch (request.type?.$case) {
    case 'multicastGroupEntry':
      return select(pipeline.multicast_groups, request.type.value.multicastGroupId, 'multicast group').map(
        (value): Entity => wrap({ type: { $case: 'multicastGroupEntry', value } }),
      );
    case 'cloneSessionEntry':
      return select(pipeline.clone_sessions, request.type.value.sessionId, 'clone session').map(
        (value): Entity => wrap({ type: { $case: 'cloneSessionEntry', value } }),
      );
    case undefined:
      throw new RpcError('INVALID_ARGUMENT', 'packet_replication_engine_entry.type is not set');
  }
}

function select<T>(store: Map<number, T>, id: number, what: string): T[] {
  if (id === 0) return [...store].sort(([a], [b]) => a - b).map(([, one]) => one);
  const one = store.get(id);
  if (one === undefined) throw new RpcError('NOT_FOUND', `${what} ${id} does not exist`);
  return [one];
}

function wrap(value: PacketReplicationEngineEntry): Entity {
  return { entity: { $case: 'packetReplicationEngineEntry', value } };
}

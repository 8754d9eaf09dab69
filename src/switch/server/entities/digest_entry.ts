import { Update_Type, type DigestEntry, type Entity } from 'p4runtime-js';
import { found } from '../p4info';
import type { Pipeline } from '../pipeline';
import { RpcError } from '../rpc_error';
import type { PreparedUpdate } from './prepared';

/** Digests are sent only while they have a config; nothing of it concerns the engine. */
export function prepareDigestEntry(
  pipeline: Pipeline,
  type: Update_Type,
  entry: DigestEntry,
): PreparedUpdate {
  found(pipeline.info.digests, 'digest', entry.digestId);
  const configs = pipeline.digest_configs;
  const exists = configs.has(entry.digestId);
  const what = `digest ${entry.digestId}`;
  if (type === Update_Type.INSERT && exists) throw new RpcError('ALREADY_EXISTS', `${what} is configured`);
  if (type !== Update_Type.INSERT && !exists) throw new RpcError('NOT_FOUND', `${what} is not configured`);
  const before = configs.get(entry.digestId);
  const failed = (): void => {
    if (before === undefined) configs.delete(entry.digestId);
    else configs.set(entry.digestId, before);
  };
  if (type === Update_Type.DELETE) {
    configs.delete(entry.digestId);
    return { calls: [], succeeded: () => pipeline.digestDeleted(entry.digestId), failed };
  }
  if (entry.config === undefined) throw new RpcError('INVALID_ARGUMENT', `${what}: config is not set`);
  const { maxTimeoutNs, maxListSize, ackTimeoutNs } = entry.config;
  if (maxTimeoutNs < 0n || ackTimeoutNs < 0n || maxListSize < 0) {
    throw new RpcError('INVALID_ARGUMENT', `${what}: timeouts and list size cannot be negative`);
  }
  configs.set(entry.digestId, entry.config);
  return { calls: [], failed };
}

export function readDigestEntries(pipeline: Pipeline, request: DigestEntry): Entity[] {
  const configs = pipeline.digest_configs;
  if (request.digestId !== 0) {
    found(pipeline.info.digests, 'digest', request.digestId);
    if (!configs.has(request.digestId)) {
      throw new RpcError('NOT_FOUND', `digest ${request.digestId} is not configured`);
    }
  }
  return [...configs]
    .filter(([id]) => request.digestId === 0 || request.digestId === id)
    .map(([digestId, config]) => ({ entity: { $case: 'digestEntry', value: { digestId, config } } }));
}

/** What the program needs of the switch beside table entries: the clone session and the digest's settings. */
import { Code } from 'p4runtime-js';
import {
  RpcError,
  WriteError,
  type Client,
  type DigestConfig,
  type Entity,
  type EntityState,
} from '../p4runtime';
import { CLIENT_DIGEST } from '../dataplane/client_digest';
import { CPU_CLONE_SESSION, CPU_PORT } from '../dataplane/constants';

const NS_PER_MS = 1_000_000n;

const CLONE_TO_CPU = { clone_session: CPU_CLONE_SESSION, replicas: [{ port: CPU_PORT, instance: 0 }] };

/** Soon, since a client's later requests are reported again until it is known. */
const DIGEST: DigestConfig = {
  digest: CLIENT_DIGEST,
  max_timeout_ns: 10n * NS_PER_MS,
  max_list_size: 64,
  ack_timeout_ns: 1000n * NS_PER_MS,
};

/** Writes what is not there as it should be; the number of entities written. Rejects as `Client.write`. */
export async function ensureSwitchResources(client: Client): Promise<number> {
  const sessions = await readable(client.readCloneSessions());
  const has_session = sessions.some(
    (session) =>
      session.clone_session === CPU_CLONE_SESSION &&
      session.replicas.length === 1 &&
      session.replicas[0]?.port === CPU_PORT &&
      (session.packet_length_bytes ?? 0) === 0,
  );
  const digests = await readable(client.readDigestConfigs());
  const has_digest = digests.some(
    (config) =>
      (config.digest === CLIENT_DIGEST || config.digest.endsWith(`.${CLIENT_DIGEST}`)) &&
      config.max_timeout_ns === DIGEST.max_timeout_ns &&
      config.max_list_size === DIGEST.max_list_size &&
      config.ack_timeout_ns === DIGEST.ack_timeout_ns,
  );
  if (!has_session) await put(client, CLONE_TO_CPU);
  if (!has_digest) await put(client, DIGEST);
  return Number(!has_session) + Number(!has_digest);
}

/** What a target does not let one read has to be written. */
async function readable<T extends EntityState>(entities: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  try {
    for await (const entity of entities) all.push(entity);
  } catch (error) {
    const unreadable: number[] = [Code.UNIMPLEMENTED, Code.NOT_FOUND];
    if (!(error instanceof RpcError) || !unreadable.includes(error.code)) throw error;
  }
  return all;
}

async function put(client: Client, entity: Entity): Promise<void> {
  try {
    await client.write([{ type: 'insert', entity }]);
  } catch (error) {
    const is_there = error instanceof WriteError && error.failures[0]?.code === Code.ALREADY_EXISTS;
    if (!is_there) throw error;
    await client.write([{ type: 'modify', entity }]);
  }
}

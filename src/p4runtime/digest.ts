/** Digests: configuration and samples by name (specification, "DigestEntry"). */
import type { DigestEntry, DigestList as WireDigestList, DigestListAck } from 'p4runtime-js';
import { EncodingError } from './errors';
import { decodeP4Data, type P4Value } from './p4data';
import type { P4Schema } from './p4info';

/** How a target batches the samples of a digest. */
export interface DigestConfig {
  digest: string;
  /** A list is sent at the latest this long after its first sample; 0: at once. */
  max_timeout_ns: bigint;
  /** A list is sent when it has this many samples; 0: the target decides. */
  max_list_size: number;
  /** A sample already sent is not sent again before it is acknowledged or this has passed. */
  ack_timeout_ns: bigint;
}

export interface DigestList {
  digest: string;
  list_id: bigint;
  /** The target's clock. */
  timestamp_ns: bigint;
  samples: P4Value[];
}

export function encodeDigestConfig(schema: P4Schema, config: DigestConfig): DigestEntry {
  const { id, name } = schema.digests.get(config.digest);
  for (const field of ['max_timeout_ns', 'ack_timeout_ns'] as const) {
    if (config[field] < 0n) throw new EncodingError(`digest ${name}`, field, `${config[field]} is negative`);
  }
  if (!Number.isInteger(config.max_list_size) || config.max_list_size < 0) {
    throw new EncodingError(
      `digest ${name}`,
      'max_list_size',
      `${config.max_list_size} is not a whole number`,
    );
  }
  return {
    digestId: id,
    config: {
      maxTimeoutNs: config.max_timeout_ns,
      maxListSize: config.max_list_size,
      ackTimeoutNs: config.ack_timeout_ns,
    },
  };
}

export function decodeDigestConfig(schema: P4Schema, wire: DigestEntry): DigestConfig {
  return {
    digest: schema.digests.getById(wire.digestId).name,
    max_timeout_ns: wire.config?.maxTimeoutNs ?? 0n,
    max_list_size: wire.config?.maxListSize ?? 0,
    ack_timeout_ns: wire.config?.ackTimeoutNs ?? 0n,
  };
}

/** Throws P4InfoMismatchError for samples that are not of the digest's type. */
export function decodeDigestList(schema: P4Schema, wire: WireDigestList): DigestList {
  const { name, info } = schema.digests.getById(wire.digestId);
  return {
    digest: name,
    list_id: wire.listId,
    timestamp_ns: wire.timestamp,
    samples: wire.data.map((sample) => decodeP4Data(schema, `digest ${name}`, info.typeSpec, sample)),
  };
}

export function encodeDigestAck(
  schema: P4Schema,
  list: Pick<DigestList, 'digest' | 'list_id'>,
): DigestListAck {
  return { digestId: schema.digests.get(list.digest).id, listId: list.list_id };
}

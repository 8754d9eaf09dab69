/** Which updates of a batch failed, from the status of its Write (specification, "Batching and Ordering of Updates"). */
import type { ServiceError } from '@grpc/grpc-js';
import { Code } from 'p4runtime-js';
import type { Update } from './entities';
import { richStatus } from './rpc';
import type { UpdateFailure } from './write_error';

/**
 * `first` is the position of the batch's first update among all that are written. Undefined if the status tells
 * nothing of single updates: then the call as a whole failed.
 */
export function failuresOf(
  error: ServiceError,
  batch: readonly Update[],
  first: number,
): UpdateFailure[] | undefined {
  const { details } = richStatus(error);
  if (details.length !== batch.length) return undefined;
  const failures = batch.flatMap((update, i): UpdateFailure[] => {
    const detail = details[i];
    const code: Code = detail?.canonicalCode ?? Code.OK;
    if (detail === undefined || code === Code.OK) return [];
    const { message, space, code: target_code } = detail;
    return [{ index: first + i, update, code, message, space, target_code }];
  });
  return failures.length > 0 ? failures : undefined;
}

/** In order, at most `size` in each. */
export function* batches<T>(items: readonly T[], size: number): Generator<{ first: number; batch: T[] }> {
  for (let first = 0; first < items.length; first += size) {
    yield { first, batch: items.slice(first, first + size) };
  }
}

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
    if (detail === undefined || detail.canonicalCode === Code.OK) return [];
    const { canonicalCode, message, space, code } = detail;
    return [{ index: first + i, update, code: canonicalCode, message, space, target_code: code }];
  });
  return failures.length > 0 ? failures : undefined;
}

/** In order, at most `size` in each. */
export function* batches<T>(items: readonly T[], size: number): Generator<{ first: number; batch: T[] }> {
  for (let first = 0; first < items.length; first += size) {
    yield { first, batch: items.slice(first, first + size) };
  }
}

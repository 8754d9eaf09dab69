/**
 * The buckets of response time histograms: four to an octave from 64 us to 2.1 s, then one to an octave up to 8.4 s.
 * So a bucket is at most a quarter as wide as its lower bound, where times matter.
 */
import { leading, uint } from './field';
import { BUCKETS } from './sizes';
import { Table, type Row } from './table';

const WIDTH_BITS = 32;
const FIRST_OCTAVE = 6;
const PARTS = 4;
const COARSE_OCTAVE = 21;

export const responseTimeBucket = new Table(
  'response_time_bucket',
  { elapsed_us: leading(WIDTH_BITS) },
  { set_bucket: { number: uint(8) } },
);

/** Lower bounds in microseconds, in order; the last bucket has no end. */
export const BUCKET_BOUNDS_US: readonly number[] = [0, ...fineBounds(), ...coarseBounds()];

function fineBounds(): number[] {
  const octaves = Array.from({ length: COARSE_OCTAVE - FIRST_OCTAVE }, (_, i) => 2 ** (FIRST_OCTAVE + i));
  return octaves.flatMap((octave) => Array.from({ length: PARTS }, (_, i) => octave + (i * octave) / PARTS));
}

function coarseBounds(): number[] {
  return Array.from({ length: BUCKETS - 1 - fineBounds().length }, (_, i) => 2 ** (COARSE_OCTAVE + i));
}

/** A bucket is a prefix, as its width is a power of two; the last one is whatever no other matches. */
export function bucketRows(): Row[] {
  return BUCKET_BOUNDS_US.map((bound_us, number) => {
    const next_us = BUCKET_BOUNDS_US[number + 1];
    const length = next_us === undefined ? 0 : WIDTH_BITS - Math.log2(next_us - bound_us);
    const elapsed_us = { value: length === 0 ? 0 : bound_us, length };
    return responseTimeBucket.row({ elapsed_us }, { name: 'set_bucket', params: { number } });
  });
}

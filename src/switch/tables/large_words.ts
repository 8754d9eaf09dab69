import koffi from 'koffi';

/** Of x86-64, and of most others where small pages have 4 KiB. */
const LARGE_PAGE_BYTES = 2n << 20n;
/** Smaller arrays have few pages anyhow. */
const LENGTH_BYTES_MIN = 2 * Number(LARGE_PAGE_BYTES);
const CACHE_LINE_BYTES = 64;
const MADV_HUGEPAGE = 14;

type Madvise = (address: bigint, length_bytes: bigint, advice: number) => number;
/** null: there is none here. */
let madvise: Madvise | null | undefined;

/**
 * An array of zeros. A large one begins where a cache line does, and where Linux has large pages for those that ask, it
 * gets them: its addresses are then translated without more waits for memory than the words themselves cost.
 */
export function largeWords(length: number): Uint32Array {
  const length_bytes = length * Uint32Array.BYTES_PER_ELEMENT;
  if (length_bytes < LENGTH_BYTES_MIN) return new Uint32Array(length);
  madvise ??= loadMadvise();
  if (madvise === null) return new Uint32Array(length);
  const buffer = new ArrayBuffer(length_bytes + CACHE_LINE_BYTES);
  const address = BigInt(koffi.address(buffer));
  const first = roundUp(address, LARGE_PAGE_BYTES);
  const last = roundUp(address + BigInt(buffer.byteLength + 1), LARGE_PAGE_BYTES) - LARGE_PAGE_BYTES;
  // Only advice: whether it is taken does not matter.
  if (last > first) madvise(first, last - first, MADV_HUGEPAGE);
  return new Uint32Array(buffer, Number(roundUp(address, BigInt(CACHE_LINE_BYTES)) - address), length);
}

function roundUp(address: bigint, to: bigint): bigint {
  return ((address + to - 1n) / to) * to;
}

function loadMadvise(): Madvise | null {
  if (process.platform !== 'linux' || koffi.sizeof('void *') !== 8) return null;
  try {
    return koffi.load(null).func('int madvise(uintptr_t, size_t, int)');
  } catch {
    return null;
  }
}

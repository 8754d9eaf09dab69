import type { Index } from 'p4runtime-js';
import { RpcError } from '../rpc_error';

/** Cells of an array read in one go. */
const CELLS_PER_PIECE = 1024;

/** The cells an index means: one, or all where it is not set. */
export function* cellIndices(what: string, size: number, index: Index | undefined): Generator<number> {
  if (index === undefined) {
    for (let i = 0; i < size; i++) yield i;
    return;
  }
  if (index.index < 0n) throw new RpcError('INVALID_ARGUMENT', `${what}: index ${index.index} is negative`);
  if (index.index >= BigInt(size)) {
    throw new RpcError('OUT_OF_RANGE', `${what}: index ${index.index} is not within 0..${size - 1}`);
  }
  yield Number(index.index);
}

/** The same in the pieces they are read in: arrays may have more cells than there is memory for their messages. */
export function* cellPieces(what: string, size: number, index: Index | undefined): Generator<number[]> {
  let piece: number[] = [];
  for (const cell of cellIndices(what, size, index)) {
    piece.push(cell);
    if (piece.length < CELLS_PER_PIECE) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

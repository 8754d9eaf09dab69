/** Where in the text a key path stands. */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Document,
  type LineCounter,
  type Node,
  type Pair,
} from 'yaml';
import type { KeyPath } from './problem';

export interface Place {
  /** Both from 1. */
  line: number;
  column: number;
}

/**
 * The place of the value at `path`, or of its key; where there is no such value, that of the closest mapping or list
 * around it.
 */
export function locate(
  document: Document.Parsed,
  lines: LineCounter,
  path: KeyPath,
  at: 'key' | 'value',
): Place {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  for (const [index, key] of path.entries()) {
    const container: unknown = isAlias(node) ? node.resolve(document) : node;
    const isLast = index === path.length - 1;
    if (isMap(container)) {
      const pair: Pair | undefined = container.items.find(
        (item) => isScalar(item.key) && item.key.value === key,
      );
      if (pair === undefined) break;
      node = pair.value;
      // A key without a value has no node; its key is the closest place.
      offset = offsetOf(isLast && at === 'key' ? pair.key : pair.value) ?? offsetOf(pair.key) ?? offset;
    } else if (isSeq(container) && typeof key === 'number') {
      node = container.items[key];
      if (node === undefined) break;
      offset = offsetOf(node) ?? offset;
    } else {
      break;
    }
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function offsetOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}

/**
 * The exports of a virtual store, out of those of its stores.
 *
 * A request may go to any store of a pool. So a pool serves a path if every store of it exports that path, of those that
 * have told their exports; and the virtual store shows what at least one of its pools serves. A path is shown for all
 * groups that any of these stores shows it for; the verdict on a client is the store's all the same.
 */
import type { ExportEntry } from '../../wire/mount';

export interface ExportPool {
  name: string;
  /** Names of stores. */
  stores: readonly string[];
}

export interface MergedExport extends ExportEntry {
  /** The first pool that serves it; undefined where no pools are told apart. */
  pool: string | undefined;
}

/** How rpc.mountd writes what others write as an empty list of groups. */
const EVERYONE = '*';

/**
 * By path, in the order of their octets. `lists`: exports of each store that has told them, by its name. Without `pools`
 * the virtual store shows what any store exports.
 */
export function mergeExports(
  lists: ReadonlyMap<string, readonly ExportEntry[]>,
  pools: readonly ExportPool[] | undefined,
): MergedExport[] {
  const groups = new Map([...lists].map(([store, entries]) => [store, groupsByPath(entries)]));
  const merged = new Map<string, MergedExport>();
  for (const { name, stores } of pools ?? [...lists.keys()].map(singlePool)) {
    const told = stores.flatMap((store) => groups.get(store) ?? []);
    for (const path of told[0]?.keys() ?? []) {
      if (!told.every((of_store) => of_store.has(path))) continue;
      const known = merged.get(path);
      const entry = [
        ...(known === undefined ? [] : [known.groups]),
        ...told.map((one) => one.get(path) ?? []),
      ];
      const pool = known === undefined ? name : known.pool;
      merged.set(path, { directory: path, groups: joinGroups(entry), pool });
    }
  }
  return [...merged.values()].sort((a, b) => (a.directory < b.directory ? -1 : 1));
}

/** The export a path is in: the longest that holds it; undefined if none does. */
export function exportOf(exports: readonly MergedExport[], path: string): MergedExport | undefined {
  let found: MergedExport | undefined;
  for (const one of exports) {
    const longer = found === undefined || one.directory.length > found.directory.length;
    if (longer && isWithin(path, one.directory)) found = one;
  }
  return found;
}

function isWithin(path: string, directory: string): boolean {
  const base = directory.replace(/\/+$/, '');
  return path === directory || path === base || path.startsWith(`${base}/`);
}

function singlePool(store: string): { name: undefined; stores: string[] } {
  return { name: undefined, stores: [store] };
}

function groupsByPath(entries: readonly ExportEntry[]): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const { directory, groups } of entries) {
    const known = paths.get(directory);
    paths.set(directory, known === undefined ? joinGroups([groups]) : joinGroups([known, groups]));
  }
  return paths;
}

/** Everyone (an empty list) and somebody is everyone. */
function joinGroups(lists: readonly (readonly string[])[]): string[] {
  const everyone = lists.some((groups) => groups.length === 0 || groups.includes(EVERYONE));
  return everyone ? [] : [...new Set(lists.flat())].sort();
}

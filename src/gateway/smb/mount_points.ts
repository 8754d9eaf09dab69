/** What is mounted where, as the kernel tells it (proc(5), mountinfo). */
import { readFileSync } from 'node:fs';

export interface MountPoint {
  folder: string;
  /** Such as `nfs` or `fuse.storeswitch`. */
  type: string;
  /** Such as `10.0.1.100:/home`. */
  source: string;
}

/** The topmost mount at `folder`, which must be absolute and without symbolic links; undefined if there is none. */
export function mountPointAt(folder: string): MountPoint | undefined {
  return parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8')).findLast(
    (mount) => mount.folder === folder,
  );
}

export function parseMountInfo(text: string): MountPoint[] {
  return text.split('\n').flatMap((line) => {
    const [mount, options] = line.split(' - ');
    const folder = mount?.split(' ')[4];
    const [type, source] = options?.split(' ') ?? [];
    if (folder === undefined || type === undefined || source === undefined) return [];
    return [{ folder: unescape(folder), type, source: unescape(source) }];
  });
}

function unescape(text: string): string {
  if (!text.includes('\\')) return text;
  const octets = text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return octets;
}

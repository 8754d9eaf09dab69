/** What OPEN, CREATE and OPENDIR gave, by number. */
import type { Caller } from '../nfs_client/caller';
import type { DirectoryListing } from './directory_listing';
import type { Inode } from './inode_table';
import { ERRNO, FuseError } from './protocol/errno';

export interface OpenFile {
  kind: 'file';
  inode: Inode;
  /** Who opened it: reads and writes are this one's, whoever makes them. */
  caller: Caller;
  /** Every write goes to the end. */
  append: boolean;
  /** Errors of the file's write-behind that this handle has reported. */
  errors_seen: number;
}

export interface OpenDirectory {
  kind: 'directory';
  inode: Inode;
  listing: DirectoryListing;
}

export class OpenFiles {
  private readonly open = new Map<number, OpenFile | OpenDirectory>();
  private next_fh = 1;

  add(opened: OpenFile | OpenDirectory): number {
    const fh = this.next_fh++;
    this.open.set(fh, opened);
    return fh;
  }

  file(fh: number): OpenFile {
    const opened = this.open.get(fh);
    if (opened?.kind !== 'file') throw new FuseError(ERRNO.ESTALE);
    return opened;
  }

  /** As `file`; undefined where there is none, as SETATTR by name has none. */
  fileIfOpen(fh: number): OpenFile | undefined {
    const opened = this.open.get(fh);
    return opened?.kind === 'file' ? opened : undefined;
  }

  directory(fh: number): OpenDirectory {
    const opened = this.open.get(fh);
    if (opened?.kind !== 'directory') throw new FuseError(ERRNO.ESTALE);
    return opened;
  }

  remove(fh: number): void {
    this.open.delete(fh);
  }
}

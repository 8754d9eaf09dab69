/** What operations on names need and do, as a sequential file system has it. */
import type { LoggedOperation } from './operation_log';

export interface NameEffect {
  /** Names that must be there, or it ends with ENOENT. */
  present: readonly string[];
  /** Names that must not be there, or it ends with EEXIST. */
  absent: readonly string[];
  removes: readonly string[];
  makes: readonly string[];
}

const NONE: readonly string[] = [];

/** Undefined for an operation that is not on names. Names of the log never change their type, and folders are empty. */
export function nameEffect({ kind, name, name2 }: LoggedOperation): NameEffect | undefined {
  switch (kind) {
    case 'create':
    case 'mkdir':
    case 'symlink':
      return { present: NONE, absent: [name], removes: NONE, makes: [name] };
    case 'unlink':
    case 'rmdir':
      return { present: [name], absent: NONE, removes: [name], makes: NONE };
    case 'rename':
      return { present: [name], absent: NONE, removes: [name], makes: [name2] };
    case 'link':
      return { present: [name], absent: [name2], removes: NONE, makes: [name2] };
    case 'lstat':
      return { present: [name], absent: NONE, removes: NONE, makes: NONE };
    default:
      return undefined;
  }
}

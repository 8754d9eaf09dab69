/** The logs of `guest/workload.c`: a line per operation. */
import { KernelClientError } from './errors';

export interface LoggedOperation {
  /** The system call; `create` is an open(2) that must make the file, `open` one that need not. */
  kind: string;
  name: string;
  /** Of `rename` and `link`; else empty. */
  name2: string;
  started_us: number;
  ended_us: number;
  /** 0, or an errno. */
  error: number;
  bytes: number;
  /** Read bytes that are not what was written, and those missing at the end. */
  wrong_bytes: number;
}

export const ERRNO = { ENOENT: 2, EEXIST: 17 } as const;

const LINE = /^([a-z]+),([^,]+),([^,]*),(\d+),(\d+),(\d+),(\d+),(\d+)$/;

/** Throws KernelClientError, which names file and line, at anything that is no operation. */
export function parseOperationLog(text: string, file: string): LoggedOperation[] {
  return text.split('\n').flatMap((line, index) => {
    if (line === '') return [];
    const [, kind, name, name2, ...numbers] = LINE.exec(line) ?? [];
    const [started_us, ended_us, error, bytes, wrong_bytes] = numbers.map(Number);
    if (
      kind === undefined ||
      name === undefined ||
      name2 === undefined ||
      started_us === undefined ||
      ended_us === undefined ||
      error === undefined ||
      bytes === undefined ||
      wrong_bytes === undefined
    ) {
      throw new KernelClientError(
        `${file}:${index + 1}: '${line}', expected KIND,NAME,NAME2,STARTED_US,ENDED_US,ERROR,BYTES,WRONG_BYTES`,
      );
    }
    return [{ kind, name, name2, started_us, ended_us, error, bytes, wrong_bytes }];
  });
}

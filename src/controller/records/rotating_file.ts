/**
 * A file that grows by whole items, and is put aside before it would grow too large: `NAME.EXT` is being written,
 * `NAME.1.EXT` is the one before, and so on. Each begins with the same header, so that each can be read by itself.
 */
import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface RotatingFileOptions {
  folder: string;
  /** Such as `records`. */
  name: string;
  /** Such as `ndjson`. */
  extension: string;
  header?: Uint8Array;
  rotate_bytes: number;
  /** Files there are at most, the one being written among them. */
  rotate_files: number;
}

/** Written at once when there is more. */
const BUFFER_BYTES = 65_536;

/** What it throws is the file system's. */
export class RotatingFile {
  #fd: number | undefined;
  #size_bytes = 0;
  #buffer: Uint8Array[] = [];
  #buffer_bytes = 0;

  /** Makes the folder if need be. What is there from before is put aside. */
  constructor(private readonly options: RotatingFileOptions) {
    mkdirSync(options.folder, { recursive: true });
    this.#begin();
  }

  /** Kept in memory until `flush`, or until there is enough. */
  append(item: Uint8Array): void {
    const is_empty = this.#size_bytes === (this.options.header?.length ?? 0);
    if (!is_empty && this.#size_bytes + item.length > this.options.rotate_bytes) {
      this.flush();
      this.#begin();
    }
    this.#buffer.push(item);
    this.#buffer_bytes += item.length;
    this.#size_bytes += item.length;
    if (this.#buffer_bytes > BUFFER_BYTES) this.flush();
  }

  flush(): void {
    if (this.#buffer_bytes === 0) return;
    const bytes = Buffer.concat(this.#buffer);
    // First, so that what cannot be written is given up.
    this.#buffer = [];
    this.#buffer_bytes = 0;
    if (this.#fd === undefined) throw new Error(`${this.#path(0)}: not open`);
    for (let written = 0; written < bytes.length;) written += writeSync(this.#fd, bytes, written);
  }

  close(): void {
    if (this.#fd === undefined) return;
    try {
      this.flush();
    } finally {
      closeSync(this.#fd);
      this.#fd = undefined;
    }
  }

  #begin(): void {
    this.close();
    const { rotate_files, header = new Uint8Array(0) } = this.options;
    const is_there = statSync(this.#path(0), { throwIfNoEntry: false }) !== undefined;
    if (is_there) {
      rmSync(this.#path(rotate_files - 1), { force: true });
      for (let age = rotate_files - 2; age >= 0; age--) {
        if (statSync(this.#path(age), { throwIfNoEntry: false }) === undefined) continue;
        renameSync(this.#path(age), this.#path(age + 1));
      }
    }
    this.#fd = openSync(this.#path(0), 'w');
    this.#size_bytes = 0;
    if (header.length > 0) this.append(header);
  }

  #path(age: number): string {
    const { folder, name, extension } = this.options;
    return join(folder, age === 0 ? `${name}.${extension}` : `${name}.${age}.${extension}`);
  }
}

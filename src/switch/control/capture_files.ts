import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodePcapHeader } from '../../wire/pcap';
import type { CaptureChunk } from '../ports/capture';

interface OpenFiles {
  in: number;
  out: number;
}

/** The capture files of ports, two a port as simple_switch names them: `NAME_in.pcap` and `NAME_out.pcap`. */
export class CaptureFiles {
  private readonly open_files = new Map<number, OpenFiles>();

  /** Told once about each port whose files can no longer be written. */
  constructor(private readonly failed: (port: number, error: Error) => void) {}

  /** Makes the files anew. Throws an Error that names the path. */
  open(folder: string, port: number, name: string): void {
    this.close(port);
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new Error(`${folder}: the folder for captures is not there`);
    const stem = join(folder, name.replaceAll('/', '_'));
    const inward = create(`${stem}_in.pcap`);
    try {
      this.open_files.set(port, { in: inward, out: create(`${stem}_out.pcap`) });
    } catch (error) {
      closeSync(inward);
      throw error;
    }
  }

  append(chunk: CaptureChunk): void {
    const files = this.open_files.get(chunk.port);
    // Closed meanwhile, because it failed.
    if (files === undefined) return;
    try {
      writeAll(files[chunk.direction], chunk.records);
    } catch (error) {
      this.close(chunk.port);
      this.failed(chunk.port, error instanceof Error ? error : new Error(String(error)));
    }
  }

  close(port: number): void {
    const files = this.open_files.get(port);
    if (files === undefined) return;
    this.open_files.delete(port);
    closeSync(files.in);
    closeSync(files.out);
  }

  closeAll(): void {
    for (const port of [...this.open_files.keys()]) this.close(port);
  }
}

function create(path: string): number {
  const fd = openSync(path, 'w');
  writeAll(fd, encodePcapHeader({ nanoseconds: false }));
  return fd;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

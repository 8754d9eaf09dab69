import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ActionCall,
  createEngine,
  type Engine,
  type EngineOptions,
  type MatchValue,
  type TableEntryState,
} from '../../src/switch';

/** A compiled program of `programs/`. */
export function programText(name: string): string {
  return readFileSync(join(__dirname, 'programs', `${name}.json`), 'utf8');
}

export interface Sent {
  port: number;
  frame: Buffer;
}

/** An engine running one of the test programs, with what comes out of it. */
export class ProgramUnderTest {
  readonly engine: Engine;
  readonly digests: { name: string; fields: bigint[] }[] = [];
  readonly idle: { table: string; entry: TableEntryState }[] = [];
  readonly logged: string[] = [];
  private out: Sent[] = [];
  private now_us = 0;

  constructor(name: string, options: EngineOptions = {}) {
    this.engine = createEngine(
      programText(name),
      {
        send: (port, buffer, start, end) =>
          this.out.push({ port, frame: Buffer.from(buffer.subarray(start, end)) }),
        digest: (digest, fields) => this.digests.push({ name: digest, fields }),
        idle: (table, entry) => void this.idle.push({ table, entry }),
        log: (level, message) => this.logged.push(`${level}: ${message}`),
      },
      options,
    );
  }

  /** What comes out for one frame. */
  run(port: number, frame: Uint8Array): Sent[] {
    this.out = [];
    this.engine.receive(port, frame, ++this.now_us);
    return this.out;
  }

  /** The same, as "port:hex". */
  runHex(port: number, hex: string): string[] {
    return this.run(port, Buffer.from(hex.replace(/\s/g, ''), 'hex')).map(
      (sent) => `${sent.port}:${sent.frame.toString('hex')}`,
    );
  }

  insert(table: string, match: MatchValue[], action: ActionCall, priority = 0, idle_timeout_ns = 0n): void {
    this.engine.insertEntry(table, { match, priority, action, idle_timeout_ns });
  }
}

/** Rounds in which each client writes a file, and all others read it. */
import { randomBytes } from 'node:crypto';
import { CLIENT_KINDS, type ClientKind, type FileClient } from './clients';

/** Not a whole number of anybody's blocks. */
const FILE_BYTES = 100_003;

/** An operation is a run of a client's program, or a call of its load. */
export interface KindResult {
  operations: number;
  errors: number;
  checksum_mismatches: number;
}

export class Exchange {
  /** What went wrong, a line each. */
  readonly complaints: string[] = [];
  private readonly results: ReadonlyMap<ClientKind, KindResult>;
  private rounds = 0;

  constructor(private readonly clients: readonly FileClient[]) {
    this.results = new Map(
      CLIENT_KINDS.map((kind) => [kind, { operations: 0, errors: 0, checksum_mismatches: 0 }]),
    );
  }

  /** Clients of different kinds write side by side, and then read side by side. */
  async round(): Promise<void> {
    const round = ++this.rounds;
    const files = this.clients.map((client) => ({
      client,
      name: `${client.kind}-${client.node}-${round}`,
      content: randomBytes(FILE_BYTES),
    }));
    const written = await Promise.all(
      files.map(async ({ client, name, content }) => {
        const { complaint } = await client.write(name, content);
        return this.note(client.kind, complaint);
      }),
    );
    await Promise.all(
      this.clients.map(async (reader) => {
        for (const [index, { client, name, content }] of files.entries()) {
          // What was not written has been counted.
          if (client !== reader && written[index] === true) await this.compare(reader, name, content);
        }
      }),
    );
  }

  private async compare(reader: FileClient, name: string, wanted: Buffer): Promise<void> {
    const { content, complaint } = await reader.read(name);
    if (!this.note(reader.kind, complaint) || content.equals(wanted)) return;
    this.of(reader.kind).checksum_mismatches++;
    this.complaints.push(
      `${reader.kind}: ${name}: ${content.length} bytes that differ from the ${wanted.length} written`,
    );
  }

  /** Counts an operation; whether it went well. */
  private note(kind: ClientKind, complaint: string | undefined): boolean {
    const result = this.of(kind);
    result.operations++;
    if (complaint === undefined) return true;
    result.errors++;
    this.complaints.push(`${kind}: ${complaint}`);
    return false;
  }

  /** Of the clients of this kind so far. */
  of(kind: ClientKind): KindResult {
    const result = this.results.get(kind);
    if (result === undefined) throw new RangeError(`no client is of kind ${kind}`);
    return result;
  }
}

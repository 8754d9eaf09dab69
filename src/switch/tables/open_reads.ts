import { EngineError, type OpenRead, type TableEntryState } from '../engine';
import type { MatchTable } from './table';

/** Of all programs of this thread: a read of a replaced one must not become one of another's. */
let next_id = 1;

/** Reads of tables in pieces. While there are any, the entries of their tables stay where they are. */
export class OpenReads {
  private readonly tables = new Map<number, MatchTable>();

  open(table: MatchTable): OpenRead {
    const read_id = next_id++;
    this.tables.set(read_id, table);
    return { read_id, ...table.hold() };
  }

  read(read_id: number, from: number, to: number): TableEntryState[] {
    const table = this.tables.get(read_id);
    if (table === undefined)
      throw new EngineError('FAILED_PRECONDITION', `read ${read_id} is not open: it was of another program`);
    return table.entriesIn(from, to);
  }

  close(read_id: number): void {
    this.tables.get(read_id)?.release();
    this.tables.delete(read_id);
  }
}

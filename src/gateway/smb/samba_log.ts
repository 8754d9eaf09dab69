/** Samba's log file, line by line, to records. A record is a line in brackets and the indented lines after it. */
export interface SambaLogRecord {
  /** 0: errors, 1: warnings, 3: what clients do. */
  level: number;
  /** The smbd process that wrote it: one a client. */
  pid: number;
  /** The function it was written by. */
  source: string;
  text: string;
}

const HEADER = /^\[\d{4}\/\d\d\/\d\d [\d:.]+, +(\d+), pid=(\d+)[^\]]*\] .*\((\w+)\)$/;
/** A record may be as long as a client's names make it. */
const TEXT_LENGTH_MAX = 2000;

export class SambaLogParser {
  private rest = '';
  private record: SambaLogRecord | undefined;

  /** Records that `text` completes: one is complete when the next begins, and where the text ends with a line. */
  push(text: string): SambaLogRecord[] {
    const lines = (this.rest + text).split('\n');
    this.rest = (lines.pop() ?? '').slice(0, 2 * TEXT_LENGTH_MAX);
    const complete: SambaLogRecord[] = [];
    for (const line of lines) {
      const header = HEADER.exec(line);
      if (header !== null) {
        complete.push(...this.flush());
        const [, level, pid, source = ''] = header;
        this.record = { level: Number(level), pid: Number(pid), source, text: '' };
      } else if (this.record !== undefined && this.record.text.length < TEXT_LENGTH_MAX) {
        const { text: before } = this.record;
        this.record.text = `${before}${before === '' ? '' : '\n'}${line.trim()}`.slice(0, TEXT_LENGTH_MAX);
      }
    }
    if (this.rest === '') complete.push(...this.flush());
    return complete;
  }

  /** The record that no other has followed yet, if it has any text. */
  private flush(): SambaLogRecord[] {
    if (this.record === undefined || this.record.text === '') return [];
    const { record } = this;
    this.record = undefined;
    return [record];
  }
}

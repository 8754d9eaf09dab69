import type { SourceInfo } from '../program/error';
import type { HeaderRef } from '../program/model';
import { literal, type Source } from './source';

/**
 * Writes the calls of the tracer into the traced variant of a program, and nothing into the other: tracing costs
 * nothing while it is off.
 */
export class TraceCalls {
  constructor(
    readonly enabled: boolean,
    private readonly source: Source,
  ) {}

  parsing(): void {
    this.call('parsing', 'start');
  }

  state(name: string): void {
    this.call('state', literal(name));
  }

  /** Before the cursor `o` moves on. */
  extract(header: HeaderRef): void {
    this.call('extract', literal(headerName(header)), 'o');
  }

  branch(name: string, at: SourceInfo | undefined, taken: boolean): void {
    this.call('branch', literal(at?.fragment || name), literal(place(at)), `${taken}`);
  }

  action(name: string): void {
    this.call('call', literal(name));
  }

  /** `index` of the table; where `entry` and `row` are in scope. */
  table(index: number): void {
    this.call('table', `${index}`, 'entry', 'row');
  }

  statement(at: SourceInfo | undefined): void {
    if (at !== undefined && at.fragment !== '')
      this.call('statement', literal(at.fragment), literal(place(at)));
  }

  private call(method: string, ...args: string[]): void {
    if (this.enabled) this.source.line(`trace.${method}(${args.join(', ')});`);
  }
}

function place(at: SourceInfo | undefined): string {
  return at === undefined ? '' : `${at.file.replace(/^.*\//, '')}:${at.line}`;
}

function headerName(header: HeaderRef): string {
  switch (header.kind) {
    case 'header':
      return header.header.name;
    case 'stack_element':
      return header.index.kind === 'constant'
        ? `${header.stack.name}[${header.index.value}]`
        : `${header.stack.name}.next`;
    case 'stack_last':
      return `${header.stack.name}.last`;
    case 'union_member': {
      const { union } = header;
      if (union.kind === 'union')
        return `${union.union.name}.${union.union.members[header.member]?.name ?? ''}`;
      return `${union.stack.name}.next.${union.stack.unions[0]?.members[header.member]?.name ?? ''}`;
    }
  }
}

/** A place in the P4 source, as p4c writes it into `source_info`. */
export interface SourceInfo {
  file: string;
  line: number;
  column: number;
  fragment: string;
}

/** "file.p4:12 `t.apply()`", or '' where p4c left no source_info. */
export function describeSource(source: SourceInfo | undefined): string {
  if (source === undefined) return '';
  const fragment = source.fragment === '' ? '' : ` \`${source.fragment}\``;
  return `${source.file}:${source.line}${fragment}`;
}

/** The BMv2 JSON cannot be loaded: malformed, inconsistent, or a construct this switch does not have. */
export class ProgramError extends Error {
  constructor(
    message: string,
    /** Where in the JSON, e.g. `actions[3].primitives[0]`. */
    readonly path: string,
    readonly source?: SourceInfo,
  ) {
    const where = describeSource(source);
    super(`${path === '' ? 'program' : path}: ${message}${where === '' ? '' : ` (${where})`}`);
    this.name = 'ProgramError';
  }
}

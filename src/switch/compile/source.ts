/** What ends a line, and with it a `//` comment (ECMA-262, "Line Terminators"). */
const LINE_TERMINATORS = /[\n\r\u2028\u2029]/g;

/**
 * Generated source text, indented by its own braces. Texts of the program (names, source fragments) are anything a
 * controller pushes: they enter it as a comment, by `literal` or by `identifier`, and by no other way.
 */
export class Source {
  private readonly lines: string[] = [];
  private depth = 0;

  /** One line; the comment may hold any text. */
  line(code: string, comment?: string): this {
    if (code.search(LINE_TERMINATORS) >= 0) throw new RangeError('a line of generated code is several');
    const remark = comment === undefined ? '' : ` // ${comment.replace(LINE_TERMINATORS, ' ')}`;
    this.lines.push('  '.repeat(this.depth) + code + remark);
    return this;
  }

  /** Opens a block; the comment says what it is about. */
  open(text: string, comment?: string): this {
    this.line(`${text}${text === '' ? '' : ' '}{`, comment);
    this.depth++;
    return this;
  }

  close(text = '}'): this {
    this.depth--;
    return this.line(text);
  }

  /** Closes a block and opens the next: `} else {`. */
  turn(text: string): this {
    this.depth--;
    this.line(`} ${text} {`);
    this.depth++;
    return this;
  }

  toString(): string {
    return this.lines.join('\n');
  }
}

/** Any text as a JavaScript string literal on one line. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\u2028\u2029]/g,
    (terminator) => `\\u${terminator.charCodeAt(0).toString(16)}`,
  );
}

/** A name of the program as part of a JavaScript identifier. */
export function identifier(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, '_');
}

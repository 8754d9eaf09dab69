/** Generated source text, indented by its own braces. */
export class Source {
  private readonly lines: string[] = [];
  private depth = 0;

  line(text: string): this {
    this.lines.push('  '.repeat(this.depth) + text);
    return this;
  }

  /** Opens a block; the comment says what it is about. */
  open(text: string, comment?: string): this {
    this.line(`${text}${text === '' ? '' : ' '}{${comment === undefined ? '' : ` // ${comment}`}`);
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

/** A name of the program as part of a JavaScript identifier. */
export function identifier(name: string): string {
  return name.replace(/[^A-Za-z0-9]+/g, '_');
}

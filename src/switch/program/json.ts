import { ProgramError, type SourceInfo } from './error';

/**
 * A value of the BMv2 JSON that knows where it stands, so that every complaint names the construct and, by the
 * nearest enclosing `source_info`, the P4 line.
 */
export class JsonNode {
  constructor(
    readonly value: unknown,
    readonly path: string = '',
    private readonly parent?: JsonNode,
  ) {}

  /** A member that must be there. */
  get(key: string): JsonNode {
    const node = this.find(key);
    if (node === undefined) return this.fail(`member "${key}" is missing`);
    return node;
  }

  /** A member that may be absent or null. */
  find(key: string): JsonNode | undefined {
    const value = this.object()[key];
    if (value === undefined || value === null) return undefined;
    return new JsonNode(value, this.path === '' ? key : `${this.path}.${key}`, this);
  }

  has(key: string): boolean {
    return this.find(key) !== undefined;
  }

  keys(): string[] {
    return Object.keys(this.object());
  }

  isArray(): boolean {
    return Array.isArray(this.value);
  }

  isObject(): boolean {
    return typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value);
  }

  items(): JsonNode[] {
    if (!Array.isArray(this.value)) return this.fail(`expected an array, found ${kindOf(this.value)}`);
    return this.value.map((item: unknown, i) => new JsonNode(item, `${this.path}[${i}]`, this));
  }

  /** The member's items; none where the member is absent. */
  itemsOf(key: string): JsonNode[] {
    return this.find(key)?.items() ?? [];
  }

  item(index: number): JsonNode {
    const items = this.items();
    return items[index] ?? this.fail(`expected at least ${index + 1} items, found ${items.length}`);
  }

  string(): string {
    if (typeof this.value !== 'string') return this.fail(`expected a string, found ${kindOf(this.value)}`);
    return this.value;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean')
      return this.fail(`expected true or false, found ${kindOf(this.value)}`);
    return this.value;
  }

  integer(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value))
      return this.fail(`expected an integer, found ${kindOf(this.value)}`);
    return this.value;
  }

  /** A hexadecimal string, perhaps negative and perhaps with the prefix: "-0x1f". */
  hex(): bigint {
    const text = this.string();
    const match = /^(-?)(?:0x)?([0-9a-fA-F]+)$/.exec(text);
    if (match === null) return this.fail(`expected a hexadecimal string, found "${text}"`);
    const magnitude = BigInt(`0x${match[2]}`);
    return match[1] === '-' ? -magnitude : magnitude;
  }

  source(): SourceInfo | undefined {
    if (this.isObject()) {
      const info = (this.value as Record<string, unknown>)['source_info'];
      if (typeof info === 'object' && info !== null) {
        const { filename, line, column, source_fragment } = info as Record<string, unknown>;
        return {
          file: typeof filename === 'string' ? filename : '?',
          line: typeof line === 'number' ? line : 0,
          column: typeof column === 'number' ? column : 0,
          fragment: typeof source_fragment === 'string' ? source_fragment : '',
        };
      }
    }
    return this.parent?.source();
  }

  fail(message: string): never {
    throw new ProgramError(message, this.path, this.source());
  }

  private object(): Record<string, unknown> {
    if (!this.isObject()) return this.fail(`expected an object, found ${kindOf(this.value)}`);
    return this.value as Record<string, unknown>;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'string' ? `"${value}"` : typeof value;
}

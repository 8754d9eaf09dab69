import { hashMax } from '../externs/hash';
import type { Checksum, HeaderRef } from '../program/model';
import type { Context } from './context';
import type { HeaderFunctions } from './headers';
import { POSITION, Register } from './layout';
import type { PrimitiveWriter } from './primitives';
import type { Source } from './source';
import { bigResult, compare, numeric, plus, type Value } from './value';

/**
 * Writes `deparse(cursor, end)`, which puts the valid headers right before the payload at `b[cursor]` and returns
 * where they start; and `verify(cursor, end)`, which checks checksums after parsing. A header whose bytes still
 * stand unchanged in the right place is not written.
 */
export class DeparserWriter {
  constructor(
    private readonly context: Context,
    private readonly headers: HeaderFunctions,
    private readonly primitives: PrimitiveWriter,
    private readonly source: Source,
  ) {}

  write(): void {
    this.verify();
    this.deparse();
  }

  private verify(): void {
    const { source, context } = this;
    source.open('function verify(cursor, end)');
    for (const checksum of context.program.checksums.filter((c) => c.verify)) {
      const valid = `${context.validity(checksum.target.header)} !== 0`;
      const tests = [valid, ...this.condition(checksum)];
      source.open(`if (${tests.join(' && ')})`);
      const same = compare('!=', this.result(checksum), context.fieldValue(checksum.target));
      source.line(`if (${same}) u[${Register.checksum_error}] = 1;`, checksum.name);
      source.close();
    }
    source.close();
  }

  private deparse(): void {
    const { source, context } = this;
    source.open('function deparse(cursor, end)');
    for (const checksum of context.program.checksums.filter((c) => c.update)) {
      const tests = this.condition(checksum);
      if (tests.length > 0) source.open(`if (${tests.join(' && ')})`);
      this.primitives.assign(checksum.target, this.result(checksum));
      if (tests.length > 0) source.close();
    }
    for (const { primitive } of context.program.deparser_primitives) this.primitives.write(primitive);
    const order = context.program.deparser.map((header): HeaderRef => ({ kind: 'header', header }));
    source.line('let o = cursor;');
    for (const header of order)
      source.line(`if (${context.validity(header)} !== 0) o -= ${this.headers.lengthCode(header)};`);
    source.line('const start = o;');
    for (const header of order) {
      source.open(`if (${context.validity(header)} !== 0)`);
      const position = `u[${plus(context.address(header), POSITION)}]`;
      source.line(`if (${position} !== o) ${this.headers.writeCall(header, 'b', 'o')}`);
      source.line(`o += ${this.headers.lengthCode(header)};`);
      source.close();
    }
    source.line('return start;');
    source.close();
  }

  private condition(checksum: Checksum): string[] {
    return checksum.condition === undefined ? [] : [this.context.test(checksum.condition)];
  }

  private result(checksum: Checksum): Value {
    const { calculation } = checksum;
    const call = `${this.context.name('calculate', calculation)}(cursor, end)`;
    const max = hashMax(calculation.algorithm);
    return max <= 0xffffffffn ? numeric(call, max) : bigResult(`BigInt(${call})`, max);
  }
}

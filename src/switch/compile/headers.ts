import type { HeaderRef } from '../program/model';
import { typeOf } from '../program/scope';
import { limbWidths, loadBits, packBytes, type Piece } from './bits';
import type { Context } from './context';
import { type FieldLayout, POSITION, type TypeLayout, VARBIT_BITS } from './layout';
import type { Source } from './source';
import { plus } from './value';

/**
 * The functions that read headers from the frame and write them back. A header instance with a fixed place gets
 * functions of its own; elements of stacks share one for their type, which takes the place `h`.
 */
export class HeaderFunctions {
  private readonly written = new Set<string>();

  constructor(
    private readonly context: Context,
    private readonly source: Source,
  ) {}

  /** A call that reads the header at `b[o]`; the varbit's length in bits is `bits`. */
  extractCall(header: HeaderRef, bits: string | undefined): string {
    const { at, layout } = this.place(header);
    const name = this.name('extract', header);
    if (!this.written.has(name)) {
      this.written.add(name);
      this.writeExtract(name, at, layout);
    }
    const args = [
      'o',
      ...(at === 'h' ? [`${this.context.address(header)}`] : []),
      ...(layout.varbit === undefined ? [] : [bits ?? '0']),
    ];
    return `${name}(${args.join(', ')});`;
  }

  /** A call that writes the header to `buffer[at]`. */
  writeCall(header: HeaderRef, buffer: string, at: string): string {
    const { at: place, layout } = this.place(header);
    const name = this.name('write', header);
    if (!this.written.has(name)) {
      this.written.add(name);
      this.writeWrite(name, place, layout);
    }
    const args = [buffer, at, ...(place === 'h' ? [`${this.context.address(header)}`] : [])];
    return `${name}(${args.join(', ')});`;
  }

  /** Bytes the header now takes on the wire. */
  lengthCode(header: HeaderRef): string {
    const layout = this.context.layout.type(typeOf(header));
    if (layout.varbit === undefined) return `${layout.fixed_bytes}`;
    return `(${layout.fixed_bytes} + (u[${plus(this.context.address(header), VARBIT_BITS)}] >>> 3))`;
  }

  private name(verb: 'extract' | 'write', header: HeaderRef): string {
    return header.kind === 'header'
      ? this.context.name(verb, header.header)
      : this.context.name(`${verb}_any`, typeOf(header));
  }

  private place(header: HeaderRef): { at: number | 'h'; layout: TypeLayout } {
    const layout = this.context.layout.type(typeOf(header));
    return { at: header.kind === 'header' ? this.context.layout.base(header.header) : 'h', layout };
  }

  private writeExtract(name: string, at: number | 'h', layout: TypeLayout): void {
    const { source } = this;
    const parameters = ['o', ...(at === 'h' ? ['h'] : []), ...(layout.varbit === undefined ? [] : ['bits'])];
    source.open(`function ${name}(${parameters.join(', ')})`);
    source.line(`u[${plus(at, POSITION)}] = o;`);
    for (const field of layout.fields.values()) {
      if (field === layout.varbit) {
        source.line(`u[${plus(at, VARBIT_BITS)}] = bits;`);
        const start = field.wire_bit >> 3;
        source.line(`rt.copyBytes(ub, ${scaled(plus(at, field.offset))}, b, o + ${start}, bits >>> 3);`);
        source.line(`o += bits >>> 3;`);
        continue;
      }
      let bit = field.wire_bit;
      limbWidths(field.field.width).forEach((width, i) => {
        source.line(`u[${plus(at, field.offset + i)}] = ${loadFrame('o', bit, width)};`);
        bit += width;
      });
    }
    source.close();
  }

  private writeWrite(name: string, at: number | 'h', layout: TypeLayout): void {
    const { source } = this;
    source.open(`function ${name}(to, o${at === 'h' ? ', h' : ''})`);
    const fields = [...layout.fields.values()];
    const split = layout.varbit === undefined ? fields.length : fields.indexOf(layout.varbit);
    const put = (part: FieldLayout[]): number => {
      const bytes = packBytes(part.flatMap((field) => fieldPieces(at, field)));
      bytes.forEach((code, i) => source.line(`to[o + ${i}] = ${code};`));
      return bytes.length;
    };
    const before = put(fields.slice(0, split));
    if (layout.varbit !== undefined) {
      const bytes = `(u[${plus(at, VARBIT_BITS)}] >>> 3)`;
      source.line(
        `rt.copyBytes(to, o + ${before}, ub, ${scaled(plus(at, layout.varbit.offset))}, ${bytes});`,
      );
      source.line(`o += ${before} + ${bytes};`);
      put(fields.slice(split + 1));
    }
    source.close();
  }
}

/** `loadBits` of the frame from its byte `at` on; whole words in one access. */
function loadFrame(at: string, bit: number, width: number): string {
  if (bit % 8 === 0 && (width === 16 || width === 32)) return `bv.getUint${width}(${at} + ${bit >> 3})`;
  return loadBits((byte) => `b[${at} + ${byte}]`, bit, width);
}

/** A field's limbs as pieces to pack. */
export function fieldPieces(at: number | string, field: FieldLayout): Piece[] {
  return limbWidths(field.field.width).map((width, i) => ({
    code: `u[${plus(at, field.offset + i)}]`,
    width,
  }));
}

/** The byte in `ub` where the limb at `index` begins. */
export function scaled(index: number | string): string {
  return typeof index === 'number' ? `${index * 4}` : `(${index}) * 4`;
}

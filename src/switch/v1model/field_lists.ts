import type { Layout } from '../compile/layout';
import { VARBIT_BITS } from '../compile/layout';
import type { FieldList } from '../program/model';
import { readLimbs } from '../runtime/limbs';

type Element = { constant: bigint } | { at: number; limbs: number };

/** A field list by place: which limbs of the packet's state it names. */
export class PlacedFieldList {
  readonly name: string;
  private readonly elements: Element[];

  constructor(list: FieldList, layout: Layout) {
    this.name = list.name;
    this.elements = list.elements.flatMap((element): Element[] => {
      if (element.kind === 'constant') return [{ constant: element.value }];
      if (element.header.kind !== 'header') throw new RangeError('a field list names fixed headers only');
      const { header } = element.header;
      const { offset, limbs } = layout.field(header.type, element.field);
      const base = layout.base(header);
      const bits = element.field.varbit ? [{ at: base + VARBIT_BITS, limbs: 1 }] : [];
      return [{ at: base + offset, limbs }, ...bits];
    });
  }

  /** Copies the fields from one packet's state to another's. */
  copy(from: Uint32Array, to: Uint32Array): void {
    for (const element of this.elements)
      if ('at' in element)
        for (let i = element.at; i < element.at + element.limbs; i++) to[i] = from[i] as number;
  }

  values(state: Uint32Array): bigint[] {
    return this.elements.map((element) =>
      'at' in element ? readLimbs(state, element.at, element.limbs) : element.constant,
    );
  }
}

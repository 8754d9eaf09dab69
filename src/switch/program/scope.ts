import type { JsonNode } from './json';
import type {
  Action,
  ActionProfile,
  Calculation,
  CounterArray,
  Field,
  FieldList,
  FieldRef,
  Header,
  HeaderRef,
  HeaderStack,
  HeaderType,
  HeaderUnion,
  HeaderUnionStack,
  MeterArray,
  RegisterArray,
  ValueSet,
} from './model';

/** A set of named things of one sort, that complains about duplicates and about names it does not have. */
export class Names<T> {
  private readonly byName = new Map<string, T>();

  constructor(private readonly sort: string) {}

  add(name: string, thing: T, at: JsonNode): T {
    if (this.byName.has(name)) at.fail(`a second ${this.sort} is named "${name}"`);
    this.byName.set(name, thing);
    return thing;
  }

  find(name: string): T | undefined {
    return this.byName.get(name);
  }

  resolve(at: JsonNode): T {
    const name = at.string();
    return this.byName.get(name) ?? at.fail(`there is no ${this.sort} named "${name}"`);
  }

  all(): T[] {
    return [...this.byName.values()];
  }
}

/** What has been loaded so far, for the parts loaded later to refer to. */
export class Scope {
  readonly header_types = new Names<HeaderType>('header type');
  readonly headers = new Names<Header>('header');
  readonly stacks = new Names<HeaderStack>('header stack');
  readonly unions = new Names<HeaderUnion>('header union');
  readonly union_stacks = new Names<HeaderUnionStack>('header union stack');
  readonly counters = new Names<CounterArray>('counter');
  readonly meters = new Names<MeterArray>('meter');
  readonly registers = new Names<RegisterArray>('register');
  readonly calculations = new Names<Calculation>('calculation');
  readonly action_profiles = new Names<ActionProfile>('action profile');
  readonly value_sets = new Names<ValueSet>('parser value set');
  readonly actions = new Map<number, Action>();
  readonly field_lists = new Map<number, FieldList>();
  readonly digests = new Map<number, FieldList>();

  /** `["header", "field"]`; `$valid$` is not a field here. */
  field(at: JsonNode): FieldRef {
    const header = this.headers.resolve(at.item(0));
    return this.fieldOf({ kind: 'header', header }, header.type, at.item(1));
  }

  fieldOf(header: HeaderRef, type: HeaderType, at: JsonNode): FieldRef {
    const name = at.string();
    const field = type.fields.find((f) => f.name === name);
    if (field === undefined) return at.fail(`header type "${type.name}" has no field named "${name}"`);
    return { kind: 'field', header, field };
  }

  fieldAt(header: HeaderRef, at: JsonNode): FieldRef {
    const type = typeOf(header);
    const field: Field | undefined = type.fields[at.integer()];
    if (field === undefined)
      return at.fail(`header type "${type.name}" has ${type.fields.length} fields, no field ${at.integer()}`);
    return { kind: 'field', header, field };
  }
}

export function typeOf(header: HeaderRef): HeaderType {
  switch (header.kind) {
    case 'header':
      return header.header.type;
    case 'stack_element':
    case 'stack_last':
      return header.stack.type;
    case 'union_member': {
      const { union, member } = header;
      const members = (union.kind === 'union' ? union.union : union.stack.unions[0])?.members;
      const found = members?.[member];
      if (found === undefined) throw new RangeError(`union member ${member} does not exist`);
      return found.header.type;
    }
  }
}

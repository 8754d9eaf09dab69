import { loadCalculation } from './calculations';
import { ProgramError } from './error';
import { ExpressionLoader } from './expressions';
import { JsonNode } from './json';
import type { Checksum, Field, FieldList, Header, Program } from './model';
import { loadParser, loadValueSet } from './parser';
import { loadPipeline } from './pipeline';
import { loadPrimitive } from './primitives';
import { limbCount } from '../runtime/limbs';
import { Scope } from './scope';

/** BMv2's JSON format version that p4c writes and this reads. */
const FORMAT_MAJOR = 2;
/** The newest minor version of it that BMv2 1.15 takes, as `--json-version` tells it. */
const FORMAT_MINOR = 24;
export const FORMAT_VERSION = `${FORMAT_MAJOR}.${FORMAT_MINOR}`;

/** Of a register, counter or meter: more would not fit in memory. */
const CELLS_MAX = 2 ** 28;
/** Of all registers together, each cell in words of 32 bits. Those that share rows take up to twice as many. */
const REGISTER_WORDS_MAX = 2 ** 28;

/** The standard metadata without which a program is not for v1model. */
const REQUIRED = ['ingress_port', 'packet_length', 'instance_type', 'egress_spec', 'egress_port'];

/**
 * Reads and checks p4c's BMv2 JSON (behavioral-model, docs/JSON_format.md).
 * @throws ProgramError naming the construct, its place in the JSON and its line in the P4 source.
 */
export function loadProgram(json: string | object): Program {
  let value: unknown = json;
  if (typeof json === 'string') {
    try {
      value = JSON.parse(json);
    } catch (error) {
      throw new ProgramError(`not JSON: ${error instanceof Error ? error.message : String(error)}`, '');
    }
  }
  const root = new JsonNode(value);
  const major = root.find('__meta__')?.find('version')?.item(0);
  if (major !== undefined && major.integer() !== FORMAT_MAJOR)
    major.fail(`expected BMv2 JSON format version ${FORMAT_MAJOR}, found ${major.integer()}`);

  const scope = new Scope();
  loadHeaders(root, scope);
  refuseUnsupported(root);
  loadExterns(root, scope);
  loadLists(root, 'field_lists', scope, scope.field_lists);
  loadLists(root, 'learn_lists', scope, scope.digests);
  for (const node of root.itemsOf('calculations')) {
    const calculation = loadCalculation(node, node.get('name').string(), scope);
    scope.calculations.add(calculation.name, calculation, node);
  }
  for (const node of root.itemsOf('parse_vsets')) loadValueSet(node, scope);
  const checksums = loadChecksums(root, scope);
  loadActions(root, scope);

  const named = (member: string, name: string): JsonNode =>
    root
      .get(member)
      .items()
      .find((node) => node.get('name').string() === name) ??
    root.get(member).fail(`no "${name}": only programs for v1model are supported`);
  const deparser = named('deparsers', 'deparser');
  const in_deparser = new ExpressionLoader(scope);
  const aliases = new Map<string, ReturnType<Scope['field']>>();
  for (const alias of root.itemsOf('field_aliases'))
    aliases.set(alias.item(0).string(), scope.field(alias.item(1)));

  return {
    headers: scope.headers.all(),
    stacks: scope.stacks.all(),
    unions: scope.unions.all(),
    union_stacks: scope.union_stacks.all(),
    errors: new Map(root.itemsOf('errors').map((e) => [e.item(0).string(), e.item(1).integer()])),
    parser: loadParser(named('parsers', 'parser'), scope),
    ingress: loadPipeline(named('pipelines', 'ingress'), scope),
    egress: loadPipeline(named('pipelines', 'egress'), scope),
    deparser_primitives: deparser
      .itemsOf('primitives')
      .map((call) => ({ primitive: loadPrimitive(call, scope, in_deparser), source: call.source() })),
    deparser: deparser
      .get('order')
      .items()
      .map((name) => scope.headers.resolve(name)),
    actions: [...scope.actions.values()],
    counters: scope.counters.all(),
    meters: scope.meters.all(),
    registers: scope.registers.all(),
    action_profiles: scope.action_profiles.all(),
    value_sets: scope.value_sets.all(),
    checksums,
    field_lists: scope.field_lists,
    digests: scope.digests,
    aliases,
  };
}

function refuseUnsupported(root: JsonNode): void {
  for (const instance of root.itemsOf('extern_instances'))
    instance.fail(`extern "${instance.get('type').string()}" is not supported`);
}

function loadHeaders(root: JsonNode, scope: Scope): void {
  for (const type of root.get('header_types').items()) {
    const name = type.get('name').string();
    const fields: Field[] = [];
    let fixed_bits = 0;
    for (const field of type.get('fields').items()) {
      const varbit = field.item(1).value === '*';
      const width = varbit ? 0 : field.item(1).integer();
      if (width < 0) field.fail(`field "${field.item(0).string()}" of ${width} bits`);
      const saturating = field.items()[3]?.value === true;
      const signed = field.items()[2]?.value === true;
      fixed_bits += width;
      fields.push({ name: field.item(0).string(), width, signed, varbit, saturating });
    }
    for (const field of fields.filter((f) => f.varbit)) {
      if (type.has('length_exp')) type.get('length_exp').fail('length_exp (of P4_14) is not supported');
      field.width = type.get('max_length').integer() * 8 - fixed_bits;
    }
    if (fields.filter((f) => f.varbit).length > 1) type.fail('more than one varbit field in a header');
    scope.header_types.add(name, { name, fields }, type);
  }
  const by_id = new Map<number, Header>();
  for (const node of root.get('headers').items()) {
    const header: Header = {
      name: node.get('name').string(),
      id: node.get('id').integer(),
      type: scope.header_types.resolve(node.get('header_type')),
      metadata: node.get('metadata').boolean(),
    };
    scope.headers.add(header.name, header, node);
    if (by_id.has(header.id)) node.fail(`a second header has id ${header.id}`);
    by_id.set(header.id, header);
    const bits = header.type.fields.reduce((sum, f) => sum + f.width, 0);
    if (!header.metadata && bits % 8 !== 0)
      node.fail(`header "${header.name}" has ${bits} bits, not a whole number of bytes`);
  }
  const standard = scope.headers.find('standard_metadata');
  for (const field of REQUIRED) {
    if (standard?.type.fields.some((f) => f.name === field) !== true)
      root.get('headers').fail(`no standard_metadata.${field}: only programs for v1model are supported`);
  }
  const headerById = (id: JsonNode): Header =>
    by_id.get(id.integer()) ?? id.fail(`there is no header with id ${id.integer()}`);
  for (const node of root.itemsOf('header_stacks')) {
    const name = node.get('name').string();
    const type = scope.header_types.resolve(node.get('header_type'));
    scope.stacks.add(name, { name, type, headers: node.get('header_ids').items().map(headerById) }, node);
  }
  const union_types = new Map<string, string[]>();
  for (const node of root.itemsOf('header_union_types'))
    union_types.set(
      node.get('name').string(),
      node
        .get('headers')
        .items()
        .map((h) => h.item(0).string()),
    );
  const unions = new Map<number, ReturnType<typeof scope.unions.all>[number]>();
  for (const node of root.itemsOf('header_unions')) {
    const name = node.get('name').string();
    const id = node.get('id').integer();
    const members = union_types.get(node.get('union_type').string()) ?? [];
    const headers = node.get('header_ids').items().map(headerById);
    if (members.length !== headers.length) node.fail('the union and its type differ in members');
    const union = {
      name,
      id,
      members: headers.map((header, i) => ({ name: members[i] ?? '', header })),
    };
    unions.set(id, scope.unions.add(name, union, node));
  }
  for (const node of root.itemsOf('header_union_stacks')) {
    const name = node.get('name').string();
    const elements = node
      .get('header_union_ids')
      .items()
      .map((id) => unions.get(id.integer()) ?? id.fail(`there is no union with id ${id.integer()}`));
    scope.union_stacks.add(name, { name, unions: elements }, node);
  }
}

function loadExterns(root: JsonNode, scope: Scope): void {
  for (const node of root.itemsOf('counter_arrays')) {
    const name = node.get('name').string();
    const is_direct = node.get('is_direct').boolean();
    scope.counters.add(
      name,
      {
        name,
        size: is_direct ? 0 : loadSize(node, `counter "${name}"`),
        table: is_direct ? node.get('binding').string() : undefined,
      },
      node,
    );
  }
  for (const node of root.itemsOf('meter_arrays')) {
    const name = node.get('name').string();
    const type = node.get('type').string();
    const unit =
      type === 'packets' || type === 'bytes'
        ? type
        : node.fail(`meter "${name}" of type "${type}" is not supported`);
    const rates = node.get('rate_count').integer();
    if (rates !== 2) node.fail(`meter "${name}" with ${rates} rates is not supported, only with two`);
    const is_direct = node.find('is_direct')?.boolean() ?? false;
    const result = is_direct ? scope.field(node.get('result_target')) : undefined;
    scope.meters.add(name, { name, size: loadSize(node, `meter "${name}"`), unit, result }, node);
  }
  let words = 0;
  for (const node of root.itemsOf('register_arrays')) {
    const name = node.get('name').string();
    const [size, width] = [loadSize(node, `register "${name}"`), node.get('bitwidth').integer()];
    if (width < 1) node.fail(`register "${name}" of ${width} bits`);
    words += size * limbCount(width);
    if (words > REGISTER_WORDS_MAX)
      node.fail(
        `register "${name}" of ${size} cells of ${width} bits: with those before it ${words} words of 32 bits, ` +
          `${REGISTER_WORDS_MAX} are possible`,
      );
    scope.registers.add(name, { name, size, width }, node);
  }
}

function loadSize(node: JsonNode, what: string): number {
  const size = node.get('size').integer();
  if (size < 0 || size > CELLS_MAX) node.fail(`${what} of ${size} cells: 0..${CELLS_MAX} are possible`);
  return size;
}

function loadLists(root: JsonNode, member: string, scope: Scope, into: Map<number, FieldList>): void {
  const expressions = new ExpressionLoader(scope);
  for (const node of root.itemsOf(member)) {
    const id = node.get('id').integer();
    const elements = node
      .get('elements')
      .items()
      .flatMap((element): FieldList['elements'] => {
        const value = expressions.data(element);
        if (value.kind === 'constant' || value.kind === 'field') return [value];
        return element.fail('expected a field or a constant');
      });
    into.set(id, { id, name: node.get('name').string(), elements });
  }
}

function loadChecksums(root: JsonNode, scope: Scope): Checksum[] {
  const expressions = new ExpressionLoader(scope);
  return root.itemsOf('checksums').map((node) => {
    const type = node.get('type').string();
    if (type !== 'generic') node.fail(`a checksum of type "${type}" is not supported`);
    const condition = node.find('if_cond');
    return {
      name: node.get('name').string(),
      target: scope.field(node.get('target')),
      calculation: scope.calculations.resolve(node.get('calculation')),
      update: node.find('update')?.boolean() ?? true,
      verify: node.find('verify')?.boolean() ?? true,
      condition: condition === undefined ? undefined : expressions.boolean(condition),
    };
  });
}

function loadActions(root: JsonNode, scope: Scope): void {
  for (const node of root.get('actions').items()) {
    const id = node.get('id').integer();
    if (scope.actions.has(id)) node.fail(`a second action has id ${id}`);
    const parameters = node.itemsOf('runtime_data').map((parameter) => ({
      name: parameter.get('name').string(),
      width: parameter.get('bitwidth').integer(),
    }));
    const expressions = new ExpressionLoader(scope, parameters.length);
    const primitives = node.itemsOf('primitives').map((call) => ({
      primitive: loadPrimitive(call, scope, expressions),
      source: call.source(),
    }));
    scope.actions.set(id, { name: node.get('name').string(), id, parameters, primitives });
  }
}

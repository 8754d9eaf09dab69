import { loadCalculation } from './calculations';
import { refuseCycles } from './control_flow';
import { ExpressionLoader } from './expressions';
import type { JsonNode } from './json';
import type {
  Action,
  ActionProfile,
  ActionCallNode,
  Conditional,
  ConstEntry,
  KeyKind,
  Pipeline,
  Table,
  TableKey,
} from './model';
import type { Scope } from './scope';

/** JSON priorities run the other way (0 first); this is the pivot simple_switch_grpc turns them about. */
const PRIORITY_MAX = 0x7fffffff;

const KEY_KINDS: readonly string[] = ['exact', 'lpm', 'ternary', 'range'];

export function loadPipeline(at: JsonNode, scope: Scope): Pipeline {
  for (const node of at.itemsOf('action_profiles')) {
    const name = node.get('name').string();
    const selector = node.find('selector');
    scope.action_profiles.add(
      name,
      {
        name,
        max_size: node.find('max_size')?.integer() ?? 0,
        selector: selector === undefined ? undefined : loadCalculation(selector, name, scope),
        actions: [],
      },
      node,
    );
  }
  const tables = new Map<string, Table>();
  const conditionals = new Map<string, Conditional>();
  const action_calls = new Map<string, ActionCallNode>();
  const nodes = new Set<string>();
  const define = (node: JsonNode): string => {
    const name = node.get('name').string();
    if (nodes.has(name)) node.fail(`a second control-flow node is named "${name}"`);
    nodes.add(name);
    return name;
  };
  const references: JsonNode[] = [];
  const next = (node: JsonNode, key: string): string | undefined => {
    const found = node.find(key);
    if (found !== undefined) references.push(found);
    return found?.string();
  };

  for (const node of at.itemsOf('tables')) tables.set(define(node), loadTable(node, scope, next));
  for (const node of at.itemsOf('conditionals')) {
    conditionals.set(define(node), {
      name: node.get('name').string(),
      condition: new ExpressionLoader(scope).boolean(node.get('expression')),
      when_true: next(node, 'true_next'),
      when_false: next(node, 'false_next'),
      source: node.source(),
    });
  }
  for (const node of at.itemsOf('action_calls')) {
    action_calls.set(define(node), {
      name: node.get('name').string(),
      action: actionById(node.get('action_id'), scope),
      next: next(node, 'next_node'),
    });
  }
  const initial = next(at, 'init_table');
  for (const reference of references) {
    if (!nodes.has(reference.string()))
      reference.fail(`there is no table, condition or action call named "${reference.string()}"`);
  }
  const pipeline = { name: at.get('name').string(), initial, tables, conditionals, action_calls };
  refuseCycles(at, pipeline);
  return pipeline;
}

function actionById(at: JsonNode, scope: Scope): Action {
  return scope.actions.get(at.integer()) ?? at.fail(`there is no action with id ${at.integer()}`);
}

function loadTable(
  at: JsonNode,
  scope: Scope,
  next: (node: JsonNode, key: string) => string | undefined,
): Table {
  const name = at.get('name').string();
  const type = at.get('type').string();
  const meter_name = at.find('direct_meters');
  const direct_meter = meter_name === undefined ? undefined : scope.meters.resolve(meter_name);
  if (direct_meter !== undefined && direct_meter.result === undefined)
    at.get('direct_meters').fail(`meter "${direct_meter.name}" of table "${name}" is not a direct meter`);
  const expressions = new ExpressionLoader(scope);
  const keys = at.itemsOf('key').map((key) => loadKey(key, scope, expressions));
  const actions = at
    .get('action_ids')
    .items()
    .map((id) => actionById(id, scope));
  const profile = loadProfile(at, type, actions, scope);

  const next_tables = at.get('next_tables');
  const by_action = new Map<string, string | undefined>();
  let next_hit: Table['next_hit'];
  let next_miss: Table['next_miss'];
  for (const key of next_tables.keys()) {
    const node = next(next_tables, key);
    if (key === '__HIT__') next_hit = { node };
    else if (key === '__MISS__') next_miss = { node };
    else by_action.set(key, node);
  }

  const max_size = at.find('max_size')?.integer() ?? 1024;
  if (max_size < 0) at.get('max_size').fail(`table "${name}" of ${max_size} entries`);
  const entry = at.find('default_entry');
  let default_entry: Table['default_entry'];
  if (entry !== undefined) {
    const action = actionById(entry.get('action_id'), scope);
    const args = entry.itemsOf('action_data').map((arg) => arg.hex());
    checkArguments(entry, action, args);
    default_entry = {
      action,
      args: args.map((arg, i) => BigInt.asUintN(action.parameters[i]?.width ?? 0, arg)),
      is_const: entry.find('action_entry_const')?.boolean() ?? false,
    };
  }
  const with_counters = at.find('with_counters')?.boolean() ?? false;
  return {
    name,
    keys,
    max_size,
    with_counters,
    counter_name: scope.counters.all().find((c) => c.table === name)?.name,
    direct_meter,
    support_timeout: at.find('support_timeout')?.boolean() ?? false,
    actions,
    profile,
    next: by_action,
    next_hit,
    next_miss,
    base_next: next(at, 'base_default_next'),
    default_entry,
    const_entries: at
      .find('entries')
      ?.items()
      .map((e) => loadEntry(e, keys, actions, scope)),
    source: at.source(),
  };
}

/** The action profile of an indirect table, which takes up the table's actions. */
function loadProfile(at: JsonNode, type: string, actions: Action[], scope: Scope): ActionProfile | undefined {
  if (type === 'simple') return undefined;
  if (type !== 'indirect' && type !== 'indirect_ws')
    return at.get('type').fail(`a table of type "${type}" is not supported`);
  for (const member of ['default_entry', 'entries'])
    if (at.has(member)) at.get(member).fail(`a table with an action profile cannot have "${member}"`);
  const profile = scope.action_profiles.resolve(at.get('action_profile'));
  if (type === 'indirect_ws' && profile.selector === undefined)
    at.get('action_profile').fail(`action profile "${profile.name}" has no selector`);
  for (const action of actions) {
    const twin = profile.actions.find((a) => a.name === action.name);
    if (twin === undefined) profile.actions.push(action);
    else if (widths(twin) !== widths(action))
      at.fail(`action "${action.name}" differs between tables of action profile "${profile.name}"`);
  }
  return profile;
}

function widths(action: Action): string {
  return action.parameters.map(({ width }) => width).join();
}

function loadKey(at: JsonNode, scope: Scope, expressions: ExpressionLoader): TableKey {
  const kind = at.get('match_type').string();
  const target = at.get('target');
  const mask = at.find('mask')?.hex();
  if (kind === 'valid') {
    const header = scope.headers.resolve(target);
    const value = { kind: 'validity', header: { kind: 'header', header } } as const;
    return { name: header.name, kind: 'exact', value, width: 1, mask: undefined };
  }
  if (!KEY_KINDS.includes(kind)) at.fail(`match kind "${kind}" is not supported`);
  if (target.isObject()) {
    // A computed key, such as stack[i].field.
    const value = expressions.data(target);
    if (value.kind !== 'field') return target.fail('expected a field as key');
    return {
      name: at.find('name')?.string() ?? value.field.name,
      kind: kind as KeyKind,
      value,
      width: value.field.width,
      mask,
    };
  }
  const [header, field] = [target.item(0), target.item(1)];
  const name = at.find('name')?.string() ?? `${header.string()}.${field.string()}`;
  if (field.value === '$valid$') {
    const value = {
      kind: 'validity',
      header: { kind: 'header', header: scope.headers.resolve(header) },
    } as const;
    return { name, kind: kind as KeyKind, value, width: 1, mask: undefined };
  }
  const stack = scope.stacks.find(header.string());
  // stack.last as a key: p4c names the stack itself.
  const value =
    stack !== undefined && scope.headers.find(header.string()) === undefined
      ? scope.fieldOf({ kind: 'stack_last', stack }, stack.type, field)
      : scope.field(target);
  if (value.field.varbit) at.fail(`varbit field "${name}" cannot be a table key`);
  return { name, kind: kind as KeyKind, value, width: value.field.width, mask };
}

function checkArguments(at: JsonNode, action: Action, args: unknown[]): void {
  if (args.length !== action.parameters.length)
    at.fail(`action "${action.name}" takes ${action.parameters.length} arguments, found ${args.length}`);
}

function loadEntry(at: JsonNode, keys: TableKey[], actions: Action[], scope: Scope): ConstEntry {
  const parts = at.get('match_key').items();
  if (parts.length !== keys.length) at.fail(`expected ${keys.length} match fields, found ${parts.length}`);
  const match = parts.map((part, i) => {
    const key = keys[i] as TableKey;
    const all = (1n << BigInt(key.width)) - 1n;
    const cut = (value: bigint): bigint => BigInt.asUintN(key.width, value);
    switch (key.kind) {
      case 'exact': {
        const text = part.get('key');
        const value = typeof text.value === 'boolean' ? BigInt(text.value) : text.hex();
        return { value: cut(value), mask_or_high: all, prefix_length: key.width };
      }
      case 'lpm':
        return {
          value: cut(part.get('key').hex()),
          mask_or_high: all,
          prefix_length: part.get('prefix_length').integer(),
        };
      case 'ternary':
        return {
          value: cut(part.get('key').hex()),
          mask_or_high: cut(part.get('mask').hex()),
          prefix_length: key.width,
        };
      case 'range':
        return {
          value: cut(part.get('start').hex()),
          mask_or_high: cut(part.get('end').hex()),
          prefix_length: key.width,
        };
    }
  });
  const entry = at.get('action_entry');
  const action = actionById(entry.get('action_id'), scope);
  if (!actions.includes(action)) entry.fail(`action "${action.name}" is not an action of the table`);
  const args = entry.itemsOf('action_data').map((arg) => arg.hex());
  checkArguments(entry, action, args);
  const needs_priority = keys.some((key) => key.kind === 'ternary' || key.kind === 'range');
  return {
    match,
    priority: needs_priority ? PRIORITY_MAX - (at.find('priority')?.integer() ?? 0) : 0,
    action,
    args: args.map((arg, i) => BigInt.asUintN(action.parameters[i]?.width ?? 0, arg)),
  };
}

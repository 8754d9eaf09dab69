import type {
  ActionSchema,
  CloneSession,
  Entity,
  KeyFieldInfo,
  MatchValue,
  MeterConfig,
  P4Schema,
  Replica,
  TableSchema,
} from '../../../src/p4runtime';
import { Draws, type Draw } from './draws';
import type { Values } from './values';

/** P4Info's ActionRef.Scope. */
const TABLE_ONLY = 1;
const DEFAULT_ONLY = 2;
/** Of multicast groups and clone sessions, as the test programs name them. */
const GROUPS = [1, 2, 3, 5];

type Sort =
  { table: TableSchema; is_default: boolean } | { meter: string; size: number } | 'group' | 'session';

/** Entities of the program's P4Info, one for each draw; those that would repeat a key are left out. */
export function buildEntities(
  schema: P4Schema,
  values: Values,
  ports: readonly number[],
  given: readonly Draw[],
): Entity[] {
  const sorts = sortsOf(schema);
  const made = new Map<string, Entity>();
  given.forEach((one, i) => {
    const draws = new Draws(one);
    const sort = draws.pick(sorts);
    const entity = build(sort, draws, values, ports, i + 1);
    const key = keyOf(entity);
    if (!made.has(key)) made.set(key, entity);
  });
  return [...made.values()];
}

/** Tables more often than the rest. */
function sortsOf(schema: P4Schema): Sort[] {
  const sorts: Sort[] = [];
  for (const table of schema.tables) {
    if (table.action_profile !== undefined) continue;
    const writable = actionsOf(table, DEFAULT_ONLY).length > 0;
    const numbers = table.key.every(({ width_bits }) => width_bits > 0);
    if (!table.is_const && table.key.length > 0 && numbers && writable)
      for (let i = 0; i < 6; i++) sorts.push({ table, is_default: false });
    if (table.const_default_action === undefined && actionsOf(table, TABLE_ONLY).length > 0)
      sorts.push({ table, is_default: true });
  }
  for (const meter of schema.meters)
    for (let i = 0; i < 4; i++) sorts.push({ meter: meter.name, size: Number(meter.info.size) });
  return [...sorts, 'group', 'group', 'session', 'session'];
}

function build(sort: Sort, draws: Draws, values: Values, ports: readonly number[], priority: number): Entity {
  if (sort === 'group') return { multicast_group: draws.pick(GROUPS), replicas: replicas(draws, ports) };
  if (sort === 'session') {
    const session: CloneSession = { clone_session: draws.pick(GROUPS), replicas: replicas(draws, ports) };
    return session;
  }
  if ('meter' in sort)
    return { meter: sort.meter, index: draws.below(Math.min(sort.size, 16)), config: bursts(draws) };
  const { table, is_default } = sort;
  const call = draws.pick(actionsOf(table, is_default ? TABLE_ONLY : DEFAULT_ONLY));
  const action = {
    name: call.name,
    params: Object.fromEntries(
      call.params.map(({ name, width_bits }) => [name, values.draw(draws, width_bits)]),
    ),
  };
  if (is_default) return { table: table.name, match: {}, is_default, action };
  const match: Record<string, MatchValue> = {};
  for (const key of table.key) {
    const value = matchOf(key, draws, values);
    if (value !== undefined) match[key.name] = value;
  }
  return {
    table: table.name,
    match,
    action,
    ...(table.has_priority ? { priority } : {}),
    ...(table.direct_meter !== undefined && draws.once(2) ? { meter: bursts(draws) } : {}),
  };
}

function actionsOf(table: TableSchema, without_scope: number): ActionSchema[] {
  return table.actions.filter(
    ({ id, params }) =>
      (table.action_refs.get(id)?.scope as number) !== without_scope &&
      params.every(({ width_bits }) => width_bits > 0),
  );
}

/** undefined: any value. */
function matchOf(
  { kind, width_bits: width }: KeyFieldInfo,
  draws: Draws,
  values: Values,
): MatchValue | undefined {
  const all = (1n << BigInt(width)) - 1n;
  const value = values.draw(draws, width);
  switch (kind) {
    case 'exact':
      return { kind, value };
    case 'lpm': {
      // BMv2 refuses prefixes of other fields than whole bytes, or takes their length for another.
      const prefix_length = width % 8 !== 0 ? 0 : draws.once(3) ? draws.below(width + 1) : width;
      const mask = all ^ (all >> BigInt(prefix_length));
      return prefix_length === 0 ? undefined : { kind, value: value & mask, prefix_length };
    }
    case 'ternary': {
      const mask = draws.once(2) ? values.draw(draws, width) : all;
      return mask === 0n ? undefined : { kind, value: value & mask, mask };
    }
    case 'range': {
      const other = values.draw(draws, width);
      const [low, high] = value < other ? [value, other] : [other, value];
      return low === 0n && high === all ? undefined : { kind, low, high };
    }
    case 'optional':
      return draws.once(3) ? undefined : { kind, value };
  }
}

/** Rates of 0: what passes must not depend on how fast the machine is. */
function bursts(draws: Draws): MeterConfig {
  return { cir: 0n, cburst: BigInt(draws.below(200)), pir: 0n, pburst: BigInt(draws.below(300)) };
}

function replicas(draws: Draws, ports: readonly number[]): Replica[] {
  const some = Array.from({ length: draws.below(4) }, () => ({
    port: draws.pick(ports),
    instance: draws.below(3),
  }));
  return some.filter((a, i) => some.findIndex((b) => a.port === b.port && a.instance === b.instance) === i);
}

function keyOf(entity: Entity): string {
  const key =
    'table' in entity
      ? [entity.table, entity.match, entity.is_default]
      : 'meter' in entity
        ? [entity.meter, entity.index]
        : 'multicast_group' in entity
          ? ['group', entity.multicast_group]
          : ['session', 'clone_session' in entity ? entity.clone_session : undefined];
  return JSON.stringify(key, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
}

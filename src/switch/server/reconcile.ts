import type { Meter } from 'p4runtime-js';
import type { CarriedNames } from '../worker/carry_over';
import type { ActionSpec, KeyField } from './p4info';
import { idOf, nameOf } from './p4info';
import type { Pipeline } from './pipeline';

/** What the state under one pipeline config means under another, by names. */
export function carriedNames(from: Pipeline, to: Pipeline): CarriedNames {
  const tables: CarriedNames['tables'] = [];
  const unused: CarriedNames['unused'] = {
    tables: [],
    profiles: [],
    value_sets: [],
    meters: [],
    actions: [],
  };
  for (const { name, keys, direct_meter } of from.info.tables.values()) {
    const twin = to.info.tables_by_name.get(name);
    if (twin !== undefined && keysText(twin.keys) === keysText(keys))
      tables.push({
        name,
        with_counters: twin.direct_counter !== undefined,
        with_meters:
          direct_meter !== undefined &&
          twin.direct_meter !== undefined &&
          meterText(direct_meter) === meterText(twin.direct_meter),
      });
    else unused.tables.push(name);
  }
  const actions = new Map([...to.info.actions.values()].map((action) => [action.name, paramsText(action)]));
  for (const action of from.info.actions.values())
    if (actions.get(action.name) !== paramsText(action)) unused.actions.push(action.name);
  const sets = new Map([...to.info.value_sets.values()].map(({ name, keys }) => [name, keysText(keys)]));
  const [value_sets, other_sets] = split([...from.info.value_sets.values()], ({ name, keys }) => {
    return sets.get(name) === keysText(keys);
  });
  unused.value_sets = other_sets.map(({ name }) => name);
  const [profiles, other_profiles] = same(from.info.action_profiles, to.info.action_profiles, () => '');
  unused.profiles = other_profiles;
  const [meters, other_meters] = same(from.info.meters, to.info.meters, (meter) => {
    return `${meter.size} ${meterText(meter)}`;
  });
  unused.meters = other_meters;
  const [counters] = same(from.info.counters, to.info.counters, ({ size }) => `${size}`);
  const [registers] = same(from.info.registers, to.info.registers, ({ size, typeSpec }) => {
    const type = typeSpec?.typeSpec;
    return `${size} ${JSON.stringify(type)}`;
  });
  return {
    tables,
    defaults: [...from.written_defaults],
    profiles,
    value_sets: value_sets.map(({ name }) => name),
    counters,
    meters,
    registers,
    unused,
  };
}

/** What the server itself remembers of the state. */
export function carryRecords(from: Pipeline, to: Pipeline): void {
  for (const [key, notes] of from.notes) to.notes.set(key, notes);
  for (const name of from.written_defaults) to.written_defaults.add(name);
  for (const [id, group] of from.multicast_groups) to.multicast_groups.set(id, group);
  for (const [id, session] of from.clone_sessions) to.clone_sessions.set(id, session);
  for (const [id, config] of from.digest_configs) {
    const digest = from.info.digests.get(id);
    const twin = digest && to.info.digests_by_name.get(nameOf(digest));
    if (twin !== undefined) to.digest_configs.set(idOf('digest', twin), config);
  }
}

function keysText(keys: KeyField[]): string {
  return keys.map(({ name, kind, width_bits }) => `${name} ${kind} ${width_bits}`).join(', ');
}

function paramsText({ params }: ActionSpec): string {
  return params.map(({ name, width_bits }) => `${name} ${width_bits}`).join(', ');
}

/** What a config, and tokens in a bucket, mean. */
function meterText({ spec }: Pick<Meter, 'spec'>): string {
  return `${spec?.unit} ${spec?.type}`;
}

function split<T>(items: T[], is_first: (item: T) => boolean): [T[], T[]] {
  return [items.filter(is_first), items.filter((item) => !is_first(item))];
}

/** Names of the objects that are of one kind in both, and of those that are not. */
function same<T extends Parameters<typeof nameOf>[0]>(
  from: ReadonlyMap<number, T>,
  to: ReadonlyMap<number, T>,
  kind: (object: T) => string,
): [string[], string[]] {
  const twins = new Map([...to.values()].map((object) => [nameOf(object), kind(object)]));
  const [both, others] = split([...from.values()], (object) => twins.get(nameOf(object)) === kind(object));
  return [both.map(nameOf), others.map(nameOf)];
}

/** What must hold between the exports of virtual stores and the rules of their services. */
import { isByRequest, whyNotByRequest } from './modes';
import { PROCEDURES, ruleProcedures, selectProcedures, type Procedure } from '../dataplane/procedures';
import { CAPABILITIES, EXPORTS } from '../dataplane/sizes';
import { AS_WRITTEN, type KeyPath, type Problem } from './problem';
import type { ConfigShape } from './schema';

type VirtualStore = ConfigShape['virtual_stores'][number];
type Service = VirtualStore['services'][number];
type Rule = Service['rules'][number];

/** No handle may belong to two exports: which one it is would be left to chance. */
export function checkExports({ exports }: VirtualStore, parent: KeyPath): Problem[] {
  const handles = exports.map(({ handle }) => ({
    value: BigInt(`0x${handle.value}`),
    mask: BigInt(`0x${handle.mask}`),
  }));
  // By mask and value: exports are many, their masks are few.
  const earlier = new Map<bigint, Map<bigint, number>>();
  return handles.flatMap(({ value, mask }, index): Problem[] => {
    const others = [...earlier].flatMap(([other_mask, by_value]) =>
      (other_mask & mask) === other_mask
        ? (by_value.get(value & other_mask) ?? [])
        : [...by_value].flatMap(([other, at]) => (((other ^ value) & other_mask & mask) === 0n ? at : [])),
    );
    const same = earlier.get(mask) ?? new Map<bigint, number>();
    if (!same.has(value)) earlier.set(mask, same.set(value, index));
    if (others.length === 0) return [];
    const { name } = exports[Math.min(...others)] ?? { name: '' };
    const path = [...parent, 'exports', index, 'handle'];
    return [{ path, found: AS_WRITTEN, expected: `handles that export ${name} does not have too` }];
  });
}

/** Entries of the switch's table `export`: a service without rules does not look at exports. */
export function exportEntries({ exports, services }: VirtualStore): number {
  return exports.length * services.filter(({ rules }) => rules.length > 0).length;
}

/** Entries of the switch's table `capability`. */
export function ruleEntries({ rules, program = 0 }: Pick<Service, 'rules' | 'program'>): number {
  return rules.reduce((total, { procedures }) => total + ruleProcedures(program, procedures).length, 0);
}

/** Points at the first exports, and the first rules, that the pipeline has no room for. */
export function checkEntries(virtual_stores: readonly VirtualStore[]): Problem[] {
  const exports = virtual_stores.map((virtualStore, index) => ({
    path: ['virtual_stores', index, 'exports'],
    found: virtualStore.exports,
    entries: exportEntries(virtualStore),
  }));
  const rules = virtual_stores.flatMap(({ services }, index) =>
    services.map((service, position) => ({
      path: ['virtual_stores', index, 'services', position, 'rules'],
      found: service.rules,
      entries: ruleEntries(service),
    })),
  );
  return [
    ...checkSum(
      exports,
      EXPORTS,
      (total) =>
        `at most ${EXPORTS} exports, counted once for each service with rules, in all: ${total} by here`,
    ),
    ...checkSum(
      rules,
      CAPABILITIES,
      (total) =>
        `rules that make at most ${CAPABILITIES} entries in all, one for each procedure: ${total} by here`,
    ),
  ];
}

function checkSum(
  parts: readonly (Pick<Problem, 'path' | 'found'> & { entries: number })[],
  total_max: number,
  expected: (total: number) => string,
): Problem[] {
  let total = 0;
  for (const { path, found, entries } of parts) {
    total += entries;
    if (total > total_max) return [{ path, found, expected: expected(total) }];
  }
  return [];
}

export function checkRules({ exports, pools }: VirtualStore, service: Service, parent: KeyPath): Problem[] {
  const { rules, program } = service;
  if (rules.length === 0) return [];
  const path = [...parent, 'rules'];
  if (!isByRequest(service) || program === undefined) {
    return [{ path, found: rules, expected: `none, ${whyNotByRequest(service)}` }];
  }
  const problems = rules.flatMap((rule, index) => checkRule(rule, program, exports, pools, [...path, index]));
  if (problems.length > 0) return problems;
  return checkObjects(service, exports, path);
}

function checkRule(
  { export: export_name, procedures, pool }: Rule,
  program: number,
  exports: VirtualStore['exports'],
  pools: VirtualStore['pools'],
  path: KeyPath,
): Problem[] {
  const problems: Problem[] = [];
  if (export_name !== undefined && !exports.some(({ name }) => name === export_name)) {
    const expected = `the name of an export of this virtual store (${names(exports)})`;
    problems.push({ path: [...path, 'export'], found: export_name, expected });
  }
  if (!pools.some(({ name }) => name === pool)) {
    const expected = `the name of a pool of this virtual store (${names(pools)})`;
    problems.push({ path: [...path, 'pool'], found: pool, expected });
  }
  const known = PROCEDURES.filter((one) => one.program === program).map(({ name }) => name);
  for (const [index, name] of (Array.isArray(procedures) ? procedures : []).entries()) {
    if (known.includes(name)) continue;
    const expected =
      known.length === 0
        ? `no procedures, as none of program ${program} are known`
        : `a procedure of program ${program}: ${[...new Set(known)].join(', ')}`;
    problems.push({ path: [...path, 'procedures', index], found: name, expected });
  }
  return problems;
}

/**
 * Requests that must meet at one store, such as a file's WRITEs and its COMMIT, must meet in one pool first: design,
 * section 5, rule 2.
 */
function checkObjects(
  { rules, pool, program = 0 }: Service,
  exports: VirtualStore['exports'],
  path: KeyPath,
) {
  const by_object = PROCEDURES.filter((one) => one.program === program && one.placement === 'by_object');
  const problems: Problem[] = [];
  for (const where of [undefined, ...exports.map(({ name }) => name)]) {
    const fits = (one: Procedure) => (rule: Rule) =>
      (rule.export === undefined || rule.export === where) &&
      (rule.procedures === undefined ||
        selectProcedures(program, rule.procedures).some(({ id }) => id === one.id));
    const index_of = (one: Procedure) => rules.findIndex(fits(one));
    const [first, ...others] = by_object;
    if (first === undefined) return problems;
    const pool_of = (one: Procedure) => rules[index_of(one)]?.pool ?? pool;
    const apart = others.find((one) => pool_of(one) !== pool_of(first));
    if (apart === undefined) continue;
    const index = Math.max(index_of(first), index_of(apart));
    const expected = `${first.name} and ${apart.name} in one pool, as those of one file must reach one store`;
    problems.push({ path: [...path, index], found: rules[index], expected });
    break;
  }
  return problems;
}

function names(items: readonly { name: string }[]): string {
  return items.length === 0 ? 'there is none' : items.map(({ name }) => name).join(', ');
}

/** What must hold between the exports of a virtual store and the rules of its services. */
import { PROCEDURES, selectProcedures, type Procedure } from '../dataplane/procedures';
import { CAPABILITIES, EXPORTS } from '../dataplane/sizes';
import type { KeyPath, Problem } from './problem';
import type { ConfigShape } from './schema';

type VirtualStore = ConfigShape['virtual_stores'][number];
type Service = VirtualStore['services'][number];
type Rule = Service['rules'][number];

/** No handle may belong to two exports: which one it is would be left to chance. */
export function checkExports({ exports, services }: VirtualStore, parent: KeyPath): Problem[] {
  const problems = exports.flatMap(({ handle }, index): Problem[] => {
    const other = exports.slice(0, index).find((one) => overlap(one.handle, handle));
    if (other === undefined) return [];
    const path = [...parent, 'exports', index, 'handle'];
    return [{ path, found: handle.value, expected: `handles that export ${other.name} does not have too` }];
  });
  const ruled = services.filter(({ rules }) => rules.length > 0).length;
  if (exports.length * ruled <= EXPORTS) return problems;
  const expected = `at most ${EXPORTS} exports, counted once for each service with rules`;
  return [...problems, { path: [...parent, 'exports'], found: exports, expected }];
}

function overlap(a: { value: string; mask: string }, b: { value: string; mask: string }): boolean {
  const number = (hex: string) => BigInt(`0x${hex}`);
  const common = number(a.mask) & number(b.mask);
  return (number(a.value) & common) === (number(b.value) & common);
}

export function checkRules({ exports, pools }: VirtualStore, service: Service, parent: KeyPath): Problem[] {
  const { rules, mode, program } = service;
  if (rules.length === 0) return [];
  const path = [...parent, 'rules'];
  if (mode !== 'request' || program === undefined) {
    return [{ path, found: rules, expected: 'none, as only mode request can tell requests apart' }];
  }
  const problems = rules.flatMap((rule, index) => checkRule(rule, program, exports, pools, [...path, index]));
  if (problems.length > 0) return problems;
  const entries = rules.reduce((total, { procedures }) => total + (entriesOf(program, procedures) ?? 1), 0);
  if (entries > CAPABILITIES) {
    return [{ path, found: rules, expected: `rules of at most ${CAPABILITIES} procedures in all` }];
  }
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

function entriesOf(program: number, procedures: Rule['procedures']): number | undefined {
  return procedures === undefined ? undefined : selectProcedures(program, procedures).length;
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

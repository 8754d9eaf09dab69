import type { Action, Expression, Program, RegisterArray } from '../program/model';
import { limbCount } from '../runtime/limbs';

/** Limbs of a cache line: a longer row would be two. */
const ROW_LIMBS_MAX = 16;

/** Where the cells of a register array are: cell i from limb `i * stride + at` of the rows of `owner`. */
export interface RegisterPlace {
  /** The first array of those that share rows. */
  owner: RegisterArray;
  at: number;
  stride: number;
  /** Limbs of a row that are any array's. */
  used: number;
}

/**
 * Arrays of one size that an action accesses at the same index share rows, so that an entry which a program keeps in
 * several registers costs one cache miss rather than one for each.
 */
export function placeRegisters({ actions, registers }: Program): Map<RegisterArray, RegisterPlace> {
  const groups = new Map(
    registers.map((register): [RegisterArray, RegisterArray[]] => [register, [register]]),
  );
  for (const action of actions) {
    for (const [first, ...others] of together(action)) {
      for (const other of others) merge(groups, first as RegisterArray, other);
    }
  }
  const places = new Map<RegisterArray, RegisterPlace>();
  for (const group of new Set(groups.values())) {
    const owner = group[0] as RegisterArray;
    const stride = rowLimbs(group);
    const used = usedLimbs(group);
    let at = 0;
    for (const register of group) {
      places.set(register, { owner, at, stride, used });
      at += limbCount(register.width);
    }
  }
  return places;
}

/** Of several a power of two, so that a row begins with a cache line or shares it with whole rows. */
function rowLimbs(group: readonly RegisterArray[]): number {
  const limbs = usedLimbs(group);
  return group.length === 1 ? limbs : 2 ** Math.ceil(Math.log2(limbs));
}

function usedLimbs(group: readonly RegisterArray[]): number {
  return group.reduce((sum, { width }) => sum + limbCount(width), 0);
}

function merge(
  groups: Map<RegisterArray, RegisterArray[]>,
  register: RegisterArray,
  other: RegisterArray,
): void {
  const [group, joining] = [groups.get(register) ?? [], groups.get(other) ?? []];
  if (group === joining || register.size !== other.size) return;
  if (rowLimbs([...group, ...joining]) > ROW_LIMBS_MAX) return;
  group.push(...joining);
  for (const each of joining) groups.set(each, group);
}

/** The registers that an action accesses, those at the same index together. */
function together({ primitives }: Action): RegisterArray[][] {
  const found: { index: Expression; registers: RegisterArray[] }[] = [];
  for (const { primitive } of primitives) {
    if (primitive.op !== 'register_read' && primitive.op !== 'register_write') continue;
    const { array, index } = primitive;
    const known = found.find((each) => isSame(each.index, index));
    if (known === undefined) found.push({ index, registers: [array] });
    else known.registers.push(array);
  }
  return found.map(({ registers }) => registers);
}

/** Whether two expressions are written the same way. What the program declares is compared by identity. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isExpression(a) || !isExpression(b) || a.kind !== b.kind) return false;
  const [left, right] = [Object.entries(a), b as Record<string, unknown>];
  return left.every(([name, value]) => isSame(value, right[name]));
}

function isExpression(value: unknown): value is { kind: string } {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

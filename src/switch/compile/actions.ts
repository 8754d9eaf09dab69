import type { Action, Primitive } from '../program/model';
import type { Context } from './context';
import { Register } from './layout';
import type { PrimitiveWriter } from './primitives';
import { literal, type Source } from './source';
import type { TraceCalls } from './trace_calls';

/** Writes `action_X(d, p, cursor, end)`: arguments lie in `d` from `p` on, the payload is `b[cursor, end)`. */
export function writeAction(
  action: Action,
  context: Context,
  primitives: PrimitiveWriter,
  source: Source,
  trace: TraceCalls,
): void {
  context.enterAction(action);
  source.open(`function ${context.name('action', action)}(d, p, cursor, end)`);
  const targets = new Set<number>();
  for (const { primitive } of action.primitives) if (isJump(primitive)) targets.add(primitive.target);
  const writers = { context, primitives, source, trace };
  if (jumpsBack(action)) writeWithJumps(action, targets, writers);
  else writeBlocks(action, targets, writers);
  source.close();
  context.enterAction(undefined);
}

interface Writers {
  context: Context;
  primitives: PrimitiveWriter;
  source: Source;
  trace: TraceCalls;
}

function jumpsBack(action: Action): boolean {
  return action.primitives.some(({ primitive }, i) => isJump(primitive) && primitive.target <= i);
}

export function isJump(primitive: Primitive): primitive is Extract<Primitive, { target: number }> {
  return primitive.op === 'jump' || primitive.op === 'jump_if_zero';
}

/**
 * All jumps go forward, as those of conditions do: each place that is jumped to is the end of a block that begins at the
 * start, which V8 compiles like an `if`. Without jumps there are no blocks.
 */
function writeBlocks(
  action: Action,
  targets: Set<number>,
  { context, primitives, source, trace }: Writers,
): void {
  const { length } = action.primitives;
  const ends = [...targets].filter((target) => target < length).sort((a, b) => a - b);
  const jump = (target: number): string => (target < length ? `break to_${target};` : 'return;');
  for (const end of [...ends].reverse()) source.open(`to_${end}:`);
  action.primitives.forEach(({ primitive, source: at }, i) => {
    if (ends.includes(i)) source.close();
    if (primitive.op !== 'jump') trace.statement(at);
    if (primitive.op === 'jump') source.line(jump(primitive.target));
    else if (primitive.op === 'jump_if_zero')
      source.line(`if (!${context.isNotZero(primitive.condition)}) ${jump(primitive.target)}`);
    else primitives.write(primitive);
  });
}

/** Times an action may jump back; a loop that never ends would stop the whole switch (BMv2's does). */
const JUMPS_BACK_MAX = 1_000_000;

/**
 * Where a jump goes back: one case for each place that is jumped to; cases fall through as the primitives follow each
 * other.
 */
function writeWithJumps(
  action: Action,
  targets: Set<number>,
  { context, primitives, source, trace }: Writers,
): void {
  const jump = (from: number, target: number): string => {
    const back = target <= from ? 'if (--budget === 0) break; ' : '';
    return `${back}at = ${target}; continue;`;
  };
  source.open(`for (let at = 0, budget = ${JUMPS_BACK_MAX}; ; )`);
  source.open('switch (at)');
  source.line('case 0:');
  action.primitives.forEach(({ primitive, source: at }, i) => {
    if (i > 0 && targets.has(i)) source.line(`case ${i}:`);
    if (primitive.op !== 'jump') trace.statement(at);
    if (primitive.op === 'jump') {
      source.line(jump(i, primitive.target));
    } else if (primitive.op === 'jump_if_zero') {
      source.line(`if (!${context.isNotZero(primitive.condition)}) { ${jump(i, primitive.target)} }`);
    } else primitives.write(primitive);
  });
  // A jump past the last primitive ends the action.
  source.line('default: return;');
  source.close();
  source.line(`u[${Register.abandoned}] = 1;`);
  const message = `action "${action.name}" jumped back ${JUMPS_BACK_MAX} times: the packet is dropped`;
  source.line(`rt.log('error', ${literal(message)}, []);`);
  source.line('return;');
  source.close();
}

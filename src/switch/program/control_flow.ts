import type { JsonNode } from './json';
import type { Pipeline } from './model';

/** Refuses control flow that comes back to where it was: a packet would never leave it. */
export function refuseCycles(at: JsonNode, pipeline: Pipeline): void {
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string | undefined): void => {
    if (name === undefined || done.has(name)) return;
    if (open.has(name)) at.fail(`control flow comes back to "${name}": ${[...open, name].join(' -> ')}`);
    open.add(name);
    for (const next of successors(name, pipeline)) visit(next);
    open.delete(name);
    done.add(name);
  };
  for (const nodes of [pipeline.tables, pipeline.conditionals, pipeline.action_calls])
    for (const name of nodes.keys()) visit(name);
}

function successors(name: string, { tables, conditionals, action_calls }: Pipeline): (string | undefined)[] {
  const table = tables.get(name);
  if (table !== undefined)
    return [...table.next.values(), table.next_hit?.node, table.next_miss?.node, table.base_next];
  const conditional = conditionals.get(name);
  return conditional === undefined
    ? [action_calls.get(name)?.next]
    : [conditional.when_true, conditional.when_false];
}

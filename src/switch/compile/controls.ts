import type { Action, Pipeline, Table } from '../program/model';
import { rowLimbs } from '../tables/action_rows';
import { MatchFormat } from '../tables/match';
import { isJump } from './actions';
import type { Context } from './context';
import { Register } from './layout';
import type { PrimitiveWriter } from './primitives';
import type { Source } from './source';
import type { TraceCalls } from './trace_calls';
import { numeric } from './value';

/** What a table's function returns: what decides where control flows next. */
type Outcome = 'nothing' | 'hit' | 'action';

/** V8 optimizes no function beyond a size, so that long actions stay functions of their own. */
const PRIMITIVES_IN_PLACE_MAX = 6;

/**
 * Writes one pipeline: a function for each table and one for the control flow between them. As in the parser, what
 * is entered from one place only is written there.
 */
export class ControlWriter {
  private readonly cases = new Map<string, number>();

  constructor(
    private readonly pipeline: Pipeline,
    private readonly context: Context,
    private readonly primitives: PrimitiveWriter,
    private readonly source: Source,
    private readonly trace: TraceCalls,
    /** As the tracer numbers them. */
    private readonly tables: Table[],
  ) {}

  write(function_name: string): void {
    const { source } = this;
    for (const table of this.pipeline.tables.values())
      if (this.onlyAction(table) === undefined) this.table(table);
    source.open(`function ${function_name}(cursor, end)`);
    if (this.pipeline.initial !== undefined) {
      this.findCases(this.pipeline.initial);
      source.open('for (let node = 0; ; ) switch (node)');
      for (const [name, label] of this.cases) {
        source.open(`case ${label}:`, name);
        this.node(name);
        source.close();
      }
      source.close();
    }
    source.close();
  }

  private successors(name: string): (string | undefined)[] {
    const table = this.pipeline.tables.get(name);
    if (table !== undefined) {
      if (table.next_hit !== undefined || table.next_miss !== undefined)
        return [table.next_hit?.node, table.next_miss?.node];
      const nodes = new Set<string | undefined>(table.actions.map((a) => this.afterAction(table, a.name)));
      if (table.default_entry === undefined) nodes.add(table.base_next);
      return [...nodes];
    }
    const conditional = this.pipeline.conditionals.get(name);
    if (conditional !== undefined) return [conditional.when_true, conditional.when_false];
    return [this.pipeline.action_calls.get(name)?.next];
  }

  private afterAction(table: Table, action: string): string | undefined {
    return table.next.has(action) ? table.next.get(action) : table.base_next;
  }

  private findCases(initial: string): void {
    const entries = new Map<string, number>();
    const queue = [initial];
    const seen = new Set(queue);
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      for (const next of this.successors(name)) {
        if (next === undefined) continue;
        entries.set(next, (entries.get(next) ?? 0) + 1);
        if (!seen.has(next)) queue.push(next);
        seen.add(next);
      }
    }
    this.cases.set(initial, 0);
    for (const [name, count] of entries)
      if (count > 1 && !this.cases.has(name)) this.cases.set(name, this.cases.size);
  }

  private goto(next: string | undefined): void {
    if (next === undefined) {
      this.source.line('return;');
      return;
    }
    const label = this.cases.get(next);
    if (label === undefined) this.node(next);
    else this.source.line(`node = ${label}; continue;`, next);
  }

  private node(name: string): void {
    const { source, context } = this;
    const conditional = this.pipeline.conditionals.get(name);
    if (conditional !== undefined) {
      source.open(`if (${context.test(conditional.condition)})`);
      this.trace.branch(name, conditional.source, true);
      this.goto(conditional.when_true);
      source.turn('else');
      this.trace.branch(name, conditional.source, false);
      this.goto(conditional.when_false);
      source.close();
      return;
    }
    const call = this.pipeline.action_calls.get(name);
    if (call !== undefined) {
      this.trace.action(call.action.name);
      this.callAction(call.action);
      this.goto(call.next);
      return;
    }
    this.applyTable(this.pipeline.tables.get(name) as Table);
  }

  /**
   * What the table always does, whatever is written to it: what p4c makes of statements outside of actions. Tables that
   * are traced are looked up nevertheless.
   */
  private onlyAction({ keys, default_entry, profile }: Table): Action | undefined {
    const is_fixed = keys.length === 0 && profile === undefined && default_entry?.is_const === true;
    if (!is_fixed || default_entry.args.length > 0 || this.trace.enabled) return undefined;
    return default_entry.action;
  }

  private applyTable(table: Table): void {
    const { source, context } = this;
    const action = this.onlyAction(table);
    if (action !== undefined) {
      this.callAction(action);
      const next =
        table.next_hit !== undefined || table.next_miss !== undefined
          ? table.next_miss?.node
          : this.afterAction(table, action.name);
      this.goto(next);
      return;
    }
    const call = `${context.name('apply', table)}(cursor, end)`;
    const outcome = this.outcome(table);
    if (outcome === 'nothing') {
      source.line(`${call};`);
      this.leaveIfExited(table.actions);
      this.goto(this.successors(table.name)[0]);
      return;
    }
    const result = context.name('result', table);
    source.line(`const ${result} = ${call};`);
    this.leaveIfExited(table.actions);
    if (outcome === 'hit') {
      source.open(`if (${result} !== 0)`);
      this.goto(table.next_hit?.node);
      source.turn('else');
      this.goto(table.next_miss?.node);
      source.close();
      return;
    }
    const groups = new Map<string | undefined, number[]>();
    for (const action of table.actions) {
      const next = this.afterAction(table, action.name);
      groups.set(next, [...(groups.get(next) ?? []), actionNumber(table, action)]);
    }
    const ordered = [...groups].sort((a, b) => a[1].length - b[1].length);
    const otherwise = table.default_entry === undefined ? [table.base_next] : ordered.pop();
    for (const [next, actions] of ordered) {
      source.open(`if (${actions.map((i) => `${result} === ${i}`).join(' || ')})`);
      this.goto(next);
      source.close();
    }
    this.goto(otherwise?.[0]);
  }

  /** An action without arguments; short ones are written in place. */
  private callAction(action: Action): void {
    const { primitives } = action;
    const is_short =
      primitives.length <= PRIMITIVES_IN_PLACE_MAX && !primitives.some(({ primitive }) => isJump(primitive));
    if (is_short && !this.trace.enabled)
      for (const { primitive } of primitives) this.primitives.write(primitive);
    else this.source.line(`${this.context.name('action', action)}(none, 0, cursor, end);`);
    this.leaveIfExited([action]);
  }

  private leaveIfExited(actions: Table['actions']): void {
    if (actions.some((a) => a.primitives.some(({ primitive }) => primitive.op === 'exit')))
      this.source.line(`if (u[${Register.exit}] !== 0) return;`);
  }

  private outcome(table: Table): Outcome {
    if (table.next_hit !== undefined || table.next_miss !== undefined) return 'hit';
    return this.successors(table.name).length > 1 ? 'action' : 'nothing';
  }

  /** `apply_T()`: looks up the key, counts, runs the action; returns the hit entry (0: miss) or the action's number. */
  private table(table: Table): void {
    const { source, context } = this;
    const name = context.name('table', table);
    source.open(`function ${context.name('apply', table)}(cursor, end)`);
    if (table.keys.length === 0) source.line('const entry = 0;');
    else {
      const key = context.name('key', table);
      source.line('let entry = 0;');
      source.open(`if (${name}.size !== 0)`);
      let at = 0;
      for (const { value, width, mask } of table.keys) {
        const code = context.value(value);
        // A field of an invalid header is matched as 0, whatever the header held before.
        const valid = value.kind === 'field' && !context.isMetadata(value.header);
        const limbs = (code.limbs ?? [code.low()]).map((limb) =>
          valid ? `(${context.validity(value.header)} !== 0 ? ${limb} : 0)` : limb,
        );
        limbs.forEach((limb, i) => {
          const shift = BigInt(32 * (limbs.length - 1 - i));
          const limb_mask = mask === undefined ? undefined : (mask >> shift) & 0xffffffffn;
          const signed =
            value.kind === 'field' && value.field.signed ? (1n << BigInt(width)) - 1n : undefined;
          const cut = limb_mask ?? signed;
          source.line(`${key}[${at++}] = ${cut === undefined ? limb : `${limb} & ${cut}`};`);
        });
      }
      source.line(`entry = ${context.name('lookup', table)}.find(${key});`);
      source.close();
      if (table.with_counters)
        source.line(`if (entry !== 0) ${name}.count(entry, u[${Register.ingress_length}]);`);
      if (table.direct_meter?.result !== undefined) {
        source.open('if (entry !== 0)');
        const colour = `${name}.meter(entry, u[${Register.ingress_length}])`;
        this.primitives.assign(table.direct_meter.result, numeric(colour, 2n));
        source.close();
      }
      if (table.support_timeout) source.line(`if (entry !== 0) ${name}.touch(entry);`);
    }
    const outcome = this.outcome(table);
    const rows = this.row(table);
    const { stride, at } = actionPlace(table);
    this.trace.table(this.tables.indexOf(table));
    source.line(`const d = ${rows}.rows.records, p = row * ${stride} + ${at + 1};`);
    if (outcome === 'action') source.line('const action = d[p - 1];');
    source.open(`switch (${outcome === 'action' ? 'action' : 'd[p - 1]'})`);
    for (const action of table.actions) {
      if (action.primitives.length > 0)
        source.line(
          `case ${actionNumber(table, action)}: ${context.name('action', action)}(d, p, cursor, end); break;`,
        );
    }
    source.close();
    if (outcome === 'hit') source.line('return entry;');
    if (outcome === 'action') source.line('return action;');
    source.close();
  }

  /** Declares `row`, where the entry's action and arguments are in the rows whose name is returned. */
  private row(table: Table): string {
    const { source, context } = this;
    const { profile } = table;
    const actions = context.name('actions', table);
    if (profile === undefined) {
      source.line('const row = entry;');
      return actions;
    }
    source.line(`${profile.selector === undefined ? 'const' : 'let'} row = ${actions}.targets[entry];`);
    if (profile.selector !== undefined) {
      const hash = `${context.name('calculate', profile.selector)}(cursor, end)`;
      source.line(`if (row < 0) row = ${context.name('profile', profile)}.choose(row, ${hash});`);
    }
    return context.name('rows', profile);
  }
}

/** What numbers of actions count, from 1: the tables of an action profile share theirs. */
function actionList(table: Table): Action[] {
  return table.profile?.actions ?? table.actions;
}

/** Where rows have the action. */
function actionPlace(table: Table): { stride: number; at: number } {
  const limbs = rowLimbs(actionList(table));
  if (table.profile !== undefined) return { stride: limbs, at: 0 };
  const at = new MatchFormat(table.name, table.keys).stride;
  return { stride: at + limbs, at };
}

function actionNumber(table: Table, action: Action): number {
  return 1 + actionList(table).findIndex(({ name }) => name === action.name);
}

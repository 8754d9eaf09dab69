import { ExpressionLoader } from './expressions';
import { JsonNode } from './json';
import type { FieldList, Primitive } from './model';
import type { Scope } from './scope';

/** Reads one primitive call, of an action or of a parser state. */
export function loadPrimitive(at: JsonNode, scope: Scope, expressions: ExpressionLoader): Primitive {
  const op = at.get('op').string();
  const parameters = at.itemsOf('parameters');
  const parameter = (i: number): JsonNode =>
    parameters[i] ?? at.fail(`primitive "${op}" has ${parameters.length} parameters, none at ${i}`);
  const constant = (i: number): number => {
    const value = expressions.data(parameter(i));
    return value.kind === 'constant' ? Number(value.value) : parameter(i).fail('expected a constant');
  };
  const fieldList = (i: number): FieldList => {
    const id = constant(i);
    return scope.field_lists.get(id) ?? parameter(i).fail(`there is no field list ${id}`);
  };

  switch (op) {
    case 'assign':
    case 'modify_field':
    case 'set': {
      const target = expressions.target(parameter(0));
      if (target.field.varbit)
        return { op: 'assign_varbit', target, source_field: expressions.target(parameter(1)) };
      return { op: 'assign', target, value: expressions.data(parameter(1)) };
    }
    case 'assign_VL':
      return {
        op: 'assign_varbit',
        target: expressions.target(parameter(0)),
        source_field: expressions.target(parameter(1)),
      };
    case 'assign_header':
    case 'copy_header':
      return {
        op: 'assign_header',
        target: expressions.header(parameter(0)),
        source_header: expressions.header(parameter(1)),
      };
    case 'assign_union':
      return {
        op: 'assign_union',
        target: expressions.union(parameter(0)),
        source_union: expressions.union(parameter(1)),
      };
    case 'assign_header_stack':
    case 'assign_union_stack': {
      const target = expressions.stack(parameter(0));
      const source_stack = expressions.stack(parameter(1));
      if ('type' in target && 'type' in source_stack) return { op: 'assign_stack', target, source_stack };
      if (!('type' in target) && !('type' in source_stack))
        return { op: 'assign_union_stack', target, source_stack };
      return at.fail('a header stack and a header union stack cannot be assigned to each other');
    }
    case 'add_header':
    case 'add_header_fast':
      return { op: 'set_valid', header: expressions.header(parameter(0)) };
    case 'remove_header':
      return { op: 'set_invalid', header: expressions.header(parameter(0)) };
    case 'push':
    case 'pop':
      return { op, stack: expressions.stack(parameter(0)), count: constant(1) };
    case '_jump':
      return { op: 'jump', target: constant(0) };
    case '_jump_if_zero':
      return { op: 'jump_if_zero', condition: expressions.data(parameter(0)), target: constant(1) };
    case 'exit':
      return { op: 'exit' };
    case 'drop':
    case 'mark_to_drop':
      return {
        op: 'drop',
        metadata: scope.headers.resolve(
          parameters.length > 0 ? parameter(0).get('value') : new JsonNode('standard_metadata', at.path, at),
        ),
      };
    case 'truncate':
      return { op: 'truncate', length: expressions.data(parameter(0)) };
    case 'count':
      return {
        op: 'count',
        counter: scope.counters.resolve(parameter(0).get('value')),
        index: expressions.data(parameter(1)),
      };
    case 'register_read':
      return {
        op: 'register_read',
        target: expressions.target(parameter(0)),
        array: scope.registers.resolve(parameter(1).get('value')),
        index: expressions.data(parameter(2)),
      };
    case 'register_write':
      return {
        op: 'register_write',
        array: scope.registers.resolve(parameter(0).get('value')),
        index: expressions.data(parameter(1)),
        value: expressions.data(parameter(2)),
      };
    case 'modify_field_with_hash_based_offset':
      return {
        op: 'hash',
        target: expressions.target(parameter(0)),
        base: expressions.data(parameter(1)),
        calculation: scope.calculations.resolve(parameter(2).get('value')),
        size: expressions.data(parameter(3)),
      };
    case 'modify_field_rng_uniform':
      return {
        op: 'random',
        target: expressions.target(parameter(0)),
        low: expressions.data(parameter(1)),
        high: expressions.data(parameter(2)),
      };
    case 'generate_digest': {
      const id = constant(1);
      const list = scope.digests.get(id) ?? parameter(1).fail(`there is no learn list ${id}`);
      return { op: 'digest', list };
    }
    case 'clone_ingress_pkt_to_egress':
    case 'clone_egress_pkt_to_egress':
      return {
        op: 'clone',
        session: expressions.data(parameter(0)),
        list: constant(1) === 0 ? undefined : fieldList(1),
      };
    case 'resubmit':
    case 'recirculate':
      return { op, list: fieldList(0) };
    case 'assert':
    case 'assume':
      return {
        op: 'assert',
        condition: expressions.data(parameter(0)),
        message: `${op} failed: ${at.source()?.fragment ?? ''} at line ${at.source()?.line ?? '?'}`,
      };
    case 'log_msg':
      return {
        op: 'log',
        format: parameter(0).get('value').string(),
        // p4c writes an empty object where there are no values.
        values:
          parameters.length < 2 || !parameter(1).get('value').isArray()
            ? []
            : parameter(1)
                .get('value')
                .items()
                .map((item) => expressions.data(item)),
      };
    case 'no_op':
      return { op: 'nothing' };
    case 'execute_meter': {
      const meter = scope.meters.resolve(parameter(0).get('value'));
      if (meter.result !== undefined) parameter(0).fail(`meter "${meter.name}" is direct: its table runs it`);
      return {
        op: 'execute_meter',
        meter,
        index: expressions.data(parameter(1)),
        target: expressions.target(parameter(2)),
      };
    }
    default:
      return at.fail(`primitive "${op}" is not supported`);
  }
}

import type { JsonNode } from './json';
import type { Calculation, CalculationInput } from './model';
import type { Scope } from './scope';

/** An algorithm over a list of inputs: a `calculations` item, or the `selector` of an action profile. */
export function loadCalculation(at: JsonNode, name: string, scope: Scope): Calculation {
  const inputs = at
    .get('input')
    .items()
    .map((input): CalculationInput => {
      const type = input.get('type').string();
      switch (type) {
        case 'field':
          return { kind: 'field', field: scope.field(input.get('value')) };
        case 'hexstr':
          return {
            kind: 'constant',
            value: input.get('value').hex(),
            width: input.get('bitwidth').integer(),
          };
        case 'header':
          return { kind: 'header', header: scope.headers.resolve(input.get('value')) };
        case 'payload':
          return { kind: 'payload' };
        default:
          return input.fail(`a calculation over a "${type}" is not supported`);
      }
    });
  return { name, algorithm: at.get('algo').string(), inputs, source: at.source() };
}

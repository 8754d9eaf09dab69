/** Whatever text is in the file, the outcome is a configuration or a ConfigError with places inside the text. */
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigError, parseConfig } from '../../src/config/load';
import { EXAMPLE } from './example';

function expectConfigOrError(text: string): void {
  try {
    parseConfig(text, 'x.yaml');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = text.split(/\r\n|\n|\r/).length;
    expect(error.issues.length).toBeGreaterThan(0);
    for (const issue of error.issues) {
      expect(issue.line).toBeGreaterThanOrEqual(1);
      expect(issue.line).toBeLessThanOrEqual(lines);
      expect(issue.column).toBeGreaterThanOrEqual(1);
      expect(issue.expected).not.toBe('');
    }
  }
}

test('arbitrary text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), expectConfigOrError));
});

test('text of YAML’s own characters', () => {
  const character = fc.constantFrom(...'{}[]:,-?&*!|>\'"%@`#\n \tab1<~.');
  fc.assert(fc.property(fc.string({ unit: character, maxLength: 60 }), expectConfigOrError), {
    numRuns: 2000,
  });
});

const KEYS = [...new Set(EXAMPLE.match(/\w+(?=:)/g) ?? [])];

test('arbitrary values under real keys', () => {
  const { tree } = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.string(),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.constant('s1'),
    ),
    object: fc.dictionary(fc.oneof(fc.constantFrom(...KEYS, '__proto__'), fc.string()), tie('tree'), {
      maxKeys: 6,
    }),
    tree: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.array(tie('tree'), { maxLength: 4 }),
      tie('object'),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => expectConfigOrError(stringify(value))),
    { numRuns: 500 },
  );
});

test('the example with a piece cut out or repeated', () => {
  fc.assert(
    fc.property(fc.nat(EXAMPLE.length), fc.nat(40), fc.boolean(), (start, length, repeat) => {
      const end = start + length;
      expectConfigOrError(
        repeat ? EXAMPLE.slice(0, end) + EXAMPLE.slice(start) : EXAMPLE.slice(0, start) + EXAMPLE.slice(end),
      );
    }),
    { numRuns: 500 },
  );
});

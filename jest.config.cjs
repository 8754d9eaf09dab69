/** Unit tests import sources through swc; `npm test` type-checks them separately. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
      },
    ],
  },
  moduleNameMapper: {
    // The workspace's sources, so that tests need no build first.
    '^p4runtime-js$': '<rootDir>/proto/src/index.ts',
    // import(), by which the command line loads late, must name the compiled file.
    '^(\\.{1,2}/.+)\\.js$': '$1',
  },
  testTimeout: 120_000,
  reporters: ['default', '<rootDir>/test/summary_reporter.cjs'],
};

/**
 * Lets Node run the command line from its TypeScript sources, so that these tests need no build and never see an old
 * one: `node -r THIS src/cli/main.ts`. Compiles as jest.config.cjs does.
 */
'use strict';
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const swc = require('@swc/core');

const CHECKOUT = path.resolve(__dirname, '../../..');
const options = {
  jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};

Module._extensions['.ts'] = (module, filename) => {
  const { code } = swc.transformSync(readFileSync(filename, 'utf8'), { ...options, filename });
  module._compile(code, filename);
};

const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  if (request === 'p4runtime-js') return path.join(CHECKOUT, 'proto/src/index.ts');
  try {
    return resolve.call(this, request, parent, ...rest);
  } catch (error) {
    // import() names the compiled file.
    if (!/^\.{1,2}\/.+\.js$/.test(request)) throw error;
    return resolve.call(this, request.slice(0, -'.js'.length), parent, ...rest);
  }
};

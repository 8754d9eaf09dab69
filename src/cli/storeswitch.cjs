#!/usr/bin/env node
'use strict';
/** `npx storeswitch` in the checkout. */
const fs = require('node:fs');
const path = require('node:path');

const main = path.resolve(__dirname, '../../dist/cli/main.js');
if (fs.existsSync(main)) {
  require(main).start();
} else {
  process.stderr.write('storeswitch is not compiled yet: `npm run demo` or `npm test` does all set-up\n');
  process.exitCode = 1;
}

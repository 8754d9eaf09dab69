'use strict';
/** What setup says, on standard error, and how it runs other programs. */
const { spawnSync } = require('node:child_process');
const path = require('node:path');

const CHECKOUT = path.resolve(__dirname, '../..');

/** A message for the user: what is wrong and what to do. */
class SetupError extends Error {}

function say(text) {
  process.stderr.write('setup: ' + text + '\n');
}

/** Runs a program with all its output on standard error; throws a SetupError when it fails. */
function run(program, args, hint, env) {
  const result = spawnSync(program, args, {
    cwd: CHECKOUT,
    stdio: ['ignore', 2, 2],
    env: Object.assign({}, process.env, env),
  });
  if (result.status === 0) return;
  const how = result.error
    ? result.error.message
    : 'exit code ' + (result.status === null ? result.signal : result.status);
  throw new SetupError('`' + [program].concat(args).join(' ') + '` failed (' + how + '). ' + hint);
}

module.exports = { CHECKOUT, SetupError, run, say };

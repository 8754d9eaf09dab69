'use strict';
/** Compiles TypeScript to dist/, and C programs to .storeswitch/, when a source is newer than the result. */
const fs = require('node:fs');
const path = require('node:path');
const { CHECKOUT, run, say } = require('./progress.cjs');

const STAMP = path.join(CHECKOUT, 'dist/.compiled');
const C_PROGRAMS = [
  { source: 'src/demo/clients/nfs-udp.c', program: '.storeswitch/nfs-udp', libraries: ['-lnfs'] },
  {
    source: 'src/demo/clients/nfs-udp-file.c',
    program: '.storeswitch/nfs-udp-file',
    libraries: ['-lnfs'],
  },
  { source: 'src/bench/lab/nfs-rate.c', program: '.storeswitch/nfs-rate', libraries: ['-lnfs', '-lm'] },
  { source: 'src/kernel_client/guest/workload.c', program: '.storeswitch/kernel-workload', libraries: [] },
];

function mtime_ms(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 0 : stat.mtimeMs;
}

/** Newest change of a file or of anything in a folder; folders count too, so that a deletion is seen. */
function newest_ms(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return fs
    .readdirSync(file)
    .filter((name) => name !== 'dist' && name !== 'node_modules')
    .reduce((newest, name) => Math.max(newest, newest_ms(path.join(file, name))), stat.mtimeMs);
}

function compileTypeScript() {
  const inputs = ['src', 'proto', 'tsconfig.json', 'tsconfig.base.json', 'package-lock.json'];
  const before = new Date();
  if (mtime_ms(STAMP) > Math.max(...inputs.map((input) => newest_ms(path.join(CHECKOUT, input))))) return;
  say('compiling …');
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-b'], 'The sources do not compile.');
  fs.writeFileSync(STAMP, '');
  fs.utimesSync(STAMP, before, before);
}

function compileC({ source, program, libraries }) {
  const file = path.join(CHECKOUT, program);
  if (mtime_ms(file) > mtime_ms(path.join(CHECKOUT, source))) return;
  say('compiling ' + source + ' …');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const flags = ['-std=c11', '-D_DEFAULT_SOURCE', '-O2', '-Wall', '-Wextra'];
  run('gcc', flags.concat('-o', program, source, libraries), 'It needs gcc, libc6-dev and libnfs-dev.');
}

function compile() {
  compileTypeScript();
  C_PROGRAMS.forEach(compileC);
}

module.exports = { compile };

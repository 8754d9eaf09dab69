'use strict';
/** npm packages: node_modules as package-lock.json wants it. */
const fs = require('node:fs');
const path = require('node:path');
const { CHECKOUT, run, say } = require('./progress.cjs');

const BIN = 'storeswitch';

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(path.join(CHECKOUT, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** Whether every locked package is installed in its version; npm keeps its own list of what it installed. */
function upToDate() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  if (wanted === undefined || installed === undefined) return false;
  return Object.keys(wanted)
    .filter((key) => key.startsWith('node_modules/') && !wanted[key].link)
    .every((key) => {
      const found = installed[key];
      if (found === undefined) return wanted[key].optional === true; // for other platforms
      return found.version === wanted[key].version && fs.existsSync(path.join(CHECKOUT, key));
    });
}

/** `npx storeswitch` in the checkout: npm links the bins of dependencies, but not the package's own. */
function linkBin() {
  const link = path.join(CHECKOUT, 'node_modules/.bin', BIN);
  const target = path.relative(path.dirname(link), path.join(CHECKOUT, 'src/cli/storeswitch.cjs'));
  try {
    if (fs.readlinkSync(link) === target) return;
    fs.unlinkSync(link);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.symlinkSync(target, link);
}

function install() {
  if (!upToDate()) {
    say('npm packages …');
    // Not `npm ci`: it refuses a lock that lacks optional packages of other platforms, which npm itself leaves out where
    // the registry does not have them. This installs the locked versions too, and leaves the lock as it is.
    run(
      'npm',
      ['install', '--no-save', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
      'npm needs the network (or its cache); see the lines above.',
    );
  }
  linkBin();
}

module.exports = { install, upToDate };

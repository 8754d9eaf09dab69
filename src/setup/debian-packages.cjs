'use strict';
/** Debian packages of requirements.json. */
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const requirements = require('./requirements.json');
const { SetupError, run, say } = require('./progress.cjs');

const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_SAVED = POLICY + '.before-storeswitch';
const APT = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Use-Pty=0'];
const ENV = { DEBIAN_FRONTEND: 'noninteractive' };

/** Names of `job`'s packages that are not installed; throws a SetupError where dpkg cannot be asked. */
function missing(job) {
  const wanted = requirements.debian
    .filter((entry) => entry.jobs.includes(job))
    .map((entry) => entry.package);
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n'].concat(wanted), {
    encoding: 'utf8',
  });
  if (query.error) {
    throw new SetupError(
      'this is not Debian (no dpkg-query); install what Debian calls: ' + wanted.join(' '),
    );
  }
  const installed = new Set(
    query.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return wanted.filter((name) => !installed.has(name));
}

/** Debian starts a daemon when it installs it; ours run in namespaces only. invoke-rc.d(8) asks this script first. */
function withoutStartingServices(action) {
  // A program waits in `run`, so a signal only reaches these after it; then the script is put back first.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const wait = () => {};
  signals.forEach((signal) => process.on(signal, wait));
  const had = fs.existsSync(POLICY) && !fs.existsSync(POLICY_SAVED);
  if (had) fs.renameSync(POLICY, POLICY_SAVED);
  try {
    fs.writeFileSync(POLICY, '#!/bin/sh\n# storeswitch setup: install daemons, start none\nexit 101\n', {
      mode: 0o755,
    });
    action();
  } finally {
    fs.rmSync(POLICY, { force: true });
    if (fs.existsSync(POLICY_SAVED)) fs.renameSync(POLICY_SAVED, POLICY);
    signals.forEach((signal) => process.off(signal, wait));
  }
}

function haveLists() {
  try {
    return fs.readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'));
  } catch {
    return false;
  }
}

function install(job) {
  const names = missing(job);
  if (names.length === 0) return;
  const command = 'apt-get install --no-install-recommends ' + names.join(' ');
  if (process.getuid() !== 0) {
    throw new SetupError(
      'Debian packages are missing and installing them needs root: run this as root, or `sudo ' +
        command +
        '`',
    );
  }
  if (spawnSync('apt-get', ['--version']).error)
    throw new SetupError('no apt-get here; install: ' + names.join(' '));
  const hint =
    'apt-get needs the network and working package sources; by hand: `apt-get update && ' + command + '`';
  const args = APT.concat('install', '--no-install-recommends', names);
  withoutStartingServices(() => {
    if (haveLists()) {
      say('Debian packages: ' + names.join(' ') + ' …');
      // The lists may be older than the archive: then apt meets packages that are gone.
      if (
        spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env: Object.assign({}, process.env, ENV) })
          .status === 0
      )
        return;
    }
    say('Debian package lists …');
    run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', 'update'], hint, ENV);
    say('Debian packages: ' + names.join(' ') + ' …');
    run('apt-get', args, hint, ENV);
  });
}

module.exports = { install, missing };

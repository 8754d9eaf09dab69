'use strict';
/** nfs-ganesha finds the file system it exports in /etc/mtab. systemd makes that link at boot; a container may lack it. */
const fs = require('node:fs');
const { SetupError, say } = require('./progress.cjs');

const MTAB = '/etc/mtab';
const MOUNTS = '../proc/self/mounts';

function link() {
  if (fs.existsSync(MTAB)) return;
  if (process.getuid() !== 0)
    throw new SetupError(MTAB + ' is missing: run this as root, or `sudo ln -s ' + MOUNTS + ' ' + MTAB + '`');
  say(MTAB + ' -> ' + MOUNTS);
  fs.symlinkSync(MOUNTS, MTAB);
}

module.exports = { link };

// Compiles the P4 program into p4/build/ with p4c-bm2-ss: `npm run p4`.
// p4/build/ is committed, with a hash of the sources that a test checks, so that nobody needs p4c to run Storeswitch.
'use strict';
const { spawnSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = __dirname;
const build = path.join(root, 'build');

/** Every .p4 file below p4/, sorted, as paths relative to it. */
function sources(folder = root) {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory()) return sources(full);
      return entry.name.endsWith('.p4') ? [path.relative(root, full)] : [];
    })
    .sort();
}

/** SHA-256 over names and contents of all sources, in hexadecimal. */
function sourceHash() {
  const hash = createHash('sha256');
  for (const file of sources())
    hash
      .update(`${file}\0`)
      .update(fs.readFileSync(path.join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

function compile(outDir = build) {
  fs.mkdirSync(outDir, { recursive: true });
  const args = ['--Wdisable=unused', '--Wdisable=uninitialized-use', '--std', 'p4-16', 'storeswitch.p4'];
  args.push('-o', path.join(outDir, 'storeswitch.json'));
  args.push('--p4runtime-files', path.join(outDir, 'storeswitch.p4info.txtpb'));
  const run = spawnSync('p4c-bm2-ss', args, { cwd: root, stdio: 'inherit' });
  if (run.error)
    throw new Error('p4c-bm2-ss is not on PATH: install p4c to compile p4/, or use the committed p4/build/');
  if (run.status !== 0) throw new Error(`p4c-bm2-ss failed with status ${run.status}`);
  fs.writeFileSync(path.join(outDir, 'storeswitch.sha256'), `${sourceHash()}\n`);
}

module.exports = { sourceHash, compile };

if (require.main === module) {
  try {
    compile();
  } catch (error) {
    console.error(`storeswitch: ${error.message}`);
    process.exitCode = 1;
  }
}

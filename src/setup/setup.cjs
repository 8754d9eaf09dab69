'use strict';
/**
 * Makes a fresh checkout ready for a job: `node src/setup/setup.cjs demo|test|kernel`. Installs and compiles what is missing
 * or out of date and skips the rest. Plain JavaScript, because it runs before anything is compiled. Standard output
 * stays empty: it belongs to the job.
 */
const requirements = require('./requirements.json');
const { SetupError, say } = require('./progress.cjs');

function setUp(job) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < requirements.node.major) {
    throw new SetupError(
      'Node.js ' +
        requirements.node.major +
        ' or newer is needed, this is ' +
        process.versions.node +
        ': https://nodejs.org',
    );
  }
  require('./node-packages.cjs').install();
  require('./debian-packages.cjs').install(job);
  require('./mtab.cjs').link();
  require('./compile.cjs').compile();
}

const job = process.argv[2];
if (!['demo', 'test', 'kernel'].includes(job)) {
  say('usage: node src/setup/setup.cjs demo|test|kernel');
  process.exitCode = 2;
} else {
  try {
    setUp(job);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}

// Ends a run with one plain line that any CI can read, after the names of what was skipped.
'use strict';

module.exports = class SummaryReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults
      .flatMap((file) => file.testResults)
      .filter((test) => test.status === 'pending' || test.status === 'todo');
    for (const test of skipped) process.stdout.write(`not run: ${test.fullName}\n`);
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    process.stdout.write(`${results.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped\n`);
  }
};

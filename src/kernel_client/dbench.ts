/** What dbench 4 prints, run after run, with `exit code N` after each. */

export interface DbenchReport {
  runs: number;
  /** Operations of runs that ended well; dbench lists them at a run's end. */
  operations: number;
  /** Lines in which it complains of an operation, and runs that ended with another exit code than 0. */
  failures: string[];
}

const EXIT_CODE = /^exit code (\d+)$/;
const TABLE_ROW = /^ [A-Z]\w+ +(\d+) +[\d.]+ +[\d.]+$/;
/** Such as `[7] unlink ./a failed (No such file or directory) - expected NT_STATUS_OK`. */
const COMPLAINT = /^[[(]\d+[\])] .*(failed|succeeded|expected|ERROR)|^ERROR|^Child failed/;

export function parseDbench(text: string): DbenchReport {
  const report: DbenchReport = { runs: 0, operations: 0, failures: [] };
  for (const line of text.split('\n')) {
    const code = EXIT_CODE.exec(line)?.[1];
    if (code !== undefined) {
      report.runs++;
      if (code !== '0') report.failures.push(`run ${report.runs} ended with ${line}`);
    }
    report.operations += Number(TABLE_ROW.exec(line)?.[1] ?? 0);
    if (COMPLAINT.test(line)) report.failures.push(line);
  }
  return report;
}

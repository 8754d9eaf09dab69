import { EXIT } from '../../src/cli/exit_codes';
import { storeswitch } from './support/storeswitch';

interface Report {
  ok: boolean;
  findings: {
    name: string;
    state: 'ok' | 'lacks' | 'note';
    detail: string;
    jobs?: string[];
    mend?: string;
  }[];
}

async function doctor(
  env: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; report: Report; stderr: string }> {
  const { code, stdout, stderr } = await storeswitch(['doctor', '--json'], env);
  return { code, report: JSON.parse(stdout) as Report, stderr };
}

it('looks at everything, and its exit code says whether something lacks', async () => {
  const { code, report, stderr } = await doctor();
  const lacking = report.findings.filter(({ state }) => state === 'lacks').map(({ name }) => name);
  expect(report.ok).toBe(lacking.length === 0);
  expect(code).toBe(report.ok ? EXIT.ok : EXIT.failed);
  expect(stderr).toBe(report.ok ? '' : `storeswitch: this machine lacks ${lacking.join(', ')}\n`);
  for (const subject of [
    'Node.js',
    'npm packages',
    'koffi',
    'Debian packages for demo',
    'Mininet',
    'P4 program',
  ]) {
    expect(report.findings.map(({ name }) => name).join('\n')).toContain(subject);
  }
  expect(report.findings.find(({ name }) => name === 'Node.js')?.state).toBe('ok');
});

it('tells for all that lacks which job it stops and what mends it', async () => {
  // Without PATH there is no dpkg-query, no unshare, no p4c.
  const { code, report } = await doctor({ PATH: '/nonexistent' });
  expect(code).toBe(EXIT.failed);
  const namespaces = report.findings.find(({ name }) => name.includes('namespaces'));
  expect(namespaces).toMatchObject({ state: 'lacks', jobs: ['demo', 'test'] });
  for (const { state, jobs, mend } of report.findings) {
    if (state !== 'lacks') continue;
    expect(jobs).not.toEqual([]);
    expect(mend).not.toBe('');
  }
  for (const program of ['simple_switch_grpc', 'p4c-bm2-ss']) {
    expect(report.findings.find(({ name }) => name === program)).toMatchObject({ state: 'note' });
  }
});

it('prints a line for each finding', async () => {
  const { stdout } = await storeswitch(['doctor']);
  expect(stdout).toMatch(/^ok {5}Node\.js: 2\d/m);
});

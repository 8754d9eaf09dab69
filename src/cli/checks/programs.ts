/** Programs and packages: Node.js, npm, Debian, and those that are used where they happen to be on PATH. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CHECKOUT, requireFromCheckout } from '../checkout';
import type { Finding, Job } from './check';

interface Requirements {
  node: { major: number };
  debian: { package: string; jobs: ('demo' | 'test' | 'kernel')[]; purpose: string }[];
}

export function checkNode(): Finding[] {
  const { node } = requireFromCheckout<Requirements>('src/setup/requirements.json');
  const found: Finding = { name: 'Node.js', state: 'ok', detail: process.versions.node };
  if (Number(process.versions.node.split('.')[0]) >= node.major) return [found];
  return [
    {
      ...found,
      state: 'lacks',
      detail: `${process.versions.node}, needs ${node.major} or newer`,
      jobs: ['demo', 'test', 'run'],
      mend: 'install Node.js from https://nodejs.org',
    },
  ];
}

export function checkNpmPackages(): Finding[] {
  const { upToDate } = requireFromCheckout<{ upToDate: () => boolean }>('src/setup/node-packages.cjs');
  const name = 'npm packages';
  if (upToDate()) return [{ name, state: 'ok', detail: 'as package-lock.json wants them' }];
  const detail = 'node_modules differs from package-lock.json';
  return [{ name, state: 'lacks', detail, jobs: ['demo', 'test', 'run'], mend: 'npm ci' }];
}

export function checkDebianPackages(): Finding[] {
  const { debian } = requireFromCheckout<Requirements>('src/setup/requirements.json');
  const { missing } = requireFromCheckout<{ missing: (job: 'demo' | 'test') => string[] }>(
    'src/setup/debian-packages.cjs',
  );
  return (['demo', 'test'] as const).map((job): Finding => {
    const name = `Debian packages for ${job}`;
    const wanted = debian.filter(({ jobs }) => jobs.includes(job));
    const absent = missing(job);
    if (absent.length === 0) return { name, state: 'ok', detail: `all ${wanted.length} installed` };
    const purposes = wanted
      .filter((entry) => absent.includes(entry.package))
      .map((entry) => `${entry.package} (${entry.purpose})`);
    return {
      name,
      state: 'lacks',
      detail: `missing ${purposes.join(', ')}`,
      jobs: [job],
      mend: `apt-get install --no-install-recommends ${absent.join(' ')}`,
    };
  });
}

/** Mininet's modules belong to Debian's own Python, whatever `python3` on PATH is. */
export function checkMininet(): Finding[] {
  const name = 'Mininet in /usr/bin/python3';
  const python = spawnSync('/usr/bin/python3', ['-c', 'import mininet.net'], { encoding: 'utf8' });
  if (python.status === 0) return [{ name, state: 'ok', detail: 'can be imported' }];
  const detail = python.error?.message ?? (python.stderr.trim().split('\n').at(-1) || 'cannot be imported');
  const mend = 'apt-get install --no-install-recommends mininet';
  return [{ name, state: 'lacks', detail, jobs: ['demo', 'test'], mend }];
}

/** BMv2 and p4c are in no package registry, and nothing needs them; Samba is needed for SMB shares only. */
export function checkOptionalPrograms(): Finding[] {
  return [
    onPath('simple_switch_grpc', 'BMv2, for --target bmv2 and for comparing the embedded switch with it'),
    onPath('smbd', 'Samba, for SMB shares of a virtual store'),
    onPath('p4c-bm2-ss', 'p4c, only to compile a changed p4/'),
  ];
}

function onPath(program: string, purpose: string): Finding {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const file = folders.map((folder) => join(folder, program)).find(isExecutable);
  if (file !== undefined) return { name: program, state: 'ok', detail: file };
  return { name: program, state: 'note', detail: `not on PATH: ${purpose}; optional` };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What setup compiles for the demo. */
export function checkCompiled(): Finding[] {
  const client = '.storeswitch/nfs-udp';
  const name = "the demo's UDP client";
  if (existsSync(join(CHECKOUT, client))) return [{ name, state: 'ok', detail: client }];
  const detail = `${client} is not compiled yet: npm run demo does it`;
  const jobs: Job[] = ['demo'];
  return [{ name, state: 'lacks', detail, jobs, mend: 'node src/setup/setup.cjs demo' }];
}

/** SMB clients of an NFS store through the gateway: how fast, and whether what they read is what they wrote. */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import type { Benchmark, Report } from '../report';
import { differences, makeFiles, writeRandom } from './file_sets';
import { SmbLab } from './lab';

const MIB = 1 << 20;
const LARGE_MIB = 100;
const SMALL_FILES = 1000;
const SMALL_BYTES_MAX = 16 * 1024;
const ENTRIES = 10_000;
/** The store is away for so long, from half of the large file on. */
const AWAY_MS = 5_000;
/** Longer than smbclient waits by itself: it has to outwait the store. */
const PATIENT = ['-N', '-t', '100'];

interface Step {
  seconds: number;
  /** Lines in which smbclient tells of an error. */
  errors: number;
}

async function run(progress: (line: string) => void, signal: AbortSignal): Promise<Report> {
  const lab = new SmbLab();
  try {
    await lab.startStore();
    const logger = pino({ level: 'warn' }, pino.destination({ fd: 2, sync: true }));
    await lab.serve([lab.share({ case_sensitive: true }), lab.share({ name: 'any_case' })], logger);
    const sent = join(lab.folder, 'sent');
    const fetched = join(lab.folder, 'fetched');
    const large = join(sent, 'large');
    const small = join(sent, 'small');
    mkdirSync(large, { recursive: true });
    makeFiles(small, SMALL_FILES, SMALL_BYTES_MAX);
    writeRandom(join(large, 'file-0'), LARGE_MIB);
    for (const folder of ['large', 'small', 'killed']) mkdirSync(join(fetched, folder), { recursive: true });

    const step = async (what: string, commands: string, share = 'share'): Promise<Step> => {
      signal.throwIfAborted();
      progress(`smb: ${what}`);
      const started_ms = performance.now();
      const { code, stdout, stderr } = await lab.smbclient(commands, { share, options: PATIENT });
      const seconds = (performance.now() - started_ms) / 1000;
      const complaints = `${stdout}${stderr}`
        .split('\n')
        .filter((line) => /NT_STATUS_|timed? ?out/i.test(line));
      complaints.slice(0, 5).forEach((line) => progress(`smb: ${line}`));
      return { seconds, errors: complaints.length + (code === 0 || complaints.length > 0 ? 0 : 1) };
    };
    const put = (folder: string): string => `lcd ${folder}; prompt; recurse; mput *`;
    const get = (folder: string): string => `lcd ${folder}; prompt; recurse; mget *`;

    const largePut = await step(`put ${LARGE_MIB} MiB`, `mkdir large; cd large; ${put(large)}`);
    const largeGet = await step(`get ${LARGE_MIB} MiB`, `cd large; ${get(join(fetched, 'large'))}`);
    const smallPut = await step(`put ${SMALL_FILES} files`, `mkdir small; cd small; ${put(small)}`);
    const anyCasePut = await step(
      `put ${SMALL_FILES} files, whatever the case of their names`,
      `mkdir any_case; cd any_case; ${put(small)}`,
      'any_case',
    );
    const smallGet = await step(`get ${SMALL_FILES} files`, `cd small; ${get(join(fetched, 'small'))}`);
    makeFiles(join(lab.export_folder, 'many'), ENTRIES, 0);
    const list = await step(`list ${ENTRIES} entries`, 'cd many; ls');

    const away = killHalfway(lab, join(lab.export_folder, 'killed/file-0'), signal);
    const killedPut = await step('put while the store dies', `mkdir killed; cd killed; ${put(large)}`);
    const store_was_away = await away;
    const killedGet = await step('get what was put', `cd killed; ${get(join(fetched, 'killed'))}`);

    const mismatches =
      differences(large, join(fetched, 'large')) +
      differences(small, join(fetched, 'small')) +
      differences(small, join(lab.export_folder, 'any_case')) +
      differences(large, join(lab.export_folder, 'large'));
    const killed_mismatches =
      differences(large, join(fetched, 'killed')) + differences(large, join(lab.export_folder, 'killed'));
    const steps = [largePut, largeGet, smallPut, anyCasePut, smallGet, list];
    const errors = steps.reduce((sum, step) => sum + step.errors, 0);
    const rate = (count: number, { seconds }: Step): number => Number((count / seconds).toFixed(1));
    return {
      figures: {
        put_mib_per_second: rate(LARGE_MIB, largePut),
        get_mib_per_second: rate(LARGE_MIB, largeGet),
        put_files_per_second: rate(SMALL_FILES, smallPut),
        put_files_per_second_any_case: rate(SMALL_FILES, anyCasePut),
        get_files_per_second: rate(SMALL_FILES, smallGet),
        list_entries_per_second: rate(ENTRIES, list),
        errors,
        checksum_mismatches: mismatches,
        store_killed: {
          away_ms: store_was_away ? AWAY_MS : 0,
          put_seconds: Number(killedPut.seconds.toFixed(1)),
          errors: killedPut.errors + killedGet.errors,
          checksum_mismatches: killed_mismatches,
        },
      },
      head: ['step', 'seconds', 'errors'],
      rows: (
        [
          [`put ${LARGE_MIB} MiB`, largePut],
          [`get ${LARGE_MIB} MiB`, largeGet],
          [`put ${SMALL_FILES} files`, smallPut],
          [`put ${SMALL_FILES} files, case_sensitive: false`, anyCasePut],
          [`get ${SMALL_FILES} files`, smallGet],
          [`list ${ENTRIES} entries`, list],
          [`put ${LARGE_MIB} MiB, store away for ${AWAY_MS} ms`, killedPut],
          ['get it', killedGet],
        ] as [string, Step][]
      ).map(([what, { seconds, errors: count }]) => [what, seconds.toFixed(1), String(count)]),
      notes: [
        `files that differ: ${mismatches}; of those put while the store died: ${killed_mismatches}`,
        'client, gateway and store share this machine; the mount is `storeswitch mount`',
      ],
    };
  } finally {
    await lab.close();
  }
}

/** Kills the store when half of `file` is there, and starts it again. False where it never came to that. */
async function killHalfway(lab: SmbLab, file: string, signal: AbortSignal): Promise<boolean> {
  const deadline_ms = Date.now() + 120_000;
  while ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) < (LARGE_MIB / 2) * MIB) {
    if (signal.aborted || Date.now() > deadline_ms) return false;
    await sleep(10);
  }
  await lab.killStore();
  await sleep(AWAY_MS);
  await lab.startStore();
  return true;
}

export const smbBenchmark: Benchmark = {
  name: 'smb',
  description: 'smbclient through the gateway to an NFS store, which dies meanwhile',
  run,
};

/**
 * An SMB client of three NFS stores through the gateway: how fast, and whether what it reads is what it wrote, also
 * where a store dies halfway and the others take over.
 */
import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark, Report } from '../report';
import { differences, makeFiles, writeRandom } from './file_sets';
import { SmbSite } from './site';

const MIB = 1 << 20;
const LARGE_FILE = 'file-0';
const LARGE_MIB = 100;
const SMALL_FILES = 1000;
const SMALL_BYTES_MAX = 16 * 1024;
const ENTRIES = 10_000;
/** Of the topology: names are what they are, or found whatever their case. */
const SHARE = 'share';
const ANY_CASE = 'any_case';
const LOOK_MS = 10;

interface Step {
  what: string;
  seconds: number;
  errors: number;
  /** The store that was killed halfway. */
  killed?: string;
}

async function run(progress: (line: string) => void, signal: AbortSignal): Promise<Report> {
  const tell = (line: string): void => progress(`smb: ${line}`);
  const site = await SmbSite.open(tell, signal);
  try {
    const large = site.local('large');
    const small = site.local('small');
    writeRandom(join(large, LARGE_FILE), LARGE_MIB);
    makeFiles(small, SMALL_FILES, SMALL_BYTES_MAX);
    makeFiles(site.exported('many'), ENTRIES, 0);

    const step = async (what: string, commands: string, share = SHARE): Promise<Step> => {
      signal.throwIfAborted();
      tell(what);
      const { seconds, complaints } = await site.smbclient(share, commands);
      complaints.slice(0, 5).forEach(tell);
      return { what, seconds, errors: complaints.length };
    };
    /** What is fetched is not what was put: the mount would have that in the kernel's cache, and ask no store. */
    const made = (files: string, name: string): string => {
      cpSync(files, site.exported(`made-${name}`), { recursive: true });
      return `made-${name}`;
    };
    /** The busiest store dies when half is done, and stays away until the step is over. */
    const deadly = async (what: string, commands: string, isHalfDone: () => boolean): Promise<Step> => {
      const over = new AbortController();
      const [done, killed] = await Promise.all([
        step(`${what}, a store killed halfway`, commands).finally(() => over.abort()),
        killHalfway(site, isHalfDone, over.signal),
      ]);
      if (killed === undefined) throw new Error(`${what}: it was over before a store was killed`);
      tell(`${killed} was killed`);
      await site.restart(killed);
      return { ...done, killed };
    };

    const largePut = await step(`put ${LARGE_MIB} MiB`, put(large, 'large'));
    const largeGet = await step(`get ${LARGE_MIB} MiB`, get(made(large, 'large'), site.local('got-large')));
    const smallPut = await step(`put ${SMALL_FILES} files`, put(small, 'small'));
    const smallGet = await step(
      `get ${SMALL_FILES} files`,
      get(made(small, 'small'), site.local('got-small')),
    );
    const any = `put ${SMALL_FILES} files, case_sensitive: false`;
    const anyCasePut = await step(any, put(small, 'any_case'), ANY_CASE);
    const list = await step(`list ${ENTRIES} entries`, 'cd many; ls');
    const mismatches =
      differences(large, site.exported('large')) +
      differences(large, site.local('got-large')) +
      differences(small, site.exported('small')) +
      differences(small, site.local('got-small')) +
      differences(small, site.exported('any_case'));

    const killedLarge = site.exported('killed-large');
    const killedSmall = site.exported('killed-small');
    const gotLarge = site.local('got-killed-large');
    const gotSmall = site.local('got-killed-small');
    const deaths = [
      await deadly(`put ${LARGE_MIB} MiB`, put(large, 'killed-large'), () => isLong(killedLarge)),
      await deadly(`get ${LARGE_MIB} MiB`, get(made(large, 'killed-large'), gotLarge), () =>
        isLong(gotLarge),
      ),
      await deadly(`put ${SMALL_FILES} files`, put(small, 'killed-small'), () => areMany(killedSmall)),
      await deadly(`get ${SMALL_FILES} files`, get(made(small, 'killed-small'), gotSmall), () =>
        areMany(gotSmall),
      ),
    ];
    const mismatchesOfDeaths =
      differences(large, killedLarge) +
      differences(large, gotLarge) +
      differences(small, killedSmall) +
      differences(small, gotSmall);

    const steps = [largePut, largeGet, smallPut, smallGet, anyCasePut, list];
    return {
      figures: {
        put_mib_per_second: rate(LARGE_MIB, largePut),
        get_mib_per_second: rate(LARGE_MIB, largeGet),
        put_files_per_second: rate(SMALL_FILES, smallPut),
        put_files_per_second_any_case: rate(SMALL_FILES, anyCasePut),
        get_files_per_second: rate(SMALL_FILES, smallGet),
        list_entries_per_second: rate(ENTRIES, list),
        errors: errorsOf(steps),
        checksum_mismatches: mismatches,
        store_killed: {
          kills: deaths.length,
          seconds: deaths.map(({ seconds }) => seconds.toFixed(1)).join(', '),
          errors: errorsOf(deaths),
          checksum_mismatches: mismatchesOfDeaths,
        },
      },
      head: ['step', 'seconds', 'errors', 'killed'],
      rows: [...steps, ...deaths].map(({ what, seconds, errors, killed }) => [
        ...[what, seconds.toFixed(1), String(errors), killed ?? ''],
      ]),
      notes: [
        `files that differ: ${mismatches}; of those moved while a store died: ${mismatchesOfDeaths}`,
        'client, gateway, switch and three stores share this machine; the mount is `storeswitch mount`',
        'a store that was killed stays away until its step is over',
      ],
    };
  } finally {
    await site.close();
  }
}

function put(local: string, remote: string): string {
  return `mkdir ${remote}; cd ${remote}; lcd ${local}; prompt; mput *`;
}

function get(remote: string, local: string): string {
  return `cd ${remote}; lcd ${local}; prompt; mget *`;
}

function rate(count: number, { seconds }: Step): number {
  return Number((count / seconds).toFixed(1));
}

function errorsOf(steps: readonly Step[]): number {
  return steps.reduce((sum, { errors }) => sum + errors, 0);
}

function isLong(folder: string): boolean {
  return (statSync(join(folder, LARGE_FILE), { throwIfNoEntry: false })?.size ?? 0) >= (LARGE_MIB / 2) * MIB;
}

function areMany(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length >= SMALL_FILES / 2;
}

/** Resolves with the store that was killed; undefined if it was over before. */
async function killHalfway(
  site: SmbSite,
  isHalfDone: () => boolean,
  over: AbortSignal,
): Promise<string | undefined> {
  while (!isHalfDone()) {
    if (over.aborted) return undefined;
    await sleep(LOOK_MS);
  }
  return site.killBusiest();
}

export const smbBenchmark: Benchmark = {
  name: 'smb',
  description: 'smbclient through the gateway to three NFS stores, one of which dies halfway',
  run,
};

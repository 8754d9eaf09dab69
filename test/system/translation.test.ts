/** The scenario `translation` on real clients and stores: every kind of client reads what the others wrote. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { TranslationResult } from '../../src/demo/translation';
import { CHECKOUT, missingHere, obstacle } from './prerequisites';

const DEMO_PATIENCE_MS = 600_000;

const reason =
  obstacle('embedded') ??
  missingHere(['smbd', 'smbclient', 'nsenter']) ??
  (existsSync(`${CHECKOUT}/.storeswitch/nfs-udp-file`) ? undefined : 'not compiled: `npm test` does that');
const testHere = reason === undefined ? test : test.skip;

testHere(
  `NFS/TCP, SMB and NFS/UDP clients of one virtual store${reason === undefined ? '' : ` (${reason})`}`,
  () => {
    const run = spawnSync(
      process.execPath,
      ['dist/cli/main.js', 'demo', '--json', '--scenario', 'translation', '--instance', 'test-translation'],
      { cwd: CHECKOUT, encoding: 'utf8', timeout: DEMO_PATIENCE_MS },
    );
    // What it said on the way is what explains a failure.
    if (run.status !== 0) throw new Error(run.stderr);
    const result = JSON.parse(run.stdout) as TranslationResult;
    expect(result).toMatchObject({ errors: 0, checksum_mismatches: 0, frames_altered: 0 });
    expect(result).toMatchObject({ requests_at_two_stores: 0, objects_at_two_stores: 0 });
    // Four rounds: each client wrote one file and read two.
    expect(result.clients.smb).toEqual({ operations: 12, errors: 0, checksum_mismatches: 0 });
    expect(result.clients.nfs_tcp).toEqual({ operations: 14, errors: 0, checksum_mismatches: 0 });
    expect(result.clients.nfs_udp.operations).toBeGreaterThan(500);
    expect(result.gateway_requests).toBeGreaterThan(0);
    for (const store of result.stores) {
      expect(store.gateway_requests).toBeGreaterThan(0);
      expect(store.tcp_connections).toBe(0);
    }
  },
  DEMO_PATIENCE_MS,
);

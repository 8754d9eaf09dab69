/** The demo on real clients, real stores and each switch there is; what it measures in time is not asserted. */
import { spawnSync } from 'node:child_process';
import type { DemoResult } from '../../src/demo/result';
import { CHECKOUT, obstacle } from './prerequisites';

const DEMO_PATIENCE_MS = 180_000;

describe.each(['embedded', 'bmv2'])('demo on %s', (target) => {
  const reason = obstacle(target);
  const testHere = reason === undefined ? test : test.skip;

  testHere(
    `one virtual store of three, one of which dies and comes back${reason === undefined ? '' : ` (${reason})`}`,
    () => {
      const run = spawnSync(
        process.execPath,
        ['dist/cli/main.js', 'demo', '--json', '--target', target, '--instance', `test-${target}`],
        { cwd: CHECKOUT, encoding: 'utf8', timeout: DEMO_PATIENCE_MS },
      );
      // What it said on the way is what explains a failure.
      if (run.status !== 0) throw new Error(run.stderr);
      const result = JSON.parse(run.stdout) as DemoResult;
      expect(result).toMatchObject({ target, errors: 0, checksum_mismatches: 0, frames_altered: 0 });
      expect(result).toMatchObject({ requests_at_two_stores: 0, objects_at_two_stores: 0 });
      expect(result.objects_written).toBeGreaterThan(100);
      expect(result.udp_operations).toBeGreaterThanOrEqual(1000);
      expect(result.frames_forwarded).toBeGreaterThan(result.udp_operations);
      expect(result.held_up_requests).toBeGreaterThan(0);
      expect(result.failover_ms).toBeLessThanOrEqual(result.failover_with_losses_ms);
      expect(result.return_ms).not.toBeNull();
      expect(result.stores.map(({ name }) => name)).toEqual(['store1', 'store2', 'store3']);
      for (const store of result.stores) {
        expect(store.share_all_up).toBeGreaterThanOrEqual(0.2);
        expect(store.tcp_connections).toBeGreaterThan(0);
      }
    },
    DEMO_PATIENCE_MS,
  );
});

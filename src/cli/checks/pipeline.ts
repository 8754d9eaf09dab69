/** Whether `p4/build/` was compiled from `p4/` as it is. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT, requireFromCheckout } from '../checkout';
import type { Finding } from './check';

const FILES = ['storeswitch.json', 'storeswitch.p4info.txtpb', 'storeswitch.sha256'];
const name = 'compiled P4 program';

export function checkPipeline(): Finding[] {
  const mend = 'git checkout p4, or with p4c on PATH: node p4/compile.cjs';
  const jobs: Finding['jobs'] = ['demo', 'test', 'run'];
  const absent = FILES.filter((file) => !existsSync(join(CHECKOUT, 'p4/build', file)));
  if (absent.length > 0) {
    return [{ name, state: 'lacks', detail: `p4/build lacks ${absent.join(', ')}`, jobs, mend }];
  }
  const { sourceHash } = requireFromCheckout<{ sourceHash: () => string }>('p4/compile.cjs');
  const compiled = readFileSync(join(CHECKOUT, 'p4/build/storeswitch.sha256'), 'utf8').trim();
  if (compiled === sourceHash()) return [{ name, state: 'ok', detail: 'p4/build matches its sources' }];
  return [{ name, state: 'lacks', detail: 'p4/build was compiled from other sources than p4/', jobs, mend }];
}

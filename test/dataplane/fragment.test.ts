import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FRAGMENT_LIFETIME_US } from '../../src/dataplane/fragment';

test('the lifetime is that of fragment.p4', () => {
  const source = readFileSync(join(__dirname, '../../p4/controls/fragment.p4'), 'utf8');
  expect(/LIFETIME_US = (\d+);/.exec(source)?.[1]).toBe(String(FRAGMENT_LIFETIME_US));
});

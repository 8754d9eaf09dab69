import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differingBytes, readGuestReport } from '../../src/kernel_client/result';

let folder: string;
let results: string;
let share: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kernel-client-'));
  results = join(folder, 'results');
  share = join(folder, 'share');
  mkdirSync(results);
  mkdirSync(share);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const leave = (name: string, text: string): void => writeFileSync(join(results, name), text);
const report = () => readGuestReport(results, share, (time_us) => `at ${time_us}`);

test('a clean run', () => {
  leave('operations-0', 'mkdir,d1,,1,2,0,0,0\nmkdir,d1,,3,4,17,0,0\n');
  leave('operations-6', 'write,f,,1,2,0,4,0\nfsync,f,,3,4,0,0,0\nread,f,,5,6,0,4,0\n');
  leave('dbench', ' NTCreateX         10     0.057    24.081\nexit code 0\n');
  leave('rpc', 'net 0 0 0 0\nrpc 120 7 120\n');
  leave('expected-6-0', 'data');
  writeFileSync(join(share, 'data-6-0'), 'data');
  expect(report()).toEqual({
    figures: {
      operations: 15,
      dbench_runs: 1,
      dbench_operations: 10,
      bytes_written: 4,
      bytes_read: 4,
      failed_operations: 0,
      corrupted_bytes: 0,
      duplicate_executions: 0,
      rpc_calls: 120,
      rpc_retransmissions: 7,
      smb_requests: 0,
      smb_reconnects: 0,
    },
    complaints: [],
  });
});

test("the kernel's SMB client counts by share", () => {
  leave('smb', '\n1 session 2 share reconnects\nTotal vfs operations: 9\n\n1) a\nSMBs: 30\n2) b\nSMBs: 5\n');
  expect(report().figures).toMatchObject({ smb_requests: 35, smb_reconnects: 3 });
});

test('what went wrong is counted and said', () => {
  leave('operations-0', 'create,f1,,1,2,0,0,0\nunlink,f1,,3,4,2,0,0\nrmdir,d1,,5,6,5,0,0\n');
  leave('operations-6', 'open,f,,1,2,2,0,0\nread,f,,3,4,0,4,3\n');
  leave('dbench', 'exit code 1\n');
  leave('expected-6-0', 'data');
  leave('expected-6-1', 'more');
  writeFileSync(join(share, 'data-6-0'), 'dato!');
  const { figures, complaints } = report();
  expect(figures).toMatchObject({ failed_operations: 3, corrupted_bytes: 9, duplicate_executions: 1 });
  expect(complaints).toEqual([
    'rmdir d1 at 6: errno 5',
    'open f at 2: errno 2',
    'read f at 4: 3 bytes differ',
    `${join(share, 'data-6-0')} is not what was written`,
    `${join(share, 'data-6-1')} is not what was written`,
    'unlink f1 at 4: errno 2, which nothing explains',
    'dbench: run 1 ended with exit code 1',
  ]);
});

test.each([
  ['', '', 0],
  ['abc', 'abc', 0],
  ['abc', 'axc', 1],
  ['abc', 'ab', 1],
  ['', 'abc', 3],
])('%j and %j differ in so many bytes', (one, other, count) => {
  expect(differingBytes(Buffer.from(one), Buffer.from(other))).toBe(count);
});

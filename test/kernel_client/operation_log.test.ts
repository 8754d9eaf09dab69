import { KernelClientError } from '../../src/kernel_client/errors';
import { parseOperationLog } from '../../src/kernel_client/operation_log';

test('a line is an operation', () => {
  expect(parseOperationLog('rename,own-0/f1,own-0/f2,100,250,2,0,0\n', 'operations-0')).toEqual([
    {
      kind: 'rename',
      name: 'own-0/f1',
      name2: 'own-0/f2',
      started_us: 100,
      ended_us: 250,
      error: 2,
      bytes: 0,
      wrong_bytes: 0,
    },
  ]);
});

test.each([
  'unlink,f1',
  'unlink,f1,,1,2,-1,0,0',
  'unlink,,,1,2,0,0,0',
  'read,f1,,1,2,0,0',
  'Read,f1,,1,2,0,0,0',
])('a line that is none is refused: %s', (line) => {
  const read = (): unknown => parseOperationLog(`read,f1,,1,2,0,10,0\n${line}\n`, 'operations-7');
  expect(read).toThrow(KernelClientError);
  expect(read).toThrow(/^operations-7:2: /);
});

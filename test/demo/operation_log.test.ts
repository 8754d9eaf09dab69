import { DemoError } from '../../src/demo/errors';
import { parseOperationLog, recoveredWithoutOutage } from '../../src/demo/operation_log';
import { ns } from './links';

const OUTAGE = { store: 'store1', killed_ns: ns(1000), restarted_ns: ns(4000) };

test('a line is an operation', () => {
  expect(parseOperationLog('REMOVE,0000abcd,900000,1300000,4,2,recovered\n', 'client1.csv')).toEqual([
    {
      procedure: 'REMOVE',
      xid: '0000abcd',
      first_sent_us: 900_000,
      ended_us: 1_300_000,
      transmissions: 4,
      status: 2,
      outcome: 'recovered',
    },
  ]);
});

test.each(['REMOVE', 'REMOVE,0000abcd,1,2,1,0,lucky', 'REMOVE,0000abcd,1,2,1,0,'])(
  'a line that is none is refused: %s',
  (line) => {
    const read = (): unknown => parseOperationLog(`WRITE,00000001,1,2,1,0,ok\n${line}\n`, 'client1.csv');
    expect(read).toThrow(DemoError);
    expect(read).toThrow(/^client1\.csv:2: /);
  },
);

test.each([
  ['before the kill', 500, 900, 1],
  ['across the kill', 900, 1100, 0],
  ['while the store was dead', 1100, 1300, 0],
  ['across the return', 3900, 4100, 0],
  ['after the return', 4100, 4300, 1],
])('a call that met its own execution %s', (_, first_sent_ms, ended_ms, count) => {
  const [sent, ended] = [first_sent_ms * 1000, ended_ms * 1000];
  const text = `MKDIR,00000001,${sent},${ended},2,17,recovered\nMKDIR,00000002,${sent},${ended},2,0,ok\n`;
  const found = recoveredWithoutOutage(parseOperationLog(text, 'client1.csv'), OUTAGE);
  expect(found.map(({ xid }) => xid)).toEqual(count === 1 ? ['00000001'] : []);
});

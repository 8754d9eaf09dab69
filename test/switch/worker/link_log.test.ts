import { MemoryPort } from '../../../src/switch/ports/memory';
import { LinkLog } from '../../../src/switch/worker/link_log';

test('a port that loses its interface and has it again is told by name, once each', () => {
  const logged: string[] = [];
  const log = new LinkLog((level, message) => logged.push(`${level}: ${message}`));
  const [one, two] = [new MemoryPort(1, 'eth1'), new MemoryPort(2, 'eth2')];
  const told = (): string[] => {
    log.look([one, two]);
    return logged.splice(0);
  };
  const down = 'warn: port 2@eth2 is down: its interface is gone or has no link';
  const up = 'info: port 2@eth2 is up again';
  expect(told()).toEqual([]);
  two.setUp(false);
  expect(told()).toEqual([down]);
  expect(told()).toEqual([]);
  two.setUp(true);
  expect(told()).toEqual([up]);
  two.setUp(false);
  two.setUp(true);
  expect(told()).toEqual([down, up]);
  expect(told()).toEqual([]);
});

test('a port that has no link from the start is told', () => {
  const logged: string[] = [];
  const port = new MemoryPort(3, 'eth3');
  port.setUp(false);
  new LinkLog((level, message) => logged.push(`${level}: ${message}`)).look([port]);
  expect(logged).toEqual(['warn: port 3@eth3 is down: its interface is gone or has no link']);
});

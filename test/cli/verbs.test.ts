import { AdminError } from '../../src/admin';
import { NotPrimaryError, UnreachableError } from '../../src/p4runtime/errors';
import type { StoreStatus } from '../../src/controller/status';
import { EXIT } from '../../src/cli/exit_codes';
import { RECORD, serveFake, UNANSWERED, type FakeController } from './support/fake_controller';
import { storeswitch, type Outcome } from './support/storeswitch';

let fake: Awaited<ReturnType<typeof serveFake>>;
let controller: FakeController;

beforeAll(async () => {
  fake = await serveFake();
  controller = fake.controller;
});
afterAll(() => fake.close());
beforeEach(() => {
  controller.calls.length = 0;
  controller.refusal = undefined;
  controller.s1.length = 0;
});

const ask = (...args: string[]): Promise<Outcome> => storeswitch([...args, '--socket', fake.socket]);

/** The one JSON document on stdout. */
async function json(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await ask(...args, '--json');
  expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: '' });
  return JSON.parse(stdout) as unknown;
}

/** The rows of a table on stdout, cells separated by two spaces or more. */
async function rows(...args: string[]): Promise<string[][]> {
  const { code, stdout, stderr } = await ask(...args);
  expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: '' });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
}

describe('status', () => {
  it('shows the controller', async () => {
    const { stdout } = await ask('status');
    expect(stdout).toContain('state    running\n');
    expect(stdout).toContain('switch   127.0.0.1:9559, device 1, election id 1\n');
    expect(stdout).toContain('up       1 h\n');
    expect(stdout).toContain('port 9 does not exist');
    expect(await json('status')).toEqual(controller.status());
  });

  it('finds the socket in the environment too', async () => {
    const { code, stdout } = await storeswitch(['status', '--json'], { STORESWITCH_SOCKET: fake.socket });
    expect(code).toBe(EXIT.ok);
    expect(JSON.parse(stdout)).toEqual(controller.status());
  });
});

describe('store', () => {
  it('list shows states and shares', async () => {
    expect(await rows('store', 'list')).toEqual([
      ['store', 'address', 'state', 'since', 'sessions', 'mac', 'port', 'pools', 'reason'],
      ['s1', '10.0.2.11', 'up', '1 min', '3', '02:00:00:00:02:11', 'in1', 'files/all 512/1024'],
      [
        's2',
        '10.0.2.12',
        'down',
        '1 min',
        '3',
        '02:00:00:00:02:12',
        'in1',
        'files/all 512/1024',
        'no answer to NULL',
      ],
    ]);
    expect(await json('store', 'list')).toEqual(controller.stores());
  });

  it('drain and restore reach the controller', async () => {
    expect((await ask('store', 'drain', 's1')).code).toBe(EXIT.ok);
    expect((await ask('store', 'restore', 's1')).code).toBe(EXIT.ok);
    expect(controller.calls).toEqual(['drain s1', 'restore s1']);
  });

  it.each([
    ['90', 90_000],
    ['10s', 10_000],
    ['1500ms', 1500],
    ['10min', 600_000],
    ['7d', 604_800_000],
  ])('drain has a deadline, such as %s', async (deadline, expected_ms) => {
    expect((await ask('store', 'drain', 's1', '--deadline', deadline)).code).toBe(EXIT.ok);
    expect(controller.calls).toEqual([`drain s1 within ${expected_ms} ms`]);
  });

  it.each(['1.5', '-1', '8d', 'soon', '10 s'])('drain refuses the deadline %s', async (deadline) => {
    const { code, stderr } = await ask('store', 'drain', 's1', `--deadline=${deadline}`);
    expect({ code, stderr }).toEqual({
      code: EXIT.usage,
      stderr: `storeswitch: --deadline: found "${deadline}", expected a time from 0s to 7d\n`,
    });
  });

  it('drain waits until no session is left, and says how many are', async () => {
    const draining = (sessions: number): Partial<StoreStatus> => ({ state: 'draining', sessions });
    controller.s1.push(draining(12), draining(12), draining(1), draining(0));
    expect(await ask('store', 'drain', 's1', '--wait')).toEqual({
      code: EXIT.ok,
      stdout: 's1 is drained\n',
      stderr: '12 session(s) left …\n1 session(s) left …\n',
    });
  });

  it.each<[string, Partial<StoreStatus>, string]>([
    ['restored', { state: 'up' }, 's1 was restored meanwhile'],
    [
      'with sessions that cannot be reset',
      { state: 'drained', sessions: 2 },
      's1 has 2 session(s) left after',
    ],
  ])('drain does not wait for ever for a store %s', async (_what, status, message) => {
    controller.s1.push(status);
    const { code, stdout, stderr } = await ask('store', 'drain', 's1', '--wait', '--deadline', '0');
    expect({ code, stdout }).toEqual({ code: EXIT.failed, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('list says when the sessions of a store that drains are reset', async () => {
    controller.s1.push({ state: 'draining', reason: 'drained by the operator', deadline_ms: 125_000 });
    expect((await rows('store', 'list'))[1]).toContain('drained by the operator, 2 min left');
  });

  it('drain of an unknown store fails and names the known ones', async () => {
    expect(await ask('store', 'drain', 's9')).toEqual({
      code: EXIT.failed,
      stdout: '',
      stderr: 'storeswitch: there is no store "s9"; there are s1, s2\n',
    });
  });
});

it('service list shows who serves', async () => {
  expect((await rows('service', 'list'))[1]).toEqual([
    'files/nfs',
    'udp 10.0.1.100:2049',
    'request',
    'all',
    'available',
    's1, s2 (down)',
  ]);
  expect(await json('service', 'list')).toEqual(controller.services());
});

describe('table', () => {
  it('list shows keys and sizes', async () => {
    expect((await rows('table', 'list'))[1]).toEqual(['slot', '1024', '65536', 'pool_id (exact)']);
    expect(await json('table', 'list')).toEqual(await controller.tables());
  });

  it('show shows entries in words', async () => {
    expect(await rows('table', 'show', 'slot')).toEqual([
      ['pool_id', 'slot', 'action'],
      ['all', '7', 'choose(store_id=s1, standby_id=s2)'],
    ]);
    expect(await json('table', 'show', 'slot')).toEqual(await controller.readTable('slot'));
  });

  it('show of an unknown table fails', async () => {
    const { code, stderr } = await ask('table', 'show', 'slots');
    expect({ code, stderr }).toEqual({
      code: EXIT.failed,
      stderr: 'storeswitch: there is no table "slots"; there are slot\n',
    });
  });
});

describe('counter show', () => {
  it('leaves out what is 0, unless asked for', async () => {
    const shown = await rows('counter', 'show');
    expect(shown).toContainEqual(['drop_counter', 'malformed', '3', '300']);
    expect(shown).toContainEqual(['store_requests', 's1', '7', '700']);
    expect(shown).toContainEqual(['controller', 'frames_given_up', '5', '-']);
    expect(shown.map(([, cell]) => cell)).not.toContain('unknown_port');
    expect(await rows('counter', 'show', '--all')).toContainEqual(['drop_counter', 'unknown_port', '0', '0']);
  });

  it('shows one counter', async () => {
    expect(await json('counter', 'show', 'service_requests')).toEqual([
      { counter: 'service_requests', cell: 'files/nfs', packets: 12, bytes: 1200 },
    ]);
    const { code, stderr } = await ask('counter', 'show', 'nonsense');
    expect(code).toBe(EXIT.failed);
    expect(stderr).toContain('there is no counter "nonsense"; there are drop_counter, ');
  });
});

describe('top', () => {
  it('shows what was counted within one interval', async () => {
    const shown = await rows('top', '--once', '--series', '--interval', '100ms');
    expect(shown[0]).toEqual(['in 2000 ms; 0 responses/s that nobody waits for']);
    const times = ['10', '0.01', '957 us', '1.02 ms'];
    expect(shown).toContainEqual(['files/nfs', '10', '0', ...times]);
    expect(shown).toContainEqual(['s1', '10', '0', ...times]);
    expect(shown).toContainEqual(['s2', '0', '0', '0', '0', '-', '-']);
    expect(shown).toContainEqual(['GETATTR', 'files/nfs', ...times]);
    expect(shown).toContainEqual(['GETATTR', 's1', 'files/nfs', ...times]);
  });

  it('gives one document', async () => {
    expect(await json('top', '--once', '--interval', '100ms')).toMatchObject({
      interval_ms: 2000,
      services: [{ service: 'files/nfs', requests_per_s: 10 }],
      procedures: [{ procedure: 'GETATTR', responses_per_s: 10 }],
    });
  });

  it.each(['fast', '0s', '1ms', '2h'])('refuses the interval %s', async (interval) => {
    const { code, stderr } = await ask('top', '--once', '--interval', interval);
    expect({ code, stderr }).toEqual({
      code: EXIT.usage,
      stderr: `storeswitch: --interval: found "${interval}", expected a time from 100ms to 60min\n`,
    });
  });
});

describe('trace', () => {
  it('shows a record a line', async () => {
    expect(await ask('trace', '--records', '2')).toEqual({
      code: EXIT.ok,
      stdout:
        '2026-01-02T03:04:05.000006Z 10.0.1.7:700 xid 000000fe files/nfs s1 LOOKUP 0102 40+120 octets 1.25 ms nfs status 2\n' +
        '2026-01-02T03:04:06.000001Z 10.0.1.7:700 xid 000000ff files/nfs s2 NULL 40 octets unanswered sent 3 times\n',
      stderr: 'storeswitch: 7 records were not shown\n',
    });
  });

  it('says why nothing comes', async () => {
    fake.controller.is_sampling = false;
    const { stderr } = await ask('trace', '--records', '1');
    fake.controller.is_sampling = true;
    expect(stderr).toContain('no service records requests');
    expect(stderr).toContain('records: { sample: N }');
  });

  it('shows JSON, and ends in the middle of an answer', async () => {
    const { stdout } = await ask('trace', '--json', '--records', '1');
    expect(JSON.parse(stdout)).toEqual(RECORD);
    const other = await ask('trace', '--json', '--records', '1', '--procedure', 'NULL');
    expect(JSON.parse(other.stdout)).toEqual(UNANSWERED);
  });

  it.each([
    ['--service', 'nfs9', 'there is no service "nfs9"; there are files/nfs'],
    ['--store', 's9', 'there is no store "s9"; there are s1, s2'],
    ['--procedure', 'read', 'there is no procedure "read"; there are NULL, GETATTR, '],
  ])('refuses %s %s', async (option, value, message) => {
    const { code, stderr } = await ask('trace', option, value);
    expect(code).toBe(EXIT.failed);
    expect(stderr).toContain(message);
  });
});

describe("the controller's own failures keep their exit code", () => {
  it.each([
    [new NotPrimaryError('Write', 'grpc://h:1', 7, 'another is'), EXIT.not_primary],
    [new UnreachableError('Write', 'grpc://h:1', 14, 'gone'), EXIT.unreachable],
    [new AdminError('invalid_config', 'no'), EXIT.invalid_config],
    [new AdminError('not_primary', 'no'), EXIT.not_primary],
    [new Error('broken'), EXIT.failed],
  ])('%s', async (refusal, code) => {
    controller.refusal = refusal;
    expect(await ask('store', 'drain', 's1')).toEqual({
      code,
      stdout: '',
      stderr: `storeswitch: ${refusal.message}\n`,
    });
  });
});

it('a backup drains nothing', async () => {
  controller.state = 'backup';
  try {
    expect(await ask('store', 'drain', 's1')).toMatchObject({
      code: EXIT.not_primary,
      stderr: 'storeswitch: this controller is backup: another is primary\n',
    });
    expect(controller.calls).toEqual([]);
  } finally {
    controller.state = 'running';
  }
});

describe('who cannot be reached ends with code 3', () => {
  it.each([
    [['status', '--socket', '/nonexistent/admin.sock'], 'there is no admin socket /nonexistent/admin.sock'],
    [
      ['gateway', 'status', '--socket', '/nonexistent/gateway.sock'],
      'no gateway is running: there is no admin socket /nonexistent/gateway.sock (start one with "storeswitch gateway run CONFIG"',
    ],
    [['table', 'list', '--switch', 'grpc://127.0.0.1:1'], 'grpc://127.0.0.1:1?device_id=0'],
    [['counter', 'show', '--switch', 'grpc://127.0.0.1:1'], 'UNAVAILABLE'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await storeswitch(args);
    expect({ code, stdout }).toEqual({ code: EXIT.unreachable, stdout: '' });
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(message);
  });
});

import { EXIT } from '../../src/cli/exit_codes';
import { formatMatchValue, formatValue } from '../../src/cli/p4_values';
import { serveTarget } from './support/fake_target';
import { storeswitch } from './support/storeswitch';

let target: Awaited<ReturnType<typeof serveTarget>>;

beforeAll(async () => (target = await serveTarget()));
afterAll(() => target.close());

async function json(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await storeswitch([...args, '--switch', target.url, '--json']);
  expect({ code, stderr }).toEqual({ code: EXIT.ok, stderr: '' });
  return JSON.parse(stdout) as unknown;
}

describe('a target whose program is not ours, with --switch', () => {
  it('table list', async () => {
    expect(await json('table', 'list')).toEqual([
      {
        name: 'acl',
        key: [
          { name: 'src_addr', match: 'lpm' },
          { name: 'dst_mac', match: 'ternary' },
          { name: 'l4_port', match: 'range' },
          { name: 'dst_ipv6', match: 'optional' },
        ],
        entries: 1,
        size: 256,
      },
      { name: 'empty', key: [{ name: 'index', match: 'exact' }], entries: 0, size: 4 },
    ]);
  });

  it('table show, by full name and by alias', async () => {
    const reading = {
      table: 'acl',
      entries: [
        {
          key: {
            src_addr: '10.0.0.0/8',
            dst_mac: '01:00:00:00:00:00&&&01:00:00:00:00:00',
            l4_port: '1000..2000',
            dst_ipv6: '*',
          },
          priority: 7,
          action: 'forward',
          params: { port: 3, cookie: '0xdeadbeefcafef00d' },
        },
      ],
    };
    expect(await json('table', 'show', 'acl')).toEqual(reading);
    expect(await json('table', 'show', 'ingress.acl')).toEqual(reading);
  });

  it('counter show, direct counters too', async () => {
    const hits = {
      counter: 'acl_hits',
      cell: 'src_addr=10.0.0.0/8 dst_mac=01:00:00:00:00:00&&&01:00:00:00:00:00 l4_port=1000..2000 dst_ipv6=*',
      packets: 9,
      bytes: 900,
    };
    expect(await json('counter', 'show')).toEqual([
      { counter: 'seen', cell: '0', packets: 0, bytes: 0 },
      { counter: 'seen', cell: '1', packets: 5, bytes: 500 },
      hits,
    ]);
    expect(await json('counter', 'show', 'acl_hits')).toEqual([hits]);
  });

  it.each([
    [['table', 'show', 'slot'], 'storeswitch: there is no table "slot"; there are acl, empty\n'],
    [['counter', 'show', 'x'], 'storeswitch: there is no counter "x"; there are seen, acl_hits\n'],
  ])('%j fails and names what there is', async (args, stderr) => {
    expect(await storeswitch([...args, '--switch', target.url])).toEqual({
      code: EXIT.failed,
      stdout: '',
      stderr,
    });
  });

  it('a device without a program fails', async () => {
    const { code, stderr } = await storeswitch(['table', 'list', '--switch', target.url.replace('=7', '=8')]);
    expect(code).toBe(EXIT.failed);
    expect(stderr).toContain('No forwarding pipeline config set');
  });
});

describe('values', () => {
  it.each([
    ['src_addr', 32, 0x0a000101n, '10.0.1.1'],
    ['ipv4.dst', 32, 0x0a000101n, '10.0.1.1'],
    ['flow_label', 32, 5n, 5],
    ['skip', 32, 5n, 5],
    ['dst_mac', 48, 0x020000000001n, '02:00:00:00:00:01'],
    ['time_us', 48, 17n, 17],
    ['ipv6.src_addr', 128, 1n, '::1'],
    ['cookie', 64, 1n, '0x1'],
  ])('%s of %d bits', (name, width_bits, value, text) => {
    expect(formatValue({ name, width_bits }, value)).toBe(text);
  });

  it('a full mask says nothing', () => {
    const field = { name: 'role', width_bits: 8 };
    expect(formatMatchValue(field, { kind: 'ternary', value: 1n, mask: 0xffn })).toBe(1);
    expect(formatMatchValue(field, { kind: 'ternary', value: 1n, mask: 0x0fn })).toBe('1&&&0xf');
    expect(formatMatchValue(field, undefined)).toBe('*');
  });
});

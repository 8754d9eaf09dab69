import { join } from 'node:path';
import { runSwitch } from '../../src/switch/main';

async function run(...argv: string[]): Promise<{ code: number; stderr: string }> {
  let stderr = '';
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text.toString();
    return true;
  });
  try {
    return { code: await runSwitch(argv), stderr };
  } finally {
    write.mockRestore();
  }
}

test('usage errors are one line and exit code 2', async () => {
  expect(await run('--no-p4', '--colour')).toEqual({
    code: 2,
    stderr: 'storeswitch: unknown flag --colour (--help tells the flags)\n',
  });
});

test('a program that cannot be read is named, exit code 1', async () => {
  const { code, stderr } = await run('/nowhere/program.json');
  expect(code).toBe(1);
  // Across jest's realms the error's own text may have its class in front.
  expect(stderr).toMatch(/^storeswitch: \/nowhere\/program\.json: .*no such file or directory/);
  const not_json = join(__dirname, 'programs', 'server.p4');
  expect(await run(not_json)).toEqual({
    code: 1,
    stderr: expect.stringContaining(`${not_json} is not JSON`) as string,
  });
});

test('a TLS file that cannot be read is named with its flag', async () => {
  const tls = [
    '--grpc-server-ssl',
    '--grpc-server-cert',
    '/nowhere/cert.pem',
    '--grpc-server-key',
    '/nowhere/key.pem',
  ];
  const { code, stderr } = await run('--no-p4', '--', '--grpc-server-addr', '127.0.0.1:0', ...tls);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^storeswitch: --grpc-server-cert \/nowhere\/cert\.pem: /),
  ]);
});

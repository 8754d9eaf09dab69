import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, status, type ChannelCredentials } from '@grpc/grpc-js';
import { Client, UnreachableError, type ClientTls } from '../../../src/p4runtime';
import { startSwitch, type RunningSwitch } from '../../../src/switch/start';
import type { TlsOptions } from '../../../src/switch/server/tls';
import { DEVICE_ID, RawClient } from './raw_client';

let folder: string;
const made = new Map<string, Buffer>();

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

/** A key and a certificate for localhost that `authority` vouches for, or itself. */
function certify(name: string, authority?: string): void {
  openssl(
    'req',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    `/CN=${name}`,
    '-addext',
    'subjectAltName=DNS:localhost',
    '-addext',
    `basicConstraints=critical,CA:${authority === undefined ? 'TRUE' : 'FALSE'}`,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
  );
  const signer =
    authority === undefined
      ? ['-key', `${name}.key`]
      : ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`];
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...signer,
    '-days',
    '2',
    '-copy_extensions',
    'copy',
    '-out',
    `${name}.pem`,
  );
  for (const file of [`${name}.pem`, `${name}.key`]) made.set(file, readFileSync(join(folder, file)));
}

function file(name: string): Buffer {
  const content = made.get(name);
  if (content === undefined) throw new Error(`${name} was not made`);
  return content;
}

const running: RunningSwitch[] = [];
const clients: RawClient[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tls-'));
  certify('authority');
  certify('server', 'authority');
  certify('client', 'authority');
  certify('stranger');
});

afterAll(() => rmSync(folder, { recursive: true }));

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const one of running.splice(0)) await one.close();
});

async function serve(tls: TlsOptions | undefined): Promise<string> {
  const started = await startSwitch({ device_id: DEVICE_ID, grpc_address: '127.0.0.1:0', ports: [], tls });
  running.push(started);
  return started.address.replace('127.0.0.1', 'localhost');
}

/** The arbitration's status, or how the stream ended. */
async function outcome(address: string, channel: ChannelCredentials): Promise<string> {
  const client = new RawClient(address, 1n, channel);
  clients.push(client);
  client.arbitrate();
  try {
    return status[(await client.status()) ?? -1] ?? 'no status';
  } catch {
    return 'refused';
  }
}

test('TLS: who trusts the authority gets in, others and clear text do not', async () => {
  const address = await serve({ certificate: file('server.pem'), key: file('server.key') });
  expect(await outcome(address, credentials.createSsl(file('authority.pem')))).toBe('OK');
  expect(await outcome(address, credentials.createSsl(file('stranger.pem')))).toBe('refused');
  expect(await outcome(address, credentials.createInsecure())).toBe('refused');
});

test('mutual TLS: only clients with a certificate that the authority vouches for', async () => {
  const address = await serve({
    certificate: file('server.pem'),
    key: file('server.key'),
    client_authorities: file('authority.pem'),
  });
  const root = file('authority.pem');
  expect(await outcome(address, credentials.createSsl(root, file('client.key'), file('client.pem')))).toBe(
    'OK',
  );
  expect(await outcome(address, credentials.createSsl(root))).toBe('refused');
  const stranger = credentials.createSsl(root, file('stranger.key'), file('stranger.pem'));
  expect(await outcome(address, stranger)).toBe('refused');
});

test('our own client does both', async () => {
  const address = await serve({
    certificate: file('server.pem'),
    key: file('server.key'),
    client_authorities: file('authority.pem'),
  });
  const port = Number(address.split(':')[1]);
  const attempt = async (tls?: ClientTls): Promise<string> => {
    const client = new Client(
      { host: 'localhost', port, device_id: DEVICE_ID },
      tls === undefined ? {} : { tls },
    );
    try {
      const state = await client.start();
      return `${state}, ${await client.fetchApiVersion()}`;
    } finally {
      client.close();
    }
  };
  const authorities = file('authority.pem');
  const tls = { authorities, certificate: file('client.pem'), key: file('client.key') };
  expect(await attempt(tls)).toBe('primary, 1.4.1');
  await expect(attempt({ ...tls, authorities: file('stranger.pem') })).rejects.toThrow(UnreachableError);
  await expect(attempt({ authorities })).rejects.toThrow(UnreachableError);
  await expect(attempt()).rejects.toThrow(UnreachableError);
});

test('what is wrong with certificates and keys is said at the start', async () => {
  const certificate = file('server.pem');
  const key = file('server.key');
  const junk = Buffer.from('junk');
  await expect(serve({ certificate: junk, key })).rejects.toThrow(/^TLS: certificate: /);
  await expect(serve({ certificate, key: junk })).rejects.toThrow(/^TLS: key: /);
  await expect(serve({ certificate, key: file('client.key') })).rejects.toThrow(
    /^TLS: certificate and key: /,
  );
  await expect(serve({ certificate, key, client_authorities: junk })).rejects.toThrow(/client authorities/);
});

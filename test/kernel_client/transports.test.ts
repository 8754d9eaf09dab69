import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkMounted, type Transport } from '../../src/kernel_client/transports';

let results: string;

beforeEach(() => {
  results = mkdtempSync(join(tmpdir(), 'kernel-client-'));
});

afterEach(() => {
  rmSync(results, { recursive: true });
});

const NFS = '10.0.1.100:/share /run/share nfs rw,vers=3,rsize=8192,hard,nolock,proto=tcp,addr=10.0.1.100 0 0';

test.each<[Transport, string]>([
  ['tcp', NFS],
  ['gateway-tcp', NFS],
  ['gateway-udp', NFS.replace('tcp', 'udp')],
  ['gateway-cifs', '//10.0.1.100/share /run/share cifs rw,vers=3.1.1,sec=none,cache=strict 0 0'],
])('%s is mounted as it should be', (transport, mounted) => {
  writeFileSync(join(results, 'mount'), `${mounted}\n`);
  expect(() => checkMounted(transport, results)).not.toThrow();
});

test.each<[Transport, string, string]>([
  ['gateway-tcp', NFS.replace('vers=3', 'vers=4.2'), 'expected vers=3'],
  ['udp', NFS, 'expected proto=udp'],
  ['gateway-cifs', '//10.0.1.100/share /run/share cifs rw,vers=3.0 0 0', 'expected vers=3.1.1'],
  ['tcp', '', 'expected vers=3, proto=tcp'],
])('%s: a mount of another kind is refused', (transport, mounted, reason) => {
  writeFileSync(join(results, 'mount'), mounted);
  expect(() => checkMounted(transport, results)).toThrow(reason);
});

/** smb.conf as Samba's own testparm reads it: what was configured arrives, and nothing else does. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isOnPath } from '../../../src/bench/on_path';
import { SmbError } from '../../../src/gateway/smb/errors';
import { shellWord, smbConf } from '../../../src/gateway/smb/smb_conf';
import type { SmbServerOptions, SmbShare } from '../../../src/gateway/smb/options';
import { folders, server, share } from './server';

const hasSamba = isOnPath('testparm');
const testWithSamba = hasSamba ? test : test.skip;
const why = hasSamba ? '' : ' (testparm not on PATH)';

/** Sections of smb.conf: `section.option` -> value. */
function readOptions(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
    const option = /^\t([^=]+?) = (.*)$/.exec(line);
    if (option?.[1] !== undefined) found.set(`${section}.${option[1]}`, option[2] ?? '');
  }
  return found;
}

const conf = (changes: Partial<SmbServerOptions> = {}): Map<string, string> =>
  readOptions(smbConf(server(changes), folders(server(changes))));

/** What testparm makes of it, defaults left out. */
function asSambaReads(shares: SmbShare[]): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'storeswitch-smb-conf-'));
  const options = server({ shares, state_folder: join(folder, 'state'), run_folder: folder });
  try {
    for (const name of ['state', 'cache', 'private'])
      mkdirSync(join(options.state_folder, name), { recursive: true });
    const file = join(folder, 'smb.conf');
    writeFileSync(file, smbConf(options, folders(options)));
    const { status, stdout, stderr } = spawnSync('testparm', ['-s', file], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return readOptions(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('access limits are the share’s', () => {
  const limited = share({
    hosts_allow: [
      { address: '10.0.1.0', length: 24 },
      { address: '10.0.9.7', length: 32 },
    ],
    valid_users: ['alice', '@staff'],
    read_only: true,
  });
  const text = conf({ shares: [limited, share({ name: 'open', guest: true })] });
  expect(text.get('home.hosts allow')).toBe('10.0.1.0/24 10.0.9.7/32');
  expect(text.get('home.valid users')).toBe('alice @staff');
  expect(text.get('home.read only')).toBe('yes');
  expect(text.get('home.guest ok')).toBe('no');
  expect(text.get('open.guest ok')).toBe('yes');
  expect(text.get('open.valid users')).toBeUndefined();
  expect(text.get('global.map to guest')).toBe('Bad User');
  expect(conf().get('global.map to guest')).toBe('Never');
});

test('it serves at the virtual address only, and SMB 1 only when asked to', () => {
  expect(conf().get('global.interfaces')).toBe('10.0.1.100');
  expect(conf().get('global.bind interfaces only')).toBe('yes');
  expect(conf().get('global.server min protocol')).toBe('SMB2_02');
  expect(conf({ smb1: true }).get('global.server min protocol')).toBe('NT1');
});

test('nothing is cached that NFS clients may change', () => {
  for (const option of ['oplocks', 'level2 oplocks', 'kernel oplocks', 'smb2 leases'])
    expect(conf().get(`global.${option}`)).toBe('no');
});

test.each([
  ['a comment with a line of its own', share({ comment: 'x\npath = /' })],
  ['a comment with a substitution', share({ comment: '%$(HOME)' })],
  ['a comment that takes the next line in', share({ comment: 'x\\' })],
  ['a folder with a substitution', share({ folder: '/srv/%U' })],
  ['a folder with two spaces', share({ folder: '/srv/a  b' })],
  ['a name that ends its section', share({ name: 'x]\n[global' })],
  ['a name of Samba’s own', share({ name: 'Global' })],
  ['an account that is several', share({ valid_users: ['a b'] })],
  ['nobody’s share', share({ hosts_allow: [] })],
])('%s is refused', (_what, bad) => {
  expect(() => conf({ shares: [bad] })).toThrow(SmbError);
});

test('whatever the texts are, there are no options but ours', () => {
  const expected = [...conf({ shares: [share({ comment: 'x' })] }).keys()];
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'ab=[];#%\\"\'\n\r\t \0\u2028') }),
  );
  fc.assert(
    fc.property(text, text, text, (comment, folder, account) => {
      const options = server({
        guest_account: account === '' ? 'nobody' : account,
        shares: [share({ comment, folder: `/srv/${folder}` })],
      });
      let keys: string[];
      try {
        keys = [...conf(options).keys()];
      } catch (error) {
        if (error instanceof SmbError) return;
        throw error;
      }
      if (comment.trim() === '') keys.push('home.comment');
      expect(keys).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

testWithSamba(`Samba reads back what was configured${why}`, () => {
  const character = fc.constantFrom(...'abä=[];#"\'$&()<>|`!*?~^,. ');
  const texts = fc.sample(fc.string({ unit: character, minLength: 1, maxLength: 30 }), 300);
  const shares = texts.map((text, index) =>
    share({
      name: `s${index}`,
      comment: text,
      folder: `/srv/${index}/${text.replace(/[ "/]+/g, '_').replace(/'$/, '_')}`,
    }),
  );
  const read = asSambaReads(shares);
  for (const { name, comment = '', folder } of shares) {
    expect(read.get(`${name}.path`)).toBe(folder);
    // Runs of spaces become one in Samba.
    const shown = comment.trim().replace(/ +/g, ' ');
    expect(read.get(`${name}.comment`) ?? '').toBe(shown);
    expect(read.get(`${name}.hosts allow`)).toBe('10.0.1.0/24');
    expect(read.get(`${name}.root preexec`)).toBe(`mountpoint -q -- ${shellWord(folder)}`);
  }
  expect([...read.keys()].filter((key) => key.endsWith('.path'))).toHaveLength(shares.length);
  expect(read.get('global.interfaces')).toBe('10.0.1.100');
  expect(read.get('global.server min protocol')).toBeUndefined();
});

test('a word is one word to the shell', () => {
  const words = fc.sample(fc.string({ unit: fc.constantFrom(...'a\'"$`\\ ;&|*~#(){}<>!') }), 300);
  const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${words.map(shellWord).join(' ')}`], {
    encoding: 'utf8',
  });
  expect(stdout.split('\0').slice(0, -1)).toEqual(words);
});

/** Lines as Samba 4.17 writes them. */
import { ClientEvents, type ClientEvent } from '../../../src/gateway/smb/client_events';
import { SambaLogParser } from '../../../src/gateway/smb/samba_log';

const record = (level: number, pid: number, source: string, text: string): string =>
  `[2026/11/27 22:09:38.715882,  ${level}, pid=${pid}] ../../source3/smbd/x.c:1153(${source})\n  ${text}\n`;

function events(text: string, has_guests = false, chunk_length = text.length): ClientEvent[] {
  const parser = new SambaLogParser();
  const clients = new ClientEvents(has_guests);
  const found: ClientEvent[] = [];
  for (let start = 0; start < text.length; start += chunk_length)
    for (const one of parser.push(text.slice(start, start + chunk_length))) {
      const event = clients.take(one);
      if (event !== undefined) found.push(event);
    }
  return found;
}

const SMB1 = [
  record(3, 14595, 'allow_access', 'Allowed connection from 10.9.0.2 (10.9.0.2)'),
  record(3, 14600, 'allow_access', 'Allowed connection from 10.9.0.3 (10.9.0.3)'),
  record(3, 14595, 'smb2_multi_protocol_reply_negprot', 'Requested protocol [NT LANMAN 1.0]'),
  record(3, 14595, 'smb2_multi_protocol_reply_negprot', 'Requested protocol [NT LM 0.12]'),
  record(3, 14595, 'x', 'smb2_multi_protocol_reply_negprot: No protocol supported !'),
  record(3, 14595, 'exit_server_common', 'Server exit (no protocol supported\n  )'),
].join('');

test('a client of SMB 1 is told of with its address and what it offered', () => {
  expect(events(SMB1)).toEqual([
    { kind: 'smb1_refused', client: '10.9.0.2', dialects: ['NT LANMAN 1.0', 'NT LM 0.12'] },
  ]);
});

test('the log comes in pieces of any size', () => {
  for (const length of [1, 7, 64, 100]) expect(events(SMB1, false, length)).toEqual(events(SMB1));
});

const logon = (status: string): string =>
  record(
    2,
    1,
    'log_authentication_event_human_readable',
    `Auth: [SMB2,(null)] user [WORKGROUP]\\[root] at [Fri, 27 Nov 2026 22:09:01.558876 UTC] with [No-Password] status [${status}] workstation [VM] remote host [ipv4:10.9.0.2:48584] mapped to [WORKGROUP]\\[root]. local host [ipv4:10.0.1.100:445]`,
  );

test.each([
  [
    'an address',
    record(0, 9, 'allow_access', 'Denied connection from 10.9.0.2 (10.9.0.2)'),
    { kind: 'address_refused', client: '10.9.0.2' },
  ],
  [
    'an account',
    record(3, 9, 'allow_access', 'Allowed connection from 10.9.0.2 (10.9.0.2)') +
      record(1, 9, 'x', "user 'bin' (from session setup) not permitted to access this share (priv)"),
    { kind: 'user_refused', client: '10.9.0.2', user: 'bin', share: 'priv' },
  ],
  [
    'a password',
    logon('NT_STATUS_WRONG_PASSWORD'),
    { kind: 'logon_failed', client: '10.9.0.2', user: 'root', status: 'NT_STATUS_WRONG_PASSWORD' },
  ],
])('%s that is refused is told of', (_what, text, event) => {
  expect(events(text)).toEqual([event]);
});

test('who is let in is not told of', () => {
  expect(events(logon('NT_STATUS_OK'))).toEqual([]);
  expect(events(logon('NT_STATUS_NO_SUCH_USER'), true)).toEqual([]);
  expect(events(logon('NT_STATUS_NO_SUCH_USER'), false)).toHaveLength(1);
});

test('a name cannot write lines of its own into the log', () => {
  const text = record(1, 9, 'x', "user 'a\n[2026/11/27 22:09:38.7,  0, pid=1] forged' not permitted");
  expect(events(text)).toEqual([]);
});

test('text that is no log is passed over', () => {
  expect(events('hello\n\n[]\n  x\n'.repeat(1000), false, 13)).toEqual([]);
});

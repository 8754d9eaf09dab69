/** Calls over UDP to a server that loses, delays, repeats and refuses. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Cancellation } from '../../src/nfs_client/cancellation';
import { CancelledError, NoReplyError, RpcRefusedError } from '../../src/nfs_client/errors';
import { UdpChannel, type ChannelEvent, type ChannelOptions } from '../../src/nfs_client/udp_channel';
import { AUTH_NONE, decodeRpc, encodeRpc, type RpcCall, type RpcOutcome } from '../../src/wire/rpc';

const SUCCESS: RpcOutcome = { status: 'success', results: Buffer.from('done') };

class Server {
  readonly calls: { call: RpcCall; from: RemoteInfo }[] = [];
  private constructor(
    private readonly socket: Socket,
    onCall: (call: RpcCall, copies: number) => RpcOutcome | Buffer | undefined,
  ) {
    socket.on('message', (bytes, from) => {
      const call = decodeRpc(bytes);
      if (call?.kind !== 'call') throw new Error('no call');
      this.calls.push({ call, from });
      const copies = this.calls.filter((other) => other.call.xid === call.xid).length;
      const answer = onCall(call, copies);
      if (answer === undefined) return;
      const { xid } = call;
      const reply = Buffer.isBuffer(answer)
        ? answer
        : encodeRpc({ kind: 'reply', xid, verifier: AUTH_NONE, outcome: answer });
      socket.send(reply, from.port, from.address);
    });
  }

  static async start(onCall: (call: RpcCall, copies: number) => RpcOutcome | Buffer | undefined) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new Server(socket, onCall);
  }

  get port(): number {
    return this.socket.address().port;
  }

  stop(): void {
    this.socket.close();
  }
}

const request = {
  ...{ program: 100003, version: 3, procedure: 1, credential: AUTH_NONE },
  ...{ args: Buffer.from('args'), timer: 'none' as const, reply_bytes: 512 },
};

async function withChannel(
  onCall: (call: RpcCall, copies: number) => RpcOutcome | Buffer | undefined,
  run: (channel: UdpChannel, server: Server) => Promise<void>,
  options: Partial<ChannelOptions> = {},
): Promise<void> {
  const server = await Server.start(onCall);
  const channel = await UdpChannel.open({
    ...{ address: '127.0.0.1', port: server.port, reserved_port: false, calls_max: 16 },
    ...{ times: { initial_ms: 20, min_ms: 20, max_ms: 40 }, give_up_ms: undefined },
    ...options,
  });
  try {
    await run(channel, server);
  } finally {
    channel.close();
    server.stop();
  }
}

test('a lost call is sent again, the same bytes from the same port', () =>
  withChannel(
    (_, copies) => (copies < 3 ? undefined : SUCCESS),
    async (channel, server) => {
      const { results, transmissions } = await channel.call(request);
      expect(Buffer.from(results).toString()).toBe('done');
      expect(transmissions).toBe(3);
      const [first] = server.calls;
      for (const { call, from } of server.calls) {
        expect(call).toEqual(first?.call);
        expect(from.port).toBe(first?.from.port);
      }
      expect(channel.counters).toMatchObject({ calls: 1, retransmissions: 2 });
    },
  ));

test('answers in any order reach their calls; second copies and noise reach nobody', () => {
  const held: RpcCall[] = [];
  return withChannel(
    (call) => {
      held.push(call);
      return Buffer.from([1, 2, 3]);
    },
    async (channel, server) => {
      const calls = [1, 2, 3].map((procedure) => channel.call({ ...request, procedure }));
      while (held.length < 3) await new Promise((resolve) => setImmediate(resolve));
      const from = server.calls[0]?.from.port ?? 0;
      const socket = (server as unknown as { socket: Socket }).socket;
      for (const { xid, procedure } of [...held].reverse()) {
        const outcome: RpcOutcome = { status: 'success', results: Buffer.from(String(procedure)) };
        const reply = encodeRpc({ kind: 'reply', xid, verifier: AUTH_NONE, outcome });
        socket.send(reply, from, '127.0.0.1');
        socket.send(reply, from, '127.0.0.1');
      }
      const answers = await Promise.all(calls);
      expect(answers.map(({ results }) => Buffer.from(results).toString())).toEqual(['1', '2', '3']);
      while (channel.counters.stray_replies < 6) await new Promise((resolve) => setImmediate(resolve));
    },
    { times: { initial_ms: 60_000, min_ms: 60_000, max_ms: 60_000 } },
  );
});

test('no more calls than allowed are under way', async () => {
  let under_way = 0;
  await withChannel(
    () => undefined,
    async (channel, server) => {
      const calls = Array.from({ length: 20 }, () => channel.call(request));
      calls.forEach((call) => call.catch(() => undefined));
      while (server.calls.length < 3) await new Promise((resolve) => setImmediate(resolve));
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
      under_way = new Set(server.calls.map(({ call }) => call.xid)).size;
    },
    { calls_max: 3, times: { initial_ms: 60_000, min_ms: 60_000, max_ms: 60_000 } },
  );
  expect(under_way).toBe(3);
});

test('refusal and cancellation each have an error of their own', () =>
  withChannel(
    (call) => (call.procedure === 7 ? { status: 'proc_unavail' } : undefined),
    async (channel) => {
      await expect(channel.call({ ...request, procedure: 7 })).rejects.toThrow(RpcRefusedError);
      const cancellation = new Cancellation();
      const call = channel.call({ ...request, cancellation });
      cancellation.cancel();
      await expect(call).rejects.toThrow(CancelledError);
      await expect(channel.call({ ...request, cancellation })).rejects.toThrow(CancelledError);
    },
  ));

test('who does not want to wait for ever hears that there is no answer', () =>
  withChannel(
    () => undefined,
    async (channel) => {
      await expect(channel.call(request)).rejects.toThrow(NoReplyError);
    },
    { give_up_ms: 60 },
  ));

test('who watches hears that the server is silent, and that it is back', async () => {
  const events: ChannelEvent[] = [];
  let later_ms = performance.now();
  const clock = jest.spyOn(performance, 'now').mockImplementation(() => later_ms);
  try {
    await withChannel(
      (_, copies) => {
        // The clock goes on with each copy, and past the time of the next.
        later_ms += 1000;
        return copies < 6 ? undefined : SUCCESS;
      },
      async (channel) => {
        await channel.call(request);
      },
      { onEvent: (event) => events.push(event) },
    );
  } finally {
    clock.mockRestore();
  }
  expect(events.map(({ event }) => event)).toEqual(['not_responding', 'responding']);
});

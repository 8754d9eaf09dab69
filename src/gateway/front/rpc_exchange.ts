/** One RPC call of our own to a server, through the kernel. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import type { Ipv4Address } from '../../wire/address';
import { encodeRecord, RecordSplitter } from '../../wire/record_mark';
import { AUTH_NONE, decodeRpc, encodeRpc, type RpcReply } from '../../wire/rpc';
import type { Transport } from './rpc_program';

/** A call that got no result; the message says of whom and why. */
export class RpcExchangeError extends Error {
  override readonly name = 'RpcExchangeError';
}

export interface RpcServerAddress {
  address: Ipv4Address;
  port: number;
  transport: Transport;
}

export interface RpcRequest {
  program: number;
  version: number;
  procedure: number;
  args: Uint8Array;
}

export interface RpcExchangeOptions {
  timeout_ms: number;
  /** Of the reply over TCP; a datagram is bounded by itself. */
  reply_octets_max: number;
  /** Gives the call up when it aborts. */
  signal: AbortSignal;
}

const FRAGMENTS_MAX = 4096;
/** Over UDP the call is sent so often within the timeout, at equal intervals. */
const UDP_ATTEMPTS = 3;

/** Resolves with the results of a call; rejects with RpcExchangeError for everything else. */
export async function callRpc(
  server: RpcServerAddress,
  request: RpcRequest,
  options: RpcExchangeOptions,
): Promise<Uint8Array> {
  const xid = randomInt(2 ** 32);
  const call = encodeRpc({ kind: 'call', xid, ...request, credential: AUTH_NONE, verifier: AUTH_NONE });
  const where = `RPC program ${request.program} at ${server.address}, ${server.transport} port ${server.port}`;
  const exchange = server.transport === 'tcp' ? exchangeTcp : exchangeUdp;
  const { outcome } = await new Promise<RpcReply>((resolve, reject) => {
    const give_up = (why: string) => {
      end();
      reject(new RpcExchangeError(`${where}: ${why}`));
    };
    const finish = exchange(server, call, options, give_up, (bytes) => {
      const reply = decodeRpc(bytes);
      if (reply?.kind !== 'reply' || reply.xid !== xid) return;
      end();
      resolve(reply);
    });
    const timer = setTimeout(() => give_up(`no answer within ${options.timeout_ms} ms`), options.timeout_ms);
    const abort = () => give_up('given up');
    const end = () => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', abort);
      finish();
    };
    options.signal.addEventListener('abort', abort, { once: true });
    if (options.signal.aborted) abort();
  });
  if (outcome.status === 'success') return outcome.results;
  throw new RpcExchangeError(`${where}: the answer is ${outcome.status}`);
}

type Exchange = (
  server: RpcServerAddress,
  call: Uint8Array,
  options: RpcExchangeOptions,
  fail: (why: string) => void,
  take: (message: Uint8Array) => void,
) => () => void;

/** Sends the call; returns what ends the exchange, which may be called again. `fail` and `take` are called later only. */
const exchangeTcp: Exchange = ({ address, port }, call, { reply_octets_max }, fail, take) => {
  const splitter = new RecordSplitter({ record_octets_max: reply_octets_max, fragments_max: FRAGMENTS_MAX });
  const socket = createConnection(port, address, () => socket.write(encodeRecord(call)));
  socket.on('data', (chunk: Buffer) => {
    const failure = splitter.push(chunk, take);
    if (failure !== undefined) fail(`the answer is unusable (${failure})`);
  });
  socket.on('error', (error) => fail(error.message));
  socket.on('close', () => fail('the connection was closed without an answer'));
  return () => socket.destroy();
};

const exchangeUdp: Exchange = ({ address, port }, call, { timeout_ms }, fail, take) => {
  const socket = createSocket('udp4');
  let timer: NodeJS.Timeout | undefined;
  let attempts = 0;
  let ended = false;
  const send = () => {
    if (ended) return;
    socket.send(call);
    if (++attempts < UDP_ATTEMPTS) timer = setTimeout(send, timeout_ms / UDP_ATTEMPTS);
  };
  socket.on('error', (error) => fail(error.message));
  socket.on('message', take);
  // Connected, the kernel takes datagrams of this server only, and tells of a closed port.
  socket.connect(port, address, send);
  return () => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    socket.close();
  };
};

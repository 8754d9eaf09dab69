/**
 * Serves one RPC program on one address and port, over UDP and TCP, within bounds: who may be answered how much is
 * `Sources`' to say, what is answered the program's.
 */
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { parseIpv4, type Ipv4Address } from '../../wire/address';
import { decodeRpc, encodeRpc, AUTH_NONE, type RpcOutcome } from '../../wire/rpc';
import { listenError } from '../listen_error';
import type { FrontCounters } from './counters';
import type { ClientEndpoint } from './forwarder';
import type { FrontLimits } from './limits';
import { RpcConnection, type RecordAnswer } from './rpc_connection';
import type { Answer, IncomingCall, RpcProgram } from './rpc_program';
import type { Sources } from './sources';

export interface RpcServerOptions {
  /** Where it listens: the virtual address. */
  address: Ipv4Address;
  port: number;
  program: RpcProgram;
  sources: Sources;
  limits: FrontLimits;
  counters: FrontCounters;
}

const LISTEN_BACKLOG = 512;

export class RpcServer {
  private udp: UdpSocket | undefined;
  private tcp: Server | undefined;
  private readonly connections = new Map<RpcConnection, Ipv4Address>();
  private readonly connections_of = new Map<Ipv4Address, number>();

  constructor(private readonly options: RpcServerOptions) {}

  /** Connections open now. */
  get open_connections(): number {
    return this.connections.size;
  }

  /** Rejects with ListenError when the address or port cannot be bound; then nothing of it is left. */
  async start(): Promise<void> {
    try {
      await this.startUdp();
      await this.startTcp();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Closes everything, connections at once. */
  async stop(): Promise<void> {
    const { udp, tcp } = this;
    this.udp = undefined;
    this.tcp = undefined;
    for (const connection of this.connections.keys()) connection.destroy();
    await Promise.all([
      udp && new Promise<void>((resolve) => udp.close(resolve)),
      tcp?.listening && new Promise<void>((resolve) => tcp.close(() => resolve())),
    ]);
  }

  private startUdp(): Promise<void> {
    const { address, port, counters } = this.options;
    const udp = createSocket('udp4');
    this.udp = udp;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => reject(listenError({ address, port, protocol: 'udp' }, error));
      udp.once('error', refuse);
      udp.bind({ address, port, exclusive: true }, () => {
        udp.off('error', refuse);
        udp.on('error', () => counters.count('socket_errors'));
        udp.on('message', (bytes, remote) => void this.datagram(udp, bytes, remote));
        resolve();
      });
    });
  }

  private startTcp(): Promise<void> {
    const { address, port, counters } = this.options;
    // A client may close its side and still wait for answers.
    const tcp = createServer({ allowHalfOpen: true }, (socket) => this.accept(socket));
    this.tcp = tcp;
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => reject(listenError({ address, port, protocol: 'tcp' }, error));
      tcp.once('error', refuse);
      tcp.listen({ host: address, port, exclusive: true, backlog: LISTEN_BACKLOG }, () => {
        tcp.off('error', refuse);
        tcp.on('error', () => counters.count('socket_errors'));
        resolve();
      });
    });
  }

  private async datagram(udp: UdpSocket, bytes: Buffer, remote: RemoteInfo): Promise<void> {
    const { sources, limits, counters } = this.options;
    if (!sources.withinRate(remote.address, 'udp')) {
      counters.count('rate_limited');
      return;
    }
    const call = bytes.length > limits.call_octets_max ? undefined : decodeRpc(bytes);
    if (call?.kind !== 'call') {
      counters.count('udp_garbage');
      return;
    }
    counters.count('udp_calls');
    const standing = sources.standing(remote.address);
    const client: ClientEndpoint = { address: remote.address, port: remote.port };
    const answer = await this.dispatch({ call, call_bytes: bytes, client, transport: 'udp', standing });
    if (answer === undefined || answer === 'hang_up' || udp !== this.udp) return;
    if (answer.length > limits.udp_answer_octets_max) counters.count('answers_too_large');
    else if (!sources.mayAnswer(standing, bytes.length, answer.length)) counters.count('answers_withheld');
    else if (udp.getSendQueueSize() + answer.length > limits.udp_send_queue_octets_max)
      counters.count('send_failures');
    else
      udp.send(answer, remote.port, remote.address, (error) =>
        counters.count(error === null ? 'answers' : 'send_failures'),
      );
  }

  private accept(socket: Socket): void {
    const { sources, limits, counters } = this.options;
    const address = parseIpv4(socket.remoteAddress ?? '');
    const port = socket.remotePort;
    const refused = this.refusal(address);
    if (refused !== undefined || address === undefined || port === undefined) {
      counters.count(refused ?? 'connections_refused');
      socket.on('error', () => undefined);
      socket.resetAndDestroy();
      return;
    }
    counters.count('connections');
    const client: ClientEndpoint = { address, port };
    const connection = new RpcConnection(socket, limits, counters, (record) => {
      const call = decodeRpc(record);
      if (call?.kind !== 'call') return 'garbage';
      counters.count('tcp_calls');
      sources.callOverTcp(address);
      return this.recordAnswer({
        call,
        call_bytes: record,
        client,
        transport: 'tcp',
        standing: sources.standing(address),
      });
    });
    this.connections.set(connection, address);
    this.connections_of.set(address, (this.connections_of.get(address) ?? 0) + 1);
    socket.on('close', () => {
      this.connections.delete(connection);
      const left = (this.connections_of.get(address) ?? 1) - 1;
      if (left > 0) this.connections_of.set(address, left);
      else this.connections_of.delete(address);
    });
  }

  /** Why no connection is opened; undefined if one may be. */
  private refusal(address: Ipv4Address | undefined): 'connections_refused' | 'rate_limited' | undefined {
    const { sources, limits } = this.options;
    if (address === undefined || this.connections.size >= limits.connections_max)
      return 'connections_refused';
    if ((this.connections_of.get(address) ?? 0) >= limits.connections_per_source_max)
      return 'connections_refused';
    return sources.withinRate(address, 'tcp') ? undefined : 'rate_limited';
  }

  private async recordAnswer(incoming: IncomingCall): Promise<RecordAnswer> {
    const answer = await this.dispatch(incoming);
    if (answer instanceof Uint8Array) this.options.counters.count('answers');
    return answer;
  }

  private async dispatch(incoming: IncomingCall): Promise<Exclude<Answer, RpcOutcome>> {
    const answer = await this.answer(incoming);
    if (answer === undefined || answer === 'hang_up' || answer instanceof Uint8Array) return answer;
    return encodeRpc({ kind: 'reply', xid: incoming.call.xid, verifier: AUTH_NONE, outcome: answer });
  }

  private answer(incoming: IncomingCall): Answer | Promise<Answer> {
    const { program, versions } = this.options.program;
    const { call } = incoming;
    if (call.program !== program) return { status: 'prog_unavail' };
    if (versions.includes(call.version)) return this.options.program.answer(incoming);
    return { status: 'prog_mismatch', low: versions[0] ?? 0, high: versions.at(-1) ?? 0 };
  }
}

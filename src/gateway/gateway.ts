/**
 * The host side of services in mode `terminate`: takes clients' TCP connections, makes each RPC call on them one UDP
 * request in the client's own address, which the data plane places like any other, and gives replies back in whatever
 * order they come.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { systemClock, type Clock, type Timer } from '../controller/clock';
import { RateLimit } from '../controller/rate_limit';
import { ipv4ToNumber, numberToIpv4, parseIpv4 } from '../wire/address';
import { gatewayCounters } from './counters';
import { Forwarding } from './forwarding';
import type { Forwarder } from './front/forwarder';
import { gatewayLimits, type GatewayLimits } from './limits';
import { listenError } from './listen_error';
import type { LocalAnswer } from './local_answers';
import type { DatagramPath } from './path/datagram_path';
import { Requests } from './requests';
import { Service, type ServiceOptions } from './service';
import { TerminatedConnection, type ConnectionHost } from './terminated_connection';

export interface GatewayOptions {
  /** One for each service in mode `terminate`. Two at one address and port cannot be. */
  listeners: readonly ServiceOptions[];
  path: DatagramPath;
  logger: Logger;
  limits?: Partial<GatewayLimits>;
  clock?: Clock;
}

const CHECK_INTERVAL_MS = 1000;
/** Clients that wait to be accepted; the system's own limit holds too. */
const BACKLOG = 4096;
/** Lines a second of clients that do not read. */
const NOT_READING_LINES_PER_SECOND = 1;

export class Gateway implements ConnectionHost {
  readonly limits: GatewayLimits;
  readonly counters = gatewayCounters();
  readonly requests: Requests;
  private readonly clock: Clock;
  private readonly services: Service[];
  /** Services without a listener. */
  private readonly forwarded: Service[] = [];
  private readonly servers: Server[] = [];
  private readonly connections = new Set<TerminatedConnection>();
  private readonly answers = new Map<LocalAnswer, number>();
  private readonly without_room = new Set<TerminatedConnection>();
  private touched: TerminatedConnection[] = [];
  private unread_octets = 0;
  private partial_octets = 0;
  private timer: Timer | undefined;
  private readonly not_reading_lines: RateLimit;
  /** Clients that did not read and that no line has told of. */
  private not_reading_untold = 0;

  /** Throws RangeError for limits that cannot be. */
  constructor(private readonly options: GatewayOptions) {
    this.limits = gatewayLimits(options.limits);
    this.clock = options.clock ?? systemClock;
    this.not_reading_lines = new RateLimit(NOT_READING_LINES_PER_SECOND, this.clock);
    const { path } = options;
    this.requests = new Requests(path, this.limits, this.clock, this.counters, () => this.settle());
    this.services = options.listeners.map((listener) => new Service(listener, this.limits));
    path.onReceive({
      received: (datagram) => this.requests.received(datagram),
      turnEnded: () => {
        this.requests.turnEnded();
        this.settle();
      },
    });
  }

  /** Resolves when all listeners listen; rejects (ListenError), with nothing left open, if one cannot or the path cannot be had. */
  async start(): Promise<void> {
    this.options.path.start();
    try {
      for (const service of this.services) await this.listen(service);
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.timer = this.clock.after(CHECK_INTERVAL_MS, () => this.check());
  }

  /**
   * For calls to a service that has no listener here. `pool_ids`: numbers of pools that calls may be for, by name. Valid
   * while the gateway runs.
   */
  forwarder(options: ServiceOptions, pool_ids: ReadonlyMap<string, number> = new Map()): Forwarder {
    const serviceOf = (changes: Partial<ServiceOptions>) => {
      const service = new Service({ ...options, ...changes }, this.limits);
      this.forwarded.push(service);
      return service;
    };
    const service = serviceOf({});
    const of_pools = new Map([...pool_ids].map(([name, pool_id]) => [name, serviceOf({ pool_id })]));
    return new Forwarding(this.requests, service, of_pools);
  }

  /** Closes listeners and connections; what was under way is lost, as when a server stops. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    const closed = this.servers.map((server) => new Promise((resolve) => server.close(resolve)));
    this.servers.length = 0;
    for (const connection of this.connections) connection.close();
    this.requests.stop();
    this.options.path.stop();
    await Promise.all(closed);
  }

  /** Where the listeners listen, in the order of the options: the ports, where an option said 0. */
  get ports(): number[] {
    return this.servers.map((server) => {
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    });
  }

  status(): Record<string, unknown> {
    return {
      connections: this.connections.size,
      ...this.requests.status(),
      unread_octets: this.unread_octets,
      partial_octets: this.partial_octets,
      counters: { ...this.counters },
      answered_here: Object.fromEntries(this.answers),
      services: [...this.services, ...this.forwarded].map((service) => ({
        ...service.status(),
        waiting: this.requests.waitingFor(service),
      })),
      path: this.options.path.stats(),
    };
  }

  answeredHere(answer: LocalAnswer): void {
    this.counters.answered_here++;
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }

  touch(connection: TerminatedConnection): void {
    if (connection.is_touched) return;
    connection.is_touched = true;
    this.touched.push(connection);
  }

  waitForRoom(connection: TerminatedConnection): void {
    this.without_room.add(connection);
  }

  unreadChanged(_connection: TerminatedConnection, by_octets: number): void {
    this.unread_octets += by_octets;
    while (by_octets > 0 && this.unread_octets > this.limits.unread_octets_max) {
      const worst = this.worstReader();
      if (worst === undefined) return;
      worst.close('closed_unread_overflow');
    }
  }

  partialChanged(by_octets: number): boolean {
    this.partial_octets += by_octets;
    return by_octets <= 0 || this.partial_octets <= this.limits.partial_octets_max;
  }

  notReading(connection: TerminatedConnection): void {
    if (!this.not_reading_lines.take()) {
      this.not_reading_untold++;
      return;
    }
    const { client_address, client_port: port, unread: unread_octets } = connection;
    const others = this.not_reading_untold;
    this.not_reading_untold = 0;
    this.options.logger.warn(
      { client: numberToIpv4(client_address), port, unread_octets, ...(others > 0 && { others }) },
      'connection closed: its client reads nothing of its replies, or more slowly than all of them need',
    );
  }

  closed(connection: TerminatedConnection): void {
    this.counters.connections_closed++;
    this.connections.delete(connection);
    this.without_room.delete(connection);
  }

  private listen(service: Service): Promise<void> {
    const { address, port } = service.options;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.accept(socket, service),
    );
    this.servers.push(server);
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => reject(listenError({ address, port, protocol: 'tcp' }, error));
      server.once('error', refuse);
      server.listen({ host: address, port, backlog: BACKLOG }, () => {
        server.off('error', refuse);
        // Such as too many open files: the connection stays with the kernel, and is tried again.
        server.on('error', (error) => this.options.logger.warn({ address, port, error }, 'gateway accept'));
        resolve();
      });
    });
  }

  private accept(socket: Socket, service: Service): void {
    const { limits, counters } = this;
    const { remoteAddress, remotePort } = socket;
    const address = remoteAddress === undefined ? undefined : parseIpv4(remoteAddress);
    if (address === undefined || remotePort === undefined) {
      counters.closed_not_ipv4++;
      socket.destroy();
      return;
    }
    if (this.connections.size >= limits.connections_max) {
      counters.closed_too_many++;
      socket.destroy();
      return;
    }
    counters.connections_accepted++;
    const client = this.requests.openClient(ipv4ToNumber(address));
    this.connections.add(
      new TerminatedConnection(socket, service, client, remotePort, this, this.clock.now_ms()),
    );
  }

  /** Writes what came for connections, and lets those read on that may. */
  private settle(): void {
    while (this.touched.length > 0) {
      const { touched } = this;
      this.touched = [];
      for (const connection of touched) {
        connection.is_touched = false;
        connection.settle();
      }
    }
    if (this.without_room.size > 0 && !this.requests.is_full) this.giveRoom();
  }

  /** In the order in which they came to wait. */
  private giveRoom(): void {
    for (const connection of [...this.without_room]) {
      if (this.requests.is_full) return;
      this.without_room.delete(connection);
      connection.settle();
    }
  }

  private check(): void {
    const now_ms = this.clock.now_ms();
    for (const connection of this.connections) connection.check(now_ms);
    this.timer = this.clock.after(CHECK_INTERVAL_MS, () => this.check());
  }

  private worstReader(): TerminatedConnection | undefined {
    let worst: TerminatedConnection | undefined;
    for (const connection of this.connections) {
      if (connection.unread > (worst?.unread ?? 0)) worst = connection;
    }
    return worst;
  }
}

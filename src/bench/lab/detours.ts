/**
 * Other ways between a client and a store of a topology than through its switch: a wire, and a network namespace in
 * between for each box that is compared with the switch.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { ip } from './ip';
import type { ClientState, StoreState } from '../../topology/state';

const WIRE = { client: '10.9.0.1', store: '10.9.0.2' };

/** A veth pair from the client to the store; returns the store's address. Goes with the topology. */
export function layWire(client: ClientState, store: StoreState): string {
  veth(
    { namespace: client.namespace, name: 'wire', address: WIRE.client },
    { namespace: store.namespace, name: 'wire', address: WIRE.store },
  );
  return WIRE.store;
}

interface End {
  namespace: string;
  name: string;
  address: string;
}

function veth(one: End, other: End): void {
  ip(
    ...['-n', one.namespace, 'link', 'add', one.name, 'type', 'veth'],
    ...['peer', 'name', other.name, 'netns', other.namespace],
  );
  for (const { namespace, name, address } of [one, other]) {
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', name);
    ip('-n', namespace, 'link', 'set', name, 'up');
  }
}

/** A namespace between client and store, with an interface to each. */
export class Box {
  /** What the client speaks to. */
  readonly address: string;
  /** The stores', each on its link to this box. */
  readonly store_addresses: readonly string[];
  private readonly namespace: string;
  private child: ChildProcess | undefined;

  /** `number`: of the box, from 1 to 9, part of its addresses; fewer than 10 stores. */
  constructor(name: string, number: number, client: ClientState, stores: readonly StoreState[]) {
    const outside = `10.9.${number}`;
    const inside = (index: number): string => `10.9.${10 * number + index}`;
    this.namespace = `ssb-${process.pid}-${name}`;
    this.address = `${outside}.254`;
    this.store_addresses = stores.map((_, index) => `${inside(index)}.1`);
    ip('netns', 'add', this.namespace);
    try {
      this.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.disable_ipv6=1');
      this.run('ip', 'link', 'set', 'lo', 'up');
      const { namespace } = this;
      veth(
        { namespace: client.namespace, name, address: `${outside}.1` },
        { namespace, name: 'clients', address: this.address },
      );
      stores.forEach((store, index) => {
        const address = `${inside(index)}.1`;
        const gateway = `${inside(index)}.254`;
        veth(
          { namespace: store.namespace, name, address },
          { namespace, name: store.name, address: gateway },
        );
        ip('-n', store.namespace, 'route', 'add', `${outside}.0/24`, 'via', gateway);
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Runs a command inside to its end. */
  run(...argv: string[]): void {
    ip('netns', 'exec', this.namespace, ...argv);
  }

  /** Starts a program inside; returns its pid. It ends with the box. */
  start(argv: readonly string[]): number {
    this.child = spawn('ip', ['netns', 'exec', this.namespace, ...argv], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (this.child.pid === undefined) throw new Error(`${argv[0] ?? ''} did not start`);
    return this.child.pid;
  }

  close(): void {
    this.child?.kill('SIGKILL');
    ip('netns', 'delete', this.namespace);
  }
}

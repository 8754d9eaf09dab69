/** A running topology, for whoever works in it. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { dirname, join } from 'node:path';
import { control, type ControlAnswer, type DaemonAction } from './control';
import { TopologyError } from './errors';
import { isAlive } from './processes';
import { parseState, readStateText } from './state';
import type {
  ClientState,
  MountHostState,
  NodeState,
  StoreState,
  TopologyState,
  VirtualizerState,
} from './state';

export class Topology {
  private constructor(readonly state: TopologyState) {}

  /** The topology that runs under this name; throws TopologyError if none does. */
  static attach(instance: string): Topology {
    const text = readStateText(instance);
    if (text === undefined) throw new TopologyError(`no topology named ${instance} is running`);
    const state = parseState(text);
    if (!isAlive(state.process)) {
      throw new TopologyError(
        `the topology named ${instance} has died; \`storeswitch topology down\` removes what it left`,
      );
    }
    return new Topology(state);
  }

  /** The same, as it is now: daemons have other pids once they were started again. */
  refresh(): Topology {
    return Topology.attach(this.state.instance);
  }

  get clients(): ClientState[] {
    return this.state.nodes.filter((node) => node.role === 'client');
  }

  get mountHosts(): MountHostState[] {
    return this.state.nodes.filter((node) => node.role === 'mount_host');
  }

  get stores(): StoreState[] {
    return this.state.nodes.filter((node) => node.role === 'store');
  }

  get virtualizers(): VirtualizerState[] {
    return this.state.nodes.filter((node) => node.role === 'virtualizer');
  }

  /** Throws TopologyError, which names the nodes there are. */
  node(name: string): NodeState {
    const found = this.state.nodes.find((node) => node.name === name);
    if (found !== undefined) return found;
    throw new TopologyError(
      `no node ${name}; there are ${this.state.nodes.map((node) => node.name).join(', ')}`,
    );
  }

  /** Starts a program in the node's network and mount namespaces. */
  spawn(node: string, argv: readonly string[], options: SpawnOptions): ChildProcess {
    const [program, ...args] = enterCommand(this.node(node), argv);
    if (program === undefined) throw new TopologyError('no command given');
    return spawn(program, args, options);
  }

  /** Starts, stops (SIGTERM) or kills (SIGKILL) a daemon of a node. */
  daemon(action: DaemonAction, node: string, daemon: string): Promise<ControlAnswer> {
    return control(this.state.control_socket, { do: action, node, daemon });
  }
}

/** Where the gateway of a virtualizer answers: beside its controller. */
export function gatewaySocket({ admin_socket }: VirtualizerState): string {
  return join(dirname(admin_socket), 'gateway.sock');
}

/** Throws TopologyError if the node runs no such daemon. */
export function daemonPid(node: NodeState, daemon: string): number {
  const found = node.daemons.find(({ name }) => name === daemon);
  if (found === undefined) throw new TopologyError(`${node.name} runs no ${daemon}`);
  return found.pid;
}

/** The command that runs `argv` in a node; without `argv`, the one that opens a shell there. */
export function enterCommand(node: NodeState, argv: readonly string[] = []): string[] {
  return ['nsenter', `--target=${node.shell.pid}`, '--net', '--mount', '--', ...argv];
}

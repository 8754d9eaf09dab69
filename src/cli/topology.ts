/** `storeswitch topology ...`: real stores and clients in network namespaces of this machine. */
import { Argument, InvalidArgumentError, Option, type Command } from 'commander';
import type { DaemonAction } from '../topology/control';
import type { Target } from '../topology/state';
import type { Topology } from '../topology/topology';
import { ETHERNET_MTU, JUMBO_MTU_MAX } from '../wire/ethernet';
import { CliError } from './exit_codes';
import { jsonOption, type JsonOptions } from './options';
import { printJson, printLine, printTable } from './output';

interface InstanceOptions {
  instance: string;
}

interface StartOptions extends InstanceOptions {
  target: Target;
  storeMtu?: number;
  gateway?: boolean;
  smb?: true;
}

/** A name that is safe in the names of namespaces and folders. */
function parseInstance(text: string): string {
  if (/^[a-z][a-z0-9-]{0,15}$/.test(text)) return text;
  throw new InvalidArgumentError('expected 1 to 16 of a-z, 0-9 and -, the first a letter.');
}

function parseMtu(text: string): number {
  const mtu = Number(text);
  if (/^[0-9]+$/.test(text) && mtu >= ETHERNET_MTU && mtu <= JUMBO_MTU_MAX) return mtu;
  throw new InvalidArgumentError(`expected ${ETHERNET_MTU} to ${JUMBO_MTU_MAX}.`);
}

export function instanceOption(): Option {
  return new Option('--instance <name>', 'name of this run; its namespaces are NAME-NODE')
    .default('single')
    .argParser(parseInstance);
}

export function targetOption(): Option {
  return new Option('--target <target>', 'the switch').choices(['embedded', 'bmv2']).default('embedded');
}

export function register(program: Command): void {
  const topology = program
    .command('topology')
    .description('start, show, enter and remove a topology of real stores and clients');

  topology
    .command('start')
    .description('bring a topology up and wait until it serves; it stays until `topology down`')
    .argument('[name]', 'file of topologies/, without .py', 'single')
    .addOption(targetOption())
    .addOption(
      new Option(
        '--store-mtu <octets>',
        'of the stores’ links; above 1500 requests reach them in large packets',
      ).argParser(parseMtu),
    )
    .option('--gateway', 'TCP connections end at the virtualizer’s gateway, which balances each call')
    .option('--smb', 'the same files over SMB, too: from the stores, with --gateway from Samba there')
    .addOption(instanceOption())
    .action(start);

  topology
    .command('show')
    .description('show the running topology: namespaces, addresses, processes')
    .addOption(instanceOption())
    .addOption(jsonOption())
    .action(async ({ instance, json }: InstanceOptions & JsonOptions) => {
      const found = await attach(instance);
      if (json) printJson(found.state);
      else await printTopology(found);
    });

  topology
    .command('exec')
    .description('run a command in a node, such as `topology exec client1 -- showmount -e 10.0.1.100`')
    .argument('<node>')
    .argument('<command...>')
    .addOption(instanceOption())
    .action(exec);

  topology
    .command('daemon')
    .description('start, stop (SIGTERM) or kill (SIGKILL) a daemon of a node, such as ganesha of store2')
    .addArgument(new Argument('<action>').choices(['start', 'stop', 'kill']))
    .argument('<node>')
    .argument('<daemon>')
    .addOption(instanceOption())
    .action(async (action: DaemonAction, node: string, daemon: string, { instance }: InstanceOptions) => {
      await (await attach(instance)).daemon(action, node, daemon);
    });

  topology
    .command('down')
    .description('remove the topology, or what a dead one left')
    .addOption(instanceOption())
    .action(async ({ instance }: InstanceOptions) => {
      const { downTopology } = await import('../topology/start.js');
      const removed = await downTopology(instance);
      if (removed === undefined) printLine(`no topology named ${instance} is running`);
      else for (const leftover of removed) printLine(`removed ${leftover}`);
    });
}

/** Throws TopologyError if none of this name runs. */
export async function attach(instance: string): Promise<Topology> {
  const { Topology } = await import('../topology/topology.js');
  return Topology.attach(instance);
}

async function start(
  name: string,
  { target, instance, storeMtu: store_mtu, smb, gateway = false }: StartOptions,
): Promise<void> {
  const { startTopology } = await import('../topology/start.js');
  const progress = (text: string): void => void process.stderr.write(`${text} …\n`);
  const started = await startTopology({
    topology: name,
    target,
    instance,
    progress,
    has_gateway: gateway,
    ...(store_mtu === undefined ? {} : { store_mtu }),
    ...(smb === undefined ? {} : { smb }),
  });
  await printTopology(started);
  await serves(started, gateway && smb === true, progress);
}

/** What is started last serves some seconds after it runs: stores are asked for their exports, and these are mounted. */
async function serves(
  topology: Topology,
  has_shares: boolean,
  progress: (text: string) => void,
): Promise<void> {
  const { sharesMounted, storesUp } = await import('../demo/waiting.js');
  const { signal } = new AbortController();
  progress('waiting until all stores serve');
  await storesUp(topology, signal);
  if (has_shares) await sharesMounted(topology, signal);
}

async function exec(node: string, command: string[], { instance }: InstanceOptions): Promise<void> {
  const child = (await attach(instance)).spawn(node, command, { stdio: 'inherit' });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new CliError('failed', `${command[0]} in ${node} ended with ${code ?? 'a signal'}`);
}

/** Nodes, their daemons, and how to get in and out. */
export async function printTopology(topology: Topology): Promise<void> {
  const { isAlive } = await import('../topology/processes.js');
  const { state } = topology;
  printLine(`virtual store ${state.vip}:${state.export}, ${state.target} switch, files in ${state.share}\n`);
  printTable(
    ['node', 'address', 'switch port', 'namespace', 'daemons'],
    state.nodes.map((node) => [
      node.name,
      node.role === 'virtualizer' ? undefined : node.address,
      node.role === 'virtualizer' ? undefined : String(node.port),
      node.namespace,
      node.daemons.map((daemon) => `${daemon.name} ${isAlive(daemon) ? daemon.pid : 'dead'}`).join(', '),
    ]),
  );
  const option = state.instance === 'single' ? '' : ` --instance ${state.instance}`;
  const [client] = topology.clients;
  const [store] = topology.stores;
  printLine('');
  if (client !== undefined) {
    printLine(
      `list:   npx storeswitch topology exec${option} ${client.name} -- nfs-ls nfs://${state.vip}${state.export}`,
    );
    printLine(`enter:  ip netns exec ${client.namespace} bash`);
  }
  if (store !== undefined)
    printLine(`break:  npx storeswitch topology daemon${option} kill ${store.name} ganesha`);
  for (const { admin_socket } of topology.virtualizers) {
    printLine(`look:   npx storeswitch status --socket ${admin_socket}`);
  }
  printLine(`logs:   ${state.directory}/log`);
  printLine(`remove: npx storeswitch topology down${option}`);
}

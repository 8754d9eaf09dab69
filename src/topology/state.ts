/** What a running topology records about itself (`topologies/lifecycle.py` writes it): what runs, where, as whom. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { TopologyError } from './errors';

const RUN_DIR = '/run/storeswitch';

const processSchema = z.object({ pid: z.int(), start_time: z.int().nullable() });

const daemonSchema = processSchema.extend({ name: z.string(), log: z.string(), argv: z.array(z.string()) });

const nodeFields = {
  name: z.string(),
  /** Under /run/netns. */
  namespace: z.string(),
  /** A process that lives in the node's network and mount namespaces as long as the node. */
  shell: processSchema,
  daemons: z.array(daemonSchema),
};

/** Absent until the node's link is up, which is before the topology is ready. */
const endHostFields = { address: z.string(), mac: z.string(), interface: z.string(), port: z.int() };

const portSchema = z.object({
  number: z.int(),
  role: z.enum(['external', 'internal']),
  mac: z.string(),
  address: z.string(),
  interface: z.string(),
  /** Name of the node at the other end. */
  peer: z.string(),
  host_port: z.int(),
  host_interface: z.string(),
  shadow_interface: z.string(),
});

const nodeSchema = z.discriminatedUnion('role', [
  z.object({ ...nodeFields, ...endHostFields, role: z.literal('client') }),
  z.object({ ...nodeFields, ...endHostFields, role: z.literal('mount_host') }),
  z.object({ ...nodeFields, ...endHostFields, role: z.literal('store') }),
  z.object({
    ...nodeFields,
    role: z.literal('virtualizer'),
    ports: z.array(portSchema),
    config: z.string(),
    admin_socket: z.string(),
  }),
]);

const stateSchema = z.object({
  instance: z.string(),
  topology: z.string(),
  target: z.enum(['embedded', 'bmv2']),
  vip: z.string(),
  export: z.string(),
  /** The folder all stores export. */
  share: z.string(),
  switch: z.object({ grpc: z.string(), device_id: z.int(), cpu_port: z.int() }),
  ready: z.literal(true),
  process: processSchema,
  control_socket: z.string(),
  directory: z.string(),
  nodes: z.array(nodeSchema),
});

export type TopologyState = z.output<typeof stateSchema>;
export type NodeState = TopologyState['nodes'][number];
export type ClientState = Extract<NodeState, { role: 'client' }>;
/** Where a gateway mounts exports from: a client like others to the switch. */
export type MountHostState = Extract<NodeState, { role: 'mount_host' }>;
export type StoreState = Extract<NodeState, { role: 'store' }>;
export type VirtualizerState = Extract<NodeState, { role: 'virtualizer' }>;
export type PortState = z.output<typeof portSchema>;
export type Target = TopologyState['target'];

export function runDirectory(instance: string): string {
  return `${RUN_DIR}/${instance}`;
}

export function statePath(instance: string): string {
  return `${runDirectory(instance)}/topology.json`;
}

/** Text of the state file; undefined where there is no topology. */
export function readStateText(instance: string): string | undefined {
  try {
    return readFileSync(statePath(instance), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Throws TopologyError when the text is not the state of a topology that is ready. */
export function parseState(text: string): TopologyState {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TopologyError('the state of the topology is not JSON');
  }
  const parsed = stateSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TopologyError(
      `the topology is not ready: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}`,
    );
  }
  return parsed.data;
}

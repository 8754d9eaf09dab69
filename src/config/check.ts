/** What must hold between the entries of a configuration whose shape is right. */
import { prefixContains, type Ipv4Address } from '../wire/address';
import { EXPORTS, POOLS, SERVICES, SLOTS_PER_POOL } from '../dataplane/sizes';
import { checkEntries, checkExports, checkRules } from './check_rules';
import { checkFolders, checkSmb } from './check_smb';
import { isAnsweredHere, isByRequest, whyNotByRequest } from './modes';
import { isByLoad, poolsOf } from './pools';
import { RPC_PROGRAM } from '../wire/rpc';
import { healthCheckKind, programVersion } from './config';
import { AS_WRITTEN, type KeyPath, type Problem } from './problem';
import type { ConfigShape } from './schema';

type VirtualStore = ConfigShape['virtual_stores'][number];

export function crossCheck(config: ConfigShape): Problem[] {
  return [
    ...checkPorts(config),
    ...checkRoutes(config),
    ...checkStores(config),
    ...checkTerminated(config),
    ...names('virtual_stores', config.virtual_stores),
    ...checkVirtualAddresses(config),
    ...checkTotal(config, 'pools'),
    ...checkTotal(config, 'services'),
    ...checkTotal(config, 'exports'),
    ...checkEntries(config.virtual_stores),
    ...checkFolders(config.virtual_stores),
    ...config.virtual_stores.flatMap((virtualStore, index) =>
      checkVirtualStore(config, virtualStore, ['virtual_stores', index]),
    ),
  ];
}

/** A value that must not occur twice, with where it stands and what to call its owner. */
interface Claim {
  value: string | number;
  /** What stands at `path`, where that is not the value itself. */
  found?: unknown;
  path: KeyPath;
  owner: string;
}

/** Every claim of a value that an earlier one has. `what` completes "expected ..., as ... has it". */
function repeated(claims: readonly Claim[], what: string): Problem[] {
  const owners = new Map<string | number, string>();
  const problems: Problem[] = [];
  for (const { value, found = value, path, owner } of claims) {
    const earlier = owners.get(value);
    if (earlier === undefined) owners.set(value, owner);
    else problems.push({ path, found, expected: `${what}: ${earlier} has it already` });
  }
  return problems;
}

function names(section: string, items: readonly { name: string }[], parent: KeyPath = []): Problem[] {
  return repeated(
    items.map((item, index) => ({
      value: item.name,
      path: [...parent, section, index, 'name'],
      owner: `${section}[${index}]`,
    })),
    'a name used once',
  );
}

function checkPorts({ ports, switch: { cpu_port } }: ConfigShape): Problem[] {
  const numbers = ports.flatMap((port, index): Claim[] => {
    const number = { value: port.number, path: ['ports', index, 'number'], owner: `port ${port.name}` };
    if (port.host_port === undefined) return [number];
    const path = ['ports', index, 'host_port'];
    return [number, { value: port.host_port, path, owner: `the host_port of ${port.name}` }];
  });
  const addresses = ports.flatMap((port, index) =>
    port.addresses.map(({ address }, position) => ({
      value: address,
      path: ['ports', index, 'addresses', position],
      owner: `port ${port.name}`,
    })),
  );
  const sizes = ports.flatMap(({ role, mtu }, index): Problem[] =>
    role === 'external' || mtu === undefined
      ? []
      : [{ path: ['ports', index, 'mtu'], found: mtu, expected: 'no mtu, except with role external' }],
  );
  const gateways = ports.filter(({ role }) => role === 'gateway');
  const surplus = gateways.slice(1).map((port): Problem => {
    const expected = `one port with role gateway: ${gateways[0]?.name} is it`;
    return { path: ['ports', ports.indexOf(port), 'role'], found: port.role, expected };
  });
  const cpu: Claim = { value: cpu_port, path: ['switch', 'cpu_port'], owner: 'switch.cpu_port' };
  return [
    ...names('ports', ports),
    ...repeated([cpu, ...numbers], 'a port number used once'),
    ...repeated(addresses, 'an address used once'),
    ...sizes,
    ...surplus,
    ...ports.flatMap((port, index) => checkGatewayPort(port, ['ports', index])),
  ];
}

/** What only the port towards the gateway has, and what it must not have: all that comes by it is the gateway's. */
function checkGatewayPort(
  { role, interface: interface_name, addresses, host_port }: ConfigShape['ports'][number],
  parent: KeyPath,
): Problem[] {
  const problem = (key: string, found: unknown, expected: string): Problem => ({
    path: [...parent, key],
    found,
    expected,
  });
  if (role !== 'gateway') {
    return interface_name === undefined
      ? []
      : [problem('interface', interface_name, 'no interface, except with role gateway')];
  }
  return [
    ...(interface_name === undefined
      ? [problem('interface', undefined, 'the interface of this host that the port leads to')]
      : []),
    ...(addresses.length > 0 ? [problem('addresses', addresses, 'none with role gateway')] : []),
    ...(host_port !== undefined ? [problem('host_port', host_port, 'none with role gateway')] : []),
  ];
}

/** What a service that ends at this host needs of the ports. */
function checkTerminated({ ports, virtual_stores }: ConfigShape): Problem[] {
  const external = ports.filter(({ role }) => role === 'external');
  const without_host = external.find(({ host_port }) => host_port === undefined);
  const has_gateway = ports.some(({ role }) => role === 'gateway');
  const missing = has_gateway
    ? without_host && `mode request or session, as external port ${without_host.name} has no host_port`
    : 'mode request or session, as no port has role gateway';
  const smbs = virtual_stores.flatMap(({ smb }, store): Problem[] => {
    if (smb === undefined || without_host === undefined) return [];
    const expected = `no shares, as external port ${without_host.name} has no host_port, which leads to Samba`;
    return [{ path: ['virtual_stores', store, 'smb', 'shares'], found: smb.shares, expected }];
  });
  if (missing === undefined) return smbs;
  const terminated = virtual_stores.flatMap(({ services }, store) =>
    services.flatMap(({ mode }, index): Problem[] =>
      mode === 'terminate'
        ? [{ path: ['virtual_stores', store, 'services', index, 'mode'], found: mode, expected: missing }]
        : [],
    ),
  );
  return [...terminated, ...smbs];
}

function checkRoutes({ routes, ports }: ConfigShape): Problem[] {
  const own = new Set(ports.flatMap((port) => port.addresses.map(({ address }) => address)));
  const targets = routes.map(({ to }, index) => ({
    value: `${to.address}/${to.length}`,
    path: ['routes', index, 'to'],
    owner: `routes[${index}]`,
  }));
  const hops = routes.flatMap(({ via }, index): Problem[] => {
    const path = ['routes', index, 'via'];
    if (own.has(via))
      return [{ path, found: via, expected: "a next hop, not the virtualizer's own address" }];
    const reached = ports.some((port) => isBehind(port, via));
    return reached
      ? []
      : [{ path, found: via, expected: `an address in a port's network (${networks(ports)})` }];
  });
  return [...repeated(targets, 'a network routed once'), ...hops];
}

function checkStores({ stores, ports }: ConfigShape): Problem[] {
  const own = ownAddressClaims(ports);
  const addresses = stores.map((store, index) => ({
    value: store.address,
    path: ['stores', index, 'address'],
    owner: `store ${store.name}`,
  }));
  const internal = ports.filter(({ role }) => role === 'internal');
  const places = stores.flatMap((store, index): Problem[] => {
    if (store.port === undefined) {
      if (internal.some((port) => isBehind(port, store.address))) return [];
      const expected = `an address in an internal port's network (${networks(internal)}), or the key port`;
      return [{ path: ['stores', index, 'address'], found: store.address, expected }];
    }
    if (internal.some(({ name }) => name === store.port)) return [];
    const expected = `the name of an internal port (${list(internal)})`;
    return [{ path: ['stores', index, 'port'], found: store.port, expected }];
  });
  return [...names('stores', stores), ...repeated([...own, ...addresses], 'an address used once'), ...places];
}

function checkVirtualAddresses({ ports, routes, stores, virtual_stores }: ConfigShape): Problem[] {
  const taken = stores.map(({ name, address }) => ({ value: address, path: [], owner: `store ${name}` }));
  const hops = routes.map(({ via }, index) => ({
    value: via,
    path: [],
    owner: `the next hop of routes[${index}]`,
  }));
  const virtual = virtual_stores.map(({ name, address }, index) => ({
    value: address,
    path: ['virtual_stores', index, 'address'],
    owner: `virtual store ${name}`,
  }));
  // Clashes among the addresses taken are reported where those are checked.
  return repeated(
    [...ownAddressClaims(ports), ...taken, ...hops, ...virtual],
    'an address of its own',
  ).filter(({ path }) => path[0] === 'virtual_stores');
}

/** Points at the first virtual store whose pools, services or exports the pipeline has no numbers for: 0 is none of them. */
function checkTotal({ virtual_stores }: ConfigShape, section: 'pools' | 'services' | 'exports'): Problem[] {
  const total_max = { pools: POOLS, services: SERVICES, exports: EXPORTS }[section] - 1;
  let total = 0;
  for (const [index, virtualStore] of virtual_stores.entries()) {
    total += virtualStore[section].length;
    if (total <= total_max) continue;
    const path = ['virtual_stores', index, section];
    return [
      {
        path,
        found: virtualStore[section],
        expected: `at most ${total_max} ${section} in all virtual stores`,
      },
    ];
  }
  return [];
}

function checkVirtualStore(config: ConfigShape, virtualStore: VirtualStore, parent: KeyPath): Problem[] {
  const { pools, services } = virtualStore;
  const endpoints = services.map((service, index) => ({
    value: `${service.protocol} ${service.port}`,
    found: service.port,
    path: [...parent, 'services', index, 'port'],
    owner: `service ${service.name}`,
  }));
  return [
    ...names('pools', pools, parent),
    ...names('services', services, parent),
    ...pools.flatMap((pool, index) => checkPool(config, pool, [...parent, 'pools', index])),
    ...repeated(endpoints, 'a protocol and port served once'),
    ...services.flatMap((service, index) => checkService(service, pools, [...parent, 'services', index])),
    ...names('exports', virtualStore.exports, parent),
    ...checkExports(virtualStore, parent),
    ...services.flatMap((service, index) =>
      checkRules(virtualStore, service, [...parent, 'services', index]),
    ),
    ...pools.flatMap((pool, index) => checkPolicy(pool, services, [...parent, 'pools', index])),
    ...checkFront(services, parent),
    ...checkSmb(virtualStore, [...parent, 'smb']),
  ];
}

function checkPool({ stores }: ConfigShape, pool: VirtualStore['pools'][number], parent: KeyPath): Problem[] {
  const weights = new Map(stores.map(({ name, weight }) => [name, weight]));
  const members = pool.stores.map(({ store }, index) => ({
    value: store,
    path: [...parent, 'stores', index],
    owner: `stores[${index}]`,
  }));
  const unknown = members
    .filter(({ value }) => !weights.has(value))
    .map(({ path, value }) => ({ path, found: value, expected: `the name of a store (${list(stores)})` }));
  const weighty = pool.stores.filter(({ store, weight }) => (weight ?? weights.get(store)) !== 0).length;
  const at = { path: [...parent, 'stores'], found: pool.stores };
  const expected = `at most ${SLOTS_PER_POOL} stores with a weight above 0, as requests are shared out in so many slots`;
  return [
    ...repeated(members, 'a store named once'),
    ...unknown,
    ...(weighty === 0 ? [{ ...at, expected: 'a store with a weight above 0' }] : []),
    ...(weighty > SLOTS_PER_POOL ? [{ ...at, expected }] : []),
  ];
}

/**
 * Portmap and MOUNT are answered by one front: it tells of both. NFS over TCP that ends here needs both, as its
 * clients ask them first.
 */
function checkFront(services: VirtualStore['services'], parent: KeyPath): Problem[] {
  const problems = services.flatMap(({ mode, protocol, program }, index): Problem[] => {
    if (mode !== 'terminate' || protocol !== 'tcp' || program !== RPC_PROGRAM.nfs) return [];
    const missing = (['portmap', 'mount'] as const).filter(
      (name) => !services.some((other) => other.program === RPC_PROGRAM[name]),
    );
    if (missing.length === 0) return [];
    const expected = `mode session, or services of program ${missing.join(' and ')} beside it, which clients ask first`;
    return [{ path: [...parent, 'services', index, 'mode'], found: mode, expected }];
  });
  const terminated = (program: number) =>
    services.findIndex((service) => service.mode === 'terminate' && service.program === program);
  const [portmap, mount] = [terminated(RPC_PROGRAM.portmap), terminated(RPC_PROGRAM.mount)];
  if (portmap < 0 === mount < 0) return problems;
  const [alone, other] = mount < 0 ? [portmap, 'mount'] : [mount, 'portmap'];
  const expected = `mode request or session, or a service of program ${other} in mode terminate, too`;
  return [...problems, { path: [...parent, 'services', alone, 'mode'], found: 'terminate', expected }];
}

/** What asks for the impossible. */
function checkPolicy(
  { name, policy, response_path, jumbo }: VirtualStore['pools'][number],
  services: VirtualStore['services'],
  parent: KeyPath,
): Problem[] {
  if (response_path === 'direct') {
    const expected = isByLoad({ policy })
      ? `virtualizer: policy ${policy} counts responses, which direct ones never show`
      : 'virtualizer; direct is not in this version';
    return [{ path: [...parent, 'response_path'], found: response_path, expected }];
  }
  const users = services.filter((service) => poolsOf(service).has(name));
  if (users.length === 0 || !users.every(({ mode }) => mode === 'session')) return [];
  const why = 'as only services in mode session use this pool';
  const problems: Problem[] = [];
  if (policy !== 'hash') {
    const expected = `hash, ${why}, and connections are placed by hash`;
    problems.push({ path: [...parent, 'policy'], found: policy, expected });
  }
  if (jumbo !== undefined) {
    const expected = `none, ${why}, and the packets of connections are not combined`;
    problems.push({ path: [...parent, 'jumbo'], found: jumbo, expected });
  }
  return problems;
}

const MODE_PROTOCOL = { request: 'udp', session: 'tcp' } as const;
/** What the gateway answers over UDP, too; other requests over UDP need no gateway. */
const TERMINATED_UDP: readonly number[] = [RPC_PROGRAM.portmap, RPC_PROGRAM.mount];

function checkService(
  service: VirtualStore['services'][number],
  pools: VirtualStore['pools'],
  parent: KeyPath,
): Problem[] {
  const problems: Problem[] = [];
  const add = (key: string, found: unknown, expected: string): void => {
    problems.push({ path: [...parent, ...key.split('.')], found, expected });
  };
  if (service.mode === 'terminate') {
    if (service.protocol === 'udp' && !TERMINATED_UDP.includes(service.program ?? 0))
      add('mode', service.mode, 'mode request with protocol udp, except for portmap and mount');
    else if (service.program === RPC_PROGRAM.status)
      add('program', AS_WRITTEN, 'another program, as what status tells is of one server, not of all');
  } else if (service.protocol !== MODE_PROTOCOL[service.mode]) {
    const mode = service.protocol === 'udp' ? 'request' : 'session';
    add('mode', service.mode, `mode ${mode} with protocol ${service.protocol}`);
  }
  if (!pools.some(({ name }) => name === service.pool)) {
    add('pool', service.pool, `the name of a pool of this virtual store (${list(pools)})`);
  }
  if (service.program === undefined) {
    if (service.mode !== 'session')
      add('program', undefined, `an RPC program, as mode ${service.mode} balances RPC calls`);
    if (service.health.check === 'null_rpc')
      add('health.check', 'null_rpc', 'the key program beside it, to call');
  } else if (healthCheckKind(service) === 'null_rpc' && programVersion(service) === undefined) {
    add('version', undefined, `the version of program ${service.program} to check, or health.check none`);
  }
  if (service.protocol !== 'tcp' && service.health.check === 'tcp_connect')
    add('health.check', 'tcp_connect', 'null_rpc or none, as this service is not over TCP');
  if (!isByRequest(service) && service.records.sample !== undefined) {
    add('records.sample', service.records.sample, `none, ${whyNotByRequest(service)}`);
  }
  if (isAnsweredHere(service) && healthCheckKind(service) !== 'none') {
    add('health.check', service.health.check, `none, ${whyNotByRequest(service)}`);
  }
  return problems;
}

function ownAddressClaims(ports: ConfigShape['ports']): Claim[] {
  // An address repeated among the ports is reported by checkPorts; here it only counts once.
  const claims = ports.flatMap((port) =>
    port.addresses.map(({ address }): [Ipv4Address, Claim] => [
      address,
      { value: address, path: [], owner: `port ${port.name}` },
    ]),
  );
  return [...new Map(claims).values()];
}

function isBehind(port: ConfigShape['ports'][number], address: Ipv4Address): boolean {
  return port.addresses.some((prefix) => prefixContains(prefix, address));
}

function networks(ports: ConfigShape['ports']): string {
  const all = ports.flatMap((port) => port.addresses.map(({ address, length }) => `${address}/${length}`));
  return all.length === 0 ? 'there is none' : all.join(', ');
}

/** The names to choose from; the first ones only, where there are many. */
function list(items: readonly { name: string }[]): string {
  const shown = items.slice(0, 8).map(({ name }) => name);
  if (shown.length === 0) return 'there is none';
  return shown.join(', ') + (items.length > shown.length ? ', ...' : '');
}

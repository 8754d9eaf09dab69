/** Tables and counters read from the switch, in words. */
import { type Client, type CounterCell } from '../p4runtime';
import { COUNTERS, DROP_REASONS } from '../dataplane/counters';
import { DROP } from '../dataplane/constants';
import type { KeyFields } from '../dataplane/table';
import { findTable, TABLES } from '../dataplane/tables';
import { NO_ID } from './ids';
import type { Network } from './network';
import type { CounterReading, CounterValue, TableListing, TableReading } from './status';

const ZERO: CounterValue = { packets: 0, bytes: 0 };

export async function listTables(client: Client): Promise<TableListing[]> {
  const listings: TableListing[] = [];
  for (const { name, key } of TABLES) {
    listings.push({
      name,
      key: Object.entries(key as KeyFields).map(([field, { kind }]) => ({ name: field, match: kind })),
      entries: await countOf(client.readTable(name)),
      size: client.p4info.tables.get(name).size,
    });
  }
  return listings;
}

async function countOf(items: AsyncIterable<unknown>): Promise<number> {
  const iterator = items[Symbol.asyncIterator]();
  let count = 0;
  while ((await iterator.next()).done !== true) count += 1;
  return count;
}

/** Rejects with an Error that names the tables there are. */
export async function readTable(client: Client, network: Network, name: string): Promise<TableReading> {
  const table = findTable(name);
  if (table === undefined) {
    throw new Error(`there is no table "${name}"; there are ${TABLES.map((one) => one.name).join(', ')}`);
  }
  const names = idNames(network);
  const reading: TableReading = { table: table.name, entries: [] };
  for await (const entry of client.readTable(table.name)) {
    reading.entries.push(table.readable(entry, (field, id) => names.get(field)?.get(id)));
  }
  return reading;
}

export async function readCounters(
  client: Client,
  network: Network,
  controller: Record<string, number>,
): Promise<CounterReading> {
  const drops = await readArray(client, COUNTERS.drops);
  const service_requests = await readArray(client, COUNTERS.service_requests);
  const retransmissions = await readArray(client, COUNTERS.service_retransmissions);
  const store_requests = await readArray(client, COUNTERS.store_requests);
  const responses = await readArray(client, COUNTERS.store_responses);
  return {
    drops: Object.fromEntries(DROP_REASONS.map((reason) => [reason, drops(DROP[reason])])),
    services: Object.fromEntries(
      [...network.service_ids].map(([name, id]) => [
        name,
        { requests: service_requests(id), retransmissions: retransmissions(id) },
      ]),
    ),
    stores: Object.fromEntries(
      [...network.store_ids].map(([name, id]) => [
        name,
        { requests: store_requests(id), responses: responses(id) },
      ]),
    ),
    controller,
  };
}

async function readArray(client: Client, counter: string): Promise<(index: number) => CounterValue> {
  const cells = new Map<number, CounterValue>();
  for await (const { index, packets, bytes } of client.readCounter(counter) as AsyncIterable<CounterCell>) {
    cells.set(index, { packets: Number(packets), bytes: Number(bytes) });
  }
  return (index) => cells.get(index) ?? ZERO;
}

/** Field of a key or an action -> number -> name. */
function idNames(network: Network): Map<string, Map<number, string>> {
  const inverted = (ids: ReadonlyMap<string, number>) => new Map([...ids].map(([name, id]) => [id, name]));
  const ports = new Map<number, string>(
    network.config.ports.flatMap(({ name, number, host_port }): [number, string][] => [
      [number, name],
      ...(host_port === undefined ? [] : [[host_port, `${name}/host`] as [number, string]]),
    ]),
  );
  const stores = inverted(network.store_ids).set(NO_ID, 'none');
  return new Map([
    ['store_id', stores],
    ['standby_id', stores],
    ['service_id', inverted(network.service_ids).set(NO_ID, 'health checks')],
    ['pool_id', inverted(network.pool_ids)],
    ['export_id', inverted(network.export_ids)],
    ...[1, 2, 3, 4].map((place): [string, Map<number, string>] => [`store_${place}`, stores]),
    ['ingress_port', ports],
    ['egress_port', ports],
    ['out_port', ports],
    ['port', ports],
  ]);
}

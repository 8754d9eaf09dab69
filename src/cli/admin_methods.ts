/** What the running controller answers on its admin socket. */
import { z } from 'zod';
import { AdminError, type AdminErrorCode, type AdminMethod, type AdminMethods } from '../admin';
import type {
  ControllerStatus,
  CounterReading,
  ServiceStatus,
  StoreStatus,
  TableListing,
  TableReading,
} from '../controller/status';
import { PROCEDURES } from '../dataplane/procedures';
import type { LoadSnapshot } from '../controller/load/snapshot';
import {
  WAIT_MAX_MS,
  type SampledRecords,
  type RecordFilter,
  type RecordRequest,
} from '../controller/records/feed';
import { failureOf } from './exit_codes';
import type { CounterCell } from './readings';

/** The part of the controller that the command line uses. */
export interface Administrable {
  status(): ControllerStatus;
  stores(): StoreStatus[];
  services(): ServiceStatus[];
  drain(store: string, deadline_ms?: number): Promise<void>;
  restore(store: string): Promise<void>;
  tables(): Promise<TableListing[]>;
  readTable(table: string): Promise<TableReading>;
  readCounters(): Promise<CounterReading>;
  readLoad(): Promise<LoadSnapshot>;
  takeRecords(request: RecordRequest): Promise<SampledRecords>;
}

const nothing = z.strictObject({});
const storeParams = z.strictObject({ store: z.string() });
const drainParams = z.strictObject({ store: z.string(), deadline_ms: z.int().min(0).optional() });
const tableParams = z.strictObject({ table: z.string() });
const recordParams = z.strictObject({
  after: z.int().min(0).optional(),
  wait_ms: z.int().min(0).max(WAIT_MAX_MS).optional(),
  service: z.string().optional(),
  store: z.string().optional(),
  procedure: z.string().optional(),
});
const counterParams = z.strictObject({ counter: z.string().optional() });

export function adminMethods(controller: Administrable): AdminMethods {
  return {
    status: method(nothing, () => controller.status()),
    'store.list': method(nothing, () => controller.stores()),
    'store.drain': method(drainParams, ({ store, deadline_ms }) =>
      asPrimary(controller).drain(store, deadline_ms),
    ),
    'store.restore': method(storeParams, ({ store }) => asPrimary(controller).restore(store)),
    'service.list': method(nothing, () => controller.services()),
    'table.list': method(nothing, () => controller.tables()),
    'table.show': method(tableParams, ({ table }) => controller.readTable(table)),
    'counter.show': method(counterParams, async ({ counter }) =>
      ofCounter(counterCells(await controller.readCounters()), counter),
    ),
    'load.read': method(nothing, () => controller.readLoad()),
    'records.take': method(recordParams, (params) => {
      checkFilter(controller, params);
      return controller.takeRecords(params);
    }),
  };
}

/** What the command line is to make of a controller's error: the same failure as if it had met it itself. */
export function adminCodeOf(error: unknown): AdminErrorCode | undefined {
  const failure = failureOf(error);
  return failure === 'unreachable' || failure === 'not_primary' ? failure : undefined;
}

/** What a backup would note down, only the primary can do. */
function asPrimary(controller: Administrable): Administrable {
  const { state, reason } = controller.status();
  if (state !== 'backup') return controller;
  throw new AdminError('not_primary', `this controller is backup: ${reason ?? 'another is primary'}`);
}

/** `handle` with params of the shape it needs. */
function method<Params>(schema: z.ZodType<Params>, handle: (params: Params) => unknown): AdminMethod {
  return (params) => {
    const parsed = schema.safeParse(params);
    if (parsed.success) return handle(parsed.data);
    const [issue] = parsed.error.issues;
    const key = issue?.path.join('.') ?? '';
    throw new AdminError(
      'bad_params',
      `${key === '' ? 'params' : `params.${key}`}: ${issue?.message ?? 'invalid'}`,
    );
  };
}

/** A filter that fits nothing would wait for ever. */
function checkFilter(controller: Administrable, { service, store, procedure }: RecordFilter): void {
  const services = controller.services().map(({ virtual_store, name }) => `${virtual_store}/${name}`);
  const stores = controller.stores().map(({ name }) => name);
  const procedures = [...new Set(PROCEDURES.map(({ name }) => name))];
  const check = (what: string, found: string | undefined, known: readonly string[], fits: boolean): void => {
    if (found === undefined || fits) return;
    throw new AdminError('bad_params', `there is no ${what} "${found}"; there are ${known.join(', ')}`);
  };
  const is_service = (name: string) => name === service || name.endsWith(`/${service}`);
  check('service', service, services, services.some(is_service));
  check(
    'store',
    store,
    stores,
    stores.some((name) => name === store),
  );
  // What has no name of ours goes by its number.
  const is_procedure = procedures.some((name) => name === procedure) || /^\d+$/.test(procedure ?? '');
  check('procedure', procedure, procedures, is_procedure);
}

/** By the P4 program's names of the counters, so that asking the switch itself gives the same ones. */
function counterCells({ drops, services, stores, controller }: CounterReading): CounterCell[] {
  const cells = <Of>(
    counter: string,
    values: Record<string, Of>,
    count: (of: Of) => Omit<CounterCell, 'counter' | 'cell'>,
  ) => Object.entries(values).map(([cell, of]): CounterCell => ({ counter, cell, ...count(of) }));
  return [
    ...cells('drop_counter', drops, (value) => value),
    ...cells('service_requests', services, ({ requests }) => requests),
    ...cells('service_retransmissions', services, ({ retransmissions }) => retransmissions),
    ...cells('store_requests', stores, ({ requests }) => requests),
    ...cells('store_responses', stores, ({ responses }) => responses),
    ...cells('controller', controller, (packets) => ({ packets })),
  ];
}

function ofCounter(cells: CounterCell[], counter: string | undefined): CounterCell[] {
  if (counter === undefined) return cells;
  const found = cells.filter((cell) => cell.counter === counter);
  if (found.length > 0) return found;
  const names = [...new Set(cells.map((cell) => cell.counter))];
  throw new AdminError('bad_params', `there is no counter "${counter}"; there are ${names.join(', ')}`);
}

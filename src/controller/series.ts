/**
 * Which response times the switch adds up together: those of one procedure of one service at one store. Requests of
 * services in mode `session` are not told apart, and have none.
 */
import { isByRequest } from '../config/modes';
import type { ServiceConfig, VirtualStoreConfig } from '../config/config';
import { poolsOf } from '../config/pools';
import { PROCEDURES, UNLISTED_PROCEDURE } from '../dataplane/procedures';
import { series as seriesTable } from '../dataplane/series';
import { SERIES } from '../dataplane/sizes';
import type { Row } from '../dataplane/table';
import { assignIds } from './ids';
import type { Network } from './network';

/** The procedures that no table of ours names. */
export const OTHER_PROCEDURES = 'other';

export interface Series {
  /** In the switch's tables; 0 is everything without a series. */
  number: number;
  virtual_store: string;
  service: string;
  service_id: number;
  /** As its RFC writes it, in all versions of the program. */
  procedure: string;
  procedure_ids: readonly number[];
  store: string;
  store_id: number;
}

export interface SeriesPlan {
  series: readonly Series[];
  /** Procedures there was no room for, at any store. */
  left_out: readonly { virtual_store: string; service: string; procedures: readonly string[] }[];
}

/** A procedure has its series at all stores, or none. The earlier a service in the configuration, the sooner it has. */
export function planSeries(network: Network): SeriesPlan {
  const series: Omit<Series, 'number'>[] = [];
  const left_out: SeriesPlan['left_out'][number][] = [];
  let rows = 0;
  for (const virtualStore of network.config.virtual_stores) {
    for (const service of virtualStore.services.filter(isByRequest)) {
      const { name: virtual_store } = virtualStore;
      const service_id = network.serviceId(virtual_store, service.name);
      const stores = storesOf(virtualStore, service);
      const procedures: string[] = [];
      for (const [procedure, procedure_ids] of proceduresOf(service)) {
        const needed = procedure_ids.length * stores.length;
        if (rows + needed > SERIES || series.length + stores.length > SERIES - 1) {
          procedures.push(procedure);
          continue;
        }
        rows += needed;
        for (const store of stores) {
          const store_id = network.storeId(store);
          const { name } = service;
          series.push({
            virtual_store,
            service: name,
            service_id,
            procedure,
            procedure_ids,
            store,
            store_id,
          });
        }
      }
      if (procedures.length > 0) left_out.push({ virtual_store, service: service.name, procedures });
    }
  }
  const numbers = assignIds('series', series.map(seriesName), SERIES);
  return { series: series.map((one) => ({ number: numbers.get(seriesName(one)) ?? 0, ...one })), left_out };
}

export function seriesRows(series: readonly Series[]): Row[] {
  return series.flatMap(({ number, service_id, store_id, procedure_ids }) =>
    procedure_ids.map((procedure_id) =>
      seriesTable.row({ service_id, procedure_id, store_id }, { name: 'set_series', params: { number } }),
    ),
  );
}

/** One sentence for each service with procedures left out. */
export function seriesProblems({ left_out }: SeriesPlan): string[] {
  return left_out.map(
    ({ virtual_store, service, procedures }) =>
      `service ${virtual_store}/${service}: no room for the response times of ${procedures.join(', ')}: ` +
      `the P4 program has room for ${SERIES} procedures at a store`,
  );
}

function seriesName(one: Pick<Series, 'virtual_store' | 'service' | 'procedure' | 'store'>): string {
  return `${one.virtual_store}/${one.service}/${one.procedure}/${one.store}`;
}

function storesOf({ pools }: VirtualStoreConfig, service: ServiceConfig): string[] {
  const serving = poolsOf(service);
  return [
    ...new Set(
      pools.filter(({ name }) => serving.has(name)).flatMap(({ stores }) => stores.map(({ store }) => store)),
    ),
  ];
}

/** Name -> numbers in the switch's tables. */
function proceduresOf({ program }: ServiceConfig): Map<string, number[]> {
  const names = new Map<string, number[]>();
  for (const one of PROCEDURES.filter((listed) => listed.program === program)) {
    names.set(one.name, [...(names.get(one.name) ?? []), one.id]);
  }
  return names.set(OTHER_PROCEDURES, [UNLISTED_PROCEDURE]);
}

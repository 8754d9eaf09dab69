/** Reads what the switch has counted of requests: only cells that are in use and may have changed. */
import { COUNTERS } from '../../dataplane/counters';
import { BUCKETS } from '../../dataplane/sizes';
import type { Clock } from '../clock';
import { readCells, type CounterSource } from '../counter_cells';
import type { Network } from '../network';
import type { Series, SeriesPlan } from '../series';
import type { LoadSnapshot, SeriesCounts } from './snapshot';

interface StoreMemory {
  responses: number;
  /** By series. */
  counts: Map<number, SeriesCounts['counts']>;
}

export class LoadReader {
  /** Of the reading before, by store: where nothing was answered since, no histogram has changed. */
  #stores = new Map<number, StoreMemory>();
  #reading: Promise<LoadSnapshot> | undefined;

  constructor(
    private readonly source: CounterSource,
    private readonly network: Network,
    private readonly plan: SeriesPlan,
    private readonly clock: Clock,
  ) {}

  /** Whoever asks while a reading is under way shares it. Rejects as reads of `source` do. */
  read(): Promise<LoadSnapshot> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** The switch may be another, or have begun anew. */
  forget(): void {
    this.#stores.clear();
  }

  async #read(): Promise<LoadSnapshot> {
    const services = await this.#services();
    const store_ids = [...this.network.store_ids.values()];
    const sent = await this.#cells(COUNTERS.store_requests, store_ids);
    // Counters cannot be read at one moment: those before and after have the middle in common with the one between.
    const earlier = await this.#cells(COUNTERS.store_new_requests, store_ids);
    const answered = await this.#cells(COUNTERS.store_answered, store_ids);
    const at_ms = this.clock.now_ms();
    const later = await this.#cells(COUNTERS.store_new_requests, store_ids);
    const [unexpected_responses = 0] = (await this.#cells(COUNTERS.unexpected_responses, [0])).values();
    return {
      at_ms,
      services,
      stores: [...this.network.store_ids].map(([store, id]) => {
        const [first, last] = [earlier.get(id) ?? 0, later.get(id) ?? 0];
        return {
          store,
          sent: sent.get(id) ?? 0,
          new_requests: (first + last) / 2,
          new_requests_error: (last - first) / 2,
          answered: answered.get(id) ?? 0,
        };
      }),
      unexpected_responses,
      series: await this.#series(store_ids),
    };
  }

  async #services(): Promise<LoadSnapshot['services']> {
    const named = this.network.config.virtual_stores.flatMap(({ name: virtual_store, services }) =>
      services
        .filter(({ mode }) => mode === 'request')
        .map(({ name }) => ({
          service: `${virtual_store}/${name}`,
          id: this.network.serviceId(virtual_store, name),
        })),
    );
    const ids = named.map(({ id }) => id);
    const requests = await this.#cells(COUNTERS.service_requests, ids);
    const retransmissions = await this.#cells(COUNTERS.service_retransmissions, ids);
    return named.map(({ service, id }) => ({
      service,
      requests: requests.get(id) ?? 0,
      retransmissions: retransmissions.get(id) ?? 0,
    }));
  }

  /** Responses are read first: what is counted meanwhile makes the next reading look again. */
  async #series(store_ids: readonly number[]): Promise<SeriesCounts[]> {
    const responses = await this.#cells(COUNTERS.store_responses, store_ids);
    const is_stale = (store_id: number) =>
      this.#stores.get(store_id)?.responses !== (responses.get(store_id) ?? 0);
    const stale = new Set(store_ids.filter(is_stale));
    const wanted = this.plan.series.filter(({ store_id }) => stale.has(store_id));
    const cells = await this.#cells(COUNTERS.response_time, wanted.flatMap(indicesOf));
    for (const store_id of stale) {
      const of_store = wanted.filter((one) => one.store_id === store_id);
      const counts = new Map(of_store.map((one) => [one.number, countsOf(one, cells)]));
      this.#stores.set(store_id, { responses: responses.get(store_id) ?? 0, counts });
    }
    return this.plan.series.flatMap(({ number, virtual_store, service, procedure, store, store_id }) => {
      const counts = this.#stores.get(store_id)?.counts.get(number) ?? [];
      return counts.length === 0
        ? []
        : [{ service: `${virtual_store}/${service}`, procedure, store, counts }];
    });
  }

  #cells(counter: string, indices: readonly number[]): Promise<Map<number, number>> {
    return readCells(this.source, counter, indices);
  }
}

function indicesOf({ number }: Series): number[] {
  return Array.from({ length: BUCKETS }, (_, bucket) => number * BUCKETS + bucket);
}

function countsOf(one: Series, cells: ReadonlyMap<number, number>): SeriesCounts['counts'] {
  return indicesOf(one).flatMap((index, bucket): SeriesCounts['counts'] => {
    const responses = cells.get(index) ?? 0;
    return responses === 0 ? [] : [[bucket, responses]];
  });
}

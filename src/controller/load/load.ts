/** The load between two snapshots of what the switch has counted. */
import { BUCKETS } from '../../dataplane/sizes';
import { countOf, percentile_us, sumOf, total_us, type Histogram } from './histogram';
import type { LoadSnapshot, SeriesCounts, StoreCounts } from './snapshot';

/** Of the responses in an interval, each counted once, with the first transmission of its request. */
export interface ResponseTimes {
  responses_per_s: number;
  /**
   * How many of these requests were under way at one time, on average: their response times added up, over the
   * interval (Little's law). A request that is not answered is not among them; of stores see `StoreLoad`.
   */
  outstanding: number;
  /** Absent without responses. Exact to a quarter from 64 us to 2.1 s. */
  p50_us?: number;
  p99_us?: number;
}

export interface ServiceLoad extends ResponseTimes {
  /** `virtual store/service`. */
  service: string;
  /** That arrived, also those that were dropped, or repeated. */
  requests_per_s: number;
  retransmissions_per_s: number;
}

/** `outstanding`: at least as many as it was sent in the last seconds and has not answered. */
export interface StoreLoad extends ResponseTimes {
  store: string;
  /** Requests it was chosen for, also those repeated, and packets of its TCP connections. */
  sent_per_s: number;
  /** By how many requests that it has not answered there are more than when the interval began, at least 0. */
  unanswered_per_s: number;
}

export interface ProcedureLoad extends ResponseTimes {
  service: string;
  /** As its RFC writes it, or `other`. */
  procedure: string;
}

export interface SeriesLoad extends ProcedureLoad {
  store: string;
}

export interface Load {
  interval_ms: number;
  services: ServiceLoad[];
  stores: StoreLoad[];
  /** With responses in the interval, the busiest first; so are `series`. */
  procedures: ProcedureLoad[];
  /** Of one procedure at one store. */
  series: SeriesLoad[];
  /** Responses to requests that the switch does not remember. */
  unexpected_responses_per_s: number;
}

interface SeriesGrowth {
  service: string;
  procedure: string;
  store: string;
  histogram: Histogram;
}

/** A request that was not answered for so long is not waited for any more: `p4/controls/outstanding.p4`. */
const FORGOTTEN_MS = 4000;

/**
 * Counters that went back, as those of a switch that began anew, are taken to have been 0 before. `earlier`: snapshots
 * before `before`, so that what a store does not answer is seen for as long as it is waited for.
 */
export function loadBetween(
  before: LoadSnapshot,
  after: LoadSnapshot,
  earlier: readonly LoadSnapshot[] = [],
): Load {
  const recent = [before, ...earlier.filter(({ at_ms }) => at_ms >= after.at_ms - FORGOTTEN_MS)];
  const interval_ms = after.at_ms - before.at_ms;
  const per_s = (count: number) => round((count * 1000) / interval_ms, 1);
  const times = (growths: readonly SeriesGrowth[]): ResponseTimes =>
    responseTimes(sumOf(growths.map(({ histogram }) => histogram)), interval_ms);
  const grown = seriesGrowths(before, after);
  return {
    interval_ms: round(interval_ms, 0),
    services: after.services.map(({ service, requests, retransmissions }) => {
      const then = before.services.find((one) => one.service === service);
      return {
        service,
        requests_per_s: per_s(growth(then?.requests, requests)),
        retransmissions_per_s: per_s(growth(then?.retransmissions, retransmissions)),
        ...times(grown.filter((one) => one.service === service)),
      };
    }),
    stores: after.stores.map((now) => {
      const { store, sent } = now;
      const of_store = ({ stores }: LoadSnapshot) => stores.find((one) => one.store === store);
      const own = times(grown.filter((one) => one.store === store));
      const waiting = Math.max(...recent.map((one) => unanswered(of_store(one), now)));
      return {
        store,
        sent_per_s: per_s(growth(of_store(before)?.sent, sent)),
        unanswered_per_s: per_s(unanswered(of_store(before), now)),
        ...own,
        outstanding: Math.max(own.outstanding, waiting),
      };
    }),
    procedures: busiestFirst(
      groupBy(grown, ({ service, procedure }) => `${service} ${procedure}`).map(([first, ...others]) => ({
        service: first.service,
        procedure: first.procedure,
        ...times([first, ...others]),
      })),
    ),
    series: busiestFirst(
      grown.map((one) => ({
        service: one.service,
        procedure: one.procedure,
        store: one.store,
        ...times([one]),
      })),
    ),
    unexpected_responses_per_s: per_s(growth(before.unexpected_responses, after.unexpected_responses)),
  };
}

/** New requests less answers in between, at least 0: as many as there are for certain. */
function unanswered(before: StoreCounts | undefined, after: StoreCounts): number {
  const sent = growth(before?.new_requests, after.new_requests);
  const answered = growth(before?.answered, after.answered);
  const error = (before?.new_requests_error ?? 0) + after.new_requests_error;
  return Math.max(0, Math.floor(sent - answered - error));
}

/** Of series with responses in between. */
function seriesGrowths(before: LoadSnapshot, after: LoadSnapshot): SeriesGrowth[] {
  const key = ({ service, procedure, store }: SeriesCounts) => `${service} ${procedure} ${store}`;
  const earlier = new Map(before.series.map((one) => [key(one), histogramOf(one.counts)]));
  return after.series
    .map((one) => {
      const { service, procedure, store } = one;
      const now = histogramOf(one.counts);
      const then = earlier.get(key(one)) ?? [];
      const has_begun_anew = now.some((count, bucket) => count < (then[bucket] ?? 0));
      const histogram = has_begun_anew ? now : now.map((count, bucket) => count - (then[bucket] ?? 0));
      return { service, procedure, store, histogram };
    })
    .filter(({ histogram }) => countOf(histogram) > 0);
}

function histogramOf(counts: SeriesCounts['counts']): Histogram {
  const histogram = new Array<number>(BUCKETS).fill(0);
  for (const [bucket, responses] of counts) histogram[bucket] = responses;
  return histogram;
}

function responseTimes(histogram: Histogram, interval_ms: number): ResponseTimes {
  const p50 = percentile_us(histogram, 0.5);
  const p99 = percentile_us(histogram, 0.99);
  return {
    responses_per_s: round((countOf(histogram) * 1000) / interval_ms, 1),
    outstanding: round(total_us(histogram) / (interval_ms * 1000), 2),
    ...(p50 !== undefined && { p50_us: round(p50, 0) }),
    ...(p99 !== undefined && { p99_us: round(p99, 0) }),
  };
}

function growth(before = 0, after: number): number {
  return after < before ? after : after - before;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function busiestFirst<T extends ResponseTimes>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => b.responses_per_s - a.responses_per_s);
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

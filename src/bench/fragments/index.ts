import { parseConfig } from '../../config/load';
import { FRAGMENT_LIFETIME_US } from '../../dataplane/fragment';
import { DrivenVirtualizer, Draws, Timeline } from '../../sim';
import type { Benchmark, Report } from '../report';
import { Judge } from './judge';
import { FRAGMENTS_MAX, FRAGMENTS_MIN, RequestMaker } from './requests';
import { FragmentRows } from './rows';
import { CLIENTS, IDENTIFICATIONS, Traffic, type NetworkFaults, type TrafficOptions } from './traffic';

const REQUESTS = 1_000_000;
const REQUESTS_REUSED_AT_ONCE = 50_000;
const SEED = 4;
const FAULTS: NetworkFaults = { delayed: 0.05, delay_max_us: 20_000, repeated: 0.01, lost: 0.01 };
/** Whatever the network still delays has arrived a lifetime before. */
const REUSE_AFTER_US = FRAGMENT_LIFETIME_US + FAULTS.delay_max_us;
/** To the controller, and back. */
const CONTROLLER_DELAY_US = { min: 100, max: 2000 };
/** In which the controller writes all its tables. */
const SET_UP_US = 1_000_000;
/** Between two lines of progress, in simulated time. */
const PROGRESS_US = 2_000_000;

const VIP = '10.1.0.100';
const CLIENT_PORT = 1;
const CLIENT_MAC = '02:00:00:00:00:11';
const PORT_MAC = '02:00:00:00:01:01';
const CONFIG = `
ports:
  - { name: clients, number: ${CLIENT_PORT}, role: external, mac: '${PORT_MAC}', addresses: [10.1.0.254/16] }
  - { name: stores, number: 2, role: internal, mac: '02:00:00:00:01:02', addresses: [10.2.0.254/24] }
  - { name: more-stores, number: 3, role: internal, mac: '02:00:00:00:01:03', addresses: [10.3.0.254/24] }
  - { name: last-stores, number: 4, role: internal, mac: '02:00:00:00:01:04', addresses: [10.4.0.254/24] }
stores:
  - { name: s1, address: 10.2.0.1, mac: '02:00:00:00:02:01' }
  - { name: s2, address: 10.3.0.1, mac: '02:00:00:00:02:02' }
  - { name: s3, address: 10.4.0.1, mac: '02:00:00:00:02:03' }
virtual_stores:
  - name: files
    address: ${VIP}
    pools: [{ name: all, stores: [s1, s2, s3] }]
    services:
      - { name: nfs, protocol: udp, port: 2049, program: nfs, mode: request, pool: all, health: { check: none } }
`;

interface Outcome {
  judge: Judge;
  /** Rows of requests that had just passed whole; and when all is over, those that count still and whatever the controller keeps. */
  leaked_entries: number;
  /** Of the fragments that reached the switch, those that went through the controller. */
  slow_path_share: number;
}

async function play(
  options: TrafficOptions,
  progress: (line: string) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  const timeline = new Timeline();
  const draws = new Draws(SEED);
  const judge = new Judge();
  const { min, max } = CONTROLLER_DELAY_US;
  const driven = new DrivenVirtualizer({
    config: parseConfig(CONFIG, 'bench.yaml'),
    timeline,
    delay_us: () => min + draws.below(max - min),
    onFrame: (port, frame) => {
      if (judge.arrived(port, frame) && rows.holds(frame, timeline.now_us)) leaked += 1;
    },
  });
  const rows = new FragmentRows(driven.program.engine);
  let leaked = 0;
  await timeline.runFor(SET_UP_US);
  const maker = new RequestMaker(VIP, CLIENT_MAC, PORT_MAC);
  const traffic = new Traffic(timeline, draws, maker, judge, options, (frame) =>
    driven.program.receive(CLIENT_PORT, frame),
  );
  traffic.start();
  let told_us = 0;
  await timeline.run(() => {
    signal.throwIfAborted();
    if (timeline.now_us > told_us + PROGRESS_US) {
      told_us = timeline.now_us;
      progress(`${judge.requests} of ${options.requests} requests`);
    }
    return judge.requests >= options.requests && judge.watched === 0;
  });
  const { fragments } = driven.virtualizer;
  return {
    judge,
    leaked_entries: leaked + rows.live(timeline.now_us) + fragments.size + fragments.held,
    slow_path_share: Number((fragments.counts.get('fragments_received') / traffic.arrived).toFixed(4)),
  };
}

async function run(progress: (line: string) => void, signal: AbortSignal): Promise<Report> {
  const usual = { requests: REQUESTS, faults: FAULTS, reuse_after_us: REUSE_AFTER_US };
  const at_once = { requests: REQUESTS_REUSED_AT_ONCE, faults: FAULTS, reuse_after_us: 0 };
  const { judge, leaked_entries, slow_path_share } = await play(usual, progress, signal);
  const reused = (await play(at_once, progress, signal)).judge;
  const row = (name: string, one: Judge): string[] => [
    name,
    ...[one.requests, one.misdirected_fragments, one.mixed_datagrams, one.out_of_order_fragments].map(String),
    ...[one.changed_fragments, one.completed, one.undelivered].map(String),
  ];
  return {
    figures: {
      requests: judge.requests,
      misdirected_fragments: judge.misdirected_fragments,
      mixed_datagrams: judge.mixed_datagrams,
      leaked_entries,
      slow_path_share,
      out_of_order_fragments: judge.out_of_order_fragments,
      changed_fragments: judge.changed_fragments,
      requests_completed: judge.completed,
      requests_undelivered: judge.undelivered,
      reused_at_once_requests: reused.requests,
      reused_at_once_misdirected_fragments: reused.misdirected_fragments,
      reused_at_once_mixed_datagrams: reused.mixed_datagrams,
    },
    head: [
      'identification is reused',
      'requests',
      'misdirected fragments',
      'mixed datagrams',
      'fragments after a gap',
      'changed',
      'completed',
      'undelivered',
    ],
    rows: [row(`after ${REUSE_AFTER_US / 1000} ms`, judge), row('at once', reused)],
    notes: [
      `${FRAGMENTS_MIN} to ${FRAGMENTS_MAX} fragments a request; ${CLIENTS} clients with ${IDENTIFICATIONS} identifications each`,
      `of all fragments ${percent(FAULTS.delayed)} come up to ${FAULTS.delay_max_us / 1000} ms late, ${percent(FAULTS.repeated)} twice, ${percent(FAULTS.lost)} never`,
      `the controller is ${min_ms}-${max_ms} ms away, each way`,
      'undelivered: no fragment was lost before the switch, and yet the store did not get all',
      `leaked entries: ${leaked_entries}; of the fragments that reached the switch, ${percent(slow_path_share)} went through the controller`,
      `an identification is free for another datagram ${REUSE_AFTER_US / 1000} ms after its last fragment has left the client: a row's lifetime, and the network's longest delay`,
      'reused at once: what no host does, and no switch could tell apart',
    ],
  };
}

const min_ms = CONTROLLER_DELAY_US.min / 1000;
const max_ms = CONTROLLER_DELAY_US.max / 1000;

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`;
}

export const fragmentsBenchmark: Benchmark = {
  name: 'fragments',
  description: 'requests of several fragments through storeswitch.p4 and the controller, in simulated time',
  run,
};

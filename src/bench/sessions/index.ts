import { runSessionMoves, type SessionMovesOptions } from '../../sim';
import type { Benchmark } from '../report';

const RUN: SessionMovesOptions = {
  seed: 1,
  sessions: 100_000,
  stores: 8,
  duration_s: 300,
  controllers_are: 'stopped',
};
const FULL_DURATION_S = 1800;

export const sessionsBenchmark: Benchmark = {
  name: 'sessions',
  description: 'TCP connections while pools change every second, storeswitch.p4 in simulated time',
  async run(progress, signal, { full }) {
    const options = full ? { ...RUN, duration_s: FULL_DURATION_S } : RUN;
    progress(`${options.sessions} sessions, ${options.duration_s} s of simulated time`);
    const counts = await runSessionMoves(options, signal);
    return {
      figures: { ...counts, sessions: options.sessions, sessions_begun: counts.sessions },
      head: [
        'sessions at one time',
        'in all',
        'segments',
        'pool changes',
        'deaths',
        'moved',
        'reset at once',
        'later',
      ],
      rows: [
        [
          ...[options.sessions, counts.sessions, counts.segments, counts.pool_changes, counts.store_deaths],
          ...[counts.moved, counts.reset_at_once, counts.reset_later],
        ].map(String),
      ],
      notes: [
        `${options.stores} stores, one pool; every second a store dies, returns, drains or is restored; one change in ten is another configuration, with other weights or members, and so another controller`,
        'segments of a session are 5 to 240 s apart on average, each session by itself; one in fifty is its last, and another session begins from its port',
        'moved: sent to another store than the one that had the session and was alive',
        'reset at once: of stores that died, by a live one that answered for them as the controller had asked the client; later: when the client sent something by itself',
      ],
    };
  },
};

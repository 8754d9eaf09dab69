import { runSessionMoves, type SessionMovesCounts, type SessionMovesOptions } from '../../sim';
import type { Benchmark } from '../report';

const RUN: SessionMovesOptions = {
  seed: 1,
  sessions: 100_000,
  stores: 8,
  duration_s: 300,
  controllers_are: 'stopped',
};
/** What a controller loses that is killed, not stopped: fewer, since it is the rarer case. */
const KILLS: SessionMovesOptions = { ...RUN, sessions: 20_000, controllers_are: 'killed' };
const FULL_DURATION_S = 1800;

export const sessionsBenchmark: Benchmark = {
  name: 'sessions',
  description: 'TCP connections while pools change every second, storeswitch.p4 in simulated time',
  async run(progress, signal, { full }) {
    const run = async (which: SessionMovesOptions): Promise<SessionMovesCounts> => {
      const duration_s = full ? FULL_DURATION_S : which.duration_s;
      progress(
        `${which.sessions} sessions, ${duration_s} s of simulated time, controllers are ${which.controllers_are}`,
      );
      const onMoved = (history: string) => progress(`moved: ${history}`);
      return runSessionMoves({ ...which, duration_s, onMoved }, signal);
    };
    const counts = await run(RUN);
    const after_kills = await run(KILLS);
    return {
      figures: {
        ...counts,
        sessions: RUN.sessions,
        sessions_begun: counts.sessions,
        moved_where_controllers_are_killed: after_kills.moved,
      },
      head: [
        'controllers are',
        'sessions at one time',
        'in all',
        'segments',
        'pool changes',
        'deaths',
        'moved',
        'reset at once',
        'later',
        'dropped',
      ],
      rows: [rowOf(RUN, counts), rowOf(KILLS, after_kills)],
      notes: [
        `${RUN.stores} stores, one pool; every second a store dies, returns, drains or is restored; one change in ten is another configuration, with other weights or members, and so another controller`,
        'controllers are stopped, as `storeswitch run` is by a signal, or killed in the midst of what they do; the next one takes over at once',
        'segments of a session are 5 to 240 s apart on average, each session by itself; one in fifty is its last, and another session begins from its port',
        'moved: sent to another store than the one that had the session and was alive; each is told on the way, up to 50',
        'reset at once: of stores that died, by a live one that answered for them as the controller had asked the client; later: when the client sent something by itself',
      ],
    };
  },
};

function rowOf({ controllers_are, sessions }: SessionMovesOptions, counts: SessionMovesCounts): string[] {
  const { sessions: begun, segments, pool_changes, store_deaths, moved } = counts;
  const { reset_at_once, reset_later, dropped } = counts;
  return [
    controllers_are,
    ...[
      sessions,
      begun,
      segments,
      pool_changes,
      store_deaths,
      moved,
      reset_at_once,
      reset_later,
      dropped,
    ].map(String),
  ];
}

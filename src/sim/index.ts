/** A simulation in which the compiled program places the requests: see docs/measurements.md. */
export { perSession, SwitchUnderTest, type Balancer } from './balancers';
export { DrivenVirtualizer, type DrivenVirtualizerOptions } from './driven_virtualizer';
export { Draws } from './random';
export { Timeline } from './timeline';
export { runCentralQueue, runStores, type Setting } from './queues';
export { runAffinity, type AffinityCounts, type AffinityOptions } from './affinity';
export type { Policy } from './site';
export { runSessionMoves, type SessionMovesCounts, type SessionMovesOptions } from './session_moves';
export { makeTrace, type Trace } from './trace';
export { WORKLOADS, type Workload } from './workload';

/** The embedded switch as a library: a v1model program in, an engine that runs frames through it out. */
export * from './engine';
export { ProgramError, type SourceInfo } from './program/error';
export { createEngine, describeCode } from './v1model/engine';
export { Switch, type SwitchEventMap, type SwitchOptions } from './switch';
export { startSwitch, type RunningSwitch, type SwitchConfig } from './start';
export type { PacketTrace, TraceFilter, TraceStep } from './trace/trace';
export { formatTrace } from './trace/format';
export { SwitchControl } from './control/switch_control';
export { MemoryPort } from './ports/memory';
export { NO_FAULTS, type FaultCounts, type FaultSettings } from './ports/faults';
export { FaultyPort, type PortFaults } from './ports/wrappers';
export type { Port, PortStats } from './ports/port';

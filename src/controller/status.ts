/** What a running controller tells about itself: plain values that JSON carries, for `src/admin` and `src/cli`. */
import type { PortConfig, ServiceConfig } from '../config/config';
import type { Ipv4Address, MacAddress } from '../wire/address';

/**
 * connecting: no answer from the switch yet, or lost; reconciling: primary, its entries are being read and
 * compared; running: primary and in step; backup: another controller is primary; stopped.
 */
export type ControllerState = 'stopped' | 'connecting' | 'reconciling' | 'running' | 'backup' | 'failed';

export interface ControllerStatus {
  state: ControllerState;
  /** Why it is not running, in words. */
  reason?: string;
  switch: {
    address: string;
    device_id: number;
    election_id: number;
  };
  /** Whole milliseconds since start(). */
  uptime_ms: number;
  /**
   * Entries written since start(), by kind of update, those found right when reconciling, and updates that are left
   * to write: 0 when the switch holds all it should.
   */
  writes: {
    inserted: number;
    modified: number;
    deleted: number;
    failed: number;
    adopted: number;
    pending: number;
  };
  clients: number;
  /** TCP connections of services in mode session that are known, those that are closing included. */
  sessions: number;
  ports: PortStatus[];
  /** Mistakes the switch reported, newest last, bounded. */
  problems: string[];
}

export interface PortStatus {
  name: string;
  number: number;
  role: PortConfig['role'];
  mac: MacAddress;
  host_port?: number;
}

/**
 * up: serves; draining: alive, but takes nothing new; drained: alive, but takes nothing at all, since the deadline of its
 * drain has passed; down: failed its health checks; unresolved: its MAC address is not known; unknown: no verdict yet.
 */
export type StoreState = 'up' | 'draining' | 'drained' | 'down' | 'unresolved' | 'unknown';

export interface StoreStatus {
  name: string;
  /** Number in the switch's tables. */
  id: number;
  address: Ipv4Address;
  state: StoreState;
  /** Why it is not up, in words. */
  reason?: string;
  /** Whole milliseconds since its state last changed. */
  since_ms: number;
  mac?: MacAddress;
  port?: string;
  /** Health is not being judged, because no check can be sent, or nothing comes back from the switch. */
  held: boolean;
  /** TCP connections of services in mode session that are known to be open at it. */
  sessions: number;
  /** Of a store that is drained with a deadline: whole milliseconds until its sessions are reset; 0 once they were. */
  deadline_ms?: number;
  checks: CheckStatus[];
  pools: { virtual_store: string; pool: string; weight: number; slots: number; slots_total: number }[];
}

export interface CheckStatus {
  virtual_store: string;
  /** Services that share this check. */
  services: string[];
  verdict: 'good' | 'bad' | 'unknown';
  failures_in_a_row: number;
  /** Round trip of the last good check. */
  rtt_ms?: number;
  /** How the last failed check failed. */
  last_failure?: string;
}

export interface ServiceStatus {
  virtual_store: string;
  name: string;
  /** Number in the switch's tables. */
  id: number;
  address: Ipv4Address;
  protocol: 'udp' | 'tcp';
  port: number;
  mode: ServiceConfig['mode'];
  pool: string;
  /** available: some store serves; unavailable: none does. */
  state: 'available' | 'unavailable';
  stores: { store: string; state: StoreState; weight: number; slots: number }[];
}

/** One entry, in words: names where there are names, addresses as people write them. */
export interface ReadableEntry {
  key: Record<string, string | number>;
  action: string;
  params: Record<string, string | number>;
  priority?: number;
  idle_timeout_ms?: number;
}

export interface TableReading {
  table: string;
  entries: ReadableEntry[];
}

export interface TableListing {
  name: string;
  /** Names of the key's fields with their match kinds. */
  key: { name: string; match: string }[];
  /** Entries there are, without the default action. */
  entries: number;
  /** Entries there can be. */
  size: number;
}

export interface CounterValue {
  packets: number;
  bytes: number;
}

export interface CounterReading {
  /** By reason; reasons that never occurred are 0. */
  drops: Record<string, CounterValue>;
  /** By `virtual_store/service`. */
  services: Record<string, { requests: CounterValue; retransmissions: CounterValue }>;
  /** By name. */
  stores: Record<string, { requests: CounterValue; responses: CounterValue }>;
  /** What the controller itself counts, such as frames given up while an address was being resolved. */
  controller: Record<string, number>;
}

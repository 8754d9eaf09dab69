/** A controller that only talks: what the command line asks of it is answered with fixed values. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminError, AdminServer } from '../../../src/admin';
import { adminCodeOf, adminMethods, type Administrable } from '../../../src/cli/admin_methods';
import type { LoadSnapshot } from '../../../src/controller/load/snapshot';
import type { SampledRecords, RecordRequest } from '../../../src/controller/records/feed';
import type { PerformanceRecord } from '../../../src/controller/records/record';
import type { StoreStatus } from '../../../src/controller/status';

const store = (name: string, id: number, state: StoreStatus['state']): StoreStatus => ({
  name,
  id,
  address: `10.0.2.1${id}`,
  state,
  since_ms: 61_000,
  mac: `02:00:00:00:02:1${id}`,
  port: 'in1',
  held: false,
  sessions: 3,
  checks: [],
  pools: [{ virtual_store: 'files', pool: 'all', weight: 1, slots: 512, slots_total: 1024 }],
});

export const UNANSWERED: PerformanceRecord = {
  virtual_store: 'files',
  service: 'nfs',
  store: 's2',
  client: '10.0.1.7',
  client_port: 700,
  xid: 255,
  program: 100003,
  version: 3,
  procedure: 'NULL',
  request_time: '2026-01-02T03:04:06.000001Z',
  request_bytes: 40,
  transmissions: 3,
};

export const RECORD: PerformanceRecord = {
  ...UNANSWERED,
  store: 's1',
  xid: 254,
  procedure: 'LOOKUP',
  object: '0102',
  request_time: '2026-01-02T03:04:05.000006Z',
  response_time: '2026-01-02T03:04:05.001256Z',
  elapsed_us: 1250,
  response_bytes: 120,
  transmissions: 1,
  outcome: 'success',
  nfs_status: 2,
};

export class FakeController implements Administrable {
  readonly calls: string[] = [];
  state: 'running' | 'backup' = 'running';
  /** Thrown by drain, if set. */
  refusal: Error | undefined;

  status() {
    return {
      state: this.state,
      switch: { address: '127.0.0.1:9559', device_id: 1, election_id: 1 },
      uptime_ms: 3_723_000,
      writes: { inserted: 1100, modified: 2, deleted: 0, failed: 0, adopted: 7, pending: 0 },
      clients: 2,
      sessions: 3,
      ports: [
        { name: 'ext', number: 1, role: 'external' as const, mac: '02:00:00:00:00:01', host_port: 101 },
      ],
      problems: ['port 9 does not exist'],
    };
  }

  /** What `stores` says of s1, one after the other, the last for ever. */
  readonly s1: Partial<StoreStatus>[] = [];

  stores() {
    const s1 = this.s1.length > 1 ? this.s1.shift() : this.s1[0];
    return [
      { ...store('s1', 1, 'up'), ...s1 },
      { ...store('s2', 2, 'down'), reason: 'no answer to NULL' },
    ];
  }

  services() {
    return [
      {
        virtual_store: 'files',
        name: 'nfs',
        id: 1,
        address: '10.0.1.100',
        protocol: 'udp' as const,
        port: 2049,
        mode: 'request' as const,
        pool: 'all',
        state: 'available' as const,
        stores: [
          { store: 's1', state: 'up' as const, weight: 1, slots: 512 },
          { store: 's2', state: 'down' as const, weight: 1, slots: 512 },
        ],
      },
    ];
  }

  async drain(name: string, deadline_ms?: number): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal;
    this.find(name);
    this.calls.push(deadline_ms === undefined ? `drain ${name}` : `drain ${name} within ${deadline_ms} ms`);
  }

  async restore(name: string): Promise<void> {
    this.find(name);
    this.calls.push(`restore ${name}`);
  }

  async tables() {
    return [{ name: 'slot', key: [{ name: 'pool_id', match: 'exact' }], entries: 1024, size: 65536 }];
  }

  async readTable(table: string) {
    if (table !== 'slot') throw new AdminError('bad_params', `there is no table "${table}"; there are slot`);
    return {
      table,
      entries: [
        { key: { pool_id: 'all', slot: 7 }, action: 'choose', params: { store_id: 's1', standby_id: 's2' } },
      ],
    };
  }

  async readCounters() {
    const of = (packets: number) => ({ packets, bytes: packets * 100 });
    return {
      drops: { unknown_port: of(0), malformed: of(3) },
      services: { 'files/nfs': { requests: of(12), retransmissions: of(1) } },
      stores: { s1: { requests: of(7), responses: of(7) } },
      controller: { frames_given_up: 5 },
    };
  }

  /** Each reading 2 s and 20 requests after the one before, answered within 1 ms by s1. */
  async readLoad(): Promise<LoadSnapshot> {
    const readings = this.calls.filter((call) => call === 'load').length;
    this.calls.push('load');
    const counts: [number, number][] = [[16, 20 * readings]];
    return {
      at_ms: 2000 * readings,
      services: [{ service: 'files/nfs', requests: 20 * readings, retransmissions: 0 }],
      stores: [
        {
          store: 's1',
          sent: 20 * readings,
          new_requests: 20 * readings,
          new_requests_error: 0,
          answered: 20 * readings,
        },
        { store: 's2', sent: 0, new_requests: 0, new_requests_error: 0, answered: 0 },
      ],
      unexpected_responses: 0,
      series: [{ service: 'files/nfs', procedure: 'GETATTR', store: 's1', counts }],
    };
  }

  /** Whether a service records requests. */
  is_sampling = true;

  /** The same two, whenever asked; none after them. */
  async takeRecords({ after = 1, procedure }: RecordRequest): Promise<SampledRecords> {
    const records = [RECORD, UNANSWERED].slice(after - 1);
    const fitting = records.filter((one) => procedure === undefined || one.procedure === procedure);
    return { records: fitting, next: 3, missed: after === 1 ? 7 : 0, is_sampling: this.is_sampling };
  }

  private find(name: string): void {
    if (this.stores().every((one) => one.name !== name)) {
      throw new AdminError('bad_params', `there is no store "${name}"; there are s1, s2`);
    }
  }
}

/** The fake on an admin socket of its own. */
export async function serveFake(): Promise<{
  controller: FakeController;
  socket: string;
  close(): Promise<void>;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'storeswitch-cli-'));
  const controller = new FakeController();
  const server = await AdminServer.listen(join(folder, 'admin.sock'), adminMethods(controller), {
    codeOf: adminCodeOf,
  });
  return {
    controller,
    socket: server.path,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

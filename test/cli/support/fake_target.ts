/** A P4Runtime target that runs a program unlike ours, as far as reading goes. */
import { Server, ServerCredentials, status, type ServerErrorResponse } from '@grpc/grpc-js';
import {
  GetForwardingPipelineConfigResponse,
  P4RuntimeService,
  ReadResponse,
  type Entity,
  type P4RuntimeServer,
} from 'p4runtime-js';
import { P4Schema } from '../../../src/p4runtime/p4info';
import { encodeEntity, type Entity as NamedEntity } from '../../../src/p4runtime/entities';

const P4INFO = `
tables {
  preamble { id: 33554433 name: "ingress.acl" alias: "acl" }
  match_fields { id: 1 name: "src_addr" bitwidth: 32 match_type: LPM }
  match_fields { id: 2 name: "dst_mac" bitwidth: 48 match_type: TERNARY }
  match_fields { id: 3 name: "l4_port" bitwidth: 16 match_type: RANGE }
  match_fields { id: 4 name: "dst_ipv6" bitwidth: 128 match_type: OPTIONAL }
  action_refs { id: 16777217 }
  direct_resource_ids: 318767105
  size: 256
}
tables {
  preamble { id: 33554434 name: "ingress.empty" alias: "empty" }
  match_fields { id: 1 name: "index" bitwidth: 8 match_type: EXACT }
  action_refs { id: 16777217 }
  size: 4
}
actions {
  preamble { id: 16777217 name: "ingress.forward" alias: "forward" }
  params { id: 1 name: "port" bitwidth: 9 }
  params { id: 2 name: "cookie" bitwidth: 64 }
}
counters {
  preamble { id: 301989889 name: "ingress.seen" alias: "seen" }
  spec { unit: BOTH }
  size: 2
}
direct_counters {
  preamble { id: 318767105 name: "ingress.acl_hits" alias: "acl_hits" }
  spec { unit: BOTH }
  direct_table_id: 33554433
}
`;

const schema = P4Schema.parse(P4INFO, 'fake.p4info.txtpb');

export const ENTRY: NamedEntity = {
  table: 'ingress.acl',
  match: {
    src_addr: { kind: 'lpm', value: 0x0a000000n, prefix_length: 8 },
    dst_mac: { kind: 'ternary', value: 0x010000000000n, mask: 0x010000000000n },
    l4_port: { kind: 'range', low: 1000n, high: 2000n },
  },
  priority: 7,
  action: { name: 'ingress.forward', params: { port: 3n, cookie: 0xdeadbeefcafef00dn } },
};

const COUNTERS: NamedEntity[] = [
  { counter: 'ingress.seen', index: 0, packets: 0n, bytes: 0n },
  { counter: 'ingress.seen', index: 1, packets: 5n, bytes: 500n },
];
const HITS: NamedEntity = { direct_counter_of: ENTRY, packets: 9n, bytes: 900n };

/** What a wildcard read of this entity gives. */
function answer({ entity }: Entity): NamedEntity[] {
  switch (entity?.$case) {
    case 'tableEntry':
      return entity.value.tableId === schema.tables.get('acl').id ? [ENTRY] : [];
    case 'counterEntry':
      return COUNTERS;
    case 'directCounterEntry':
      return [HITS];
    default:
      throw new Error(`not asked for here: ${entity?.$case}`);
  }
}

function refuse(): ServerErrorResponse {
  return Object.assign(new Error('this target is only read'), { code: status.PERMISSION_DENIED });
}

const service: P4RuntimeServer = {
  getForwardingPipelineConfig: (call, callback) => {
    if (call.request.deviceId !== 7n) {
      callback(
        Object.assign(new Error('No forwarding pipeline config set'), { code: status.FAILED_PRECONDITION }),
      );
      return;
    }
    callback(null, GetForwardingPipelineConfigResponse.fromPartial({ config: { p4info: schema.p4info } }));
  },
  read: (call) => {
    const entities = call.request.entities.flatMap(answer).map((entity) => encodeEntity(schema, entity));
    call.write(ReadResponse.create({ entities }));
    call.end();
  },
  write: (_call, callback) => callback(refuse()),
  setForwardingPipelineConfig: (_call, callback) => callback(refuse()),
  capabilities: (_call, callback) => callback(refuse()),
  // A reader must be no controller.
  streamChannel: (call) => void call.destroy(refuse()),
};

/** Listens on a free port. Its program is on device 7; other devices have none. */
export async function serveTarget(): Promise<{ url: string; close(): void }> {
  const server = new Server();
  server.addService(P4RuntimeService, service);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { url: `grpc://127.0.0.1:${port}?device_id=7`, close: () => server.forceShutdown() };
}

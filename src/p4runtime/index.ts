/**
 * A P4Runtime client for any target.
 *
 *     const p4info = P4Schema.load('program.p4info.txtpb');
 *     const client = new Client(parseTarget('grpc://127.0.0.1:9559?device_id=0'), { p4info, election_id: 5n });
 *     client.on('primary', () => void reconcile(client, { tables: { 'ingress.route': routes } }));
 *     client.on('packet_in', ({ payload, metadata }) => ...);
 *     await client.start();
 *     await client.pushPipeline({ p4info, device_config });
 *     await client.write([{ type: 'insert', entity: { table: 'route', match: { dst: lpm(0x0a000000, 8) },
 *                                                     action: action('forward', { port: 1 }) } }]);
 *     for await (const entry of client.readTable('route', { counters: true })) ...
 *     client.close();
 */
export * from './action';
export type { GroupMember, ProfileGroup, ProfileMember } from './action_profiles';
export { ELECTION_ID_MAX, type ArbitrationState } from './arbitration';
export type { BackoffOptions } from './backoff';
export { decodeValue, encodeValue } from './bytes';
export { Client, type ClientEvents, type ClientState, type WriteOptions } from './client';
export type { CounterCell, CounterValue } from './counters';
export { diff, type CurrentState, type DesiredState, type Difference } from './diff';
export type { DigestConfig, DigestList } from './digest';
export type { DirectCounterCell, DirectMeterCell } from './direct_resources';
export {
  formatEntity,
  formatUpdate,
  type Entity,
  type EntityState,
  type Update,
  type UpdateType,
} from './entities';
export * from './errors';
export type { IdleTimeout } from './idle_timeout';
export { exact, formatMatch, lpm, optional, range, ternary, type Match, type MatchValue } from './match';
export type { MeterCell, MeterConfig } from './meters';
export type { ClientOptions } from './options';
export type { PacketIn, PacketOut } from './packet_io';
export type { P4Value } from './p4data';
export {
  P4Schema,
  type ActionSchema,
  type FieldInfo,
  type KeyFieldInfo,
  type MatchKind,
  type TableSchema,
} from './p4info';
export { formatP4InfoText, parseP4InfoText, readP4InfoFile } from './p4info_text';
export { pipelineCookie, type Pipeline } from './pipeline';
export { QUIRKS, type Quirk } from './quirks';
export type { TableReadOptions } from './read';
export { reconcile, type ReconcileCounts } from './reconcile';
export type { RegisterCell } from './registers';
export type { CloneSession, MulticastGroup, Replica } from './replication';
export type { StreamError } from './stream_error';
export { formatTableKey, type TableEntry, type TableEntryState } from './table_entry';
export { DEFAULT_PORT, formatTarget, parseTarget, type Target } from './target';
export type { ClientTls } from './tls';
export type { ValueSet } from './value_sets';
export { WriteError, type UpdateFailure } from './write_error';

/** Reads from the switch's tables what the controller before this one knew. */
import { clientKnown } from '../dataplane/client_known';
import type { ClientSighting } from '../dataplane/client_digest';
import { sessionPin } from '../dataplane/session_pin';
import { store } from '../dataplane/store';
import { storeDown } from '../dataplane/store_down';
import type { Row } from '../dataplane/table';
import type { TableEntryState } from '../p4runtime';
import type { Leftover } from './virtualizer';

const NS_PER_MS = 1_000_000;

export function readLeftover(present: (table: string) => Iterable<Row>): Leftover {
  return {
    stores: [...present(store.name)].flatMap(({ entry }) => {
      const key = store.readKey(entry);
      const action = store.readAction(entry);
      if (key === undefined || action === undefined) return [];
      return [{ id: key.store_id, mac: action.params.mac, port_number: action.params.port }];
    }),
    stores_down: [...present(storeDown.name)].flatMap(
      ({ entry }) => storeDown.readKey(entry)?.store_id ?? [],
    ),
    clients: leftoverClients(present(clientKnown.name)),
    sessions: leftoverSessions(present(sessionPin.name)),
  };
}

/** One by one, since there may be many. */
function* leftoverClients(known: Iterable<Row>): Leftover['clients'] {
  for (const { entry } of known) {
    const sighting = readClient(entry);
    if (sighting !== undefined) yield { sighting, idle_ms: idle_ms(entry) };
  }
}

function* leftoverSessions(pins: Iterable<Row>): Leftover['sessions'] {
  for (const { entry } of pins) {
    const key = sessionPin.readKey(entry);
    const action = sessionPin.readAction(entry);
    if (key === undefined || action === undefined) continue;
    const { src_addr: client, src_port: client_port, dst_addr: address, dst_port: port } = key;
    yield { ends: { client, client_port, address, port }, store_id: action.params.store_id };
  }
}

/** The client that a `client_known` entry is of. */
export function readClient(entry: TableEntryState): ClientSighting | undefined {
  return clientKnown.readKey(entry);
}

/** Since the entry was last hit; 0 where the target does not tell. */
export function idle_ms(entry: TableEntryState): number {
  return Number(entry.idle_ns ?? 0n) / NS_PER_MS;
}

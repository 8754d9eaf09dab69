/**
 * In which order entries are written, so that at no moment between two writes a request goes to a store that is
 * down, or to a place that is not there yet.
 *
 * A store that dies: one `store_down` entry first, which sends all its requests to the standbys that its slots
 * name; the slots follow, each to that very standby, so nothing moves a second time. A store that returns: its
 * slots first, which still send everything to the standbys, since the store is down; then one delete of
 * `store_down` gives it all its slots at once, and a file's WRITEs and COMMIT do not straddle a slow rewrite.
 *
 * A slot names one standby: if that dies in the same moment, its requests are lost until the slot is rewritten.
 *
 * Entries of clients come after all others, since whoever can send frames decides how many there are: no crowd of
 * them delays what is said of a store. Until a client's entries are there, the controller forwards its responses; until a
 * session is pinned, the request table knows its store. A pin that is another connection's goes before new ones: where no
 * row is left, none is better than a wrong one.
 */
import { sessionPin } from '../dataplane/session_pin';
import type { Row } from '../dataplane/table';
import type { UpdateType } from '../p4runtime';

export interface RowUpdate {
  type: UpdateType;
  row: Row;
  /** It leads to what is renumbered (renumbered.ts), so it goes before everything, and comes when all of that is right. */
  is_door?: boolean;
}

/** Steps in which entries come, by table; entries of tables not listed come with `middle`. */
const COMING = ['store_down', 'store', 'slot', 'middle', 'virtual_service', 'host_port', 'port_mac'] as const;
/** Last, since they open the door. */
const OPENING = ['admit', 'port_role'] as const;
/** Steps in which entries go. */
const GOING = ['port_role', 'admit', 'virtual_service', 'middle', 'slot', 'store', 'store_down'] as const;
/** Those that go make room for those that come. A client is known, and reported no more, once it has its route. */
const CLIENTS = [
  '-client_known',
  '-client_route',
  '+client_route',
  '+client_known',
  '-session_pin',
  '+session_pin',
] as const;

const STEPS: ReadonlyMap<string, number> = new Map(
  [
    'closing',
    ...COMING.map((table) => `+${table}`),
    ...OPENING.map((table) => `+${table}`),
    ...GOING.map((table) => `-${table}`),
    'opening',
    ...CLIENTS,
  ].map((step, index) => [step, index]),
);

export const STEPS_TOTAL = STEPS.size;

/** From 0. Updates of one step may be done in any order; a lower step must be done before a higher one. */
export function stepOf({
  type,
  row,
  is_door = false,
}: Pick<RowUpdate, 'type' | 'is_door'> & { row: Pick<Row, 'table'> }): number {
  if (is_door) return STEPS.get(type === 'delete' ? 'closing' : 'opening') ?? 0;
  const is_replaced = type === 'modify' && row.table === sessionPin.name;
  const sign = type === 'delete' || is_replaced ? '-' : '+';
  return STEPS.get(`${sign}${row.table}`) ?? STEPS.get(`${sign}middle`) ?? 0;
}

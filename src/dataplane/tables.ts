/** Every table of the P4 program, in the order of its pipeline. */
import { admit } from './admit';
import { arp } from './arp';
import { capability } from './capability';
import { clientKnown } from './client_known';
import { clientLimit } from './client_limit';
import { clientRoute } from './client_route';
import { draw } from './draw';
import { exportTable } from './export';
import { gateway } from './gateway';
import { gatewayReply } from './gateway_reply';
import { hostPort } from './host_port';
import { localAddress } from './local_address';
import { pool } from './pool';
import { portMac } from './port_mac';
import { portMtu } from './port_mtu';
import { portRole } from './port_role';
import { procedureClass } from './procedure_class';
import { responseTimeBucket } from './response_time_bucket';
import { sender } from './sender';
import { series } from './series';
import { sessionPin } from './session_pin';
import { slot } from './slot';
import { store } from './store';
import { storeDown } from './store_down';
import type { Table } from './table';
import { virtualService } from './virtual_service';

export const TABLES = [
  portRole,
  clientLimit,
  admit,
  arp,
  virtualService,
  localAddress,
  clientKnown,
  procedureClass,
  exportTable,
  capability,
  pool,
  draw,
  slot,
  storeDown,
  sessionPin,
  sender,
  series,
  responseTimeBucket,
  store,
  clientRoute,
  portMtu,
  gateway,
  gatewayReply,
  hostPort,
  portMac,
] as const;

/** By short or fully qualified name. */
export function findTable(name: string): Table | undefined {
  return TABLES.find((one) => name === one.name || name.endsWith(`.${one.name}`));
}

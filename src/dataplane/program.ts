/** The compiled P4 program that is shipped: where its files are. */
import { resolve } from 'node:path';

export interface ProgramFiles {
  /** BMv2 JSON: the device configuration. */
  device_config: string;
  p4info: string;
}

/** From `src/dataplane` and from `dist/dataplane` alike. */
const SHIPPED_FOLDER = resolve(__dirname, '../../p4/build');

/** The program's files in `folder`; without it, those shipped. */
export function programFiles(folder = SHIPPED_FOLDER): ProgramFiles {
  return {
    device_config: resolve(folder, 'storeswitch.json'),
    p4info: resolve(folder, 'storeswitch.p4info.txtpb'),
  };
}

import { action, lpm, type TableEntry } from '../../p4runtime';
import { Lab } from '../lab/lab';
import { trialOf } from '../lab/offer';
import { STORE_PORTS } from '../lab/ports';
import { EMBEDDED, socketPath, withSwitch } from '../lab/switches';
import { BulkWriter } from './bulk_writer';
import { tablesProgram } from './program';
import { BATCH_ENTRIES, insertRequests } from './writes';

const ENTRIES = 1_000_000;
const UNDER_WAY = 4;
const RATE_PPS = 20_000;

/** What came of frames that were offered while entries were written. */
export interface Loss {
  rate_pps: number;
  /** Before the last entry was. */
  sent: number;
  lost: number;
  entries: number;
  entries_per_second: number;
}

/** A frame's first byte, which is 2, asks for the LPM table: half of all addresses each. */
const ROUTES = [0, 0x8000_0000].map((address): TableEntry => ({
  table: 'Lookup.lpm_table',
  match: { 'hdr.query.dst': lpm(address, 1) },
  action: action('Lookup.send', { port: STORE_PORTS[0] }),
}));

/** Frames at a steady rate over veth pairs, through the LPM table of tables.p4, while its exact table is filled. */
export async function lossWhileWriting(signal: AbortSignal): Promise<Loss> {
  const lab = new Lab();
  try {
    return await withSwitch(
      lab,
      EMBEDDED,
      ROUTES,
      async (controller) => {
        const requests = insertRequests(ENTRIES, controller.election_id);
        const writer = new BulkWriter(socketPath(lab, EMBEDDED));
        try {
          const trial = trialOf(lab, signal);
          // What has never run is compiled first.
          await trial(RATE_PPS);
          let is_writing = true;
          const writing = writer.write(requests, UNDER_WAY, signal).finally(() => (is_writing = false));
          let sent = 0;
          let received = 0;
          while (is_writing) {
            const result = await trial(RATE_PPS);
            sent += result.sent;
            received += result.received;
          }
          const entries_per_second = Math.round((requests.length * BATCH_ENTRIES * 1000) / (await writing));
          return { rate_pps: RATE_PPS, sent, lost: sent - received, entries: ENTRIES, entries_per_second };
        } finally {
          writer.close();
        }
      },
      tablesProgram(),
    );
  } finally {
    lab.close();
  }
}

/** The log of `clients/nfs-udp.c`: a line per operation. */
import { DemoError } from './errors';
import type { Outage } from './failover';

export interface LoggedOperation {
  procedure: string;
  /** In hexadecimal. */
  xid: string;
  first_sent_us: number;
  ended_us: number;
  transmissions: number;
  /** nfsstat3; -1 without an answer. */
  status: number;
  outcome: 'ok' | 'recovered' | 'failed';
}

const LINE = /^([A-Z]+),([0-9a-f]{8}),(\d+),(\d+),(\d+),(-?\d+),(ok|recovered|failed)$/;

/** Throws DemoError, which names file and line, at anything that is no operation. */
export function parseOperationLog(text: string, file: string): LoggedOperation[] {
  return text.split('\n').flatMap((line, index) => {
    if (line === '') return [];
    const [, procedure, xid, first_sent_us, ended_us, transmissions, status, outcome] = LINE.exec(line) ?? [];
    if (procedure === undefined || xid === undefined) {
      throw new DemoError(
        `${file}:${index + 1}: '${line}', expected PROCEDURE,XID,FIRST_SENT_US,ENDED_US,TRANSMISSIONS,STATUS,OUTCOME`,
      );
    }
    return [
      {
        procedure,
        xid,
        first_sent_us: Number(first_sent_us),
        ended_us: Number(ended_us),
        transmissions: Number(transmissions),
        status: Number(status),
        outcome: outcome as LoggedOperation['outcome'],
      },
    ];
  });
}

/**
 * Calls sent again that met their own earlier execution although no store was dead at any time while they were under
 * way: a store that gets a repeated call again answers as before, so another must have had the first.
 */
export function recoveredWithoutOutage(
  operations: readonly LoggedOperation[],
  { killed_ns, restarted_ns }: Outage,
): LoggedOperation[] {
  const [killed_us, restarted_us] = [Number(killed_ns / 1000n), Number(restarted_ns / 1000n)];
  return operations.filter(
    ({ outcome, first_sent_us, ended_us }) =>
      outcome === 'recovered' && (ended_us < killed_us || first_sent_us >= restarted_us),
  );
}

export function describeRepetition({ procedure, xid }: LoggedOperation): string {
  return `${procedure} ${xid} met its own earlier execution although no store was dead`;
}

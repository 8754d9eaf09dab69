/** How evenly requests reached the stores. */

/** The largest difference from an even share, as a fraction of it; null if none came. */
export function spreadOf(counts: readonly number[]): number | null {
  const even = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return even > 0 ? Math.max(...counts.map((count) => Math.abs(count - even) / even)) : null;
}

/**
 * Datagrams that arrived at the sockets of a network namespace since its start, those included that had no room, from the
 * text of /proc/PID/net/snmp (RFC 4113).
 */
export function parseUdpArrivals(snmp: string): number {
  const [names, values] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Udp: '))
    .map((line) => line.split(' '));
  const value = (name: string): number => Number(values?.[names?.indexOf(name) ?? -1]);
  const arrived = value('InDatagrams') + value('RcvbufErrors');
  if (Number.isNaN(arrived)) throw new Error('/proc/PID/net/snmp has no counts of UDP');
  return arrived;
}

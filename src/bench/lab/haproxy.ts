/** HAProxy as people put it in front of NFS: whole TCP connections. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Box } from './detours';

const PORTS = { nfs: 2049, mount: 20048 };

/** One thread: at these rates more of them only wake each other. No checks, no log: as little work as it can do. */
function configuration(listen: string, stores: readonly string[]): string {
  return [
    'global',
    '  nbthread 1',
    '  maxconn 1000',
    'defaults',
    '  mode tcp',
    '  timeout connect 5s',
    '  timeout client 1h',
    '  timeout server 1h',
    ...Object.entries(PORTS).flatMap(([name, port]) => [
      `listen ${name}`,
      `  bind ${listen}:${port}`,
      // Sessions in turn, if there is a choice.
      '  balance roundrobin',
      ...stores.map((store, i) => `  server store${i + 1} ${store}:${port}`),
    ]),
    '',
  ].join('\n');
}

/** Starts it in its box; returns its pid. */
export function startHaproxy(box: Box, folder: string): number {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration(box.address, box.store_addresses));
  // -db: in the foreground, one process.
  return box.start(['haproxy', '-db', '-f', file]);
}

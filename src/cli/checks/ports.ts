/** Whether the addresses a switch and a controller use by default are free. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Finding } from './check';

/** P4Runtime's port, registered with IANA; the default of the configuration and of our switch. */
const P4RUNTIME_PORT = 9559;

export async function checkPorts(): Promise<Finding[]> {
  const name = `TCP port ${P4RUNTIME_PORT} (P4Runtime)`;
  const server = createServer();
  try {
    server.listen(P4RUNTIME_PORT, '127.0.0.1');
    await once(server, 'listening');
    return [{ name, state: 'ok', detail: 'free' }];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const detail =
      code === 'EADDRINUSE'
        ? `in use: by a switch that runs, or choose another port (switch --grpc-server-addr, config switch.address)`
        : String(error);
    return [{ name, state: 'note', detail, mend: `ss -ltnp 'sport = :${P4RUNTIME_PORT}'` }];
  } finally {
    server.close();
  }
}

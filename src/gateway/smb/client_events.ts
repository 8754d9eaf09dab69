/** What Samba's log says of clients: who was refused, and why. */
import type { SambaLogRecord } from './samba_log';

export type ClientEvent =
  | { kind: 'smb1_refused'; client: string; dialects: string[] }
  | { kind: 'address_refused'; client: string }
  | { kind: 'user_refused'; client: string; user: string; share: string }
  | { kind: 'logon_failed'; client: string; user: string; status: string }
  | { kind: 'too_many_clients'; text: string };

/** smbd processes remembered; the oldest is forgotten first. */
const PROCESSES_MAX = 4096;
const DIALECTS_MAX = 16;
const UNKNOWN_CLIENT = 'unknown';

const LOGON =
  /^Auth: \[[^\]]*\] user \[[^\]]*\]\\\[([^\]]*)\] .* status \[(NT_STATUS_\w+)\] .*remote host \[ipv4:([\d.]+):\d+\]/;

interface Connection {
  client: string;
  dialects: string[];
}

export class ClientEvents {
  private readonly connections = new Map<number, Connection>();

  /** `has_guests`: whom Samba does not know is a guest, and not refused. */
  constructor(private readonly has_guests: boolean) {}

  /** Undefined where the record tells nothing of that kind. */
  take({ pid, text }: SambaLogRecord): ClientEvent | undefined {
    const allowed = /^Allowed connection from \S+ \(([\d.]+)\)/.exec(text);
    if (allowed?.[1] !== undefined) {
      const known = this.connections.get(pid);
      if (known === undefined || known.client !== allowed[1]) this.remember(pid, allowed[1]);
      return undefined;
    }
    const connection = this.connections.get(pid);
    const client = connection?.client ?? UNKNOWN_CLIENT;

    const dialect = /^Requested protocol \[(.{1,60}?)\]/.exec(text);
    if (dialect?.[1] !== undefined) {
      if (connection !== undefined && connection.dialects.length < DIALECTS_MAX)
        connection.dialects.push(dialect[1]);
      return undefined;
    }
    if (/negprot: No protocol supported/.test(text))
      return { kind: 'smb1_refused', client, dialects: connection?.dialects ?? [] };

    const denied = /^Denied connection from \S+ \(([\d.]+)\)/.exec(text);
    if (denied?.[1] !== undefined) return { kind: 'address_refused', client: denied[1] };

    const user = /user '([^']*)'.* not permitted to access this share \(([^)]*)\)/.exec(text);
    if (user?.[1] !== undefined && user[2] !== undefined)
      return { kind: 'user_refused', client, user: user[1], share: user[2] };

    const logon = this.logonFailure(text);
    if (logon !== undefined) return logon;
    if (/^number of processes .* is over allowed limit/.test(text)) return { kind: 'too_many_clients', text };
    if (/^Server exit/.test(text)) this.connections.delete(pid);
    return undefined;
  }

  private logonFailure(text: string): ClientEvent | undefined {
    const [, user, status, client] = LOGON.exec(text) ?? [];
    if (user === undefined || status === undefined || client === undefined) return undefined;
    if (status === 'NT_STATUS_OK' || (this.has_guests && status === 'NT_STATUS_NO_SUCH_USER'))
      return undefined;
    return { kind: 'logon_failed', client, user, status };
  }

  private remember(pid: number, client: string): void {
    this.connections.delete(pid);
    this.connections.set(pid, { client, dialects: [] });
    if (this.connections.size <= PROCESSES_MAX) return;
    const oldest = this.connections.keys().next().value;
    if (oldest !== undefined) this.connections.delete(oldest);
  }
}

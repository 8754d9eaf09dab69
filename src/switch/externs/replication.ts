import { type CloneSession, EngineError, type Replica } from '../engine';

/** BMv2's bound on clone session ids. */
const SESSION_MAX = 32767;
const GROUP_MAX = 65535;

/** Multicast groups and clone sessions: the packet replication engine's tables. */
export class Replication {
  private readonly groups_by_id = new Map<number, Replica[]>();
  private readonly sessions_by_id = new Map<number, CloneSession>();

  group(id: number): readonly Replica[] | undefined {
    return this.groups_by_id.get(id);
  }

  session(id: number): CloneSession | undefined {
    return this.sessions_by_id.get(id);
  }

  setGroup(id: number, replicas: Replica[] | undefined): void {
    if (!Number.isInteger(id) || id < 1 || id > GROUP_MAX)
      throw new EngineError('INVALID_ARGUMENT', `multicast group ${id} is not within 1..${GROUP_MAX}`);
    checkReplicas(`multicast group ${id}`, replicas);
    if (replicas === undefined) this.groups_by_id.delete(id);
    else this.groups_by_id.set(id, [...replicas]);
  }

  setSession(id: number, session: CloneSession | undefined): void {
    if (!Number.isInteger(id) || id < 0 || id > SESSION_MAX)
      throw new EngineError('INVALID_ARGUMENT', `clone session ${id} is not within 0..${SESSION_MAX}`);
    checkReplicas(`clone session ${id}`, session?.replicas);
    if (session === undefined) this.sessions_by_id.delete(id);
    else this.sessions_by_id.set(id, { ...session, session_id: id, replicas: [...session.replicas] });
  }

  *groups(): Generator<{ group_id: number; replicas: Replica[] }> {
    for (const [group_id, replicas] of this.groups_by_id) yield { group_id, replicas: [...replicas] };
  }

  *sessions(): Generator<CloneSession> {
    for (const session of this.sessions_by_id.values()) yield { ...session, replicas: [...session.replicas] };
  }
}

function checkReplicas(what: string, replicas: Replica[] | undefined): void {
  const seen = new Set<string>();
  for (const { port, instance } of replicas ?? []) {
    const key = `${port}/${instance}`;
    if (seen.has(key))
      throw new EngineError('INVALID_ARGUMENT', `${what}: port ${port} instance ${instance} twice`);
    seen.add(key);
  }
}

import { status } from '@grpc/grpc-js';
import type { MasterArbitrationUpdate, Role, Uint128 } from 'p4runtime-js';
import { RpcError } from './rpc_error';

/** Streams of one role that may be open at once. */
const CONTROLLERS_MAX = 64;
/** Roles are kept for ever, as the highest election id of each is. */
const ROLES_MAX = 256;

/** A controller's stream, as far as arbitration goes. */
export interface Controller {
  notify(update: MasterArbitrationUpdate): void;
}

interface Member {
  role: string;
  election_id: bigint | undefined;
}

interface RoleState {
  primary: Controller | undefined;
  /** It waits for requests that were accepted before it came: until they are done it may do nothing, and hears nothing. */
  is_waiting: boolean;
  /** Accepted from a primary, and not done. */
  requests: number;
  /** The highest election id any primary ever had: lower ones stay backups, also when there is no primary. */
  highest_election_id: bigint | undefined;
}

/** "" is the default role. The deprecated numeric id counts as a name of its own. */
export function roleName(role: { name: string; id: bigint } | undefined): string {
  if (role === undefined) return '';
  if (role.name !== '') return role.name;
  return role.id === 0n ? '' : `#${role.id}`;
}

export function electionId(id: Uint128 | undefined): bigint | undefined {
  return id === undefined ? undefined : (BigInt.asUintN(64, id.high) << 64n) | BigInt.asUintN(64, id.low);
}

/**
 * Who may write (specification, "Client Arbitration and Controller Replication"). Knows no streams: it is told of
 * updates and of controllers that leave, and tells controllers by `notify`.
 */
export class Arbitration {
  private readonly members = new Map<Controller, Member>();
  private readonly roles = new Map<string, RoleState>();

  constructor(
    private readonly device_id: bigint,
    /** A controller has become primary. */
    private readonly onNewPrimary: () => void = () => undefined,
  ) {}

  /** Throws RpcError: then the controller's stream is to be ended with it (and `leave` to be called). */
  update(controller: Controller, message: MasterArbitrationUpdate): void {
    const member = this.members.get(controller);
    const role = roleName(message.role);
    const election_id = electionId(message.electionId);
    this.check(controller, member, role, election_id, message);
    this.members.set(controller, { role, election_id });
    const state = this.state(role);
    const was_primary = state.primary === controller;
    const wins =
      election_id !== undefined &&
      (state.highest_election_id === undefined || election_id >= state.highest_election_id);
    if (wins) {
      state.primary = controller;
      state.highest_election_id = election_id;
      if (!was_primary) state.is_waiting = true;
      // The others hear of it before the new primary does.
      this.notifyAll(role, (other) => other !== controller);
      if (was_primary) this.notify(controller);
      this.settle(state);
    } else if (was_primary) {
      this.depose(state);
      this.notifyAll(role, () => true);
    } else {
      this.notify(controller);
    }
  }

  /** The controller's stream has ended. */
  leave(controller: Controller): void {
    const member = this.members.get(controller);
    if (member === undefined) return;
    this.members.delete(controller);
    const state = this.state(member.role);
    if (state.primary !== controller) return;
    this.depose(state);
    this.notifyAll(member.role, () => true);
  }

  /** A request of the role's primary is accepted; what is answered is to be called once it is done. */
  begin(role: string): () => void {
    const state = this.state(role);
    state.requests++;
    return () => {
      state.requests--;
      this.settle(state);
    };
  }

  /** Whether anybody ever came in this role. There always is the default role. */
  hasRole(role: string): boolean {
    return role === '' || this.roles.has(role);
  }

  /** Whether this controller is its role's primary. */
  isPrimary(controller: Controller): boolean {
    const member = this.members.get(controller);
    return member !== undefined && this.acting(member.role) === controller;
  }

  /** Whether a unary call with this election id speaks for the role's primary. */
  isPrimaryId(role: string, election_id: bigint | undefined): boolean {
    const primary = this.acting(role);
    return primary !== undefined && this.members.get(primary)?.election_id === election_id;
  }

  /** The primary of every role that has one. */
  primaries(): Controller[] {
    return [...this.roles.keys()].flatMap((role) => this.acting(role) ?? []);
  }

  /** The primary once it is accepted as such. */
  private acting(role: string): Controller | undefined {
    const state = this.roles.get(role);
    return state === undefined || state.is_waiting ? undefined : state.primary;
  }

  private depose(state: RoleState): void {
    state.primary = undefined;
    state.is_waiting = false;
  }

  /** Accepts a primary that waits, if there is nothing left to wait for. */
  private settle(state: RoleState): void {
    if (!state.is_waiting || state.primary === undefined || state.requests > 0) return;
    state.is_waiting = false;
    this.onNewPrimary();
    this.notify(state.primary);
  }

  private check(
    controller: Controller,
    member: Member | undefined,
    role: string,
    election_id: bigint | undefined,
    message: MasterArbitrationUpdate,
  ): void {
    if (member === undefined && message.deviceId !== this.device_id) {
      throw new RpcError(
        'NOT_FOUND',
        `device ${message.deviceId} is unknown: this is device ${this.device_id}`,
      );
    }
    if (member !== undefined && (message.deviceId !== this.device_id || role !== member.role)) {
      throw new RpcError('FAILED_PRECONDITION', 'a stream keeps the device and the role it began with');
    }
    if (message.role?.config !== undefined) {
      throw new RpcError('INVALID_ARGUMENT', 'role.config is not supported: every role may do everything');
    }
    let others = 0;
    for (const [other, { role: other_role, election_id: other_id }] of this.members) {
      if (other === controller || other_role !== role) continue;
      others++;
      if (election_id !== undefined && other_id === election_id) {
        throw new RpcError('INVALID_ARGUMENT', `election id ${election_id} is used by another controller`);
      }
    }
    if (!this.roles.has(role) && this.roles.size >= ROLES_MAX)
      throw new RpcError(
        'RESOURCE_EXHAUSTED',
        `there are ${ROLES_MAX} roles, role "${role}" is one too many`,
      );
    if (others >= CONTROLLERS_MAX) {
      throw new RpcError('RESOURCE_EXHAUSTED', `${CONTROLLERS_MAX} controllers of one role are connected`);
    }
  }

  private state(role: string): RoleState {
    let state = this.roles.get(role);
    if (state === undefined) {
      state = { primary: undefined, is_waiting: false, requests: 0, highest_election_id: undefined };
      this.roles.set(role, state);
    }
    return state;
  }

  private notifyAll(role: string, chosen: (controller: Controller) => boolean): void {
    for (const [controller, member] of [...this.members]) {
      if (member.role === role && chosen(controller)) this.notify(controller);
    }
  }

  private notify(controller: Controller): void {
    const role = this.members.get(controller)?.role ?? '';
    const { primary, is_waiting, highest_election_id: highest } = this.state(role);
    if (primary === controller && is_waiting) return;
    const code =
      primary === controller ? status.OK : primary === undefined ? status.NOT_FOUND : status.ALREADY_EXISTS;
    const text = { [status.OK]: 'you are primary', [status.NOT_FOUND]: 'there is no primary' };
    controller.notify({
      deviceId: this.device_id,
      role: roleMessage(role),
      electionId:
        highest === undefined ? undefined : { high: highest >> 64n, low: BigInt.asUintN(64, highest) },
      status: {
        code,
        message: code in text ? text[code as keyof typeof text] : 'another is primary',
        details: [],
      },
    });
  }
}

function roleMessage(role: string): Role | undefined {
  if (role === '') return undefined;
  return role.startsWith('#')
    ? { id: BigInt(role.slice(1)), name: '', config: undefined }
    : { id: 0n, name: role, config: undefined };
}

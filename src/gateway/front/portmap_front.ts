/**
 * portmap (version 2) and rpcbind (3 and 4) of a virtual store (RFC 1833): says where the virtual services are, and does
 * nothing else of what the protocol offers. Over UDP only trusted sources get a DUMP.
 */
import type { Ipv4Address } from '../../wire/address';
import { IP_PROTOCOL } from '../../wire/ipv4';
import {
  decodeGetportArgs,
  encodeDumpResults,
  encodeGetportResults,
  PORTMAP_PORT,
  PORTMAP_PROCEDURE,
  PORTMAP_VERSION,
  type PortMapping,
} from '../../wire/portmap';
import { RPC_PROGRAM, type RpcCall } from '../../wire/rpc';
import {
  decodeRpcbindMapping,
  encodeGetaddrResults,
  encodeGettimeResults,
  encodeRpcbindDump,
  encodeRpcbindEntries,
  encodeUniversalAddress,
  RPCBIND_PROCEDURE,
  RPCBIND_VERSIONS,
  SEMANTICS,
} from '../../wire/rpcbind';
import { FrontCounters } from './counters';
import type { FrontLimits } from './limits';
import { GARBAGE_ARGS, PROC_UNAVAIL, REFUSED, success, SYSTEM_ERR } from './rpc_program';
import type { Answer, IncomingCall, RpcProgram, Transport } from './rpc_program';
import { RpcServer } from './rpc_server';
import type { Sources } from './sources';

/** An RPC program that the virtual store serves on one port. */
export interface VirtualService {
  program: number;
  versions: readonly number[];
  protocol: Transport;
  port: number;
}

export interface PortmapFrontOptions {
  /** The virtual address. */
  address: Ipv4Address;
  /** Default: 111. */
  port?: number;
  /** Without portmap itself. */
  services: readonly VirtualService[];
  sources: Sources;
  limits: FrontLimits;
}

const VERSIONS: readonly number[] = [PORTMAP_VERSION, ...RPCBIND_VERSIONS];
const RPCBIND_V3 = RPCBIND_VERSIONS[0];
/** Shown by rpcinfo as the owner of every service. */
const OWNER = 'storeswitch';

interface Registration {
  program: number;
  version: number;
  protocol: Transport;
  port: number;
}

export class PortmapFront implements RpcProgram {
  readonly program = RPC_PROGRAM.portmap;
  readonly versions = VERSIONS;
  readonly counters = new FrontCounters();
  private readonly server: RpcServer;
  private readonly port: number;
  private registrations: readonly Registration[] = [];

  constructor(private readonly options: PortmapFrontOptions) {
    const { address, port = PORTMAP_PORT, sources, limits } = options;
    this.port = port;
    this.setServices(options.services);
    this.server = new RpcServer({ address, port, program: this, sources, limits, counters: this.counters });
  }

  /** Rejects when the port cannot be bound. */
  start(): Promise<void> {
    return this.server.start();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  /** Replaces what it tells; takes effect with the next call. */
  setServices(services: readonly VirtualService[]): void {
    const own = (['tcp', 'udp'] as const).map((protocol) => ({
      program: RPC_PROGRAM.portmap,
      versions: VERSIONS,
      protocol,
      port: this.port,
    }));
    this.registrations = [...own, ...services].flatMap(({ versions, ...rest }) =>
      versions.map((version) => ({ version, ...rest })),
    );
  }

  answer(incoming: IncomingCall): Answer {
    return incoming.call.version === PORTMAP_VERSION
      ? this.answerPortmap(incoming)
      : this.answerRpcbind(incoming);
  }

  private answerPortmap(incoming: IncomingCall): Answer {
    const { call } = incoming;
    switch (call.procedure) {
      case PORTMAP_PROCEDURE.NULL:
        return success();
      case PORTMAP_PROCEDURE.SET:
      case PORTMAP_PROCEDURE.UNSET:
        return this.refuse(REFUSED);
      case PORTMAP_PROCEDURE.GETPORT:
        return this.getport(call);
      case PORTMAP_PROCEDURE.DUMP:
        return this.dump(incoming, () => encodeDumpResults(this.registrations.map(portMapping)));
      case PORTMAP_PROCEDURE.CALLIT:
        return this.refuse(undefined);
      default:
        return PROC_UNAVAIL;
    }
  }

  private answerRpcbind(incoming: IncomingCall): Answer {
    const { call } = incoming;
    if (call.version === RPCBIND_V3 && call.procedure > RPCBIND_PROCEDURE.TADDR2UADDR) return PROC_UNAVAIL;
    switch (call.procedure) {
      case RPCBIND_PROCEDURE.NULL:
        return success();
      case RPCBIND_PROCEDURE.SET:
      case RPCBIND_PROCEDURE.UNSET:
        return this.refuse(REFUSED);
      case RPCBIND_PROCEDURE.GETADDR:
        return this.getaddr(incoming, true);
      case RPCBIND_PROCEDURE.GETVERSADDR:
        return this.getaddr(incoming, false);
      case RPCBIND_PROCEDURE.DUMP:
        return this.dump(incoming, () => this.encodeRpcbindDump());
      case RPCBIND_PROCEDURE.CALLIT:
        return this.refuse(undefined);
      case RPCBIND_PROCEDURE.INDIRECT:
        return this.refuse(SYSTEM_ERR);
      case RPCBIND_PROCEDURE.GETTIME:
        return success(encodeGettimeResults(Math.floor(Date.now() / 1000)));
      case RPCBIND_PROCEDURE.GETADDRLIST:
        return this.getaddrlist(call);
      default:
        return PROC_UNAVAIL;
    }
  }

  private refuse(answer: Answer): Answer {
    this.counters.count('calls_refused');
    return answer;
  }

  private getport(call: RpcCall): Answer {
    const asked = decodeGetportArgs(call.args);
    if (asked === undefined) return GARBAGE_ARGS;
    const protocol = transportOf(asked.protocol);
    const found = protocol && this.find(asked.program, asked.version, protocol, true);
    return success(encodeGetportResults(found?.port ?? 0));
  }

  /** The network id is that of the transport the call came by, whatever its arguments say (RFC 1833 section 2.2.1). */
  private getaddr({ call, transport }: IncomingCall, any_version: boolean): Answer {
    const asked = decodeRpcbindMapping(call.args);
    if (asked === undefined) return GARBAGE_ARGS;
    const found = this.find(asked.program, asked.version, transport, any_version);
    return success(encodeGetaddrResults(found === undefined ? '' : this.universalAddress(found)));
  }

  private getaddrlist(call: RpcCall): Answer {
    const asked = decodeRpcbindMapping(call.args);
    if (asked === undefined) return GARBAGE_ARGS;
    const found = this.registrations.filter(
      ({ program, version }) => program === asked.program && version === asked.version,
    );
    const entries = found.map((registration) => ({
      address: this.universalAddress(registration),
      netid: registration.protocol,
      semantics: registration.protocol === 'tcp' ? SEMANTICS.orderlyRelease : SEMANTICS.connectionless,
      family: 'inet',
      protocol: registration.protocol,
    }));
    return success(encodeRpcbindEntries(entries));
  }

  private dump({ transport, standing }: IncomingCall, encode: () => Uint8Array): Answer {
    if (transport === 'tcp' || standing === 'trusted') return success(encode());
    this.counters.count('dumps_refused');
    return undefined;
  }

  private encodeRpcbindDump(): Uint8Array {
    const mappings = this.registrations.map((registration) => ({
      program: registration.program,
      version: registration.version,
      netid: registration.protocol,
      address: this.universalAddress(registration),
      owner: OWNER,
    }));
    return encodeRpcbindDump(mappings);
  }

  /** With `any_version`, another version's place will do: who asks there is told which versions there are. */
  private find(
    program: number,
    version: number,
    protocol: Transport,
    any_version: boolean,
  ): Registration | undefined {
    const found = this.registrations.filter((one) => one.program === program && one.protocol === protocol);
    return found.find((one) => one.version === version) ?? (any_version ? found[0] : undefined);
  }

  private universalAddress({ port }: Registration): string {
    return encodeUniversalAddress({ address: this.options.address, port });
  }
}

function portMapping({ program, version, protocol, port }: Registration): PortMapping {
  return { program, version, protocol: IP_PROTOCOL[protocol], port };
}

function transportOf(protocol: number): Transport | undefined {
  if (protocol === IP_PROTOCOL.tcp) return 'tcp';
  return protocol === IP_PROTOCOL.udp ? 'udp' : undefined;
}

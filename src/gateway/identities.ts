/**
 * What a request is called towards stores: (source port, xid), with the client's own address. By that name the data plane
 * knows a retransmission and sends it to the same store, and the store's duplicate request cache answers it.
 *
 * - No two requests of one client address that are under way have one name, nor one that was under way just now: clients
 *   choose their xids for each connection, and two connections may choose the same.
 * - A call that a client repeats has the name it had, also on a new connection from another port: a repetition is the same
 *   xid and the same octets from the same address, within the time that requests are remembered.
 * - The first choice is a pure function of the client's port, its xid and the call, so that a client that comes back from
 *   the same port (kernels do) keeps the name even where nobody remembers it: after a restart, at another virtualizer.
 */
import { mix } from './fingerprint';
import type { GatewayLimits } from './limits';
import { TimedRows } from './timed_rows';
import { isPrivileged, upstreamBlock } from './upstream_ports';

/** Names tried before one is taken that was used lately. */
const CHOICES = 16;
const PORT_SEED = 0x3c6ef372;
const XID_SEED = 0x510e527f;

/** A call by what makes it the same as another one. */
export interface CallIdentity {
  /** The client's IPv4 address, as a number. */
  address: number;
  port: number;
  xid: number;
  /** `Fingerprint.hash` of the call. */
  hash: number;
  /** The service's, whatever number. */
  service: number;
  /** Whether a repetition elsewhere would do harm: such calls are remembered rather than others. */
  is_change: boolean;
}

interface UnderWay {
  has(xid: number): boolean;
}

export class Identities {
  /** What `choose` chose. */
  port = 0;
  xid = 0;
  /** Whether the call was made before. */
  is_repeat = false;

  private readonly calls: TimedRows;
  private readonly call_ports: Uint16Array;
  private readonly call_xids: Uint32Array;
  private readonly names: TimedRows;

  constructor({ remembered_max, remembered_ms }: GatewayLimits) {
    this.calls = new TimedRows(remembered_max, remembered_ms);
    this.call_ports = new Uint16Array(this.calls.size);
    this.call_xids = new Uint32Array(this.calls.size);
    this.names = new TimedRows(remembered_max, remembered_ms);
  }

  get evicted_early(): number {
    return this.calls.evicted_early + this.names.evicted_early;
  }

  /** Sets `port`, `xid` and `is_repeat`. `under_way` has the xids of the client's address, signed. */
  choose(call: CallIdentity, now_ms: number, under_way: UnderWay): void {
    const key = callKey(call);
    const row = this.calls.find(key, call.hash, now_ms);
    this.is_repeat = row >= 0;
    if (row >= 0) {
      this.port = this.call_ports[row] ?? 0;
      this.xid = this.call_xids[row] ?? 0;
      this.remember(call, this.port, this.xid, now_ms);
    } else {
      this.chooseNew(call, now_ms, under_way);
      this.insertCall(key, call, this.port, this.xid, now_ms);
    }
  }

  /** As `choose`, of a call whose name another one has got meanwhile: by chance, or as that one's was forgotten. */
  chooseOther(call: CallIdentity, now_ms: number, under_way: UnderWay): void {
    this.is_repeat = false;
    this.chooseNew(call, now_ms, under_way);
    const row = this.calls.find(callKey(call), call.hash, now_ms);
    if (row < 0) return;
    this.call_ports[row] = this.port;
    this.call_xids[row] = this.xid;
  }

  /** Makes the name one that was used just now. */
  remember(call: CallIdentity, port: number, xid: number, now_ms: number): void {
    const key = callKey(call);
    const row = this.calls.find(key, call.hash, now_ms);
    if (row >= 0) this.calls.refresh(row, now_ms);
    else this.insertCall(key, call, port, xid, now_ms);
    this.rememberName(call, port, xid, now_ms);
  }

  private insertCall(key: number, call: CallIdentity, port: number, xid: number, now_ms: number): void {
    const row = this.calls.insert(key, call.hash, now_ms, call.is_change ? 1 : 0);
    this.call_ports[row] = port;
    this.call_xids[row] = xid;
  }

  private rememberName(call: CallIdentity, port: number, xid: number, now_ms: number): void {
    const key = nameKey(call.address, port);
    const row = this.names.find(key, xid | 0, now_ms);
    if (row >= 0) this.names.refresh(row, now_ms);
    else this.names.insert(key, xid | 0, now_ms, call.is_change ? 1 : 0);
  }

  private chooseNew(call: CallIdentity, now_ms: number, under_way: UnderWay): void {
    const { first, count } = upstreamBlock(call.port);
    const seed = mix(mix(mix(call.hash, call.xid | 0), call.port), call.service);
    for (let choice = 0; ; choice++) {
      this.xid = mix(mix(XID_SEED, seed), choice) >>> 0;
      this.port = first + ((mix(mix(PORT_SEED, seed), choice) >>> 0) % count);
      if (under_way.has(this.xid | 0)) continue;
      const key = nameKey(call.address, this.port);
      const row = this.names.find(key, this.xid | 0, now_ms);
      if (row >= 0 && choice < CHOICES) continue;
      if (row >= 0) this.names.refresh(row, now_ms);
      else this.names.insert(key, this.xid | 0, now_ms, call.is_change ? 1 : 0);
      return;
    }
  }
}

function callKey({ address, xid, service, port }: CallIdentity): number {
  // A client may ask from a privileged port what it asked from another: the answers may differ.
  return mix(mix(mix(address | 0, xid | 0), service), isPrivileged(port) ? 1 : 2);
}

function nameKey(address: number, port: number): number {
  return mix(address | 0, port);
}

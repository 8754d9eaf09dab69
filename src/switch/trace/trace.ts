/**
 * What one received frame went through, from its parser to what left, copies included. Plain data: it crosses
 * threads and becomes JSON as it is. Values are hexadecimal ("0x0a000001"), names the program's.
 */
export interface PacketTrace {
  /** Counts the frames traced, from 1. */
  packet: number;
  /** Of the switch's clock. */
  time_us: number;
  port: number;
  length_bytes: number;
  /** The first 128 bytes, hexadecimal. */
  frame: string;
  steps: TraceStep[];
}

export type TraceStep =
  /** Parser and ingress, or egress, begin; `copy` tells of what the packet is a copy. */
  | { step: 'pass'; stage: 'ingress' | 'egress'; port: number; copy: TraceCopy | undefined }
  | { step: 'state'; state: string }
  /** `offset_bytes` from the start of the frame. */
  | { step: 'extract'; header: string; offset_bytes: number }
  /** The parser has ended with an error; the packet goes on. */
  | { step: 'parser_error'; error: string }
  | { step: 'checksum_error' }
  | {
      step: 'table';
      table: string;
      key: TraceValue[];
      /** undefined: a miss. */
      entry: TraceEntry | undefined;
      /** undefined: a miss in a table without a default action. */
      action: TraceAction | undefined;
    }
  /** The condition as the source has it. */
  | { step: 'branch'; condition: string; taken: boolean; line: string }
  /** An action that control flow calls itself. */
  | { step: 'action'; action: string }
  /** A statement of an action, as the source has it. */
  | { step: 'statement'; statement: string; line: string }
  | { step: 'digest'; digest: string }
  /** Copies go to these ports; none: the session or group is not known. */
  | { step: 'copies'; of: 'clone' | 'multicast'; id: number; ports: number[] }
  | { step: 'drop'; reason: DropReason; detail: string }
  | { step: 'send'; port: number; length_bytes: number }
  /** More steps than a trace keeps. */
  | { step: 'cut' };

export type TraceCopy =
  'ingress clone' | 'egress clone' | 'multicast replica' | 'resubmitted' | 'recirculated' | 'copy';

export type DropReason =
  | 'ingress' // egress_spec is the drop port when ingress ends
  | 'egress' // the same when egress ends
  | 'multicast' // the group has no members
  | 'priority' // of a queue that the egress port does not have
  | 'assert' // assert() or assume() failed, or the parser ran without end
  | 'passes' // one frame caused too many passes
  | 'queue' // too many copies wait
  | 'length' // longer than a frame can be, received or grown by the program
  | 'port' // the switch has no such port, or it is down
  | 'fault'; // an error within the engine

export interface TraceValue {
  name: string;
  value: string;
}

export interface TraceEntry {
  /** One a key, in words: "0x0a000000/8", "0x1 &&& 0xff", "0x1..0x9". */
  match: string[];
  /** Larger wins; 0 where the table has no priorities. */
  priority: number;
}

export interface TraceAction {
  name: string;
  args: TraceValue[];
}

/** Which frames are traced. */
export interface TraceFilter {
  /** Received by this port; undefined: by any. */
  port?: number | undefined;
  /** Tracing ends by itself after so many; undefined: it goes on. */
  packets_max?: number | undefined;
}

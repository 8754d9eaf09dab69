/** The RPC messages of golden captures, calls with their replies. */
import { decodeFrame, type Frame } from '../../src/wire/frame';
import { RecordSplitter } from '../../src/wire/record_mark';
import { decodeRpc, type RpcCall, type RpcMessage, type RpcReply } from '../../src/wire/rpc';
import { goldenFrames, type Capture, type GoldenFrame } from './golden';

export function requireFrame({ packet }: GoldenFrame): Frame {
  const frame = decodeFrame(packet.data);
  if (frame === undefined) throw new Error('not an Ethernet frame');
  return frame;
}

export interface GoldenMessage {
  golden: GoldenFrame;
  bytes: Uint8Array;
  message: RpcMessage;
}

const LIMITS = { record_octets_max: 65_536, fragments_max: 64 };

/** Bytes of every RPC message, with the frame it ends in, where tshark shows it, too. */
function records(capture: Capture): Pick<GoldenMessage, 'golden' | 'bytes'>[] {
  const streams = new Map<string, RecordSplitter>();
  return goldenFrames(capture).flatMap((golden) => {
    const { ipv4, udp, tcp } = requireFrame(golden);
    if (tcp === undefined) {
      const isFirstFragment = ipv4?.moreFragments === true && ipv4.fragmentOffset_bytes === 0;
      const bytes = isFirstFragment ? ipv4.payload.subarray(8) : udp?.payload;
      return bytes === undefined ? [] : [{ golden, bytes }];
    }
    const key = [ipv4?.source, tcp.sourcePort, ipv4?.destination, tcp.destinationPort].join(' ');
    const splitter = streams.get(key) ?? new RecordSplitter(LIMITS);
    streams.set(key, splitter);
    const found: Pick<GoldenMessage, 'golden' | 'bytes'>[] = [];
    splitter.push(tcp.payload, (bytes) => found.push({ golden, bytes }));
    return found;
  });
}

/** Every frame in which tshark or we see an RPC message. */
export function messages(capture: Capture): GoldenMessage[] {
  return records(capture).flatMap(({ golden, bytes }) => {
    const message = decodeRpc(bytes);
    return message === undefined ? [] : [{ golden, bytes, message }];
  });
}

export interface Exchange {
  call: RpcCall;
  reply: RpcReply | undefined;
  tsharkCall: Map<string, string>;
  tsharkReply: Map<string, string>;
}

export function exchanges(capture: Capture, program: number): Exchange[] {
  const all = messages(capture);
  return all.flatMap(({ golden, message: call }) => {
    if (call.kind !== 'call' || call.program !== program) return [];
    const answer = all.find(({ message }) => message.kind === 'reply' && message.xid === call.xid);
    const reply = answer?.message.kind === 'reply' ? answer.message : undefined;
    return [
      {
        call,
        reply,
        tsharkCall: golden.tshark,
        tsharkReply: answer?.golden.tshark ?? new Map<string, string>(),
      },
    ];
  });
}

export function results({ reply }: Exchange): Uint8Array {
  if (reply?.outcome.status !== 'success') throw new Error('no successful reply');
  return reply.outcome.results;
}

import { Metadata, status } from '@grpc/grpc-js';
import { P4Error, Status } from 'p4runtime-js';

/** Where gRPC puts a google.rpc.Status. */
const DETAILS_KEY = 'grpc-status-details-bin';
const TYPE_URL = 'type.googleapis.com/p4.v1.Error';
/** Messages get shorter beyond this: gRPC's usual bound of 8 KiB for metadata, in base64, less what else is in it. */
const MESSAGES_MAX_BYTES = 5500;
/** More than this no client takes by default (64 KiB of metadata in base64): then there are no details. */
const DETAILS_MAX_BYTES = 46_000;
const STATUS_MESSAGE_MAX_CHARS = 500;
/** Failures that the message tells of where there are no details, each in so many characters. */
const TOLD_MAX = 10;
const TOLD_MAX_CHARS = 100;

/** Some requests of a batch failed: one p4.v1.Error for each in a google.rpc.Status, in order. */
export class BatchFailure extends Error {
  readonly code: status;
  readonly metadata = new Metadata();

  /** `what` names the requests, as in "updates". */
  constructor(what: string, results: P4Error[], code = status.UNKNOWN) {
    const failed = results.filter(({ canonicalCode }) => canonicalCode !== 0);
    super(shorten(`${failed.length} of ${results.length} ${what} failed: ${failed[0]?.message ?? ''}`));
    this.code = code;
    const packed = pack(code, this.message, results);
    if (packed === undefined) this.message = summary(what, results);
    else this.metadata.set(DETAILS_KEY, packed);
  }
}

/** Of a batch too long to tell of each request: how many failed with which code, and the first of them by index. */
function summary(what: string, results: P4Error[]): string {
  const counts = new Map<number, number>();
  const first: string[] = [];
  let failed = 0;
  results.forEach(({ canonicalCode, message }, i) => {
    if (canonicalCode === 0) return;
    failed++;
    counts.set(canonicalCode, (counts.get(canonicalCode) ?? 0) + 1);
    if (first.length < TOLD_MAX) first.push(`number ${i}: ${message.slice(0, TOLD_MAX_CHARS)}`);
  });
  const by_code = [...counts].map(([code, count]) => `${count} ${status[code] ?? code}`).join(', ');
  return `${failed} of ${results.length} ${what} failed: ${by_code}; ${first.join('; ')} (the batch is too long to tell of each: send fewer)`;
}

/**
 * The trailer's value, undefined if it would be too long for any client. There is always one error for each request,
 * so where space is short it is the messages that go.
 */
function pack(code: status, message: string, results: P4Error[]): Buffer | undefined {
  let encoded = encode(code, message, results);
  if (encoded.length > MESSAGES_MAX_BYTES) {
    const bare = encode(
      code,
      message,
      results.map((result) => ({ ...result, message: '' })),
    );
    let room = MESSAGES_MAX_BYTES - bare.length;
    encoded = encode(
      code,
      message,
      results.map((result) => {
        room -= Buffer.byteLength(result.message);
        return room >= 0 ? result : { ...result, message: '' };
      }),
    );
  }
  return encoded.length > DETAILS_MAX_BYTES ? undefined : encoded;
}

function encode(code: status, message: string, results: P4Error[]): Buffer {
  const details = results.map((result) => ({
    typeUrl: TYPE_URL,
    value: Buffer.from(P4Error.encode(result).finish()),
  }));
  return Buffer.from(Status.encode({ code, message, details }).finish());
}

function shorten(message: string): string {
  return message.length <= STATUS_MESSAGE_MAX_CHARS
    ? message
    : `${message.slice(0, STATUS_MESSAGE_MAX_CHARS)}...`;
}

export function p4Error(canonicalCode: number, message: string): P4Error {
  return { canonicalCode, message, space: '', code: 0, details: undefined };
}

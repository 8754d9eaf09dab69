/**
 * The admin protocol: how the command line talks to the controller that runs on the same machine.
 *
 * One JSON document a line (UTF-8, ended by LF) over a Unix stream socket:
 *
 *     -> {"version":1,"id":1,"method":"store.list","params":{}}
 *     <- {"version":1,"id":1,"result":[...]}     or     {"version":1,"id":1,"error":{"code":"...","message":"..."}}
 *
 * Responses come in the order of the requests of a connection. Whoever may open the socket may do everything:
 * the socket's mode, 0600, is the access control.
 */
import { AdminError, ERROR_CODES, type AdminErrorCode } from './errors';

/** Raised when an old client would misread what a new server says, or the reverse. */
export const ADMIN_VERSION = 1;

export const REQUEST_BYTES_MAX = 64 * 1024;
/** A full slot table is some 10 MB. */
export const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;

export interface AdminRequest {
  version: number;
  id: number;
  method: string;
  params: unknown;
}

export type AdminResponse = { version: number; id: number | null } & (
  { result: unknown } | { error: { code: AdminErrorCode; message: string } }
);

/** Throws AdminError `bad_request`, or `version` if the line is of another version. */
export function parseRequest(line: string): AdminRequest {
  const message = parseObject(line, 'request');
  const { id, method, params } = message;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) {
    throw new AdminError('bad_request', `request: id ${JSON.stringify(id)}: expected an integer`);
  }
  if (typeof method !== 'string') {
    throw new AdminError('bad_request', `request: method ${JSON.stringify(method)}: expected a string`);
  }
  return { version: ADMIN_VERSION, id, method, params: params ?? {} };
}

/** Throws AdminError `bad_response`, or `version` if the line is of another version. */
export function parseResponse(line: string): AdminResponse {
  const message = parseObject(line, 'response');
  const id = typeof message.id === 'number' ? message.id : null;
  if ('result' in message) return { version: ADMIN_VERSION, id, result: message.result };
  const error = message.error;
  if (isRecord(error) && typeof error.message === 'string') {
    const code = ERROR_CODES.find((known) => known === error.code) ?? 'failed';
    return { version: ADMIN_VERSION, id, error: { code, message: error.message } };
  }
  throw new AdminError('bad_response', 'response: expected a result or an error');
}

/** The id of a line that may otherwise be wrong, so that its error can be told to whoever sent it. */
export function requestId(line: string): number | null {
  try {
    const message: unknown = JSON.parse(line);
    return isRecord(message) && typeof message.id === 'number' ? message.id : null;
  } catch {
    return null;
  }
}

export function formatLine(message: AdminRequest | AdminResponse): string {
  return `${JSON.stringify(message, bigintAsNumber)}\n`;
}

/** Counters are bigints; as JSON they are plain numbers, rounded only beyond 2^53. */
function bigintAsNumber(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

function parseObject(line: string, what: 'request' | 'response'): Record<string, unknown> {
  const code = what === 'request' ? 'bad_request' : 'bad_response';
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    throw new AdminError(code, `${what}: expected one JSON object a line`);
  }
  if (!isRecord(message)) throw new AdminError(code, `${what}: expected a JSON object`);
  if (message.version !== ADMIN_VERSION) {
    throw new AdminError(
      'version',
      `admin protocol version ${JSON.stringify(message.version) ?? 'missing'}, expected ${ADMIN_VERSION}: ` +
        'the command line and the running controller are of different releases',
    );
  }
  return message;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

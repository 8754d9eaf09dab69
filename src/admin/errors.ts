/** What can go wrong on the admin socket. */

export const ERROR_CODES = [
  'bad_request', // not a request of this protocol
  'bad_response', // not a response of this protocol
  'version', // the two sides speak different versions
  'unknown_method',
  'bad_params', // such as a store that does not exist
  'busy', // too many connections
  'failed',
  'unreachable', // no controller here, or it cannot reach its switch
  'not_primary', // another controller is the switch's primary
  'invalid_config',
] as const;

export type AdminErrorCode = (typeof ERROR_CODES)[number];

/** An error with a code that crosses the socket; `unreachable` also stands for a controller that is not there. */
export class AdminError extends Error {
  override readonly name = 'AdminError';

  constructor(
    readonly code: AdminErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

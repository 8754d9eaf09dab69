/** The kernel client could not be built, booted or measured; the message says what happened. */
export class KernelClientError extends Error {
  override readonly name = 'KernelClientError';
}

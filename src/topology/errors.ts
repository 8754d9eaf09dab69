/** A topology that does not start, is not there, or refuses a request; the message says what to do. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
}

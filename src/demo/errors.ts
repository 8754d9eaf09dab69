/** The demo could not do or measure what it is for; the message says what happened. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

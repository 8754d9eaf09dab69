/** What keeps shares from being served; messages are for whoever runs the gateway. */
export class SmbError extends Error {
  override readonly name = 'SmbError';
}

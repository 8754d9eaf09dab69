/** What keeps a file system from being mounted, in one line for its user. */
export class MountError extends Error {
  override readonly name = 'MountError';
}

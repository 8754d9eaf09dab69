/** Asks the running controller, or gateway. */
import type { AdminClientOptions } from '../admin';
import type { SocketOptions } from './options';

/**
 * The result of an admin method, which `main.ts`'s controller side made: `src/cli/admin_methods.ts` gives each
 * method's type. Throws AdminError.
 */
export async function ask<Result>(
  { socket }: SocketOptions,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  options: Pick<AdminClientOptions, 'server'> = {},
): Promise<Result> {
  const { callAdmin } = await import('../admin/index.js');
  return (await callAdmin(socket, method, params, options)) as Result;
}

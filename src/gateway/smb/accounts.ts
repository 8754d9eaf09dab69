/** Accounts and groups of this machine, as its name service has them (getent(1)). */
import { runProgram } from './run_program';

const PATIENCE_MS = 10_000;
/** getent's exit status for "no such key"; others tell nothing of the name. */
const NOT_FOUND = 2;

/** Those of the accounts and @groups that this machine does not know. */
export async function unknownAccounts(names: readonly string[]): Promise<string[]> {
  const known = await Promise.all(names.map(isKnown));
  return names.filter((_, index) => known[index] === false);
}

async function isKnown(name: string): Promise<boolean> {
  const [database, key] = name.startsWith('@') ? ['group', name.slice(1)] : ['passwd', name];
  return (await runProgram(['getent', database, key], PATIENCE_MS)).code !== NOT_FOUND;
}

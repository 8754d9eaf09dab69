/** Asks Samba's own testparm(1) what it thinks of a configuration. */
import { SmbError } from './errors';
import { runProgram } from './run_program';

const PATIENCE_MS = 20_000;
/** What testparm only mentions, with status 0, and smbd would then do without. */
const REFUSAL = /unknown parameter|ignoring|invalid|^error|no path in service/i;
const NOT_A_REFUSAL = /^(Load smb config|Loaded services|Weak crypto|Server role)/;

/** Throws SmbError with Samba's own words where it is missing or does not take the file as it is. */
export async function checkSmbConf(config_file: string, testparm: readonly string[]): Promise<void> {
  const result = await runProgram([...testparm, '-s', config_file], PATIENCE_MS);
  if (result.not_started !== undefined) {
    throw new SmbError(
      `Samba is not here (${result.not_started}): apt-get install --no-install-recommends samba`,
    );
  }
  const said = result.stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !NOT_A_REFUSAL.test(line));
  const refusals = said.filter((line) => REFUSAL.test(line));
  if (result.code === 0 && refusals.length === 0) return;
  const words = refusals.length > 0 ? refusals : said;
  const text = words.join('; ') || `testparm ended with status ${result.code ?? 'none, by a signal'}`;
  throw new SmbError(`Samba refuses its configuration ${config_file}: ${text}`);
}

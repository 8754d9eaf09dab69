/** The exit codes of every command, and which failure ends in which. Scripts rely on them: never renumber one. */
import { CommanderError } from 'commander';

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** No controller, or no switch, answers. */
  unreachable: 3,
  /** Another controller is the switch's primary. */
  not_primary: 4,
  invalid_config: 5,
} as const;

export const EXIT_MEANING: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'ok',
  failed: 'failed',
  usage: 'wrong usage',
  unreachable: 'the controller or the switch cannot be reached',
  not_primary: 'another controller is primary',
  invalid_config: 'invalid configuration',
};

/** A failure a command has found by itself. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly kind: Exclude<keyof typeof EXIT, 'ok'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** By `AdminError.code`; the others are `failed`. */
const BY_ADMIN_CODE: Readonly<Record<string, keyof typeof EXIT>> = {
  unreachable: 'unreachable',
  not_primary: 'not_primary',
  invalid_config: 'invalid_config',
};

/** By name, as the classes belong to modules that most commands never load. */
const BY_ERROR_NAME: Readonly<Record<string, keyof typeof EXIT>> = {
  TargetError: 'usage',
  UnreachableError: 'unreachable',
  NoReplyError: 'unreachable',
  NotPrimaryError: 'not_primary',
  ElectionIdInUseError: 'not_primary',
  ConfigError: 'invalid_config',
  ControllerError: 'invalid_config',
};

/** What kind of failure an error is. */
export function failureOf(error: unknown): keyof typeof EXIT {
  if (error instanceof CliError) return error.kind;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 'ok' : 'usage';
  if (!(error instanceof Error)) return 'failed';
  const code = error.name === 'AdminError' && 'code' in error ? BY_ADMIN_CODE[String(error.code)] : undefined;
  return code ?? BY_ERROR_NAME[error.name] ?? 'failed';
}

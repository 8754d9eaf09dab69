import {
  EngineError,
  type Engine,
  type EngineErrorCode,
  type EngineEvents,
  type EngineOptions,
} from '../engine';

/** What a packet thread's engine module exports. */
export interface EngineModule {
  createEngine: EngineFactory;
  /**
   * Does ahead what it can of createEngine's work, in a thread that forwards nothing: what it returns can be cloned, and
   * createEngine takes it for the program.
   */
  prepareProgram?: (program: object, options: EngineOptions) => object;
}

/** Builds an engine from p4c's parsed BMv2 JSON; throws an Error that names what is wrong with the program. */
export type EngineFactory = (program: object, events: EngineEvents, options: EngineOptions) => Engine;

/**
 * The engine's control calls: everything but the packets, the clock, the long reads and writes of tables, and memory
 * of its own thread.
 */
export type EngineMethod = Exclude<
  keyof Engine,
  'receive' | 'tick' | 'setTrace' | 'entries' | 'rowWriter' | 'registerCells'
>;

/** One call as a value, so that it can travel to the thread that owns the engine. */
export type EngineCall = {
  [M in EngineMethod]: {
    method: M;
    args: Parameters<Engine[M]>;
    /** Belongs to the call before it in a batch: not made, with the same outcome, if that one fails. */
    with_previous?: true | undefined;
  };
}[EngineMethod];

type Listed<R> = R extends string ? R : R extends Iterable<infer T> ? T[] : R;

/** What a call answers, iterables as arrays. */
export type EngineResult<M extends EngineMethod> = Listed<ReturnType<Engine[M]>>;

export interface EngineFailure {
  code: EngineErrorCode | 'INTERNAL';
  message: string;
}

export type EngineOutcome = { ok: true; value: unknown } | ({ ok: false } & EngineFailure);

/** Runs calls in turn, one outcome a call; yields after each. */
export function* runBatch(engine: Engine, calls: EngineCall[]): Generator<undefined, EngineOutcome[]> {
  const outcomes: EngineOutcome[] = [];
  let previous: EngineOutcome | undefined;
  for (const call of calls) {
    if (call.with_previous !== true || previous?.ok !== false) previous = runEngineCall(engine, call);
    outcomes.push(previous);
    yield undefined;
  }
  return outcomes;
}

/** All steps of a generator in one go. */
export function finish<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Runs one call. An error becomes an outcome: the calls after it still run. */
export function runEngineCall(engine: Engine, call: EngineCall): EngineOutcome {
  try {
    // Which arguments go with which method was checked where the call was made.
    const methods = engine as unknown as Record<EngineMethod, (...args: unknown[]) => unknown>;
    const value = methods[call.method](...call.args);
    const is_iterable = typeof value === 'object' && value !== null && Symbol.iterator in value;
    return { ok: true, value: is_iterable ? Array.from(value as Iterable<unknown>) : value };
  } catch (error) {
    return { ok: false, ...failureOf(error) };
  }
}

export function failureOf(error: unknown): EngineFailure {
  if (error instanceof EngineError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

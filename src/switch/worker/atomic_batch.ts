import { EngineError, type Engine } from '../engine';
import { runEngineCall, type EngineCall, type EngineOutcome } from './engine_calls';
import { undoCalls } from './undo';

/**
 * Runs calls up to the first that fails; then undoes those before it, last first, and the outcomes end with the
 * failure. Yields after each call, between which packets may be served, so that they see the batch half done.
 */
export function* runAtomicBatch(engine: Engine, calls: EngineCall[]): Generator<undefined, EngineOutcome[]> {
  const outcomes: EngineOutcome[] = [];
  const undo: EngineCall[][] = [];
  for (const call of calls) {
    const outcome = runRevocably(engine, call, undo);
    outcomes.push(outcome);
    if (!outcome.ok) {
      for (const back of undo.reverse()) {
        for (const one of back) {
          const undone = runEngineCall(engine, one);
          // What was there a moment ago must fit again.
          if (!undone.ok) throw new Error(`cannot undo by ${one.method}: ${undone.message}`);
        }
        yield undefined;
      }
      return outcomes;
    }
    yield undefined;
  }
  return outcomes;
}

function runRevocably(engine: Engine, call: EngineCall, undo: EngineCall[][]): EngineOutcome {
  let back: EngineCall[];
  try {
    back = undoCalls(engine, call);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ok: false, code: error.code, message: error.message };
  }
  const outcome = runEngineCall(engine, call);
  if (outcome.ok) undo.push(back);
  return outcome;
}

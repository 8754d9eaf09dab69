import type { Calculation, CalculationInput, HeaderRef } from '../program/model';
import { ALGORITHMS } from '../externs/hash';
import { ProgramError } from '../program/error';
import { typeOf } from '../program/scope';
import { limbWidths, packBytes, type Piece } from './bits';
import type { Context } from './context';
import { CrcWriter } from './crc_code';
import { fieldPieces, type HeaderFunctions, scaled } from './headers';
import { VARBIT_BITS } from './layout';
import { literal, type Source } from './source';
import { constantLimbs, plus } from './value';

interface Run {
  /** The header that must be valid for these to be there; undefined: always there. */
  header: HeaderRef | undefined;
  parts: (
    { pieces: Piece[] } | { varbit_at: number | string; bits_at: number | string } | { whole: HeaderRef }
  )[];
}

/**
 * Writes `calculate_X(cursor, end)`, which lays the inputs end to end in `hb` and hashes them. A field of an
 * invalid header is left out. `payload` is what follows the parsed headers: `b[cursor, end)`.
 */
export function writeCalculation(
  calculation: Calculation,
  context: Context,
  headers: HeaderFunctions,
  source: Source,
): void {
  if (!Object.hasOwn(ALGORITHMS, calculation.algorithm))
    throw new ProgramError(
      `hash algorithm "${calculation.algorithm}" is not supported`,
      `calculation "${calculation.name}"`,
      calculation.source,
    );
  const runs = splitRuns(calculation.inputs, context);
  const aligned = runs.every((run) => runBits(run) % 8 === 0);
  const emitted = { source, headers };
  source.open(`function ${context.name('calculate', calculation)}(cursor, end)`);
  if (aligned && writeCrc(calculation, runs, context, source)) {
    source.close();
    return;
  }
  source.line('let n = 0;');
  for (const run of runs) {
    const guarded = run.header !== undefined && !context.isMetadata(run.header);
    if (guarded) source.open(`if (${context.validity(run.header as HeaderRef)} !== 0)`);
    if (aligned) writeBytes(run, emitted);
    else writeBits(run, emitted);
    if (guarded) source.close();
  }
  if (!aligned) source.line('n = (n + 7) >>> 3;');
  if (calculation.inputs.some((input) => input.kind === 'payload')) {
    source.line('rt.copyBytes(hb, n, b, cursor, end - cursor);');
    source.line('n += end - cursor;');
  }
  const { algorithm, name } = calculation;
  const is_custom = algorithm === 'crc16_custom' || algorithm === 'crc32_custom';
  if (is_custom) source.line(`return custom_crcs.get(${literal(name)}).compute(hb, n);`);
  else source.line(`return hashes.${algorithm}(hb, n);`);
  source.close();
}

/** A CRC of fields only, without a copy of them; false: it is something else. */
function writeCrc(
  { algorithm, inputs }: Calculation,
  runs: Run[],
  context: Context,
  source: Source,
): boolean {
  if (inputs.some(({ kind }) => kind === 'header' || kind === 'payload')) return false;
  if (!runs.every(startVarbitsOnBytes)) return false;
  const crc = CrcWriter.of(algorithm, source);
  if (crc === undefined) return false;
  for (const { header, parts } of runs) {
    const is_guarded = header !== undefined && !context.isMetadata(header);
    if (is_guarded) source.open(`if (${context.validity(header)} !== 0)`);
    for (const part of parts) {
      if ('pieces' in part) part.pieces.forEach((piece) => crc.piece(piece));
      else if ('varbit_at' in part) crc.bytes(scaled(part.varbit_at), `(u[${part.bits_at}] >>> 3)`);
    }
    if (is_guarded) source.close();
  }
  crc.end();
  return true;
}

function startVarbitsOnBytes({ parts }: Run): boolean {
  let bits = 0;
  return parts.every((part) => {
    if (!('pieces' in part)) return bits % 8 === 0;
    bits += part.pieces.reduce((sum, { width }) => sum + width, 0);
    return true;
  });
}

/** Consecutive inputs that are there or not there together. */
function splitRuns(inputs: CalculationInput[], context: Context): Run[] {
  const runs: Run[] = [];
  const add = (header: HeaderRef | undefined, part: Run['parts'][number]): void => {
    const last = runs[runs.length - 1];
    const key = header?.kind === 'header' ? header.header : undefined;
    const last_key = last?.header?.kind === 'header' ? last.header.header : undefined;
    if (last !== undefined && key === last_key) last.parts.push(part);
    else runs.push({ header, parts: [part] });
  };
  for (const input of inputs) {
    switch (input.kind) {
      case 'field': {
        const { header, field } = input.field;
        const at = context.address(header);
        const layout = context.layout.field(typeOf(header), field);
        const guard = context.isMetadata(header) ? undefined : header;
        if (field.varbit) add(guard, { varbit_at: plus(at, layout.offset), bits_at: plus(at, VARBIT_BITS) });
        else add(guard, { pieces: fieldPieces(at, layout) });
        break;
      }
      case 'constant': {
        const value = BigInt.asUintN(input.width, input.value);
        const limbs = constantLimbs(value, Math.ceil(input.width / 32)) ?? [];
        const pieces = limbWidths(input.width).map((width, i) => ({ code: limbs[i] ?? '0', width }));
        add(undefined, { pieces });
        break;
      }
      case 'header': {
        const header: HeaderRef = { kind: 'header', header: input.header };
        add(header, { whole: header });
        break;
      }
      case 'payload':
        break;
    }
  }
  return runs;
}

function runBits(run: Run): number {
  return run.parts.reduce(
    (sum, part) => sum + ('pieces' in part ? part.pieces.reduce((n, piece) => n + piece.width, 0) : 0),
    0,
  );
}

/** Runs of whole bytes: everything packed at compile time. */
function writeBytes(run: Run, { source, headers }: { source: Source; headers: HeaderFunctions }): void {
  let pieces: Piece[] = [];
  const flush = (): void => {
    const bytes = packBytes(pieces);
    bytes.forEach((code, i) => source.line(`hb[n + ${i}] = ${code};`));
    if (bytes.length > 0) source.line(`n += ${bytes.length};`);
    pieces = [];
  };
  for (const part of run.parts) {
    if ('pieces' in part) {
      pieces.push(...part.pieces);
      continue;
    }
    flush();
    if ('whole' in part) {
      source.line(headers.writeCall(part.whole, 'hb', 'n'));
      source.line(`n += ${headers.lengthCode(part.whole)};`);
    } else {
      source.line(`rt.copyBytes(hb, n, ub, ${scaled(part.varbit_at)}, u[${part.bits_at}] >>> 3);`);
      source.line(`n += u[${part.bits_at}] >>> 3;`);
    }
  }
  flush();
}

/** Anything else: bit by bit, `n` counting bits. */
function writeBits(run: Run, { source, headers }: { source: Source; headers: HeaderFunctions }): void {
  for (const part of run.parts) {
    if ('pieces' in part)
      for (const { code, width } of part.pieces) source.line(`n = rt.putBits(hb, n, ${code}, ${width});`);
    else if ('whole' in part) {
      // BMv2 asserts that whole headers begin on a byte.
      source.line('n = (n + 7) >>> 3;');
      source.line(headers.writeCall(part.whole, 'hb', 'n'));
      source.line(`n = (n + ${headers.lengthCode(part.whole)}) * 8;`);
    } else {
      source.open(`for (let i = 0; i < u[${part.bits_at}] >>> 3; i++)`);
      source.line(`n = rt.putBits(hb, n, ub[${scaled(part.varbit_at)} + i], 8);`);
      source.close();
    }
  }
}

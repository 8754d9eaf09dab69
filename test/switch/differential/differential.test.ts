/**
 * Random entries and frames through the embedded switch and through BMv2: every output byte, port, clone, digest and
 * counter, and every entry read back, must be the same. What the comparison leaves out is in
 * docs/reference/v1model.md.
 *
 * By default a few cases for each program. For long runs, or to find a failure again:
 *
 *     DIFFERENTIAL_SECONDS=60      as many cases as go into this time, for each program
 *     DIFFERENTIAL_SEED=7          other cases (default 1)
 *     DIFFERENTIAL_ONLY=flow,server
 *     DIFFERENTIAL_PROGRAMS=DIR    NAME.json with NAME.p4info.txtpb there, instead of test/switch/programs
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatEntity, P4Schema } from '../../../src/p4runtime';
import { parseP4InfoText } from '../../../src/p4runtime/p4info_text';
import { loadProgram } from '../../../src/switch/program/load';
import type { Program } from '../../../src/switch/program/model';
import { embedded } from '../../targets/embedded';
import { bmv2 } from '../../targets/veth';
import { draw, type Draw } from './draws';
import { buildEntities } from './entries';
import { buildFrame } from './frames';
import { Side, type Outcome } from './side';
import { Values } from './values';

const FOLDER = process.env['DIFFERENTIAL_PROGRAMS'] ?? join(__dirname, '../programs');
const ONLY = process.env['DIFFERENTIAL_ONLY']?.split(',');
const SECONDS = Number(process.env['DIFFERENTIAL_SECONDS'] ?? 0);
const CASES = 12;
const SEED = Number(process.env['DIFFERENTIAL_SEED'] ?? 1);
const PORTS = [0, 1, 2, 3];
/** Ports that actions may name: those there are, one there is not, and the one that drops. */
const NAMED_PORTS = [...PORTS, 7, 511];
const ENTITIES_MAX = 14;
const FRAMES_MAX = 14;

/** Programs whose output depends on more than what goes in. */
const LEFT_OUT: Record<string, string> = {
  loops: 'BMv2 never ends its loop',
  indices: 'BMv2 ends at a negative index',
  storms: 'BMv2 never ends its recirculation',
  externs: 'it writes random numbers into its packets',
  translation: 'BMv2 refuses entries with translated types of another width',
};

/** Frames no shorter than this: BMv2 ends where headers make a frame more than 512 bytes longer. */
const FRAME_BYTES_MIN: Record<string, number> = { arithmetic: 200 };

const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.p4info.txtpb'))
  .map((file) => file.replace('.p4info.txtpb', ''))
  .filter((name) => !(name in LEFT_OUT) && (ONLY === undefined || ONLY.includes(name)));

interface Case {
  entities: Draw[];
  frames: Draw[];
}

const cases: fc.Arbitrary<Case> = fc.record({
  entities: fc.array(draw, { maxLength: ENTITIES_MAX }),
  frames: fc.array(draw, { minLength: 1, maxLength: FRAMES_MAX }),
});

const skipped = bmv2.skipped;

(skipped === undefined ? describe : describe.skip)(skipped ?? 'embedded switch and BMv2 agree', () => {
  test.each(names)(
    '%s',
    async (name) => {
      const device_config = readFileSync(join(FOLDER, `${name}.json`));
      const p4info = parseP4InfoText(readFileSync(join(FOLDER, `${name}.p4info.txtpb`), 'utf8'), name);
      const schema = new P4Schema(p4info, name);
      const program = loadProgram(device_config.toString());
      const values = new Values(program, NAMED_PORTS);
      const unread = unreadable(program, schema);
      const ours = await Side.connect(await embedded.start(PORTS), PORTS, schema);
      const theirs = await Side.connect(await bmv2.start(PORTS), PORTS, schema);
      try {
        const agree = async (given: Case): Promise<void> => {
          const entities = buildEntities(schema, values, NAMED_PORTS, given.entities);
          const frames = given.frames.map((one) =>
            buildFrame(program, values, PORTS, one, FRAME_BYTES_MIN[name]),
          );
          const given_program = { schema, device_config, unread };
          let differences: string[] = [];
          for (const patient of [false, true]) {
            const a = await ours.run(given_program, entities, frames, undefined, patient);
            const b = await theirs.run(given_program, entities, frames, a.after_each, patient);
            differences = compare(a.outcome, b.outcome);
            if (differences.length === 0) return;
          }
          const shown = [
            ...entities.map((entity) => `entry ${formatEntity(entity)}`),
            ...frames.map(({ port, bytes }) => `frame on port ${port}: ${bytes.toString('hex')}`),
            ...differences,
          ];
          throw new Error(shown.join('\n'));
        };
        // In rounds, so that a case under way when the time is over is still finished and made small.
        const end_ms = Date.now() + SECONDS * 1000;
        let rounds = 0;
        do await fc.assert(fc.asyncProperty(cases, agree), { seed: SEED + rounds, numRuns: CASES });
        while (++rounds && Date.now() < end_ms);
      } finally {
        await ours.stop();
        await theirs.stop();
      }
    },
    (SECONDS + 300) * 1000,
  );
});

/** Where BMv2 answers "Table state out-of-sync with target". */
function unreadable({ ingress, egress }: Program, schema: P4Schema): Set<string> {
  const masked = [...ingress.tables.values(), ...egress.tables.values()].filter(({ keys }) =>
    keys.some(({ mask }) => mask !== undefined),
  );
  const initial = [...schema.tables].filter((t) => t.info.hasInitialEntries && !t.is_const);
  return new Set([...masked, ...initial].map(({ name }) => name));
}

function compare(ours: Outcome, theirs: Outcome): string[] {
  return (['writes', 'outputs', 'digests', 'counters', 'entries'] as const).flatMap((what) => {
    const [a, b] = [[...ours[what]], [...theirs[what]]];
    if (what === 'writes')
      return a.flatMap((one, i) => (one === b[i] ? [] : [`write ${i}: ours ${one}, BMv2 ${b[i]}`]));
    const only = (x: string[], y: string[]): string[] => {
      const rest = new Map<string, number>();
      for (const line of y) rest.set(line, (rest.get(line) ?? 0) + 1);
      return x.filter((line) => {
        const left = rest.get(line) ?? 0;
        rest.set(line, left - 1);
        return left <= 0;
      });
    };
    return [
      ...only(a, b).map((line) => `${what}, only ours: ${line}`),
      ...only(b, a).map((line) => `${what}, only BMv2: ${line}`),
    ];
  });
}

/** The compiled programs in programs/ are those of the sources beside them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOnPath } from '../../src/bench/on_path';

const PROGRAMS = join(__dirname, 'programs');
const has_p4c = isOnPath('p4c-bm2-ss');

(has_p4c ? test : test.skip).each(['core', 'every_entity'])(
  `%s is compiled from its source${has_p4c ? '' : ' (skipped: p4c-bm2-ss not on PATH)'}`,
  (name) => {
    const out = mkdtempSync(join(tmpdir(), 'p4runtime-programs-'));
    try {
      const p4info = join(out, `${name}.p4info.txtpb`);
      const json = join(out, `${name}.json`);
      execFileSync(
        'p4c-bm2-ss',
        ['--arch', 'v1model', `${name}.p4`, '-o', json, '--p4runtime-files', p4info],
        { cwd: PROGRAMS, stdio: 'ignore' },
      );
      expect(readFileSync(p4info, 'utf8')).toBe(readFileSync(join(PROGRAMS, `${name}.p4info.txtpb`), 'utf8'));
      const program = (file: string) =>
        JSON.parse(readFileSync(file, 'utf8'), (key: string, value: unknown) =>
          // Where a line is and which compiler read it changes nothing.
          key === 'source_info' || key === '__meta__' || key === 'program' ? undefined : value,
        ) as unknown;
      expect(program(json)).toEqual(program(join(PROGRAMS, `${name}.json`)));
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  },
);

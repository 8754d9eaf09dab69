import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isOnPath } from '../../src/bench/on_path';

const ROOT = join(__dirname, '../..');
const BUILD = join(ROOT, 'p4/build');

interface Compiler {
  sourceHash: () => string;
  compile: (outDir: string) => void;
}

async function compiler(): Promise<Compiler> {
  return (await import(join(ROOT, 'p4/compile.cjs'))) as Compiler;
}

describe('p4/build', () => {
  test('was made from the sources beside it', async () => {
    const { sourceHash } = await compiler();
    expect(readFileSync(join(BUILD, 'storeswitch.sha256'), 'utf8').trim()).toBe(sourceHash());
  });

  const onPath = isOnPath('p4c-bm2-ss');
  (onPath ? test : test.skip)(
    onPath ? 'is what p4c makes of them' : 'skipped: p4c-bm2-ss not on PATH',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'storeswitch-p4-'));
      try {
        (await compiler()).compile(folder);
        const [made, committed] = [folder, BUILD].map((where) =>
          readFileSync(join(where, 'storeswitch.p4info.txtpb'), 'utf8'),
        );
        expect(made).toBe(committed);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    60_000,
  );
});

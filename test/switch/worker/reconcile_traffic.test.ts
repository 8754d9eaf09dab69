import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine, type MeterConfig } from '../../../src/switch';
import { Pipeline } from '../../../src/switch/server/pipeline';
import { carriedNames } from '../../../src/switch/server/reconcile';
import { RegisterCopies } from '../../../src/switch/worker/carry_registers';
import { SwitchCore } from '../../../src/switch/worker/switch_core';
import { pipelineConfig } from '../server/raw_client';

const ignore = (): undefined => undefined;

/** Two switches with one program and the same entries, one of which reconciles while both are given the same frames. */
class Twins {
  private readonly pipeline: Pipeline;
  private now_us = 0;
  private frames = 0;
  private readonly cores: SwitchCore[];

  constructor(
    program: string,
    /** The n-th frame. */
    private readonly frame: (n: number) => Uint8Array,
  ) {
    this.pipeline = new Pipeline(pipelineConfig(program));
    this.cores = [0, 1].map(() => new SwitchCore(createEngine, [], {}, ignore));
    for (const core of this.cores) {
      core.stage(this.pipeline.json);
      core.commit();
    }
  }

  get engines(): Engine[] {
    return this.cores.flatMap(({ controlled }) => controlled ?? []);
  }

  inject(): void {
    this.now_us += 100;
    const frame = this.frame(this.frames++);
    for (const core of this.cores) {
      core.setTime(this.now_us);
      core.receive(1 + (this.frames % 3), frame, 0, frame.length);
      core.tick();
    }
  }

  /** How many steps it took, a frame between each two. */
  reconcile(): number {
    const { json } = this.pipeline;
    const steps = this.cores[0]?.reconcile(json, [], carriedNames(this.pipeline, this.pipeline));
    let count = 0;
    for (; steps?.next().done === false; count++) this.inject();
    return count;
  }

  /** Everything that packets have made of either's state. */
  states() {
    const { info } = this.pipeline;
    return this.engines.map((engine) => ({
      tables: [...info.tables.values()].map(({ name }) => [
        name,
        [...engine.entries(name)],
        engine.defaultAction(name),
        [...engine.entries(name)].map((entry) => engine.savedEntry(name, entry)),
      ]),
      counters: cells(info.counters, (name) => engine.counterSize(name), engine.readCounter.bind(engine)),
      meters: cells(info.meters, (name) => engine.meterSize(name), engine.savedMeter.bind(engine)),
      registers: cells(info.registers, (name) => engine.registerSize(name), engine.readRegister.bind(engine)),
    }));
  }
}

function cells(
  objects: ReadonlyMap<number, { preamble?: { name: string } | undefined }>,
  size: (name: string) => number,
  read: (name: string, index: number) => unknown,
) {
  const names = [...objects.values()].map(({ preamble }) => preamble?.name ?? '');
  return names.map((name) => [name, Array.from({ length: size(name) }, (_, i) => read(name, i))]);
}

test('a reconcile under traffic loses no count, no register write and no hit', () => {
  const twins = new Twins('server', (n) => {
    const frame = Buffer.alloc(60);
    frame[5] = n % 4;
    frame.writeUIntBE(n, 6, 6);
    frame.writeUInt16BE(n % 2 === 0 ? 0x800 : 0x88b7, 12);
    return frame;
  });
  for (const engine of twins.engines) {
    for (let i = 0; i < 3; i++) {
      const match = [{ kind: 'exact' as const, value: BigInt(i) }];
      const send = { name: 'switching.send', args: [1n] };
      engine.insertEntry('switching.bridge', { match, priority: 0, action: send, idle_timeout_ns: 900_000n });
    }
  }
  for (let i = 0; i < 50; i++) twins.inject();
  expect(twins.reconcile()).toBeGreaterThan(20);
  for (let i = 0; i < 10; i++) twins.inject();
  const [reconciled, reference] = twins.states();
  expect(reconciled).toEqual(reference);
});

test('meters hold and have counted what they would without a reconcile', () => {
  const twins = new Twins('meters', (n) => Uint8Array.of(n % 5, 7, 0, 0, 0, 0, ...new Uint8Array(n % 3)));
  const rates: MeterConfig = { cir: 500n, cburst: 40n, pir: 900n, pburst: 60n, eburst: 0n };
  for (const engine of twins.engines) {
    const match = [{ kind: 'exact' as const, value: 7n }];
    const action = { name: 'run.mark', args: [5n] };
    engine.insertEntry('run.metered', { match, priority: 0, action, idle_timeout_ns: 0n, meter: rates });
    for (let i = 0; i < 4; i++) engine.writeMeter('run.by_packets', i, rates);
    engine.writeMeter('run.by_bytes', 1, { ...rates, pir: 500n, pburst: 40n, eburst: 30n });
  }
  for (let i = 0; i < 200; i++) twins.inject();
  twins.reconcile();
  const [reconciled, reference] = twins.states();
  expect(reconciled).toEqual(reference);
});

test('registers that share rows are copied cell by cell, and only those that are to be', () => {
  const program = JSON.parse(
    readFileSync(join(__dirname, '..', '..', '..', 'p4', 'build', 'storeswitch.json'), 'utf8'),
  ) as { register_arrays: { name: string; size: number }[] };
  const events = { send: ignore, digest: ignore, idle: ignore };
  const [from, to] = [createEngine(program, events), createEngine(program, events)];
  const arrays = program.register_arrays;
  const left_out = 'fragment_id';
  const is_copied = (name: string): boolean => !name.endsWith(left_out);
  expect(new Set(arrays.map(({ name }) => from.registerCells(name).rows)).size).toBeLessThan(arrays.length);
  for (const [i, { name, size }] of arrays.entries())
    for (const cell of [0, size - 1]) from.writeRegister(name, cell, BigInt(i + 1));
  const names = arrays.map(({ name }) => name).filter(is_copied);
  expect(names).toHaveLength(arrays.length - 1);
  new RegisterCopies(from, to, names).atOnce();
  for (const [i, { name, size }] of arrays.entries()) {
    const expected = is_copied(name) ? BigInt(i + 1) : 0n;
    expect([name, to.readRegister(name, 0), to.readRegister(name, size - 1)]).toEqual([
      name,
      expected,
      expected,
    ]);
  }
});

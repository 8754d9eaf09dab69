/** The same members, groups, one-shot sets and packets through the embedded switch and BMv2: the same member is chosen. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { action, Client, exact, P4Schema, type Entity, type Update } from '../../src/p4runtime';
import { embedded } from '../targets/embedded';
import type { RunningTarget } from '../targets/target';
import { bmv2 } from '../targets/veth';

const PROGRAMS = join(__dirname, 'programs');
const pipeline = {
  p4info: P4Schema.load(join(PROGRAMS, 'selectors.p4info.txtpb')),
  device_config: readFileSync(join(PROGRAMS, 'selectors.json')),
};
const PORT = 1;
const FRAMES = 16;

/** One write; numbers become ids and weights that exist when it is their turn. */
type Step = { kind: number; id: number; ids: number[]; weights: number[] };

const steps = fc.array(
  fc.record({
    kind: fc.nat(9),
    id: fc.nat(7),
    ids: fc.uniqueArray(fc.nat(7), { maxLength: 4 }),
    weights: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 80, size: 'max' },
);

const mark = (value: number) => action('MyIngress.mark', { value, port: PORT });

/** Turns steps into writes that BMv2 does without fault, and remembers what is there to know which those are. */
class Writer {
  private readonly members = new Set<number>();
  private readonly groups = new Map<number, number[]>();
  private readonly entries = new Map<number, { member_id: number } | { group_id: number }>();
  private value = 0;

  next({ kind, id, ids, weights }: Step): Update | undefined {
    const action_profile = 'MyIngress.crc';
    if (kind <= 1) {
      const type = this.members.has(id + 1) ? 'modify' : 'insert';
      this.members.add(id + 1);
      return { type, entity: { action_profile, member_id: id + 1, action: mark(++this.value & 0xff) } };
    }
    if (kind <= 3) {
      const in_group = [...this.groups.values()].some((members) => members.includes(id + 1));
      if (in_group || this.isNamed('member_id', id + 1) || !this.members.delete(id + 1)) return undefined;
      return { type: 'delete', entity: { action_profile, member_id: id + 1 } };
    }
    const group_id = 1 + (id % 3);
    if (kind <= 5) {
      const members = ids.map((m) => m + 1).filter((m) => this.members.has(m));
      const weighted = members.map((member_id, i) => ({ member_id, weight: weights[i] ?? 1 }));
      while (weighted.reduce((sum, { weight }) => sum + weight, 0) > 6) weighted.pop();
      // BMv2 refuses entries of empty groups, and what it does with them is not defined.
      if (weighted.length === 0) return undefined;
      const type = this.groups.has(group_id) ? 'modify' : 'insert';
      this.groups.set(
        group_id,
        weighted.map(({ member_id }) => member_id),
      );
      return { type, entity: { action_profile, group_id, members: weighted } };
    }
    if (kind === 6) {
      if (this.isNamed('group_id', group_id) || !this.groups.delete(group_id)) return undefined;
      return { type: 'delete', entity: { action_profile, group_id, members: [] } };
    }
    const key = id % 4;
    const table = { table: 'MyIngress.selected', match: { 'hdr.request.key': exact(key) } };
    if (kind === 7 && this.entries.delete(key)) return { type: 'delete', entity: table };
    const named = weights[0] === 1 ? { member_id: id + 1 } : { group_id };
    const there = 'member_id' in named ? this.members.has(named.member_id) : this.groups.has(group_id);
    if (!there) return undefined;
    const type = this.entries.has(key) ? 'modify' : 'insert';
    this.entries.set(key, named);
    return { type, entity: { ...table, action: named } };
  }

  private isNamed(kind: 'member_id' | 'group_id', id: number): boolean {
    return [...this.entries.values()].some((named) => kind in named && Object.values(named)[0] === id);
  }
}

/** One-shot sets of the other selector. */
class OneShotWriter {
  private readonly entries = new Set<number>();
  private value = 0;

  next({ kind, id, weights, ids }: Step): Update {
    const entity: Entity = {
      table: 'MyIngress.selected_plain',
      match: id === 0 ? {} : { 'hdr.request.key': { kind: 'lpm', value: BigInt(id << 5), prefix_length: 3 } },
    };
    const known = this.entries.has(id);
    if (known && kind <= 2) {
      this.entries.delete(id);
      return { type: 'delete', entity };
    }
    this.entries.add(id);
    const one_shot = [0, ...ids].map((_, i) => ({
      action: mark(++this.value & 0xff),
      weight: weights[i % 4] ?? 1,
    }));
    return { type: known ? 'modify' : 'insert', entity: { ...entity, action: { one_shot } } };
  }
}

/** Table number, key, flow, wide, and what the program writes into. */
function request(table: number, n: number): Buffer {
  const bytes = Buffer.alloc(14);
  bytes[0] = table;
  bytes[1] = table === 2 ? n % 4 : Math.imul(n, 37);
  bytes.writeUInt16BE(Math.imul(n, 0x9e37) & 0xffff, 2);
  bytes.writeUInt32BE(Math.imul(n, 0x85ebca6b) >>> 0, 5);
  return bytes;
}

class Side {
  constructor(
    private readonly running: RunningTarget,
    private readonly client: Client,
  ) {}

  static async start(kind: typeof bmv2): Promise<Side> {
    const running = await kind.start([PORT]);
    const client = new Client(running.address, { election_id: 1n, ...pipeline });
    await client.start();
    return new Side(running, client);
  }

  clear(): Promise<unknown> {
    return this.client.pushPipeline(pipeline, { force: true });
  }

  /** 'done', or that it was refused. */
  async write(update: Update): Promise<string> {
    return this.client.write([update]).then(
      () => 'done',
      () => 'refused',
    );
  }

  /** What leaves for a frame: the program drops none. */
  async run(frame: Buffer): Promise<string> {
    this.running.send(PORT, frame);
    const received = await this.running.receive(PORT, 2000);
    return received === undefined ? 'nothing' : Buffer.from(received).toString('hex');
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.running.stop();
  }
}

const it = bmv2.skipped === undefined ? test : test.skip;
const title = (text: string) => (bmv2.skipped === undefined ? text : `${text} (${bmv2.skipped})`);
let sides: Side[] = [];

beforeAll(async () => {
  if (bmv2.skipped === undefined) sides = [await Side.start(embedded), await Side.start(bmv2)];
});

afterAll(async () => {
  for (const side of sides) await side.stop();
});

it.each([
  ['members and groups', 2, () => new Writer()],
  ['one-shot sets', 3, () => new OneShotWriter()],
])(
  title('%s: the same writes, the same packets, the same choices'),
  async (_, table, writer) => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        for (const side of sides) await side.clear();
        const one: { next(step: Step): Update | undefined } = writer();
        for (const step of list) {
          const update = one.next(step);
          if (update === undefined) continue;
          for (const side of sides) expect(await side.write(update)).toBe('done');
        }
        for (let n = 0; n < FRAMES; n++) {
          const [ours, theirs] = await Promise.all(sides.map((side) => side.run(request(table, n))));
          expect(ours).toBe(theirs);
        }
      }),
      { numRuns: 20, seed: 7 },
    );
  },
  120_000,
);

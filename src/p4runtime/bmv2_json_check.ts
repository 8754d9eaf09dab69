/**
 * Whether a P4Info belongs to a BMv2 JSON. simple_switch_grpc takes any pair and then fails every write without
 * reason (quirk pair_unchecked), so the pair is compared before it is sent.
 */
import { z } from 'zod';
import { P4InfoMismatchError } from './errors';
import type { P4Schema } from './p4info';

/** What both files say. */
const Outline = z.object({
  pipelines: z.array(
    z.object({
      tables: z.array(
        z.object({
          name: z.string(),
          key: z.array(z.unknown()),
          actions: z.array(z.string()),
          action_ids: z.array(z.number()),
        }),
      ),
    }),
  ),
  actions: z.array(z.object({ id: z.number(), runtime_data: z.array(z.object({ bitwidth: z.number() })) })),
});

/** Undefined for what is not BMv2 JSON: the target judges that. */
function outlineOf(device_config: Uint8Array): z.infer<typeof Outline> | undefined {
  try {
    return Outline.safeParse(JSON.parse(Buffer.from(device_config).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** `action id` and `parameter id` of those with a @p4runtime_translation type. */
function translatedParams({ p4info }: P4Schema): ReadonlySet<string> {
  const types = p4info.typeInfo?.newTypes ?? {};
  const isTranslated = (name: string | undefined) =>
    name !== undefined && types[name]?.representation?.$case === 'translatedType';
  return new Set(
    p4info.actions.flatMap(({ preamble, params }) =>
      params.filter(({ typeName }) => isTranslated(typeName?.name)).map(({ id }) => `${preamble?.id} ${id}`),
    ),
  );
}

/** Throws P4InfoMismatchError naming the first table or action that differs. */
export function checkBmv2Json(schema: P4Schema, device_config: Uint8Array): void {
  const outline = outlineOf(device_config);
  if (outline === undefined) return;
  const tables = new Map(
    outline.pipelines.flatMap(({ tables: all }) => all.map((table) => [table.name, table])),
  );
  // By id: an action that is called directly too is there once more, with its arguments filled in.
  const widths = new Map(
    outline.actions.map(({ id, runtime_data }) => [id, runtime_data.map(({ bitwidth }) => bitwidth)]),
  );
  const translated = translatedParams(schema);
  const fail = (object: string, problem: string): never => {
    throw new P4InfoMismatchError(
      `${schema.file}: ${object} ${problem}: it was compiled from another program`,
    );
  };
  for (const { name, key, actions } of schema.tables) {
    const table = tables.get(name) ?? fail(`table ${name}`, 'is not in the device configuration');
    if (table.key.length !== key.length) {
      fail(`table ${name}`, `has ${key.length} key fields, in the device configuration ${table.key.length}`);
    }
    for (const action of actions) {
      const object = `action ${action.name} of table ${name}`;
      const place = table.actions.indexOf(action.name);
      if (place < 0) fail(object, 'is not in the device configuration');
      const found = widths.get(table.action_ids[place] ?? -1) ?? [];
      // A translated value has the width the controller sees, which is not the program's.
      const expected = action.params.map(({ id, width_bits }, i) =>
        translated.has(`${action.id} ${id}`) ? (found[i] ?? width_bits) : width_bits,
      );
      if (found.join() !== expected.join()) {
        const [ours, theirs] = [expected, found].map((bits) =>
          bits.length === 0 ? 'no parameters' : `${bits.join(', ')} bits`,
        );
        fail(object, `takes ${ours}, in the device configuration ${theirs}`);
      }
    }
  }
}

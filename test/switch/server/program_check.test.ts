import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MatchField_MatchType, MeterSpec_Unit, P4Info } from 'p4runtime-js';
import { Pipeline } from '../../../src/switch/server/pipeline';
import { pipelineConfig } from './raw_client';

const FOLDERS = [join(__dirname, '..', 'programs'), join(__dirname, 'programs')];

function load(
  program: string,
  change: (info: P4Info) => void = () => undefined,
  folder = FOLDERS[0],
): Pipeline {
  const config = pipelineConfig(program, 1n, folder);
  const p4info = P4Info.fromPartial(config.p4info ?? {});
  change(p4info);
  return new Pipeline({ ...config, p4info });
}

/** An object of P4Info by name. */
function named<T extends { preamble: P4Info['tables'][number]['preamble'] }>(objects: T[], name: string): T {
  const found = objects.find(({ preamble }) => preamble?.alias === name || preamble?.name === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}

function bits(bitwidth: number): P4Info['registers'][number]['typeSpec'] {
  const typeSpec = { $case: 'bit' as const, value: { bitwidth } };
  const value = { typeSpec, annotations: [], annotationLocations: [], structuredAnnotations: [] };
  return { typeSpec: { $case: 'bitstring', value } };
}

const programs = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.p4info.txtpb'))
    .map((file): [string, string] => [file.replace('.p4info.txtpb', ''), folder]),
);

test.each(programs)('what p4c wrote for %s matches', (program, folder) => {
  expect(() => load(program, undefined, folder)).not.toThrow();
});

const key = (info: P4Info, i = 0) => {
  const field = named(info.tables, 'bridge').matchFields[i];
  if (field === undefined) throw new Error('no key');
  return field;
};

test.each<[string, string, (info: P4Info) => void, string]>([
  [
    'a narrower key',
    'server',
    (info) => (key(info).bitwidth = 32),
    'table switching.bridge, key 1 (hdr.ethernet.dst): width in bits is 32, in the program 48',
  ],
  [
    'a wider key',
    'server',
    (info) => (key(info).bitwidth = 64),
    'table switching.bridge, key 1 (hdr.ethernet.dst): width in bits is 64, in the program 48',
  ],
  [
    'another match kind',
    'server',
    (info) => (key(info).match = { $case: 'matchType', value: MatchField_MatchType.LPM }),
    'table switching.bridge, key 1 (hdr.ethernet.dst): match kind is lpm, in the program exact',
  ],
  [
    'a key of another name',
    'server',
    (info) => (key(info).name = 'hdr.ethernet.src'),
    'key 1 (hdr.ethernet.dst): name is hdr.ethernet.src, in the program hdr.ethernet.dst',
  ],
  [
    'a parameter of another width',
    'server',
    (info) => {
      const [param] = named(info.actions, 'send').params;
      if (param !== undefined) param.bitwidth = 16;
    },
    'is 16, in the program 9',
  ],
  [
    'no tables',
    'server',
    (info) => (info.tables = []),
    'table switching.bridge of the program is not in P4Info',
  ],
  [
    'nothing at all',
    'server',
    (info) => Object.assign(info, P4Info.fromPartial({})),
    'table switching.bridge of the program is not in P4Info',
  ],
  [
    'a digest of an empty type',
    'server',
    (info) => (named(info.digests, 'seen_t').typeSpec = undefined),
    'digest seen_t: its type is missing or not known',
  ],
  [
    'a digest of fewer values',
    'server',
    (info) => info.typeInfo?.structs['seen_t']?.members.pop(),
    'digest seen_t: number of values is 1, in the program 2',
  ],
  [
    'an action left out of a table',
    'server',
    (info) => named(info.tables, 'bridge').actionRefs.shift(),
    "table switching.bridge lacks action switching.send, which the program's has",
  ],
  [
    'a packet header of another width',
    'server',
    (info) => {
      const [field] = named(info.controllerPacketMetadata, 'packet_in').metadata;
      if (field !== undefined) field.bitwidth = 8;
    },
    'packet_in: width in bits of metadata ingress_port is 8, in the program 9',
  ],
  ['no digest', 'server', (info) => (info.digests = []), 'digest seen_t of the program is not in P4Info'],
])('%s is refused', (_, program, change, message) => {
  expect(() => load(program, change)).toThrow(message);
});

describe('of every program, are refused', () => {
  /** Programs with such objects, each object changed by itself. */
  function refused<T>(objects: (info: P4Info) => T[], change: (object: T) => void, message: RegExp): number {
    let count = 0;
    for (const [program, folder] of programs) {
      const { p4info } = pipelineConfig(program, 1n, folder);
      objects(P4Info.fromPartial(p4info ?? {})).forEach((_, i) => {
        count++;
        const changed = (info: P4Info) => {
          const object = objects(info)[i];
          if (object !== undefined) change(object);
        };
        expect(() => load(program, changed, folder)).toThrow(message);
      });
    }
    return count;
  }

  test('registers of another width or size', () => {
    const wide = refused(
      (info) => info.registers,
      (register) => (register.typeSpec = bits(77)),
      /is 77, in the/,
    );
    const large = refused(
      (info) => info.registers,
      (register) => (register.size = 9999),
      /cells is 9999, in the/,
    );
    expect(Math.min(wide, large)).toBeGreaterThan(0);
  });

  test('counters of another size, or none', () => {
    expect(
      refused(
        (info) => info.counters,
        (c) => (c.size = 9999n),
        /cells is 9999, in the/,
      ),
    ).toBeGreaterThan(0);
    const cut = (info: P4Info) => (info.counters.length > 0 ? [info] : []);
    expect(
      refused(cut, (info) => (info.counters = []), /counter \S+ of the program is not in/),
    ).toBeGreaterThan(0);
  });

  test('meters of another size or unit', () => {
    expect(
      refused(
        (info) => info.meters,
        (m) => (m.size = 9999n),
        /cells is 9999, in the/,
      ),
    ).toBeGreaterThan(0);
    const flip = (meter: { spec: P4Info['meters'][number]['spec'] }) => {
      if (meter.spec === undefined) return;
      const { BYTES, PACKETS } = MeterSpec_Unit;
      meter.spec.unit = meter.spec.unit === BYTES ? PACKETS : BYTES;
    };
    expect(refused((info) => info.meters, flip, /unit is \w+, in the program/)).toBeGreaterThan(0);
    expect(refused((info) => info.directMeters, flip, /unit is \w+, in the program/)).toBeGreaterThan(0);
  });

  test('action profiles that are none, or the other way about a selector', () => {
    const flip = (profile: P4Info['actionProfiles'][number]) =>
      (profile.withSelector = !profile.withSelector);
    expect(refused((info) => info.actionProfiles, flip, /selector is/)).toBeGreaterThan(0);
  });
});

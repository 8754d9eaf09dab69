import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { P4InfoMismatchError, P4Schema, readP4InfoFile } from '../../src/p4runtime';
import { checkBmv2Json } from '../../src/p4runtime/bmv2_json_check';

interface Bmv2Action {
  id: number;
  name: string;
  runtime_data: { name: string; bitwidth: number }[];
}

const PROGRAM = join(__dirname, 'programs/every_entity');
const p4info = new P4Schema(readP4InfoFile(`${PROGRAM}.p4info.txtpb`), 'every_entity.p4info.txtpb');

/** The program's JSON with its actions changed. */
function changed(edit: (actions: Bmv2Action[]) => Bmv2Action[]): Buffer {
  const json = JSON.parse(readFileSync(`${PROGRAM}.json`, 'utf8')) as { actions: Bmv2Action[] };
  return Buffer.from(JSON.stringify({ ...json, actions: edit(json.actions) }));
}

test('the pair that p4c wrote is one', () => {
  expect(() =>
    checkBmv2Json(
      p4info,
      changed((actions) => actions),
    ),
  ).not.toThrow();
});

test('an action that is also called directly is there twice, once without parameters', () => {
  const twice = changed((actions) => [
    ...actions,
    ...actions.map((action) => ({ ...action, id: action.id + 1000, runtime_data: [] })),
  ]);
  expect(() => checkBmv2Json(p4info, twice)).not.toThrow();
});

test('a parameter of another width is another program', () => {
  const wider = changed((actions) =>
    actions.map((action) => ({
      ...action,
      runtime_data: action.runtime_data.map((param) => ({ ...param, bitwidth: param.bitwidth + 1 })),
    })),
  );
  expect(() => checkBmv2Json(p4info, wider)).toThrow(P4InfoMismatchError);
});

test('what is no BMv2 JSON is the target’s to judge', () => {
  expect(() => checkBmv2Json(p4info, Buffer.from('\x7fELF'))).not.toThrow();
});

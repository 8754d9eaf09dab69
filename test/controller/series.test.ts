import { Network } from '../../src/controller/network';
import { planSeries, seriesProblems, seriesRows, type SeriesPlan } from '../../src/controller/series';
import { PROCEDURES } from '../../src/dataplane/procedures';
import { SERIES } from '../../src/dataplane/sizes';
import { parseConfig } from '../../src/config/load';
import { exampleConfig } from './example';

/** Services of MOUNT, NFS and NLM, in that order, in front of so many stores. */
function planFor(stores: number): SeriesPlan {
  const names = Array.from({ length: stores }, (_, index) => `s${index}`);
  const config = parseConfig(
    `
ports:
  - { name: c, number: 1, role: external, mac: '02:00:00:00:00:01', addresses: [10.0.1.254/24] }
  - { name: s, number: 2, role: internal, mac: '02:00:00:00:00:02', addresses: [10.8.0.1/16] }
stores:
${names.map((name, index) => `  - { name: ${name}, address: 10.8.${1 + (index >> 7)}.${1 + (index & 127)} }`).join('\n')}
virtual_stores:
  - name: files
    address: 10.0.1.100
    pools:
      - { name: all, stores: [${names.join(', ')}] }
      - { name: first, stores: [s0] }
    services:
      - { name: mount, protocol: udp, port: 20048, program: mount, mode: request, pool: first }
      - { name: nfs, protocol: udp, port: 2049, program: nfs, mode: request, pool: first, rules: [{ procedures: reads, pool: all }] }
      - { name: tcp, protocol: tcp, port: 2049, program: nfs, mode: session, pool: all }
      - { name: nlm, protocol: udp, port: 4045, program: nlm, mode: request, pool: all }
`,
    'series.yaml',
  );
  return planSeries(new Network(config));
}

test('each procedure of a service has its number at each store, those not listed share one', () => {
  const network = new Network(exampleConfig());
  const { series, left_out } = planSeries(network);
  const nfs = PROCEDURES.filter(({ program }) => program === 100003);
  expect(series).toHaveLength((nfs.length + 1) * 3);
  expect(new Set(series.map(({ number }) => number)).size).toBe(series.length);
  expect(series.every(({ number }) => number > 0 && number < SERIES)).toBe(true);
  expect(new Set(series.map(({ service }) => service))).toEqual(new Set(['nfs-udp']));
  expect(left_out).toEqual([]);
  expect(seriesProblems({ series, left_out })).toEqual([]);
});

test('stores of pools that rules name are among them, and versions of a procedure are one', () => {
  const { series } = planFor(3);
  const stores = (service: string) =>
    new Set(series.filter((one) => one.service === service).map(({ store }) => store));
  expect(stores('mount')).toEqual(new Set(['s0']));
  expect(stores('nfs')).toEqual(new Set(['s0', 's1', 's2']));
  const mnt = series.filter(({ procedure }) => procedure === 'MNT');
  expect(mnt).toHaveLength(1);
  expect(mnt[0]?.procedure_ids).toHaveLength(2);
  const rows = seriesRows(series);
  expect(rows).toHaveLength(series.reduce((sum, { procedure_ids }) => sum + procedure_ids.length, 0));
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
});

test('what does not fit is left out whole, and named', () => {
  const plan = planFor(150);
  const rows = seriesRows(plan.series);
  expect(rows.length).toBeLessThanOrEqual(SERIES);
  expect(plan.left_out).toHaveLength(1);
  const [problem = ''] = seriesProblems(plan);
  expect(problem).toMatch(/^service files\/nlm: no room for the response times of TEST, LOCK/);
  // The one row a store that those not listed need is there still.
  expect(plan.series.filter((one) => one.service === 'nlm').map(({ procedure }) => procedure)).toContain(
    'other',
  );
  for (const { procedures } of plan.left_out) {
    const left = plan.series.filter(
      ({ service, procedure }) => service === 'nlm' && procedures.includes(procedure),
    );
    expect(left).toEqual([]);
  }
});

test('a store more changes no number of the others', () => {
  const numbers = ({ series }: SeriesPlan) =>
    new Map(
      series.map(({ number, service, procedure, store }) => [`${service} ${procedure} ${store}`, number]),
    );
  const [three, four] = [numbers(planFor(3)), numbers(planFor(4))];
  const moved = [...three].filter(([name, number]) => four.get(name) !== number);
  // But for the few whose hashes meet.
  expect(moved.length).toBeLessThan(three.size / 20);
});

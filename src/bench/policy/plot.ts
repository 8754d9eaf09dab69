/** p99 against load as SVG: one panel for each workload and set of stores, one line for each subject. */
import { WORKLOADS } from '../../sim';
import { curveOf, limitOf } from './figures';
import { SUBJECTS, type Measured } from './measure';

const PANEL = { width: 300, height: 200 };
const MARGIN = { left: 48, top: 34, right: 14, bottom: 34 };
const LEGEND_HEIGHT = 34;
const P99_MAX = 100;
const TICKS = [1, 3, 10, 30, 100];
const LOAD_TICKS = [0.2, 0.4, 0.6, 0.8, 1];

const COLOURS: Readonly<Record<string, string>> = {
  hash: '#8c564b',
  'round-robin': '#9467bd',
  random: '#7f7f7f',
  'by-object': '#e377c2',
  'by-client': '#bcbd22',
  'least-of-2': '#1f77b4',
  'least-of-4': '#2ca02c',
  'per-session': '#ff7f0e',
  ideal: '#000000',
};

export function plot(measured: Measured, stores: readonly string[]): string {
  const cell = {
    width: MARGIN.left + PANEL.width + MARGIN.right,
    height: MARGIN.top + PANEL.height + MARGIN.bottom,
  };
  const width = cell.width * stores.length;
  const height = cell.height * WORKLOADS.length + LEGEND_HEIGHT;
  const panels = WORKLOADS.flatMap(({ name }, row) =>
    stores.map((one, column) => {
      const at = `translate(${column * cell.width + MARGIN.left} ${row * cell.height + MARGIN.top})`;
      return `<g transform="${at}">${panel(measured, name, one)}</g>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...panels,
    `<g transform="translate(${MARGIN.left} ${height - LEGEND_HEIGHT / 2})">${legend()}</g>`,
    '</svg>\n',
  ].join('\n');
}

function panel(measured: Measured, workload: string, stores: string): string {
  const { width, height } = PANEL;
  const axes = [
    ...TICKS.map((tick) => {
      const at = y(tick);
      return `<path d="M0 ${at}H${width}" stroke="#ddd"/><text x="-6" y="${at + 4}" text-anchor="end">${tick}</text>`;
    }),
    ...LOAD_TICKS.map((tick) => {
      const at = x(tick);
      return `<path d="M${at} 0V${height}" stroke="#eee"/><text x="${at}" y="${height + 14}" text-anchor="middle">${tick}</text>`;
    }),
    `<rect width="${width}" height="${height}" fill="none" stroke="#999"/>`,
    `<text x="0" y="-10" font-weight="bold">${workload}, ${stores} stores</text>`,
    `<text x="${width}" y="-10" text-anchor="end" fill="#555">p99 / mean service time</text>`,
    `<text x="${width / 2}" y="${height + 28}" text-anchor="middle" fill="#555">load</text>`,
    `<path d="M0 ${y(limitOf(measured, workload))}H${width}" stroke="#d62728" stroke-dasharray="5 4"/>`,
  ];
  const lines = SUBJECTS.map((subject) => {
    const inside = curveOf(measured, workload, stores, subject).filter(({ p99 }) => p99 <= P99_MAX);
    const points = inside.map(({ load, p99 }) => `${x(load)},${y(p99)}`).join(' ');
    return `<polyline points="${points}" ${stroke(subject)}/>`;
  });
  return [...axes, ...lines].join('');
}

function legend(): string {
  return SUBJECTS.map(
    (subject, index) =>
      `<g transform="translate(${index * 76} 0)"><path d="M0 0h14" ${stroke(subject)}/><text x="17" y="4">${subject}</text></g>`,
  ).join('');
}

function stroke(subject: string): string {
  return `fill="none" stroke="${COLOURS[subject] ?? '#000'}" stroke-width="${subject === 'ideal' ? 2.2 : 1.5}"`;
}

function x(load: number): number {
  return round(load * PANEL.width);
}

function y(p99: number): number {
  return round(PANEL.height * (1 - Math.log(p99) / Math.log(P99_MAX)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

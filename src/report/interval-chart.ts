import type { TopLevelSpec } from 'vega-lite';
import { COLOURS, CONFIG, INK, SCHEMA, SHAPES } from './draw.ts';

/** Points with intervals, one row a group, one mark a series, and the numbers themselves at the right edge. */

export interface IntervalPoint {
  readonly row: string;
  readonly series: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** What stands at the right: the number with its interval, or why there is none. */
  readonly text: string;
}

interface IntervalChart {
  readonly description: string;
  readonly points: readonly IntervalPoint[];
  readonly axis: string;
  /** A Vega expression for the label of the tick `datum.value`. */
  readonly ticks: string;
  /** The line to compare with: 0 for a change. */
  readonly reference?: number;
  readonly domain: readonly [number, number];
  /** Where the ticks stand; left out: about five round numbers. */
  readonly at?: readonly number[];
}

export const SIGNED_PERCENT = "(datum.value === 0 ? '0' : format(datum.value, '+d')) + '%'";
export const PERCENT = "datum.value + '%'";
export const PLAIN = "format(datum.value, ',~g')";

const WIDTH = 720;
const WIDEST_LABEL = 190;
const RIGHT = 188;
const STEP = 24;

/** A diamond of the same area looks smaller than a circle. */
function areaOf(series: number): number {
  return SHAPES[series] === 'circle' ? 88 : 124;
}

/** Breaks a label into lines of about `width` characters; a longer word is cut. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text
    .split(/\s+/)
    .flatMap((one) => one.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? [])) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

function seriesOf(points: readonly IntervalPoint[]): readonly string[] {
  return [...new Set(points.map(({ series }) => series))];
}

/** A range that holds every value and, within limits, every interval; it ends on round numbers. */
export function domainOf(
  points: readonly IntervalPoint[],
  limits: { readonly low: number; readonly high: number; readonly include: readonly number[] },
): readonly [number, number] {
  const numbers = [
    ...limits.include,
    ...points.flatMap(({ value, low, high }) => [value, low, high]).filter((one) => one !== null),
  ].map((one) => Math.min(limits.high, Math.max(limits.low, one)));
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  if (low === high) return [low, low + 1];
  const unit = 10 ** Math.floor(Math.log10(high - low)) / 2;
  return [
    Math.max(limits.low, Math.floor(low / unit) * unit),
    Math.min(limits.high, Math.ceil(high / unit) * unit),
  ];
}

export function isCut(points: readonly IntervalPoint[], [low, high]: readonly [number, number]): boolean {
  return points.some((point) => (point.low ?? low) < low || (point.high ?? high) > high);
}

export function intervalChart(chart: IntervalChart): TopLevelSpec {
  const rows = [...new Set(chart.points.map(({ row }) => row))];
  const series = seriesOf(chart.points);
  const labels = new Map(rows.map((row) => [row, wrap(row, 28).slice(0, 3)]));
  const longest = Math.max(0, ...[...labels.values()].flat().map((line) => line.length));
  const left = Math.min(WIDEST_LABEL, 34 + longest * 7);
  const plot = WIDTH - left - RIGHT;
  const lines = Math.max(1, ...[...labels.values()].map((label) => label.length));
  const band = Math.max(series.length * STEP + 12, lines * 15 + 8);
  const height = rows.length * band;
  const lookup = Object.fromEntries([...labels].map(([row, label]) => [row, label.join('\n')]));
  const isKeyed = series.length > 1;
  const colour = {
    field: 'series',
    type: 'nominal',
    scale: { domain: series, range: COLOURS.slice(0, series.length) },
    legend: null,
  } as const;
  const y = {
    field: 'row',
    type: 'nominal',
    sort: rows,
    scale: { paddingInner: 0, paddingOuter: 0 },
    axis: {
      title: null,
      domain: false,
      ticks: false,
      grid: true,
      tickBand: 'extent',
      labelLimit: 0,
      labelPadding: 12,
      labelLineHeight: 15,
      // A tick more than there are rows closes the last row; it has no label.
      labelExpr: `split(${JSON.stringify(lookup)}[datum.value] || '', '\\n')`,
    },
  } as const;
  const yOffset = { field: 'series', type: 'nominal', sort: series, scale: { paddingOuter: 0.35 } } as const;
  const [low, high] = chart.domain;
  const x = {
    type: 'quantitative',
    scale: { domain: [low, high], nice: false, zero: false },
  } as const;
  const axis = {
    title: chart.axis,
    labelExpr: chart.ticks,
    ...(chart.at === undefined ? { tickCount: 5 } : { values: [...chart.at] }),
    labelOverlap: false,
    labelFlush: false,
    grid: true,
    domain: false,
  } as const;
  const key = isKeyed
    ? series.map((name, i) => ({
        name,
        i,
        x: 6 + series.slice(0, i).reduce((sum, before) => sum + 44 + 7 * before.length, 0),
      }))
    : [];
  return {
    $schema: SCHEMA,
    description: chart.description,
    data: { values: chart.points.map((point) => ({ ...point })) },
    width: plot,
    height,
    autosize: 'none',
    padding: { left, right: RIGHT, top: isKeyed ? 52 : 24, bottom: 48 },
    config: CONFIG,
    layer: [
      ...(chart.reference === undefined
        ? []
        : [
            {
              data: { values: [{ reference: chart.reference }] },
              mark: { type: 'rule' as const, color: INK, strokeWidth: 1.2 },
              encoding: { x: { ...x, field: 'reference', axis } },
            },
          ]),
      {
        transform: [{ filter: 'isValid(datum.low) && isValid(datum.high)' }],
        mark: { type: 'rule', strokeWidth: 2.2, clip: true },
        encoding: { x: { ...x, field: 'low', axis }, x2: { field: 'high' }, y, yOffset, color: colour },
      },
      {
        transform: [{ filter: `isValid(datum.value) && datum.value >= ${low} && datum.value <= ${high}` }],
        mark: { type: 'point', filled: true, opacity: 1, stroke: '#ffffff', strokeWidth: 1 },
        encoding: {
          x: { ...x, field: 'value', axis },
          y,
          yOffset,
          color: colour,
          shape: {
            field: 'series',
            type: 'nominal',
            scale: { domain: series, range: SHAPES.slice(0, series.length) },
            legend: null,
          },
          size: {
            condition: series
              .slice(1)
              .map((name, k) => ({ test: `datum.series === ${JSON.stringify(name)}`, value: areaOf(k + 1) })),
            value: areaOf(0),
          },
        },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: 12, color: INK },
        encoding: { x: { value: plot + 16 }, y, yOffset, text: { field: 'text', type: 'nominal' } },
      },
      ...key.flatMap(({ name, x: start, i }) => [
        {
          data: { values: [{ name }] },
          mark: {
            type: 'point' as const,
            filled: true,
            size: areaOf(i),
            opacity: 1,
            color: COLOURS[i],
            shape: SHAPES[i],
          },
          encoding: { x: { value: start }, y: { value: -26 } },
        },
        {
          data: { values: [{ name }] },
          mark: {
            type: 'text' as const,
            align: 'left' as const,
            baseline: 'middle' as const,
            fontSize: 12.5,
          },
          encoding: {
            x: { value: start + 11 },
            y: { value: -26 },
            text: { field: 'name', type: 'nominal' as const },
          },
        },
      ]),
    ],
    resolve: { scale: { color: 'shared', shape: 'shared' } },
  } as TopLevelSpec;
}

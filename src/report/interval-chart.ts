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

export interface IntervalChart {
  readonly description: string;
  readonly points: readonly IntervalPoint[];
  readonly axis: string;
  /** A d3 format for the ticks. */
  readonly ticks: string;
  /** The line to compare with: 0 for a change. */
  readonly reference?: number;
  readonly domain: readonly [number, number];
}

const PLOT = 330;
const LEFT = 190;
const RIGHT = 200;
const STEP = 24;

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

export function seriesOf(points: readonly IntervalPoint[]): readonly string[] {
  return [...new Set(points.map(({ series }) => series))];
}

/** A range that holds every interval, ends on round numbers, and is not stretched by one wide interval. */
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
  const lines = Math.max(1, ...[...labels.values()].map((label) => label.length));
  const band = Math.max(series.length * STEP + 12, lines * 15 + 8);
  const height = rows.length * band;
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
      labelLimit: LEFT - 14,
      labelPadding: 12,
      labelLineHeight: 15,
      labelExpr: `split(${JSON.stringify(Object.fromEntries([...labels].map(([row, label]) => [row, label.join('\n')])))}[datum.value], '\\n')`,
    },
  } as const;
  const yOffset = { field: 'series', type: 'nominal', sort: series, scale: { paddingOuter: 0.35 } } as const;
  const [low, high] = chart.domain;
  const x = {
    type: 'quantitative',
    scale: { domain: [low, high], nice: false, zero: false },
  } as const;
  const axis = { title: chart.axis, format: chart.ticks, tickCount: 6, grid: true, domain: false } as const;
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
    width: PLOT,
    height,
    autosize: 'none',
    padding: { left: LEFT, right: RIGHT, top: isKeyed ? 52 : 24, bottom: 48 },
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
        transform: [{ filter: 'isValid(datum.value)' }],
        mark: {
          type: 'point',
          filled: true,
          size: 88,
          opacity: 1,
          stroke: '#ffffff',
          strokeWidth: 1,
          clip: true,
        },
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
        },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: 12, color: INK },
        encoding: { x: { value: PLOT + 16 }, y, yOffset, text: { field: 'text', type: 'nominal' } },
      },
      ...key.flatMap(({ name, x: left, i }) => [
        {
          data: { values: [{ name }] },
          mark: {
            type: 'point' as const,
            filled: true,
            size: 88,
            opacity: 1,
            color: COLOURS[i],
            shape: SHAPES[i],
          },
          encoding: { x: { value: left }, y: { value: -26 } },
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
            x: { value: left + 11 },
            y: { value: -26 },
            text: { field: 'name', type: 'nominal' as const },
          },
        },
      ]),
    ],
    resolve: { scale: { color: 'shared', shape: 'shared' } },
  } as TopLevelSpec;
}

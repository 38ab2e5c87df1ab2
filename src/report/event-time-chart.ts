import type { TopLevelSpec } from 'vega-lite';
import { COLOURS, CONFIG, DASHES, INK, QUIET, SCHEMA } from './draw.ts';
import { ticksWithin as ratioTicks } from './ratio-chart.ts';

/** Time to and since an event: steps or points with intervals, the event as a line, the days left out shaded. */

export interface TimePoint {
  /** First and first day after the bin, from the event. */
  readonly from: number;
  readonly to: number;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface TimeSeries {
  readonly label: string;
  readonly points: readonly TimePoint[];
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

interface EventTimeChart {
  readonly description: string;
  readonly series: readonly TimeSeries[];
  /** A curve with a band, or single points with intervals. */
  readonly form: 'curve' | 'points';
  readonly has_bands: boolean;
  readonly axis: { readonly x: string; readonly y: string };
  readonly window: { readonly from: number; readonly to: number };
  readonly event: string;
  readonly donut: Stretch | undefined;
  readonly reference: Stretch | undefined;
  /** Ratios stand on a logarithmic scale around 1. */
  readonly is_ratio: boolean;
}

const PLOT = 640;
const HEIGHT = 290;
const SHADE = '#E69F00';
const KEY_LINE = 20;

/** Round steps of days: months and years where the window is long. */
function ticks(from: number, to: number): readonly number[] {
  const steps = [1, 2, 7, 14, 28, 91, 182, 365, 730];
  const step = steps.find((one) => (to - from) / one <= 12) ?? 1461;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** The key in as many lines as it needs. */
function keyOf(
  labels: readonly string[],
): readonly { readonly label: string; readonly x: number; readonly line: number }[] {
  let x = 0;
  let line = 0;
  return labels.map((label) => {
    const width = 50 + 7 * label.length;
    if (x > 0 && x + width > PLOT) {
      x = 0;
      line += 1;
    }
    const place = { label, x, line };
    x += width;
    return place;
  });
}

/** Every value and 1; intervals up to four times as far out as the values: those that run further are cut by the frame. */
function ratioDomain(series: readonly TimeSeries[]): readonly [number, number] {
  const points = series.flatMap(({ points: own }) => own);
  const numbers = (pick: (point: TimePoint) => number | null): readonly number[] =>
    points.map(pick).filter((one): one is number => one !== null && one > 0);
  const values = numbers(({ value }) => value);
  const least = Math.min(0.8, ...values);
  const most = Math.max(1.25, ...values);
  const low = Math.max(least / 4, Math.min(least, ...numbers((point) => point.low)));
  const high = Math.min(most * 4, Math.max(most, ...numbers((point) => point.high)));
  return [low / 1.08, high * 1.08];
}

export function eventTimeChart(chart: EventTimeChart): TopLevelSpec {
  const labels = chart.series.map(({ label }) => label);
  const isKeyed = labels.length > 1;
  const { from, to } = chart.window;
  const x = {
    type: 'quantitative',
    scale: { domain: [from, to], nice: false, zero: false },
  } as const;
  const xAxis = {
    values: [...ticks(from, to)],
    title: chart.axis.x,
    grid: false,
    labelExpr: "datum.value === 0 ? '0' : format(datum.value, '+,d')",
    labelOverlap: true,
  } as const;
  const [least, most] = chart.is_ratio ? ratioDomain(chart.series) : [0, 0];
  const y = {
    type: 'quantitative',
    scale: chart.is_ratio
      ? { type: 'log', base: 2, domain: [least, most], nice: false, clamp: true }
      : { zero: true, nice: true },
    axis: {
      title: null,
      grid: true,
      domain: false,
      ticks: false,
      ...(chart.is_ratio ? { values: [...ratioTicks(least, most)] } : { tickCount: 6 }),
      labelExpr: "format(datum.value, ',~g')",
    },
  } as const;
  const colour = {
    field: 'series',
    type: 'nominal',
    scale: { domain: labels, range: COLOURS.slice(0, labels.length) },
    legend: null,
  } as const;
  const rows = chart.series.flatMap(({ label, points }) =>
    points.map((point) => ({ series: label, ...point, middle: (point.from + point.to) / 2 })),
  );
  // A step needs the last day to be drawn to; a bin without a value leaves a gap.
  const steps = chart.series.flatMap(({ label, points }) =>
    points.flatMap((point, i) => {
      const start = { series: label, day: point.from, value: point.value, low: point.low, high: point.high };
      const next = points[i + 1];
      return next === undefined || next.from !== point.to ? [start, { ...start, day: point.to }] : [start];
    }),
  );
  const dash = {
    field: 'series',
    type: 'nominal',
    scale: { domain: labels, range: labels.map((_, i) => DASHES[i % DASHES.length]) },
    legend: null,
  } as const;
  const words = (content: string, day: number, top: number, rest: object) => ({
    data: { values: [{ content, day }] },
    mark: { type: 'text', baseline: 'middle', fontSize: 12, ...rest },
    encoding: {
      x: { ...x, field: 'day', axis: xAxis },
      y: { value: top },
      text: { field: 'content', type: 'nominal' },
    },
  });
  const shaded = (stretch: Stretch, color: string, opacity: number) => ({
    data: { values: [stretch] },
    mark: { type: 'rect', color, opacity, clip: true },
    encoding: {
      x: { ...x, field: 'from', axis: xAxis },
      x2: { field: 'to' },
      y: { value: 0 },
      y2: { value: HEIGHT },
    },
  });
  const stretches = [
    ...(chart.reference === undefined ? [] : [{ ...chart.reference, color: QUIET, opacity: 0.1 }]),
    ...(chart.donut === undefined ? [] : [{ ...chart.donut, color: SHADE, opacity: 0.22 }]),
  ];
  const entries = keyOf([...(isKeyed ? labels : []), ...stretches.map(({ label }) => label)]);
  const rise = entries.length === 0 ? -KEY_LINE : KEY_LINE * (entries.at(-1)?.line ?? 0);
  const keyTop = (line: number): number => -32 - rise + KEY_LINE * line;
  const isStretch = (i: number): boolean => !isKeyed || i >= labels.length;
  return {
    $schema: SCHEMA,
    description: chart.description,
    data: { values: rows },
    width: PLOT,
    height: HEIGHT,
    autosize: 'none',
    padding: { left: 58, right: 22, top: 76 + rise, bottom: 50 },
    config: CONFIG,
    layer: [
      ...stretches.map((stretch) => shaded(stretch, stretch.color, stretch.opacity)),
      ...(chart.is_ratio
        ? [
            {
              data: { values: [{ one: 1 }] },
              mark: { type: 'rule', color: INK, strokeWidth: 1 },
              encoding: { y: { ...y, field: 'one' } },
            },
          ]
        : []),
      ...(chart.form === 'curve' && chart.has_bands
        ? [
            {
              data: { values: steps },
              mark: {
                type: 'area',
                interpolate: 'step-after',
                opacity: 0.18,
                line: false,
                clip: true,
                invalid: 'break-paths-show-path-domains',
              },
              encoding: {
                x: { ...x, field: 'day', axis: xAxis },
                y: { ...y, field: 'low' },
                y2: { field: 'high' },
                color: colour,
              },
            },
          ]
        : []),
      ...(chart.form === 'curve'
        ? [
            {
              data: { values: steps },
              mark: {
                type: 'line',
                interpolate: 'step-after',
                strokeWidth: 2.1,
                invalid: 'break-paths-show-path-domains',
              },
              encoding: {
                x: { ...x, field: 'day', axis: xAxis },
                y: { ...y, field: 'value' },
                color: colour,
                strokeDash: dash,
              },
            },
          ]
        : [
            {
              transform: [{ filter: 'isValid(datum.low) && isValid(datum.high)' }],
              mark: { type: 'rule', strokeWidth: 2, clip: true },
              encoding: {
                x: { ...x, field: 'middle', axis: xAxis },
                y: { ...y, field: 'low' },
                y2: { field: 'high' },
                color: colour,
              },
            },
            {
              transform: [{ filter: 'isValid(datum.value)' }],
              mark: {
                type: 'point',
                filled: true,
                size: 62,
                opacity: 1,
                stroke: '#ffffff',
                strokeWidth: 1,
                clip: true,
              },
              encoding: {
                x: { ...x, field: 'middle', axis: xAxis },
                y: { ...y, field: 'value' },
                color: colour,
              },
            },
          ]),
      {
        data: { values: [{ day: 0 }] },
        mark: { type: 'rule', color: INK, strokeWidth: 1.6, strokeDash: [4, 3] },
        encoding: { x: { ...x, field: 'day', axis: xAxis } },
      },
      words(chart.event, 0, -12, { align: 'center', color: INK, fontWeight: 'bold' }),
      {
        data: { values: [{ content: chart.axis.y }] },
        mark: { type: 'text', baseline: 'middle', align: 'left', fontSize: 12, color: QUIET },
        encoding: {
          x: { value: -44 },
          y: { value: keyTop(0) - 24 },
          text: { field: 'content', type: 'nominal' },
        },
      },
      ...entries.flatMap(({ label, x: start, line }, i) => {
        const stretch = stretches[i - (isKeyed ? labels.length : 0)];
        const place = { x: { value: start }, x2: { value: start + 22 } };
        return [
          isStretch(i) && stretch !== undefined
            ? {
                data: { values: [{ label }] },
                mark: { type: 'rect', color: stretch.color, opacity: stretch.opacity },
                encoding: { ...place, y: { value: keyTop(line) - 6 }, y2: { value: keyTop(line) + 6 } },
              }
            : {
                data: { values: [{ label }] },
                mark: {
                  type: 'rule',
                  strokeWidth: 2.6,
                  color: COLOURS[i % COLOURS.length],
                  strokeDash: DASHES[i % DASHES.length],
                },
                encoding: { ...place, y: { value: keyTop(line) } },
              },
          {
            data: { values: [{ label }] },
            mark: { type: 'text', align: 'left', baseline: 'middle', fontSize: 12.5, color: INK },
            encoding: {
              x: { value: start + 28 },
              y: { value: keyTop(line) },
              text: { field: 'label', type: 'nominal' },
            },
          },
        ];
      }),
    ],
  } as TopLevelSpec;
}

import type { TopLevelSpec } from 'vega-lite';
import { COLOURS, CONFIG, DASHES, INK, QUIET, SCHEMA } from './draw.ts';
import { wrap } from './interval-chart.ts';

/** Step curves with bands, and the numbers at risk aligned below the days they belong to. */

interface CurvePoint {
  readonly time: number;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

export interface Curve {
  readonly label: string;
  readonly points: readonly CurvePoint[];
  /** What the row of numbers at risk is called; left out: the label. */
  readonly risk_label?: string;
  /** Numbers at risk by day, as they are printed; without any the curve has no row. */
  readonly at_risk: readonly { readonly time: number; readonly text: string }[];
}

interface CurveChart {
  readonly description: string;
  readonly curves: readonly Curve[];
  readonly axis: { readonly x: string; readonly y: string };
  readonly days: readonly number[];
  readonly has_bands: boolean;
  /** What the vertical axis holds; left out: proportions from 0 to 1. */
  readonly range?: { readonly high: number; readonly format: string };
}

const PLOT = 376;
const HEIGHT = 280;
const LEFT = 164;
const RIGHT = 180;
const TABLE = 66;
const LINE = 18;

/** After seven curves the colours come again, with another dash. */
function dashOf(i: number): readonly number[] {
  return DASHES[(i + Math.floor(i / COLOURS.length)) % DASHES.length] ?? [1, 0];
}

/** Labels at the ends of curves, moved apart so that none lies on another. */
function spread(ends: readonly number[], gap: number): readonly number[] {
  const order = ends.map((y, i) => ({ y, i })).sort((a, b) => a.y - b.y);
  let last = Number.NEGATIVE_INFINITY;
  const placed = new Array<number>(ends.length).fill(0);
  for (const { y, i } of order) {
    last = Math.max(y, last + gap);
    placed[i] = last;
  }
  const over = Math.max(0, last - HEIGHT);
  return placed.map((y) => y - over);
}

/** Fewer persons than this at risk make a step that says more about them than about the rest: it is not drawn. */
const DRAWN_FROM = 5;

/** Rows of a rising curve as points from 0 on, as far as enough people are at risk, flat to `end`. */
export function risingPoints(
  rows: readonly {
    readonly time: number | null;
    readonly value: number | null;
    readonly ci_low: number | null;
    readonly ci_high: number | null;
    readonly persons: number | null;
  }[],
  end: number,
): readonly CurvePoint[] {
  const points = [...rows]
    .sort((a, b) => (a.time ?? 0) - (b.time ?? 0))
    .flatMap(({ time, value, ci_low, ci_high, persons }) =>
      value === null || time === null || (persons !== null && persons < DRAWN_FROM)
        ? []
        : [{ time, value, low: ci_low, high: ci_high }],
    );
  const last = points.at(-1);
  if (last === undefined) return [];
  const start = { time: 0, value: 0, low: 0, high: 0 };
  return [start, ...points, ...(end > last.time ? [{ ...last, time: end }] : [])];
}

/** The greatest value that is drawn: a band ends where its curve does, so the last point's limit is not. */
export function highestOf(curves: readonly Curve[], has_bands: boolean): number {
  return Math.max(
    0,
    ...curves.flatMap(({ points }) =>
      points.map(({ value, high }, i) =>
        Math.max(value, has_bands && i < points.length - 1 ? (high ?? 0) : 0),
      ),
    ),
  );
}

export function curveChart(chart: CurveChart): TopLevelSpec {
  const drawn = chart.curves.filter(({ points }) => points.length > 0);
  const counted = chart.curves.filter(({ at_risk }) => at_risk.length > 0);
  const lastDay = Math.max(
    1,
    ...chart.days,
    ...drawn.flatMap(({ points }) => points.map(({ time }) => time)),
  );
  const labels = drawn.map(({ label }) => label);
  const style = {
    color: {
      field: 'curve',
      type: 'nominal',
      scale: { domain: labels, range: labels.map((_, i) => COLOURS[i % COLOURS.length]) },
      legend: null,
    },
    strokeDash: {
      field: 'curve',
      type: 'nominal',
      scale: { domain: labels, range: labels.map((_, i) => dashOf(i)) },
      legend: null,
    },
  } as const;
  const x = {
    field: 'time',
    type: 'quantitative',
    scale: { domain: [0, lastDay], nice: false },
    axis: {
      values: [...chart.days],
      title: chart.axis.x,
      grid: false,
      format: ',d',
      labelOverlap: false,
      labelFlush: false,
    },
  } as const;
  const { high, format } = chart.range ?? { high: 1, format: '.0%' };
  const y = {
    type: 'quantitative',
    scale: { domain: [0, high], nice: false },
    axis: { title: null, format, tickCount: 5, grid: true, domain: false, ticks: false },
  } as const;
  const rows = drawn.flatMap(({ label, points }) => points.map((point) => ({ curve: label, ...point })));
  const ends = spread(
    drawn.map(({ points }) => HEIGHT * (1 - (points.at(-1)?.value ?? 0) / high)),
    17,
  );
  const text = (content: string, left: number, top: number, rest: object = {}) => ({
    data: { values: [{ content }] },
    mark: { type: 'text', baseline: 'middle', fontSize: 12, color: INK, ...rest },
    encoding: { x: { value: left }, y: { value: top }, text: { field: 'content', type: 'nominal' } },
  });
  const place = (day: number): number => (PLOT * day) / lastDay;
  // Days that lie too close together share no row of figures: the later one gives way, the last one stays.
  const shown = chart.days.filter((day, i) => {
    const next = chart.days[i + 1];
    return next === undefined || place(next) - place(day) >= 34;
  });
  return {
    $schema: SCHEMA,
    description: chart.description,
    data: { values: rows },
    width: PLOT,
    height: HEIGHT,
    autosize: 'none',
    padding: { left: LEFT, right: RIGHT, top: 40, bottom: TABLE + 14 + counted.length * LINE },
    config: CONFIG,
    layer: [
      ...(chart.has_bands
        ? [
            {
              mark: { type: 'area', interpolate: 'step-after', opacity: 0.16, line: false },
              encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, color: style.color },
            },
          ]
        : []),
      {
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2.2 },
        encoding: { x, y: { ...y, field: 'value' }, ...style },
      },
      ...drawn.flatMap(({ label }, i) => [
        {
          data: { values: [{ label }] },
          mark: { type: 'rule', strokeWidth: 2.6, color: COLOURS[i % COLOURS.length], strokeDash: dashOf(i) },
          encoding: { x: { value: PLOT + 8 }, x2: { value: PLOT + 28 }, y: { value: ends[i] ?? 0 } },
        },
        text(wrap(label, 22)[0] === label ? label : `${wrap(label, 21)[0]}\u2026`, PLOT + 34, ends[i] ?? 0, {
          align: 'left',
        }),
      ]),
      text(chart.axis.y, -40, -22, { align: 'left', color: QUIET }),
      text('At risk', -38, HEIGHT + TABLE - 2, { align: 'right', fontWeight: 'bold', color: QUIET }),
      ...counted.flatMap(({ label, risk_label = label, at_risk }, i) => [
        text(
          wrap(risk_label, 17)[0] === risk_label ? risk_label : `${wrap(risk_label, 16)[0]}\u2026`,
          -38,
          HEIGHT + TABLE + (i + 1) * LINE,
          { align: 'right' },
        ),
        ...at_risk
          .filter(({ time }) => shown.includes(time))
          .map(({ time, text: number }) =>
            text(number, place(time), HEIGHT + TABLE + (i + 1) * LINE, { align: 'center' }),
          ),
      ]),
    ],
  } as TopLevelSpec;
}

import type { TopLevelSpec } from 'vega-lite';
import { funnelLimits } from '../stats/rates/funnel.ts';
import { COLOURS, CONFIG, INK, QUIET, SCHEMA } from './draw.ts';

/** Observed over expected events against the expected number, with the limits that chance alone gives. */

export interface FunnelPoint {
  readonly label: string;
  readonly expected: number;
  readonly ratio: number;
}

interface FunnelChart {
  readonly description: string;
  readonly points: readonly FunnelPoint[];
  /** What the variance of a Poisson count is multiplied by. */
  readonly widening: number;
}

const WIDTH = 720;
const LEFT = 62;
const RIGHT = 24;
const HEIGHT = 320;
/** Two and three standard errors, as control charts have. */
export const LEVELS = [0.95, 0.998] as const;
const LIMIT_NAMES = { 0.95: '95% limits', 0.998: '99.8% limits' } as const;
/** Beyond so many names they stand on each other: only those outside the limits keep theirs. */
const MOST_NAMES = 12;

export function isOutside(point: FunnelPoint, widening: number, level: number): boolean {
  const { lower, upper } = funnelLimits(point.expected, widening, level);
  return point.ratio < lower || point.ratio > upper;
}

export function funnelChart({ description, points, widening }: FunnelChart): TopLevelSpec {
  const most = points.reduce((largest, { expected }) => Math.max(largest, expected), 0);
  const least = points.reduce((smallest, { expected }) => Math.min(smallest, expected), most);
  const low = Math.max(least * 0.8, most / 1000);
  const high = most * 1.15;
  const steps = Array.from({ length: 81 }, (_, i) => low * (high / low) ** (i / 80));
  const top =
    1.08 *
    Math.max(
      2,
      ...points.map(({ ratio }) => ratio),
      Math.min(4, funnelLimits(least, widening, LEVELS[1]).upper),
    );
  const limits = LEVELS.flatMap((level) =>
    steps.flatMap((expected) => {
      const { lower, upper } = funnelLimits(expected, widening, level);
      return [
        { expected, limit: lower, name: LIMIT_NAMES[level], side: 'lower' },
        { expected, limit: upper, name: LIMIT_NAMES[level], side: 'upper' },
      ];
    }),
  ).filter(({ limit }) => limit <= top);
  const named = points.filter(
    (point) => points.length <= MOST_NAMES || isOutside(point, widening, LEVELS[0]),
  );
  const x = {
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [low, high], nice: false },
    axis: {
      title: 'Events expected at the common rate (log scale)',
      grid: false,
      tickCount: 6,
      labelExpr: "format(datum.value, ',~g')",
      labelOverlap: true,
    },
  };
  const y = {
    type: 'quantitative' as const,
    scale: { domain: [0, top], nice: false },
    axis: { title: 'Observed / expected', tickCount: 5, domain: false },
  };
  const names = Object.values(LIMIT_NAMES);
  return {
    $schema: SCHEMA,
    description,
    width: WIDTH - LEFT - RIGHT,
    height: HEIGHT,
    autosize: 'none',
    padding: { left: LEFT, right: RIGHT, top: 40, bottom: 52 },
    config: CONFIG,
    layer: [
      {
        data: { values: limits },
        mark: { type: 'line', clip: true, color: QUIET, strokeWidth: 1.4 },
        encoding: {
          x: { ...x, field: 'expected' },
          y: { ...y, field: 'limit' },
          detail: { field: 'side', type: 'nominal' },
          strokeDash: {
            field: 'name',
            type: 'nominal',
            scale: {
              domain: names,
              range: [
                [5, 4],
                [1, 0],
              ],
            },
            legend: {
              title: null,
              orient: 'none',
              legendX: 0,
              legendY: -34,
              symbolSize: 700,
              direction: 'horizontal',
              symbolStrokeColor: QUIET,
            },
          },
        },
      },
      {
        data: { values: [{ ratio: 1 }] },
        mark: { type: 'rule', color: INK, strokeWidth: 1.2 },
        encoding: { y: { ...y, field: 'ratio' } },
      },
      {
        data: { values: points.map((point) => ({ ...point })) },
        mark: {
          type: 'point',
          filled: true,
          opacity: 1,
          size: 88,
          color: COLOURS[0],
          stroke: '#ffffff',
          strokeWidth: 1,
        },
        encoding: { x: { ...x, field: 'expected' }, y: { ...y, field: 'ratio' } },
      },
      {
        data: { values: named.map((point) => ({ ...point })) },
        mark: { type: 'text', align: 'center', baseline: 'bottom', dy: -8, fontSize: 12, color: INK },
        encoding: {
          x: { ...x, field: 'expected' },
          y: { ...y, field: 'ratio' },
          text: { field: 'label', type: 'nominal' },
        },
      },
    ],
  } as TopLevelSpec;
}

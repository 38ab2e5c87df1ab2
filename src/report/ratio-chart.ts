import type { TopLevelSpec } from 'vega-lite';
import { type IntervalPoint, intervalChart } from './interval-chart.ts';

/** Ratios with intervals on a scale on which 0.5 is as far from 1 as 2 is. */

interface RatioChart {
  readonly description: string;
  readonly points: readonly IntervalPoint[];
  readonly axis: string;
}

const TICKS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 3, 4, 5, 10, 20, 50, 100,
];
/** Nothing beyond is drawn: an interval that reaches so far says that nothing is known. */
const WIDEST = 100;
const COARSER = [
  [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100],
  [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100],
  [0.01, 0.1, 1, 10, 100],
];
const MOST_TICKS = 8;

/** The finest series of round ratios of which not too many lie in the range. */
export function ticksWithin(low: number, high: number): readonly number[] {
  const within = [TICKS, ...COARSER].map((ticks) =>
    ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001),
  );
  return within.find((ticks) => ticks.length <= MOST_TICKS) ?? [1];
}

/** The range that is drawn: every interval, 1, and no more than a hundredth to a hundred. */
export function ratioDomain(points: readonly IntervalPoint[]): readonly [number, number] {
  const numbers = points
    .flatMap(({ value, low, high }) => [value, low, high])
    .filter((one): one is number => one !== null && one > 0);
  const low = Math.max(1 / WIDEST, Math.min(0.8, ...numbers));
  const high = Math.min(WIDEST, Math.max(1.25, ...numbers));
  const below = TICKS.filter((tick) => tick <= low).at(-1) ?? low;
  const above = TICKS.find((tick) => tick >= high) ?? high;
  return [below, above];
}

export function ratioChart({ description, points, axis }: RatioChart): TopLevelSpec {
  const [low, high] = ratioDomain(points);
  const log = (value: number | null): number | null =>
    value === null || value <= 0 ? null : Math.log(value);
  return intervalChart({
    description,
    points: points.map((point) => ({
      ...point,
      value: log(point.value),
      low: log(point.low),
      high: log(point.high),
    })),
    axis,
    // Rounded, since exp(log(0.3)) is not quite 0.3.
    ticks: "format(exp(datum.value), '.3~g')",
    reference: 0,
    domain: [Math.log(low), Math.log(high)],
    at: ticksWithin(low, high).map((tick) => Math.log(tick)),
  });
}

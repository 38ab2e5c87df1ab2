/**
 * Intervals for the mean of a Poisson count, divided by an exposure (person-years, or expected events for a standardised ratio).
 *
 * `events` is an integer >= 0 and `exposure` > 0; anything else gives NaN limits.
 */
import { findRoot } from '../optimise/root.ts';
import { gammaQuantile, gammaQuantileUpper } from '../special/incomplete-gamma.ts';
import { normalQuantileUpper } from '../special/normal.ts';
import { poissonCdf, poissonProbability, poissonUpper } from '../special/poisson.ts';
import { DEFAULT_LEVEL, type Interval, isCount, isLevel, UNDEFINED_INTERVAL } from './interval.ts';

function isOutside(events: number, exposure: number, level: number): boolean {
  return !(isCount(events) && exposure > 0 && exposure < Number.POSITIVE_INFINITY && isLevel(level));
}

/**
 * Exact central interval (Garwood 1936, Biometrika 28:437): lower limit chi2(alpha / 2; 2 x) / 2, upper chi2(1 - alpha / 2; 2 x + 2) / 2.
 * Its coverage is at least the level at every mean.
 */
export function garwoodInterval(events: number, exposure = 1, level = DEFAULT_LEVEL): Interval {
  if (isOutside(events, exposure, level)) return UNDEFINED_INTERVAL;
  const tail = (1 - level) / 2;
  return {
    lower: events === 0 ? 0 : gammaQuantile(tail, events) / exposure,
    upper: gammaQuantileUpper(tail, events + 1) / exposure,
  };
}

/** Mid-P interval (Berry and Armitage 1995): the observed count enters each tail with half its probability. Coverage is near the level, not at least the level. */
export function midPInterval(events: number, exposure = 1, level = DEFAULT_LEVEL): Interval {
  if (isOutside(events, exposure, level)) return UNDEFINED_INTERVAL;
  const tail = (1 - level) / 2;
  // The mid-P limits lie inside the exact ones.
  const exact = garwoodInterval(events, 1, level);
  const middle = events === 0 ? exact.upper : Math.max(events, 0.5);
  const above = (mean: number) => poissonUpper(events, mean) + 0.5 * poissonProbability(events, mean) - tail;
  const below = (mean: number) =>
    poissonCdf(events - 1, mean) + 0.5 * poissonProbability(events, mean) - tail;
  return {
    lower: events === 0 ? 0 : findRoot(above, exact.lower, middle) / exposure,
    upper: findRoot(below, events === 0 ? 0 : middle, exact.upper) / exposure,
  };
}

/** Which count Byar's cube-root formula is centred on: x and x + 1 (Breslow and Day 1987, p. 69), or x + 1/2 for both limits (Rothman and Boice 1979). */
export type ByarForm = 'breslow-day' | 'rothman-boice';

/** Byar's approximation to the exact interval: x (1 - 1 / (9 x) -+ z / (3 sqrt x))^3. A negative lower limit is reported as 0. */
export function byarInterval(
  events: number,
  exposure = 1,
  level = DEFAULT_LEVEL,
  form: ByarForm = 'breslow-day',
): Interval {
  if (isOutside(events, exposure, level)) return UNDEFINED_INTERVAL;
  const z = normalQuantileUpper((1 - level) / 2);
  const lowerCount = form === 'breslow-day' ? events : events + 0.5;
  const upperCount = form === 'breslow-day' ? events + 1 : events + 0.5;
  const cube = (count: number, sign: number) =>
    count * (1 - 1 / (9 * count) + (sign * z) / (3 * Math.sqrt(count))) ** 3;
  return {
    lower: lowerCount === 0 ? 0 : Math.max(0, cube(lowerCount, -1)) / exposure,
    upper: cube(upperCount, 1) / exposure,
  };
}

/** Normal approximation x -+ z sqrt x; poor below some 20 events, the lower limit is reported as at least 0. */
export function normalPoissonInterval(events: number, exposure = 1, level = DEFAULT_LEVEL): Interval {
  if (isOutside(events, exposure, level)) return UNDEFINED_INTERVAL;
  const half = normalQuantileUpper((1 - level) / 2) * Math.sqrt(events);
  return { lower: Math.max(0, events - half) / exposure, upper: (events + half) / exposure };
}

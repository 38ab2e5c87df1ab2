/**
 * Two groups, before and after, from four cells of events and person-years: ratio of rate ratios, difference of rate differences, and the
 * weighted displacement difference of counts.
 *
 * log RRR = log(y11 / t11) - log(y10 / t10) - log(y01 / t01) + log(y00 / t00), Poisson variance sum 1 / y. The Poisson errors ignore that persons,
 * pairs and areas repeat: they describe, the cluster-robust fit of the same model is what to report.
 */
import { normalQuantileUpper } from '../special/normal.ts';
import { DEFAULT_LEVEL } from './interval.ts';
import type { EventsInTime } from './rate-ratio.ts';

export interface BeforeAfterCells {
  treated_before: EventsInTime;
  treated_after: EventsInTime;
  comparison_before: EventsInTime;
  comparison_after: EventsInTime;
}

export type RatioOfRateRatios =
  | {
      status: 'estimated';
      ratio_of_rate_ratios: number;
      log_ratio: number;
      se_log: number;
      lower: number;
      upper: number;
      /** (treated after - before) - (comparison after - before), events per person-year. */
      difference_of_rates: number;
      se_difference: number;
      difference_lower: number;
      difference_upper: number;
      level: number;
    }
  | { status: 'cell-without-events'; cells: (keyof BeforeAfterCells)[] }
  | { status: 'cell-without-person-time'; cells: (keyof BeforeAfterCells)[] };

const CELLS = ['treated_after', 'treated_before', 'comparison_after', 'comparison_before'] as const;

export function ratioOfRateRatios(cells: BeforeAfterCells, level = DEFAULT_LEVEL): RatioOfRateRatios {
  const timeless = CELLS.filter((name) => !(cells[name].person_years > 0));
  if (timeless.length > 0) return { status: 'cell-without-person-time', cells: timeless };
  const eventless = CELLS.filter((name) => !(cells[name].events > 0));
  if (eventless.length > 0) return { status: 'cell-without-events', cells: eventless };
  let logRatio = 0;
  let variance = 0;
  let difference = 0;
  let differenceVariance = 0;
  CELLS.forEach((name, i) => {
    const sign = i === 0 || i === 3 ? 1 : -1;
    const { events, person_years: time } = cells[name];
    logRatio += sign * Math.log(events / time);
    variance += 1 / events;
    difference += sign * (events / time);
    differenceVariance += events / (time * time);
  });
  const z = normalQuantileUpper((1 - level) / 2);
  const se = Math.sqrt(variance);
  const seDifference = Math.sqrt(differenceVariance);
  return {
    status: 'estimated',
    ratio_of_rate_ratios: Math.exp(logRatio),
    log_ratio: logRatio,
    se_log: se,
    lower: Math.exp(logRatio - z * se),
    upper: Math.exp(logRatio + z * se),
    difference_of_rates: difference,
    se_difference: seDifference,
    difference_lower: difference - z * seDifference,
    difference_upper: difference + z * seDifference,
    level,
  };
}

/** Weighted displacement difference of event counts in equal periods, with its Poisson standard error (Wheeler and Ratcliffe 2018, Crime Science 7:11). */
export function displacementDifference(counts: {
  treated_before: number;
  treated_after: number;
  comparison_before: number;
  comparison_after: number;
}): { difference: number; se: number } {
  const { treated_before: a, treated_after: b, comparison_before: c, comparison_after: d } = counts;
  return { difference: b - a - (d - c), se: Math.sqrt(a + b + c + d) };
}

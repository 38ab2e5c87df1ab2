/**
 * Ratio of two event rates (events_1 / time_1) / (events_2 / time_2), and their difference.
 *
 * Given the total number of events, events_1 is binomial with p = R time_1 / (R time_1 + time_2): exact intervals for the rate ratio R come from
 * those for p (Przyborowski and Wilenski 1940; Rothman, Greenland and Lash, Modern Epidemiology, ch. 14). Counts are treated as Poisson.
 */
import { findRoot } from '../optimise/root.ts';
import { betaQuantilePair } from '../special/beta.ts';
import { binomialCdf, binomialProbability, binomialUpper } from '../special/binomial.ts';
import { normalQuantileUpper, normalUpper } from '../special/normal.ts';
import { DEFAULT_LEVEL, type Interval, isCount, isLevel } from './interval.ts';
import { garwoodInterval } from './poisson-interval.ts';
import { binomialTwoSided } from './two-sided.ts';

/** One group: a count of events and the person-time in which they happened. */
export interface EventsInTime {
  events: number;
  person_years: number;
}

export type RateRatioMethod = 'exact' | 'mid-p' | 'wald';

export type RateRatio =
  | {
      status: 'estimated';
      rate_ratio: number;
      log_rate_ratio: number;
      /** sqrt(1 / events_1 + 1 / events_2). */
      se_log: number;
      lower: number;
      upper: number;
      /** Two-sided p-value of rate ratio 1, by the same method as the interval. */
      p: number;
      level: number;
      method: RateRatioMethod;
    }
  /** One group without events: only a bound, no estimate. Limits and p are missing for the Wald method. */
  | {
      status: 'no-events-in-one-group';
      group: 1 | 2;
      lower?: number;
      upper?: number;
      p?: number;
      level: number;
      method: RateRatioMethod;
    }
  | { status: 'no-events' }
  | { status: 'no-person-time'; group: 1 | 2 };

/** Rate ratio of group 1 against group 2. */
export function rateRatio(
  group1: EventsInTime,
  group2: EventsInTime,
  options: { level?: number; method?: RateRatioMethod } = {},
): RateRatio {
  const { level = DEFAULT_LEVEL, method = 'exact' } = options;
  for (const group of [group1, group2]) {
    if (!isCount(group.events) || !(group.person_years >= 0)) {
      throw new RangeError('rateRatio: events must be counts and person-years >= 0');
    }
  }
  if (!isLevel(level)) throw new RangeError('rateRatio: level must lie between 0 and 1');
  if (group1.person_years === 0) return { status: 'no-person-time', group: 1 };
  if (group2.person_years === 0) return { status: 'no-person-time', group: 2 };
  if (group1.events + group2.events === 0) return { status: 'no-events' };
  const hasNone = group1.events === 0 || group2.events === 0;
  if (hasNone) {
    const group = group1.events === 0 ? 1 : 2;
    if (method === 'wald') return { status: 'no-events-in-one-group', group, level, method };
    const limits = conditionalInterval(group1, group2, level, method);
    return {
      status: 'no-events-in-one-group',
      group,
      ...limits,
      p: conditionalP(group1, group2, 1, method),
      level,
      method,
    };
  }
  const logRatio =
    Math.log(group1.events / group1.person_years) - Math.log(group2.events / group2.person_years);
  const se = Math.sqrt(1 / group1.events + 1 / group2.events);
  const z = normalQuantileUpper((1 - level) / 2);
  const limits =
    method === 'wald'
      ? { lower: Math.exp(logRatio - z * se), upper: Math.exp(logRatio + z * se) }
      : conditionalInterval(group1, group2, level, method);
  const p =
    method === 'wald' ? 2 * normalUpper(Math.abs(logRatio) / se) : conditionalP(group1, group2, 1, method);
  return {
    status: 'estimated',
    rate_ratio: Math.exp(logRatio),
    log_rate_ratio: logRatio,
    se_log: se,
    ...limits,
    p,
    level,
    method,
  };
}

/** Conditional interval for the rate ratio; the upper limit is Infinity when group 2 has no events. */
function conditionalInterval(
  group1: EventsInTime,
  group2: EventsInTime,
  level: number,
  method: 'exact' | 'mid-p',
): Interval {
  const x = group1.events;
  const n = x + group2.events;
  const timeRatio = group2.person_years / group1.person_years;
  const tail = (1 - level) / 2;
  if (method === 'exact') {
    const low = betaQuantilePair(tail, x, n - x + 1);
    const high = betaQuantilePair(tail, n - x, x + 1);
    return {
      lower: x === 0 ? 0 : (low.x / low.y) * timeRatio,
      upper: x === n ? Number.POSITIVE_INFINITY : (high.y / high.x) * timeRatio,
    };
  }
  // Mid-P limits in u = logit p, bracketed by the exact limits (which are wider) and the estimate.
  const exact = conditionalInterval(group1, group2, level, 'exact');
  const share = (u: number) => 1 / (1 + Math.exp(-u));
  const half = (u: number) => 0.5 * binomialProbability(x, n, share(u));
  const above = (u: number) => binomialUpper(x, n, share(u)) + half(u) - tail;
  const below = (u: number) => binomialCdf(x - 1, n, share(u)) + half(u) - tail;
  const estimate = Math.log(Math.max(x, 0.5)) - Math.log(Math.max(n - x, 0.5));
  return {
    lower:
      x === 0
        ? 0
        : Math.exp(findRoot(above, Math.log(exact.lower / timeRatio) - 1e-6, x === n ? 40 : estimate)) *
          timeRatio,
    upper:
      x === n
        ? Number.POSITIVE_INFINITY
        : Math.exp(findRoot(below, x === 0 ? -40 : estimate, Math.log(exact.upper / timeRatio) + 1e-6)) *
          timeRatio,
  };
}

/**
 * Two-sided p-value of the hypothesis that the rate ratio is `ratio`: 'exact' sums the outcomes at most as probable as the one observed,
 * 'mid-p' doubles the smaller tail with half the observed outcome.
 */
export function conditionalP(
  group1: EventsInTime,
  group2: EventsInTime,
  ratio = 1,
  method: 'exact' | 'mid-p' = 'exact',
): number {
  const x = group1.events;
  const n = x + group2.events;
  const scaled = ratio * group1.person_years;
  const p = scaled / (scaled + group2.person_years);
  if (method === 'exact') return binomialTwoSided(x, n, p);
  const half = 0.5 * binomialProbability(x, n, p);
  return Math.min(1, 2 * Math.min(binomialCdf(x - 1, n, p) + half, binomialUpper(x, n, p) + half));
}

export interface RateDifference {
  /** Events per person-year, group 1 minus group 2. */
  rate_difference: number;
  se: number;
  lower: number;
  upper: number;
  level: number;
  method: 'wald' | 'mover';
}

/**
 * Rate difference. 'wald': standard error sqrt(x1 / t1^2 + x2 / t2^2). 'mover': limits from the two exact intervals by the method of variance
 * estimates recovery (Zou and Donner 2008, Stat Med 27:1693), usable when a group has no events. NaN without person-time.
 */
export function rateDifference(
  group1: EventsInTime,
  group2: EventsInTime,
  options: { level?: number; method?: 'wald' | 'mover' } = {},
): RateDifference {
  const { level = DEFAULT_LEVEL, method = 'wald' } = options;
  const rate1 = group1.events / group1.person_years;
  const rate2 = group2.events / group2.person_years;
  const difference = rate1 - rate2;
  const se = Math.sqrt(group1.events / group1.person_years ** 2 + group2.events / group2.person_years ** 2);
  if (method === 'wald') {
    const half = normalQuantileUpper((1 - level) / 2) * se;
    return {
      rate_difference: difference,
      se,
      lower: difference - half,
      upper: difference + half,
      level,
      method,
    };
  }
  const one = garwoodInterval(group1.events, group1.person_years, level);
  const two = garwoodInterval(group2.events, group2.person_years, level);
  return {
    rate_difference: difference,
    se,
    lower: difference - Math.hypot(rate1 - one.lower, two.upper - rate2),
    upper: difference + Math.hypot(one.upper - rate1, rate2 - two.lower),
    level,
    method,
  };
}

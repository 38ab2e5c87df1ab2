/**
 * Exact two-sided p-values: the total probability of the outcomes that are at most as probable as the one observed.
 *
 * Outcomes count as "as probable" up to a relative 1e-7, the convention of R (binom.test, poisson.test), so that ties by symmetry are not
 * lost to rounding. The distributions are unimodal: one tail starts at the observed count, the other at the first count beyond the mode that
 * is improbable enough, found by bisection, so the cost does not grow with the number of outcomes.
 */
import { binomialCdf, binomialUpper, logBinomial } from '../special/binomial.ts';
import { logPoisson, poissonCdf, poissonUpper } from '../special/poisson.ts';
import { isCount } from './interval.ts';

const LOG_SLACK = Math.log1p(1e-7);

/** P-value of `count` successes in n trials under success probability p (0 <= p <= 1). */
export function binomialTwoSided(count: number, n: number, p: number): number {
  if (!(isCount(n) && isCount(count) && count <= n && p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return count === 0 ? 1 : 0;
  if (p === 1) return count === n ? 1 : 0;
  return twoSided(
    count,
    n,
    n * p,
    (k) => logBinomial(k, n, p),
    (k) => binomialCdf(k, n, p),
    (k) => binomialUpper(k, n, p),
  );
}

/** P-value of `count` events under a Poisson distribution with the given mean. */
export function poissonTwoSided(count: number, mean: number): number {
  if (!(isCount(count) && mean >= 0)) return Number.NaN;
  if (mean === 0) return count === 0 ? 1 : 0;
  // Above the mode the probability falls at least geometrically: this is far beyond any count as probable as the one observed.
  let largest = Math.ceil(2 * mean) + 20;
  while (logPoisson(largest, mean) > logPoisson(count, mean)) largest *= 2;
  return twoSided(
    count,
    largest,
    mean,
    (k) => logPoisson(k, mean),
    (k) => poissonCdf(k, mean),
    (k) => poissonUpper(k, mean),
  );
}

function twoSided(
  count: number,
  largest: number,
  mean: number,
  logProbability: (k: number) => number,
  cdf: (k: number) => number,
  upper: (k: number) => number,
): number {
  if (count === mean) return 1;
  const limit = logProbability(count) + LOG_SLACK;
  if (count < mean) {
    // The smallest k above the mode with probability at most that of `count`.
    let low = Math.ceil(mean) - 1;
    let high = largest + 1;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (logProbability(middle) <= limit) high = middle;
      else low = middle;
    }
    return Math.min(1, cdf(count) + (high > largest ? 0 : upper(high - 1)));
  }
  let low = -1;
  let high = Math.floor(mean) + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (logProbability(middle) <= limit) low = middle;
    else high = middle;
  }
  return Math.min(1, (low < 0 ? 0 : cdf(low)) + upper(count - 1));
}

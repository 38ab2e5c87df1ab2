/**
 * Wilcoxon's signed-rank test of paired differences, with the Hodges-Lehmann estimate and its interval.
 *
 * V = sum of the ranks of |d| over d > 0; differences of 0 are dropped. Exact distribution for fewer than 50 differences without ties or zeros, otherwise
 * the normal approximation with tie correction and (unless turned off) a continuity correction of 1/2: the choices of R's wilcox.test.
 * Estimate: median of the Walsh averages; interval: their order statistics (Hollander and Wolfe, Nonparametric Statistical Methods, 3.3).
 * In the interval the variance is corrected for equal differences only, as ties of |d - shift| do not occur between Walsh averages.
 */
import { DEFAULT_LEVEL } from '../rates/interval.ts';
import { normalQuantileUpper, normalUpper } from '../special/normal.ts';
import { kthSmallest, pairMedian, walshAverages } from './pair-order.ts';
import { signedRankCdf, tailIndex } from './rank-distribution.ts';
import { midRanks } from './ranks.ts';

export type RankTest =
  | {
      status: 'estimated';
      /** V, or the Mann-Whitney W. */
      statistic: number;
      /** Two-sided. */
      p: number;
      distribution: 'exact' | 'normal';
      /** Hodges-Lehmann estimate of the shift. */
      shift: number;
      /** Infinite where the sample is too small for the level. */
      lower: number;
      upper: number;
      level: number;
      /** Differences of 0 that were dropped; 0 in the two-sample test. */
      zeros: number;
    }
  | { status: 'no-differences'; zeros: number };

export interface RankOptions {
  level?: number;
  /** Continuity correction of the normal approximation (default true). */
  continuity?: boolean;
  /** Force the exact or the normal distribution; exact is only available without ties and zeros. */
  distribution?: 'exact' | 'normal';
}

/** Exact distributions are used below this sample size. */
export const EXACT_BELOW = 50;

export function signedRankTest(differences: ArrayLike<number>, options: RankOptions = {}): RankTest {
  const { level = DEFAULT_LEVEL, continuity = true } = options;
  const d = Float64Array.from(differences).filter((value) => value !== 0);
  const zeros = differences.length - d.length;
  const n = d.length;
  if (n === 0) return { status: 'no-differences', zeros };
  const { ranks, tie_sum: tieSum } = midRanks(d.map(Math.abs));
  let statistic = 0;
  for (let i = 0; i < n; i++) if ((d[i] as number) > 0) statistic += ranks[i] as number;
  const walsh = walshAverages(d);
  const shift = pairMedian(walsh);
  const tail = (1 - level) / 2;
  const base = { status: 'estimated' as const, statistic, shift, level, zeros };
  const isExact =
    tieSum === 0 &&
    zeros === 0 &&
    (options.distribution ?? (n < EXACT_BELOW ? 'exact' : 'normal')) === 'exact';
  if (isExact) {
    const cdf = signedRankCdf(n);
    const smaller = Math.min(statistic, walsh.count - statistic);
    const rank = tailIndex(cdf, tail);
    return {
      ...base,
      p: Math.min(1, 2 * (cdf[smaller] as number)),
      distribution: 'exact',
      lower: kthSmallest(walsh, rank),
      upper: kthSmallest(walsh, walsh.count + 1 - rank),
    };
  }
  const cubic = (n * (n + 1) * (2 * n + 1)) / 24;
  const half = continuity ? 0.5 : 0;
  const rank = approximateRank(walsh.count, tail, Math.sqrt(cubic - midRanks(d).tie_sum / 48), half);
  return {
    ...base,
    p: normalP(statistic - walsh.count / 2, Math.sqrt(cubic - tieSum / 48), half),
    distribution: 'normal',
    lower: kthSmallest(walsh, rank),
    upper: kthSmallest(walsh, walsh.count + 1 - rank),
  };
}

/** Two-sided p-value of a centred statistic; the correction moves it towards 0 by at most its own size. */
export function normalP(centred: number, sd: number, correction: number): number {
  const size = Math.abs(centred);
  // A correction larger than the distance from 0 changes the sign of z; the smaller tail is then the other one.
  const z = size === 0 ? 0 : (size - correction) / sd;
  return Math.min(1, 2 * normalUpper(Math.abs(z)));
}

/** The first order statistic of the pair values at which the corrected statistic is within the normal quantile of its mean. */
export function approximateRank(pairs: number, tail: number, sd: number, correction: number): number {
  return Math.floor(pairs / 2 - correction - normalQuantileUpper(tail) * sd) + 1;
}

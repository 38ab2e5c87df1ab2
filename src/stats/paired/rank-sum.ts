/**
 * Wilcoxon's rank-sum (Mann-Whitney) test of two independent samples, with the Hodges-Lehmann shift and its interval.
 *
 * W = number of pairs with x_i > y_j, ties counting one half. Exact distribution when both samples are below 50 without ties, otherwise the normal
 * approximation with tie correction and continuity correction (the choices of R's wilcox.test). Shift: median of the differences x_i - y_j.
 */
import { DEFAULT_LEVEL } from '../rates/interval.ts';
import { kthSmallest, pairMedian, pairwiseDifferences } from './pair-order.ts';
import { rankSumCdf, tailIndex } from './rank-distribution.ts';
import { midRanks } from './ranks.ts';
import { approximateRank, EXACT_BELOW, normalP, type RankOptions, type RankTest } from './signed-rank.ts';

export function rankSumTest(x: ArrayLike<number>, y: ArrayLike<number>, options: RankOptions = {}): RankTest {
  const { level = DEFAULT_LEVEL, continuity = true } = options;
  const m = x.length;
  const n = y.length;
  if (m === 0 || n === 0) return { status: 'no-differences', zeros: 0 };
  const { ranks, tie_sum: tieSum } = midRanks([...Array.from(x), ...Array.from(y)]);
  let statistic = (-m * (m + 1)) / 2;
  for (let i = 0; i < m; i++) statistic += ranks[i] as number;
  const pairs = pairwiseDifferences(x, y);
  const tail = (1 - level) / 2;
  const base = { status: 'estimated' as const, statistic, shift: pairMedian(pairs), level, zeros: 0 };
  const preferred = options.distribution ?? (m < EXACT_BELOW && n < EXACT_BELOW ? 'exact' : 'normal');
  if (tieSum === 0 && preferred === 'exact') {
    const cdf = rankSumCdf(m, n);
    const smaller = Math.min(statistic, m * n - statistic);
    const rank = tailIndex(cdf, tail);
    return {
      ...base,
      p: Math.min(1, 2 * (cdf[smaller] as number)),
      distribution: 'exact',
      lower: kthSmallest(pairs, rank),
      upper: kthSmallest(pairs, pairs.count + 1 - rank),
    };
  }
  const total = m + n;
  const sd = (ties: number) => Math.sqrt(((m * n) / 12) * (total + 1 - ties / (total * (total - 1))));
  const half = continuity ? 0.5 : 0;
  // Between the differences only values equal within a sample stay tied when one sample is shifted.
  const shiftedTies = midRanks(x).tie_sum + midRanks(y).tie_sum;
  const rank = approximateRank(pairs.count, tail, sd(shiftedTies), half);
  const testSd = sd(tieSum);
  if (!(testSd > 0)) return { status: 'no-differences', zeros: 0 };
  return {
    ...base,
    p: normalP(statistic - (m * n) / 2, testSd, half),
    distribution: 'normal',
    lower: kthSmallest(pairs, rank),
    upper: kthSmallest(pairs, pairs.count + 1 - rank),
  };
}

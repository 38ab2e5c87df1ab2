import { describe, expect, it } from 'vitest';
import { seededGenerator, standardNormal, uniform, uniformInteger } from '../random.ts';
import { binomialProbability } from '../special/binomial.ts';
import { fisherExact, pearsonChiSquare } from './contingency.ts';
import { kruskalWallis } from './kruskal-wallis.ts';
import { mcnemar } from './mcnemar.ts';
import {
  kthSmallest,
  type PairValues,
  pairMedian,
  pairwiseDifferences,
  walshAverages,
} from './pair-order.ts';
import { pairedT, signTest } from './paired-differences.ts';
import { rankSumCdf, signedRankCdf } from './rank-distribution.ts';
import { rankSumTest } from './rank-sum.ts';
import { midRanks } from './ranks.ts';
import { signedRankTest } from './signed-rank.ts';

describe('ranks', () => {
  it('tied values share the mean rank', () => {
    expect(midRanks([5, 1, 5, 3, 5])).toEqual({ ranks: Float64Array.of(4, 1, 4, 2, 4), tie_sum: 24 });
  });
});

describe('order statistics of pairs', () => {
  function expectAll(pairs: PairValues, sorted: number[]): void {
    expect(pairs.count).toBe(sorted.length);
    sorted.forEach((value, k) => {
      expect(kthSmallest(pairs, k + 1)).toBe(value);
    });
    expect(kthSmallest(pairs, 0)).toBe(Number.NEGATIVE_INFINITY);
    expect(kthSmallest(pairs, sorted.length + 1)).toBe(Number.POSITIVE_INFINITY);
  }

  it('are those of the list of all pairs, ties and zeros included', () => {
    const random = seededGenerator(301);
    for (let round = 0; round < 20; round++) {
      const make = (n: number) =>
        Float64Array.from({ length: n }, () =>
          round % 2 === 0 ? uniformInteger(random, 5) - 2 : uniform(random) - 0.3,
        );
      const x = make(1 + uniformInteger(random, 12));
      const y = make(1 + uniformInteger(random, 12));
      const walsh: number[] = [];
      x.forEach((a, i) => {
        x.forEach((b, j) => {
          if (j >= i) walsh.push((a + b) / 2);
        });
      });
      expectAll(
        walshAverages(x),
        walsh.sort((a, b) => a - b),
      );
      const differences = [...x].flatMap((a) => [...y].map((b) => a - b)).sort((a, b) => a - b);
      expectAll(pairwiseDifferences(x, y), differences);
    }
  });

  it('median of an even number of pairs is the mean of the middle two', () => {
    expect(pairMedian(pairwiseDifferences([1, 2], [0, 10]))).toBe((-8 + 1) / 2);
  });
});

describe('exact rank distributions', () => {
  it('signed rank of 3: sums 0..6 have 1, 1, 1, 2, 1, 1, 1 of 8 subsets', () => {
    expect([...signedRankCdf(3)]).toEqual([1, 2, 3, 5, 6, 7, 8].map((n) => n / 8));
  });

  it('Mann-Whitney of 2 and 2: 1, 1, 2, 1, 1 of 6 arrangements', () => {
    rankSumCdf(2, 2).forEach((value, i) => {
      expect(value).toBeCloseTo(([1, 2, 4, 5, 6][i] as number) / 6, 15);
    });
    expect(rankSumCdf(49, 49).at(-1)).toBeCloseTo(1, 12);
  });
});

describe("Wilcoxon's signed-rank test", () => {
  it('of 1, -2, 3: V = 4, two-sided exact p = 6/8, shift = median of the Walsh averages', () => {
    expect(signedRankTest([1, -2, 3])).toEqual({
      status: 'estimated',
      statistic: 4,
      p: 0.75,
      distribution: 'exact',
      shift: 0.75,
      // No interval at 95 % exists with 3 differences.
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
      level: 0.95,
      zeros: 0,
    });
  });

  it('drops zeros, and has no answer when nothing is left', () => {
    expect(signedRankTest([0, 0])).toEqual({ status: 'no-differences', zeros: 2 });
    expect(signedRankTest([0, 1, 2])).toMatchObject({ zeros: 1, distribution: 'normal', statistic: 3 });
  });

  it('does not change when the two members are exchanged, but for the sign', () => {
    const d = [1.3, -0.2, 4, 2.2, -3.1, 0.7, 1.9];
    const one = signedRankTest(d);
    const two = signedRankTest(d.map((v) => -v));
    if (one.status !== 'estimated' || two.status !== 'estimated') throw new Error('no estimate');
    expect(one.p).toBe(two.p);
    expect(one.shift).toBe(-two.shift);
    expect(one.lower).toBe(-two.upper);
  });

  it.each([
    ['exact', 12],
    ['normal', 60],
  ])(
    '%s intervals cover the centre of a symmetric variable in at least 95 %% of samples or nearly so',
    (_, n) => {
      const random = seededGenerator(302);
      let covered = 0;
      for (let s = 0; s < 1500; s++) {
        const result = signedRankTest(Float64Array.from({ length: n }, () => 0.4 + standardNormal(random)));
        if (result.status === 'estimated' && result.lower <= 0.4 && 0.4 <= result.upper) covered++;
      }
      // Four standard errors of a proportion of 0.95 in 1500 samples.
      expect(covered / 1500).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / 1500));
    },
  );
});

describe('rank-sum test', () => {
  it('of 1, 4 against 2, 3: W = 2, p = 1, shift = 0', () => {
    expect(rankSumTest([1, 4], [2, 3])).toMatchObject({
      statistic: 2,
      p: 1,
      shift: 0,
      distribution: 'exact',
    });
  });

  it('has no answer without data or without variation', () => {
    expect(rankSumTest([], [1])).toEqual({ status: 'no-differences', zeros: 0 });
    expect(rankSumTest([2, 2], [2])).toEqual({ status: 'no-differences', zeros: 0 });
  });
});

describe('Kruskal-Wallis', () => {
  it('of (1, 2), (3, 4): H = 12/20 * (2 * 1 + 2 * 1) = 2.4', () => {
    const result = kruskalWallis([1, 2, 3, 4], ['a', 'a', 'b', 'b']);
    expect(result.status === 'estimated' && result.chi_square).toBeCloseTo(2.4, 14);
    expect(kruskalWallis([1, 1], ['a', 'b'])).toEqual({ status: 'no-variation' });
    expect(kruskalWallis([1, 2], ['a', 'a'])).toEqual({ status: 'fewer-than-two-groups' });
  });
});

describe('McNemar', () => {
  it('by hand: 12 against 4 discordant pairs', () => {
    const result = mcnemar({ both: 5, only_first: 12, only_second: 4, neither: 9 });
    if (result.status !== 'estimated') throw new Error(result.status);
    expect(result.chi_square).toBe(4);
    expect(result.chi_square_corrected).toBe(49 / 16);
    let tail = 0;
    for (let k = 0; k <= 4; k++) tail += binomialProbability(k, 16, 0.5);
    expect(result.p_exact).toBeCloseTo(2 * tail, 14);
    expect(result.p_mid).toBeCloseTo(2 * tail - binomialProbability(4, 16, 0.5), 14);
    expect(result.odds_ratio).toBe(3);
    expect(result.difference).toBeCloseTo(8 / 30, 15);
  });

  it('is 1 when the discordant pairs balance, and has no answer without any', () => {
    expect(mcnemar({ both: 0, only_first: 3, only_second: 3, neither: 1 })).toMatchObject({
      p_exact: 1,
      p_corrected: 1,
    });
    expect(mcnemar({ both: 3, only_first: 0, only_second: 0, neither: 1 })).toEqual({
      status: 'no-discordant-pairs',
      pairs: 4,
    });
    expect(mcnemar({ both: 3, only_first: 2, only_second: 0, neither: 1 })).toMatchObject({
      odds_ratio: Number.POSITIVE_INFINITY,
      odds_ratio_upper: Number.POSITIVE_INFINITY,
    });
  });
});

describe('sign test and paired t', () => {
  it('sign test of 5 against 1: p = 2 * 7/64', () => {
    expect(signTest([1, 2, 1, 3, 2, -1, 0])).toEqual({
      status: 'estimated',
      positive: 5,
      negative: 1,
      zeros: 1,
      p: expect.closeTo(14 / 64, 14),
    });
    expect(signTest([0])).toEqual({ status: 'no-differences', zeros: 1 });
  });

  it('t of 1, 2, 3 is 2 sqrt 3 with 2 degrees of freedom', () => {
    const result = pairedT([1, 2, 3]);
    if (result.status !== 'estimated') throw new Error(result.status);
    expect(result.t).toBeCloseTo(2 * Math.sqrt(3), 14);
    // P(|T| > t) with 2 df is 1 - t / sqrt(t^2 + 2).
    expect(result.p).toBeCloseTo(1 - result.t / Math.sqrt(result.t ** 2 + 2), 13);
    expect(pairedT([2, 2])).toEqual({ status: 'no-variation' });
    expect(pairedT([2])).toEqual({ status: 'fewer-than-two-pairs' });
  });
});

describe('contingency tables', () => {
  it("Fisher's tea: 3 of 4 right has p = 34/70", () => {
    const result = fisherExact(3, 1, 1, 3);
    if (result.status !== 'estimated') throw new Error(result.status);
    expect(result.p).toBeCloseTo(34 / 70, 13);
    // The conditional estimate makes the expected cell 3: probabilities of 0..4 are 1, 16, 36, 16, 1 times odds ratio powers.
    const weights = [1, 16, 36, 16, 1].map((w, k) => w * result.odds_ratio ** k);
    const total = weights.reduce((a, b) => a + b);
    expect(weights.reduce((sum, w, k) => sum + w * k, 0) / total).toBeCloseTo(3, 12);
    const atLower = [1, 16, 36, 16, 1].map((w, k) => w * result.lower ** k);
    expect(((atLower[3] as number) + (atLower[4] as number)) / atLower.reduce((a, b) => a + b)).toBeCloseTo(
      0.025,
      12,
    );
  });

  it('an extreme table bounds the odds ratio on one side only; an empty margin has no answer', () => {
    expect(fisherExact(10, 2, 0, 15)).toMatchObject({
      odds_ratio: Number.POSITIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    });
    expect(fisherExact(0, 8, 5, 12)).toMatchObject({ odds_ratio: 0, lower: 0 });
    expect(fisherExact(0, 0, 5, 12)).toEqual({ status: 'empty-margin' });
    expect(pearsonChiSquare([0, 0, 1, 2], 2, 2)).toEqual({ status: 'empty-margin' });
  });

  it("Pearson's chi-square of [[10, 20], [20, 10]] is 20/3", () => {
    const result = pearsonChiSquare([10, 20, 20, 10], 2, 2);
    expect(result).toMatchObject({ df: 1, smallest_expected: 15 });
    expect(result.status === 'estimated' && result.chi_square).toBeCloseTo(20 / 3, 13);
  });
});

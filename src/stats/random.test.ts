import { describe, expect, it } from 'vitest';
import {
  binomial,
  exponential,
  gamma,
  multinomial,
  negativeBinomial,
  poisson,
  seededGenerator,
  shuffle,
  spawn,
  standardNormal,
  uniform,
  uniformInteger,
  xoshiro128,
} from './random.ts';
import { binomialCdf, binomialProbability } from './special/binomial.ts';
import { chiSquareUpper } from './special/chisq.ts';
import { regularisedGammaP } from './special/incomplete-gamma.ts';
import { logNegativeBinomial } from './special/negative-binomial.ts';
import { normalCdf } from './special/normal.ts';
import { poissonCdf, poissonProbability } from './special/poisson.ts';

/** p-value of Pearson's chi-square of draws of a count variable against its probabilities; cells expecting under 10 are merged to the right. */
function countFit(
  draws: number,
  draw: () => number,
  probability: (k: number) => number,
  largest: number,
): number {
  const seen = new Float64Array(largest + 2);
  for (let i = 0; i < draws; i++) {
    const k = Math.min(draw(), largest + 1);
    seen[k] = (seen[k] as number) + 1;
  }
  let statistic = 0;
  let cells = 0;
  let observed = 0;
  let expected = 0;
  let used = 0;
  for (let k = 0; k <= largest + 1; k++) {
    observed += seen[k] as number;
    expected += draws * (k <= largest ? probability(k) : 0);
    if (k > largest) expected = draws - used;
    if (expected >= 10 && (k > largest || draws - used - expected >= 10)) {
      statistic += (observed - expected) ** 2 / expected;
      cells++;
      used += expected;
      observed = 0;
      expected = 0;
    }
  }
  return chiSquareUpper(statistic, cells - 1);
}

/** p-value of Pearson's chi-square of the probability transform over 50 equal cells. */
function uniformFit(draws: number, transformed: () => number): number {
  const seen = new Float64Array(50);
  for (let i = 0; i < draws; i++) {
    const cell = Math.min(49, Math.floor(transformed() * 50));
    seen[cell] = (seen[cell] as number) + 1;
  }
  const expected = draws / 50;
  return chiSquareUpper(
    seen.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0),
    49,
  );
}

describe('the seeded generator', () => {
  it('gives the first outputs that follow from its definition for state 1, 2, 3, 4', () => {
    // By hand: rotl(5 s1, 7) * 9 with s1 = 2, then 0 (s1 becomes 0), and so on by the recurrence.
    const random = xoshiro128(1, 2, 3, 4);
    expect(random.next()).toBe(11520);
    expect(random.next()).toBe(0);
    expect(random.next()).toBe(5927040);
    expect(random.next()).toBe(70819200);
  });

  it('repeats for the same seed and differs for another, negative and large seeds included', () => {
    const first = (seed: number) => {
      const random = seededGenerator(seed);
      return Array.from({ length: 4 }, () => random.next()).join();
    };
    expect(first(7)).toBe(first(7));
    expect(new Set([0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 40].map(first)).size).toBe(7);
  });

  it('spawns streams that differ from the parent and from each other', () => {
    const parent = seededGenerator(1);
    const a = spawn(parent);
    const b = spawn(parent);
    expect(new Set([parent.next(), a.next(), b.next()]).size).toBe(3);
  });
});

describe('samplers follow their distributions', () => {
  const draws = 100_000;
  it('uniform, exponential, normal', () => {
    const random = seededGenerator(11);
    expect(uniformFit(draws, () => uniform(random))).toBeGreaterThan(0.001);
    expect(uniformFit(draws, () => -Math.expm1(-2.5 * exponential(random, 2.5)))).toBeGreaterThan(0.001);
    expect(uniformFit(draws, () => normalCdf(standardNormal(random)))).toBeGreaterThan(0.001);
  });

  it.each([0.05, 0.7, 1, 30])('gamma with shape %d', (shape) => {
    const random = seededGenerator(12);
    expect(uniformFit(draws, () => regularisedGammaP(shape, gamma(random, shape, 3) / 3))).toBeGreaterThan(
      0.001,
    );
  });

  it.each([0.3, 9.9, 10, 47])('Poisson with mean %d', (mean) => {
    const random = seededGenerator(13);
    const p = countFit(
      draws,
      () => poisson(random, mean),
      (k) => poissonProbability(k, mean),
      120,
    );
    expect(p).toBeGreaterThan(0.001);
  });

  it('Poisson with mean 1e9 by its randomised probability transform', () => {
    const random = seededGenerator(14);
    const mean = 1e9;
    const transformed = () => {
      const k = poisson(random, mean);
      return poissonCdf(k - 1, mean) + uniform(random) * poissonProbability(k, mean);
    };
    expect(uniformFit(2000, transformed)).toBeGreaterThan(0.001);
  });

  it.each([
    [5, 0.4],
    [40, 0.05],
    [40, 0.9],
    [400, 0.3],
  ])('binomial with n = %d, p = %d', (n, p) => {
    const random = seededGenerator(15);
    expect(
      countFit(
        draws,
        () => binomial(random, n, p),
        (k) => binomialProbability(k, n, p),
        n,
      ),
    ).toBeGreaterThan(0.001);
  });

  it('binomial with n = 1e8 by its randomised probability transform', () => {
    const random = seededGenerator(16);
    const transformed = () => {
      const k = binomial(random, 1e8, 0.37);
      return binomialCdf(k - 1, 1e8, 0.37) + uniform(random) * binomialProbability(k, 1e8, 0.37);
    };
    expect(uniformFit(2000, transformed)).toBeGreaterThan(0.001);
  });

  it('negative binomial', () => {
    const random = seededGenerator(17);
    const p = countFit(
      draws,
      () => negativeBinomial(random, 3, 0.8),
      (k) => Math.exp(logNegativeBinomial(k, 3, 0.8)),
      200,
    );
    expect(p).toBeGreaterThan(0.001);
    expect(negativeBinomial(random, 0, 1)).toBe(0);
  });

  it('multinomial: cells add to n, empty weights stay empty, shares follow the weights', () => {
    const random = seededGenerator(18);
    const total = new Float64Array(4);
    for (let i = 0; i < 2000; i++) {
      const counts = multinomial(random, 50, [1, 0, 3, 6]);
      expect(counts.reduce((a, b) => a + b)).toBe(50);
      counts.forEach((n, j) => {
        total[j] = (total[j] as number) + n;
      });
    }
    expect(total[1]).toBe(0);
    const expected = [1e4, 0, 3e4, 6e4];
    const statistic = expected.reduce(
      (sum, e, j) => (e === 0 ? sum : sum + ((total[j] as number) - e) ** 2 / e),
      0,
    );
    expect(chiSquareUpper(statistic, 2)).toBeGreaterThan(0.001);
  });

  it('shuffle: the six orders of three items are equally frequent', () => {
    const random = seededGenerator(19);
    const seen = new Map<string, number>();
    for (let i = 0; i < 60_000; i++) {
      const order = shuffle(random, Int32Array.of(1, 2, 3)).join();
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    const statistic = [...seen.values()].reduce((sum, n) => sum + (n - 1e4) ** 2 / 1e4, 0);
    expect(chiSquareUpper(statistic, 5)).toBeGreaterThan(0.001);
  });

  it('integers stay in range, and a parameter outside the domain gives NaN', () => {
    const random = seededGenerator(20);
    for (let i = 0; i < 1000; i++) expect(uniformInteger(random, 7)).toBeLessThan(7);
    expect(uniformInteger(random, 0)).toBeNaN();
    expect(poisson(random, -1)).toBeNaN();
    expect(binomial(random, 3, 1.1)).toBeNaN();
    expect(gamma(random, 0)).toBeNaN();
    expect(exponential(random, 0)).toBeNaN();
    expect(negativeBinomial(random, 1, 0)).toBeNaN();
    expect(multinomial(random, 3, [0, 0])[0]).toBeNaN();
  });
});

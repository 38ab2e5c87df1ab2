import { describe, expect, it } from 'vitest';
import { gamma, poisson, seededGenerator } from '../random.ts';
import { logNegativeBinomial } from '../special/negative-binomial.ts';
import { correctedRatio, empiricalBayes } from './empirical-bayes.ts';
import { expectedAfter, posteriorRate, selectedMeans } from './gamma-poisson.ts';
import { normalSelection } from './normal-selection.ts';
import { stationaryComparison, stationaryExpectation } from './stationary.ts';

/** People whose personal rate does not change: before and after counts over equal periods. */
function stationaryPeople(seed: number, people: number, effect = 1) {
  const random = seededGenerator(seed);
  const before = new Float64Array(people);
  const after = new Float64Array(people);
  for (let i = 0; i < people; i++) {
    const rate = gamma(random, 0.8, 2 / 0.8);
    before[i] = poisson(random, rate);
    after[i] = poisson(random, rate * effect);
  }
  return { before, after };
}

function sum(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

describe('empirical Bayes', () => {
  it('weighs model and own count: mu 2, theta 2, y 6 gives weight 1/2, expectation 4, variance 2', () => {
    const { weight, expected, variance } = empiricalBayes(Float64Array.of(6), Float64Array.of(2), 2);
    expect([weight[0], expected[0], variance[0]]).toEqual([0.5, 4, 2]);
  });

  it('gives the ratio and error worked by hand', () => {
    const counts = {
      events_before: Float64Array.of(6),
      events_after: Float64Array.of(3),
      exposure_ratio: Float64Array.of(2),
    };
    const result = correctedRatio(counts, empiricalBayes(counts.events_before, Float64Array.of(2), 2));
    if (result.status !== 'estimated') throw new Error(result.status);
    // pi = 8, Var pi = 8: relative variance 1/8; ratio (3/8) / (9/8) = 1/3.
    expect(result.ratio).toBeCloseTo(1 / 3, 15);
    expect(result.se).toBeCloseTo(Math.sqrt(((1 / 9) * (1 / 3 + 1 / 8)) / (81 / 64)), 15);
    expect(result.naive_ratio).toBe(0.25);
  });

  it('finds no effect where there is none, although the naive ratio of people selected on a high count falls', () => {
    const { before, after } = stationaryPeople(501, 20_000);
    const chosen = (values: Float64Array) => values.filter((_, i) => (before[i] as number) >= 4);
    const counts = {
      events_before: chosen(before),
      events_after: chosen(after),
      exposure_ratio: chosen(before).fill(1),
    };
    const mu = counts.events_before.slice().fill(2);
    const result = correctedRatio(counts, empiricalBayes(counts.events_before, mu, 0.8));
    if (result.status !== 'estimated') throw new Error(result.status);
    expect(result.naive_ratio).toBeLessThan(0.85);
    expect(result.regression_share).toBeLessThan(-0.15);
    expect(Math.abs(result.ratio - 1)).toBeLessThan(4 * result.se);
    expect(result.se).toBeLessThan(0.02);
  });

  it('has no estimate without events after or without an expectation', () => {
    const counts = {
      events_before: Float64Array.of(1),
      events_after: Float64Array.of(0),
      exposure_ratio: Float64Array.of(1),
    };
    expect(correctedRatio(counts, empiricalBayes(counts.events_before, Float64Array.of(1), 1)).status).toBe(
      'no-events-after',
    );
    const none = { ...counts, exposure_ratio: Float64Array.of(0) };
    expect(correctedRatio(none, empiricalBayes(none.events_before, Float64Array.of(1), 1)).status).toBe(
      'nothing-expected',
    );
  });
});

describe('gamma-Poisson', () => {
  it('agrees with the sum over counts for any selection', () => {
    for (const [mean, shape, cutoff] of [
      [2, 0.8, 0],
      [2, 0.8, 1],
      [0.3, 5, 2],
      [7, 0.4, 9],
    ] as const) {
      let share = 0;
      let before = 0;
      let after = 0;
      for (let x = cutoff; x < 2000; x++) {
        const p = Math.exp(logNegativeBinomial(x, mean, shape));
        share += p;
        before += x * p;
        after += ((x + shape) / (1 + shape / mean)) * p;
      }
      const means = selectedMeans(mean, shape, cutoff, 1.5);
      expect(means.share).toBeCloseTo(share, 12);
      expect(means.before).toBeCloseTo(before / share, 11);
      expect(means.after).toBeCloseTo((1.5 * after) / share, 11);
      expect(means.ratio).toBeCloseTo(after / before, 12);
    }
    expect(selectedMeans(1, 0, 1).ratio).toBeNaN();
  });

  it('shrinks towards the mean rate, fully without exposure', () => {
    expect(posteriorRate(5, 1, 2, 1)).toBeCloseTo(6 / 1.5, 15);
    expect(posteriorRate(0, 0, 2, 1)).toBe(2);
    expect(
      expectedAfter(Float64Array.of(5, 0), Float64Array.of(1, 0), Float64Array.of(2, 3), 2, 1),
    ).toBeCloseTo(14, 13);
  });

  it('predicts the after count of simulated people with unequal exposures', () => {
    const random = seededGenerator(502);
    const n = 20_000;
    const [before, exposureBefore, exposureAfter] = [
      new Float64Array(n),
      new Float64Array(n),
      new Float64Array(n),
    ];
    let observed = 0;
    for (let i = 0; i < n; i++) {
      const rate = gamma(random, 1.3, 0.9 / 1.3);
      exposureBefore[i] = 0.2 + (i % 5) / 2;
      exposureAfter[i] = 0.5 + (i % 3) / 3;
      before[i] = poisson(random, rate * (exposureBefore[i] as number));
      if ((before[i] as number) < 2) exposureAfter[i] = 0;
      else observed += poisson(random, rate * (exposureAfter[i] as number));
    }
    const expected = expectedAfter(before, exposureBefore, exposureAfter, 0.9, 1.3);
    expect(Math.abs(observed / expected - 1)).toBeLessThan(4 * Math.sqrt(2 / observed));
  });
});

describe('the stationary expectation', () => {
  it('of 10, 5 and 2 people with 1, 2 and 3 events, selected by one event, is 16 of 26 events', () => {
    expect(stationaryExpectation([100, 10, 5, 2], 1)).toEqual({
      selected: 17,
      events_before: 26,
      expected_after: 16,
      ratio: 16 / 26,
    });
    expect(stationaryExpectation([4], 1).ratio).toBeNaN();
  });

  it('equals the gamma-Poisson artefact on negative binomial frequencies', () => {
    const frequency = Array.from({ length: 500 }, (_, x) => Math.exp(logNegativeBinomial(x, 3, 1.2)));
    expect(stationaryExpectation(frequency, 5).ratio).toBeCloseTo(selectedMeans(3, 1.2, 5).ratio, 12);
  });

  it('covers ratio 1 in at least about 95 % of samples without an effect, and finds a real one', () => {
    let covered = 0;
    for (let s = 0; s < 300; s++) {
      const { before, after } = stationaryPeople(1000 + s, 400);
      const result = stationaryComparison(before, after, 2);
      if (result.status === 'estimated' && result.lower <= 1 && 1 <= result.upper) covered++;
    }
    expect(covered / 300).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / 300));
    const { before, after } = stationaryPeople(503, 4000, 0.6);
    const found = stationaryComparison(before, after, 2);
    if (found.status !== 'estimated') throw new Error(found.status);
    expect(Math.abs(Math.log(found.ratio / 0.6))).toBeLessThan(4 * found.se_log);
    expect(found.p).toBeLessThan(1e-6);
    expect(sum(after)).toBeLessThan(sum(before));
    expect(stationaryComparison([1, 0], [0, 0], 1)).toEqual({ status: 'no-events', selected: 1 });
  });
});

describe('normal selection', () => {
  it('halves nothing away when there is no measurement noise', () => {
    expect(normalSelection({ mean: 0, between: 1, within: 0, cutoff: 1 }).regression).toBe(0);
  });

  it('is sigma sqrt(2 / pi) / 2 for selection at the mean with equal variances', () => {
    // s = sqrt 2, z = 0: phi(0) / 0.5 = sqrt(2 / pi).
    expect(normalSelection({ mean: 5, between: 1, within: 1, cutoff: 5 }).regression).toBeCloseTo(
      Math.sqrt(1 / Math.PI),
      14,
    );
    expect(normalSelection({ mean: 0, between: 0, within: 0, cutoff: 1 }).regression).toBeNaN();
  });
});

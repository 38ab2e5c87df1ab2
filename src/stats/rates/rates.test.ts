import { describe, expect, it } from 'vitest';
import { poisson, seededGenerator } from '../random.ts';
import { binomialProbability } from '../special/binomial.ts';
import { poissonProbability } from '../special/poisson.ts';
import { byarInterval, garwoodInterval, midPInterval, normalPoissonInterval } from './poisson-interval.ts';
import { clopperPearsonInterval, wilsonInterval } from './proportion.ts';
import { eventRate } from './rate.ts';
import { conditionalP, rateDifference, rateRatio } from './rate-ratio.ts';
import {
  directlyStandardisedRate,
  expectedEvents,
  standardisedRateRatio,
  standardisedRatio,
} from './standardised.ts';
import { binomialTwoSided, poissonTwoSided } from './two-sided.ts';

describe('the interval of a Poisson count', () => {
  it('is 0 to -log(0.025) without events, the rule of three at 95 % one-sided', () => {
    expect(garwoodInterval(0).lower).toBe(0);
    expect(garwoodInterval(0).upper).toBeCloseTo(-Math.log(0.025), 14);
    expect(garwoodInterval(0, 1, 0.9).upper).toBeCloseTo(-Math.log(0.05), 14);
    expect(midPInterval(0).upper).toBeCloseTo(-Math.log(0.05), 12);
  });

  it('reaches up to 1063.952 for 1,000 events, where approximate incomplete gamma functions give 1064.117', () => {
    expect(garwoodInterval(1000).upper).toBeCloseTo(1063.952136016302, 9);
  });

  it('scales with the exposure', () => {
    const once = garwoodInterval(7);
    const perTen = garwoodInterval(7, 10);
    expect(perTen.lower).toBeCloseTo(once.lower / 10, 15);
    expect(perTen.upper).toBeCloseTo(once.upper / 10, 15);
  });

  it('has limits at which the tails, with half the observed count for mid-P, are 2.5 %', () => {
    for (const events of [1, 4, 60]) {
      const { lower, upper } = midPInterval(events);
      let above = 0;
      let below = 0;
      for (let k = 0; k <= events; k++) {
        const share = k === events ? 0.5 : 1;
        above += share * poissonProbability(k, lower);
        below += share * poissonProbability(k, upper);
      }
      expect(1 - above).toBeCloseTo(0.025, 12);
      expect(below).toBeCloseTo(0.025, 12);
    }
  });

  it('covers every mean in at least 95 % of samples when exact (enumerated), and mid-P does not promise that', () => {
    const exact = Array.from({ length: 400 }, (_, k) => garwoodInterval(k));
    const midP = Array.from({ length: 400 }, (_, k) => midPInterval(k));
    let leastMidP = 1;
    for (let mean = 0.05; mean < 200; mean *= 1.07) {
      let covered = 0;
      let coveredMidP = 0;
      for (let k = 0; k < 400; k++) {
        const p = poissonProbability(k, mean);
        const e = exact[k];
        const m = midP[k];
        if (e !== undefined && e.lower <= mean && mean <= e.upper) covered += p;
        if (m !== undefined && m.lower <= mean && mean <= m.upper) coveredMidP += p;
      }
      expect(covered).toBeGreaterThanOrEqual(0.95);
      leastMidP = Math.min(leastMidP, coveredMidP);
    }
    expect(leastMidP).toBeLessThan(0.95);
    expect(leastMidP).toBeGreaterThan(0.9);
  });

  it('covers the rate of simulated counts in at least 95 % of samples', () => {
    const random = seededGenerator(101);
    let covered = 0;
    const samples = 4000;
    for (let i = 0; i < samples; i++) {
      const { lower, upper } = garwoodInterval(poisson(random, 0.4 * 31.7), 31.7);
      if (lower <= 0.4 && 0.4 <= upper) covered++;
    }
    // The exact interval covers more than 95 %: four standard errors below would already contradict it.
    expect(covered / samples).toBeGreaterThan(0.95 - 4 * Math.sqrt((0.95 * 0.05) / samples));
    expect(covered / samples).toBeGreaterThanOrEqual(0.95);
  });

  it('by Byar is near the exact one, and never negative', () => {
    const byar = byarInterval(50);
    const exact = garwoodInterval(50);
    expect(byar.lower).toBeCloseTo(exact.lower, 1);
    expect(byar.upper).toBeCloseTo(exact.upper, 1);
    expect(byarInterval(0, 1, 0.95, 'rothman-boice').lower).toBe(0);
    expect(normalPoissonInterval(1).lower).toBe(0);
  });

  it('is undefined for what is not a count or not an exposure', () => {
    for (const interval of [
      garwoodInterval(2.5),
      garwoodInterval(-1),
      midPInterval(3, 0),
      byarInterval(3, 1, 1),
    ]) {
      expect(interval.lower).toBeNaN();
      expect(interval.upper).toBeNaN();
    }
  });
});

describe('a rate', () => {
  it('is events over person-years with its interval', () => {
    const rate = eventRate(12, 40);
    if (rate.status !== 'estimated') throw new Error(rate.status);
    expect(rate.rate).toBeCloseTo(0.3, 15);
    expect(rate.lower).toBe(garwoodInterval(12, 40).lower);
    const mid = eventRate(12, 40, { method: 'mid-p', level: 0.9 });
    if (mid.status !== 'estimated') throw new Error(mid.status);
    expect(mid.upper).toBeLessThan(rate.upper);
  });

  it('has no estimate without person-time, and refuses what is not a count', () => {
    expect(eventRate(3, 0)).toEqual({ status: 'no-person-time', events: 3 });
    expect(() => eventRate(1.5, 2)).toThrow(RangeError);
  });
});

describe('a rate ratio', () => {
  const treated = { events: 11, person_years: 800 };
  const others = { events: 20, person_years: 1000 };

  it('is the ratio of rates with standard error sqrt(1/a + 1/b) on the log scale', () => {
    const result = rateRatio(treated, others, { method: 'wald' });
    if (result.status !== 'estimated') throw new Error(result.status);
    expect(result.rate_ratio).toBeCloseTo(0.6875, 14);
    expect(result.se_log).toBeCloseTo(Math.sqrt(1 / 11 + 1 / 20), 15);
  });

  it('inverts when the groups change places, exact and mid-P limits too', () => {
    for (const method of ['exact', 'mid-p', 'wald'] as const) {
      const one = rateRatio(treated, others, { method });
      const two = rateRatio(others, treated, { method });
      if (one.status !== 'estimated' || two.status !== 'estimated') throw new Error('no estimate');
      expect(one.lower * two.upper).toBeCloseTo(1, 10);
      expect(one.upper * two.lower).toBeCloseTo(1, 10);
      expect(one.p).toBeCloseTo(two.p, 10);
    }
  });

  it('has mid-P limits at which the doubled mid-P tail is 5 %', () => {
    const result = rateRatio(treated, others, { method: 'mid-p' });
    if (result.status !== 'estimated') throw new Error(result.status);
    expect(conditionalP(treated, others, result.lower, 'mid-p')).toBeCloseTo(0.05, 11);
    expect(conditionalP(treated, others, result.upper, 'mid-p')).toBeCloseTo(0.05, 11);
  });

  it('is only a bound when one group has no events', () => {
    const none = { events: 0, person_years: 100 };
    const below = rateRatio(none, { events: 5, person_years: 120 });
    expect(below).not.toHaveProperty('rate_ratio');
    expect(below).toMatchObject({ status: 'no-events-in-one-group', group: 1, lower: 0 });
    // Upper limit: (1 - p)^5 = 0.025 for the share p of group 1, as odds times the time ratio.
    const q = 0.025 ** (1 / 5);
    expect('upper' in below && below.upper).toBeCloseTo(((1 - q) / q) * 1.2, 12);
    expect(rateRatio({ events: 5, person_years: 120 }, none)).toMatchObject({
      group: 2,
      upper: Number.POSITIVE_INFINITY,
    });
    expect(rateRatio(none, { events: 5, person_years: 120 }, { method: 'mid-p' })).toMatchObject({
      lower: 0,
    });
    expect(rateRatio(none, treated, { method: 'wald' })).not.toHaveProperty('upper');
    expect(rateRatio(none, none)).toEqual({ status: 'no-events' });
    expect(rateRatio(treated, { events: 0, person_years: 0 })).toEqual({
      status: 'no-person-time',
      group: 2,
    });
  });

  it('has exact limits that cover the true ratio in at least 95 % of samples', () => {
    const random = seededGenerator(102);
    let covered = 0;
    let usable = 0;
    for (let i = 0; i < 2000; i++) {
      const result = rateRatio(
        { events: poisson(random, 0.6 * 20), person_years: 20 },
        { events: poisson(random, 1.0 * 12), person_years: 12 },
      );
      if (result.status !== 'estimated') continue;
      usable++;
      if (result.lower <= 0.6 && 0.6 <= result.upper) covered++;
    }
    expect(usable).toBeGreaterThan(1990);
    expect(covered / usable).toBeGreaterThanOrEqual(0.95);
  });

  it('difference: Wald by hand, and recovered limits that stay usable without events', () => {
    const wald = rateDifference(treated, others);
    expect(wald.rate_difference).toBeCloseTo(-0.00625, 15);
    expect(wald.se).toBeCloseTo(Math.sqrt(11 / 640000 + 20 / 1e6), 15);
    const none = rateDifference(
      { events: 0, person_years: 10 },
      { events: 0, person_years: 20 },
      { method: 'mover' },
    );
    expect(none.upper).toBeCloseTo(-Math.log(0.025) / 10, 12);
    expect(none.lower).toBeCloseTo(Math.log(0.025) / 20, 12);
  });
});

describe('exact two-sided p-values', () => {
  it('sum the outcomes at most as probable as the one observed (enumerated)', () => {
    for (const [count, n, p] of [
      [3, 10, 0.5],
      [0, 7, 0.2],
      [7, 7, 0.9],
      [12, 40, 0.3],
      [20, 40, 0.3],
    ] as const) {
      let sum = 0;
      for (let k = 0; k <= n; k++) {
        if (binomialProbability(k, n, p) <= binomialProbability(count, n, p) * (1 + 1e-7))
          sum += binomialProbability(k, n, p);
      }
      expect(binomialTwoSided(count, n, p)).toBeCloseTo(Math.min(1, sum), 13);
    }
    for (const [count, mean] of [
      [0, 3],
      [9, 3],
      [3, 3.4],
      [1, 0.01],
    ] as const) {
      let sum = 0;
      for (let k = 0; k < 200; k++) {
        if (poissonProbability(k, mean) <= poissonProbability(count, mean) * (1 + 1e-7))
          sum += poissonProbability(k, mean);
      }
      expect(poissonTwoSided(count, mean)).toBeCloseTo(Math.min(1, sum), 13);
    }
  });

  it('handle probabilities of 0 and 1, large numbers and bad input', () => {
    expect(binomialTwoSided(0, 5, 0)).toBe(1);
    expect(binomialTwoSided(4, 5, 1)).toBe(0);
    expect(binomialTwoSided(500_000, 1_000_000, 0.5)).toBe(1);
    expect(poissonTwoSided(0, 0)).toBe(1);
    expect(poissonTwoSided(2, 0)).toBe(0);
    expect(binomialTwoSided(6, 5, 0.5)).toBeNaN();
    expect(poissonTwoSided(1.5, 1)).toBeNaN();
  });
});

describe('proportions', () => {
  it('Clopper-Pearson for 0 of n is 0 to 1 - 0.025^(1/n); Wilson starts at 0', () => {
    expect(clopperPearsonInterval(0, 10).upper).toBeCloseTo(1 - 0.025 ** 0.1, 14);
    expect(clopperPearsonInterval(10, 10).lower).toBeCloseTo(0.025 ** 0.1, 14);
    expect(wilsonInterval(0, 10).lower).toBe(0);
    expect(wilsonInterval(3, 0).lower).toBeNaN();
    expect(clopperPearsonInterval(4, 3).upper).toBeNaN();
  });

  it('the exact interval covers every proportion in at least 95 % of samples (enumerated)', () => {
    const n = 25;
    const intervals = Array.from({ length: n + 1 }, (_, k) => clopperPearsonInterval(k, n));
    for (let p = 0.01; p < 1; p += 0.01) {
      const covered = intervals.reduce(
        (sum, interval, k) =>
          interval.lower <= p && p <= interval.upper ? sum + binomialProbability(k, n, p) : sum,
        0,
      );
      expect(covered).toBeGreaterThanOrEqual(0.95);
    }
  });
});

describe('standardised rates', () => {
  it('are the crude rate when there is one stratum, with the exact interval', () => {
    const result = directlyStandardisedRate([12], [40], [1000]);
    if (result.status !== 'estimated') throw new Error(result.status);
    expect(result.rate).toBeCloseTo(0.3, 15);
    // With one stratum the Fay-Feuer gamma limits are Garwood's.
    expect(result.lower).toBeCloseTo(garwoodInterval(12, 40).lower, 13);
    expect(result.upper).toBeCloseTo(garwoodInterval(12, 40).upper, 13);
  });

  it('weight stratum rates by the standard population', () => {
    const result = directlyStandardisedRate([10, 6], [100, 20], [3, 1]);
    if (result.status !== 'estimated') throw new Error(result.status);
    expect(result.rate).toBeCloseTo(0.75 * 0.1 + 0.25 * 0.3, 15);
    expect(result.variance).toBeCloseTo((0.75 / 100) ** 2 * 10 + (0.25 / 20) ** 2 * 6, 15);
  });

  it('are not identified when a stratum has no person-time, and leave out strata of weight 0', () => {
    expect(directlyStandardisedRate([1, 0], [10, 0], [1, 1])).toEqual({
      status: 'stratum-without-person-time',
      strata: [1],
    });
    expect(directlyStandardisedRate([1, 0], [10, 0], [1, 0]).status).toBe('estimated');
  });

  it('have no estimate but an upper limit without events', () => {
    const none = directlyStandardisedRate([0, 0], [10, 10], [1, 1]);
    expect(none).toEqual({ status: 'no-events', upper: expect.closeTo(-Math.log(0.025) / 20, 12) });
    expect(directlyStandardisedRate([0], [10], [1], { method: 'dobson' })).toEqual({ status: 'no-events' });
  });

  it('cover the true rate in at least 95 % of samples with unequal weights (Fay-Feuer)', () => {
    const random = seededGenerator(103);
    const truth = 0.5 * 0.1 + 0.3 * 0.4 + 0.2 * 1;
    let covered = 0;
    for (let i = 0; i < 2000; i++) {
      const events = [poisson(random, 9), poisson(random, 0.4 * 20), poisson(random, 6)];
      const result = directlyStandardisedRate(events, [90, 20, 6], [0.5, 0.3, 0.2]);
      if (result.status === 'estimated' && result.lower <= truth && truth <= result.upper) covered++;
    }
    expect(covered / 2000).toBeGreaterThanOrEqual(0.95);
  });

  it('ratio of observed to expected events uses the exact interval', () => {
    expect(expectedEvents([0.1, 0.3], [100, 20])).toBeCloseTo(16, 13);
    const smr = standardisedRatio(8, 16);
    if (smr.status !== 'estimated') throw new Error(smr.status);
    expect(smr.ratio).toBe(0.5);
    expect(smr.upper).toBe(garwoodInterval(8, 16).upper);
    expect(standardisedRatio(2, 0)).toEqual({ status: 'nothing-expected', observed: 2 });
  });

  it('ratio of two rates has the delta-method error, and none when a rate is 0', () => {
    const ratio = standardisedRateRatio({ rate: 2, variance: 0.04 }, { rate: 1, variance: 0.01 });
    expect(ratio.rate_ratio).toBe(2);
    expect(ratio.se_log).toBeCloseTo(Math.sqrt(0.02), 15);
    expect(standardisedRateRatio({ rate: 0, variance: 0 }, { rate: 1, variance: 1 }).se_log).toBeNaN();
  });
});

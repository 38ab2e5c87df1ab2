import { describe, expect, it } from 'vitest';
import { gamma, negativeBinomial, poisson, seededGenerator, uniform } from '../random.ts';
import { logFactorial, logGamma } from '../special/gamma.ts';
import { designFromRows } from './design.ts';
import { fitNbAncova } from './nb-ancova.ts';
import { fitNegativeBinomial, type NegativeBinomialKeys } from './negative-binomial.ts';
import { countTerm, meanTerm, tailHistogram } from './overdispersion.ts';
import { personStarts } from './person-rows.ts';
import { fitPoissonGamma } from './poisson-gamma.ts';

function keys(rows: number[][], events: number[], exposure: number[]): NegativeBinomialKeys {
  const y = Float64Array.from(events);
  return {
    design: designFromRows(rows),
    observations: new Float64Array(events.length).fill(1),
    events: y,
    exposure: Float64Array.from(exposure),
    tail: tailHistogram(y),
  };
}

describe('The overdispersion terms', () => {
  it('derivatives agree with differences, across the switch of series and closed form', () => {
    const tail = tailHistogram(Float64Array.from([0, 3, 1, 7, 2]));
    for (const alpha of [1e-7, 1e-3, 0.02, 0.0249, 0.0251, 0.4, 5]) {
      const h = 1e-4 * alpha;
      const f = (a: number) => {
        const c = countTerm(tail, a);
        const m = meanTerm(13, 5, 4, a);
        return { value: c.value + m.value, first: c.first + m.first, second: c.second + m.second };
      };
      const slope = (f(alpha + h).first - f(alpha - h).first) / (2 * h);
      expect(f(alpha).second / slope).toBeCloseTo(1, 5);
      if (alpha >= 1e-3) {
        const rise = (f(alpha + h).value - f(alpha - h).value) / (2 * h);
        expect(f(alpha).first).toBeCloseTo(rise, 5);
      }
    }
  });

  it('at alpha near zero the mean term is that of the Poisson', () => {
    expect(meanTerm(3, 2, 1.7, 0).value).toBe(-3.4);
    expect(meanTerm(3, 2, 1.7, 1e-14).value).toBeCloseTo(-3.4, 12);
  });

  it('a tail histogram counts those above each value', () => {
    expect([...tailHistogram(Float64Array.from([0, 3, 1, 1]))]).toEqual([3, 1, 1]);
    expect(() => tailHistogram(Float64Array.from([0.5]))).toThrow(RangeError);
  });
});

describe('Negative binomial regression', () => {
  it('one group: the mean is the crude rate and theta solves its score', () => {
    const y = [0, 1, 0, 7, 2, 0, 0, 12, 3, 1];
    const fit = fitNegativeBinomial(
      keys(
        y.map(() => [1]),
        y,
        y.map(() => 2),
      ),
    );
    if (fit.status !== 'estimated') throw new Error(fit.status);
    expect(fit.coefficient[0]).toBeCloseTo(Math.log(26 / 20), 10);
    const [theta, mu] = [fit.theta, 2.6];
    const score = y.reduce((s, v) => {
      let rising = 0;
      for (let j = 0; j < v; j++) rising += 1 / (theta + j);
      return s + rising + Math.log(theta / (theta + mu)) + 1 - (v + theta) / (mu + theta);
    }, 0);
    expect(score).toBeCloseTo(0, 9);
  });

  it('counts less variable than Poisson end on the boundary, with the Poisson fit', () => {
    const fit = fitNegativeBinomial(keys([[1], [1], [1], [1]], [2, 2, 3, 2], [1, 1, 1, 1]));
    expect(fit.status).toBe('poisson-boundary');
    if (fit.status === 'poisson-boundary')
      expect(fit.poisson.coefficient[0]).toBeCloseTo(Math.log(9 / 4), 12);
  });

  it('a group without events is separated', () => {
    const fit = fitNegativeBinomial(
      keys(
        [
          [1, 0],
          [1, 0],
          [1, 1],
        ],
        [5, 1, 0],
        [1, 1, 1],
      ),
    );
    expect(fit).toEqual({ status: 'separated', columns: [1], cells: 1 });
  });

  it('hardly any overdispersion: theta is large, finite, and the fit is nearly Poisson', () => {
    const random = seededGenerator(5);
    const y = Array.from({ length: 400 }, () => negativeBinomial(random, 6, 300));
    const fit = fitNegativeBinomial(
      keys(
        y.map(() => [1]),
        y,
        y.map(() => 1),
      ),
    );
    expect(['estimated', 'poisson-boundary']).toContain(fit.status);
    if (fit.status === 'estimated') expect(fit.test_of_poisson.p).toBeGreaterThan(0.001);
  });

  it('a tail histogram of other counts is refused', () => {
    const data = keys([[1], [1]], [3, 1], [1, 1]);
    expect(() => fitNegativeBinomial({ ...data, tail: tailHistogram(Float64Array.from([3, 3])) })).toThrow(
      RangeError,
    );
  });

  it('recovers its parameters, and its intervals cover them', () => {
    const random = seededGenerator(11);
    const truth = { intercept: -1, effect: -0.5, theta: 0.8 };
    const runs = 150;
    let covered = 0;
    let coveredTheta = 0;
    let sum = 0;
    for (let run = 0; run < runs; run++) {
      const rows = Array.from({ length: 400 }, (_, i) => [1, i % 2]);
      const t = rows.map(() => 0.5 + 4 * uniform(random));
      const y = rows.map(([, g], i) =>
        negativeBinomial(
          random,
          (t[i] as number) * Math.exp(truth.intercept + truth.effect * (g as number)),
          truth.theta,
        ),
      );
      const fit = fitNegativeBinomial(keys(rows, y, t));
      if (fit.status !== 'estimated') throw new Error(fit.status);
      const b = fit.coefficient[1] as number;
      sum += b;
      if (Math.abs(b - truth.effect) < 1.96 * (fit.se[1] as number)) covered++;
      if (Math.abs(fit.log_alpha + Math.log(truth.theta)) < 1.96 * fit.se_log_alpha) coveredTheta++;
    }
    // se of one estimate about 0.16: the mean of 150 is within 0.04 but for one run in 500.
    expect(Math.abs(sum / runs - truth.effect)).toBeLessThan(0.04);
    expect(covered / runs).toBeGreaterThan(0.89);
    expect(coveredTheta / runs).toBeGreaterThan(0.88);
  });
});

describe('Poisson-gamma person effect', () => {
  it('with one row per person it is the negative binomial', () => {
    const random = seededGenerator(3);
    const rows = Array.from({ length: 200 }, (_, i) => [1, i % 2]);
    const t = rows.map(() => 1 + uniform(random));
    const y = rows.map(([, g], i) =>
      negativeBinomial(random, (t[i] as number) * Math.exp(0.4 * (g as number)), 1.5),
    );
    const nb = fitNegativeBinomial(keys(rows, y, t));
    const person = fitPoissonGamma({
      design: designFromRows(rows),
      start: personStarts(rows.map((_, i) => i)),
      events: Float64Array.from(y),
      exposure: Float64Array.from(t),
    });
    if (nb.status !== 'estimated' || person.status !== 'estimated') throw new Error('not estimated');
    expect(person.log_likelihood).toBeCloseTo(nb.log_likelihood, 9);
    person.coefficient.forEach((b, k) => {
      expect(b).toBeCloseTo(nb.coefficient[k] as number, 10);
      expect(person.se[k]).toBeCloseTo(nb.se[k] as number, 10);
    });
    expect(person.se_log_alpha).toBeCloseTo(nb.se_log_alpha, 10);
  });

  it('recovers a within-person effect and the variance of the effects, and covers them', () => {
    const random = seededGenerator(21);
    const runs = 100;
    const persons = 150;
    let covered = 0;
    let sumAlpha = 0;
    for (let run = 0; run < runs; run++) {
      const rows: number[][] = [];
      const y: number[] = [];
      const t: number[] = [];
      const id: number[] = [];
      for (let i = 0; i < persons; i++) {
        const effect = gamma(random, 1.25) / 1.25;
        for (const period of [0, 1]) {
          const exposure = 1 + 2 * uniform(random);
          rows.push([1, period]);
          t.push(exposure);
          id.push(i);
          y.push(poisson(random, effect * exposure * Math.exp(0.2 - 0.6 * period)));
        }
      }
      const fit = fitPoissonGamma({
        design: designFromRows(rows),
        start: personStarts(id),
        events: Float64Array.from(y),
        exposure: Float64Array.from(t),
      });
      if (fit.status !== 'estimated') throw new Error(fit.status);
      if (Math.abs((fit.coefficient[1] as number) + 0.6) < 1.96 * (fit.se[1] as number)) covered++;
      sumAlpha += fit.alpha;
      const mean = fit.person_effect.reduce((s, e) => s + e, 0) / persons;
      expect(Math.abs(mean - 1)).toBeLessThan(0.1);
    }
    expect(covered / runs).toBeGreaterThan(0.88);
    expect(Math.abs(sumAlpha / runs - 0.8)).toBeLessThan(0.05);
  });
});

describe('Negative binomial ancova', () => {
  it('is unbiased when the treated are chosen for a bad year, where the change score is not', () => {
    const random = seededGenerator(8);
    const runs = 80;
    let sum = 0;
    let sumOfChange = 0;
    let covered = 0;
    for (let run = 0; run < runs; run++) {
      const treated: number[] = [];
      const before: number[] = [];
      const after: number[] = [];
      for (let i = 0; i < 400; i++) {
        const rate = 2 * (gamma(random, 1.5) / 1.5);
        const b = poisson(random, rate);
        // No effect at all; treatment follows a high count before.
        treated.push(uniform(random) < (b >= 3 ? 0.8 : 0.3) ? 1 : 0);
        before.push(b);
        after.push(poisson(random, rate));
      }
      const ones = new Float64Array(400).fill(1);
      const fit = fitNbAncova({
        treated: Float64Array.from(treated),
        baseline_events: Float64Array.from(before),
        baseline_exposure: ones,
        events: Float64Array.from(after),
        exposure: ones,
      });
      if (fit.status !== 'estimated') throw new Error(fit.status);
      sum += fit.log_rate_ratio;
      if (Math.abs(fit.log_rate_ratio) < 1.96 * fit.se_log) covered++;
      const total = (counts: number[], g: number) =>
        counts.reduce((s, y, i) => s + (treated[i] === g ? y : 0), 0);
      sumOfChange += Math.log((total(after, 1) * total(before, 0)) / (total(before, 1) * total(after, 0)));
    }
    // Gamma-Poisson: before ~ NB(mean 2, theta 1.5), E(after | before = b) = (b + 1.5) 2/3.5.
    const arm = (g: number) => {
      let [first, second] = [0, 0];
      for (let b = 0; b < 200; b++) {
        const density = Math.exp(
          logGamma(b + 1.5) -
            logGamma(1.5) -
            logFactorial(b) +
            1.5 * Math.log(1.5 / 3.5) +
            b * Math.log(2 / 3.5),
        );
        const share = g === 1 ? (b >= 3 ? 0.8 : 0.3) : b >= 3 ? 0.2 : 0.7;
        first += density * share * b;
        second += density * share * ((b + 1.5) * (2 / 3.5));
      }
      return Math.log(second / first);
    };
    expect(Math.abs(sumOfChange / runs - (arm(1) - arm(0)))).toBeLessThan(0.05);
    expect(Math.abs(sum / runs)).toBeLessThan(0.06);
    expect(covered / runs).toBeGreaterThan(0.87);
  });
});

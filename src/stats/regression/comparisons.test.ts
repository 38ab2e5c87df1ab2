import { describe, expect, it } from 'vitest';
import { gamma, poisson, seededGenerator, standardNormal, uniform } from '../random.ts';
import { designFromRows } from './design.ts';
import { fitDifferenceInRates, fitDifferenceWithinStrata } from './difference-in-rates.ts';
import { fitWeightedRates } from './iptw.ts';
import { fitLinear } from './linear.ts';
import { fitNbAncova } from './nb-ancova.ts';
import { personStarts } from './person-rows.ts';
import { covariateBalance, effectiveSampleSize, fitPropensity, propensityWeights } from './propensity.ts';

describe('Two arms before and after', () => {
  it('by hand: the ratio of rate ratios of four cells and the sum of 1/events', () => {
    const fit = fitDifferenceInRates(
      {
        treated: Float64Array.from([0, 0, 1, 1]),
        post: Float64Array.from([0, 1, 0, 1]),
        events: Float64Array.from([60, 55, 50, 30]),
        exposure: Float64Array.from([100, 110, 90, 95]),
      },
      [],
    );
    if (fit.status !== 'estimated') throw new Error(fit.status);
    const byHand = Math.log(30 / 95) - Math.log(50 / 90) - Math.log(55 / 110) + Math.log(60 / 100);
    expect(fit.log_ratio_of_rate_ratios).toBeCloseTo(byHand, 12);
    expect(fit.model_se).toBeCloseTo(Math.sqrt(1 / 30 + 1 / 50 + 1 / 55 + 1 / 60), 12);
  });

  it('an arm that is never seen after cannot be compared', () => {
    const fit = fitDifferenceInRates(
      {
        treated: Float64Array.from([0, 0, 1]),
        post: Float64Array.from([0, 1, 0]),
        events: Float64Array.from([6, 5, 5]),
        exposure: Float64Array.from([10, 11, 9]),
      },
      [],
    );
    expect(fit).toEqual({ status: 'aliased', aliased: [3] });
  });

  it('with persons who differ the model interval is too short and the clustered one covers', () => {
    const random = seededGenerator(404);
    const runs = 120;
    let model = 0;
    let clustered = 0;
    let within = 0;
    for (let run = 0; run < runs; run++) {
      const treated: number[] = [];
      const post: number[] = [];
      const events: number[] = [];
      const exposure: number[] = [];
      const person: number[] = [];
      for (let i = 0; i < 200; i++) {
        const own = gamma(random, 0.8, 1 / 0.8);
        for (const period of [0, 1]) {
          // Persons also change between periods in ways of their own.
          const change = gamma(random, 2, 0.5);
          const t = 0.5 + uniform(random);
          treated.push(i % 2);
          post.push(period);
          person.push(i);
          exposure.push(t);
          events.push(
            poisson(random, 3 * own * change * t * Math.exp(-0.2 * period - 0.3 * period * (i % 2))),
          );
        }
      }
      const data = {
        treated: Float64Array.from(treated),
        post: Float64Array.from(post),
        events: Float64Array.from(events),
        exposure: Float64Array.from(exposure),
      };
      const cluster = Int32Array.from(person);
      const fit = fitDifferenceInRates(data, [{ name: 'person', cluster, clusters: 200 }]);
      const conditional = fitDifferenceWithinStrata(data, personStarts(person), 'person');
      if (fit.status !== 'estimated' || conditional.status !== 'estimated') throw new Error('not estimated');
      const robust = fit.robust[0]?.result;
      if (robust?.status !== 'estimated') throw new Error('not estimated');
      const error = Math.abs(fit.log_ratio_of_rate_ratios + 0.3);
      if (error < 1.96 * fit.model_se) model++;
      if (error < 1.96 * (robust.se[fit.column] as number)) clustered++;
      if (
        Math.abs((conditional.coefficient[1] as number) + 0.3) <
        1.96 * (conditional.robust_se[1] as number)
      )
        within++;
    }
    expect(model / runs).toBeLessThan(0.85);
    expect(clustered / runs).toBeGreaterThan(0.88);
    expect(within / runs).toBeGreaterThan(0.88);
  });
});

describe('Analysis of covariance of two arms', () => {
  it('an adjustment that tells the arms apart completely leaves no contrast', () => {
    const treated = Float64Array.from({ length: 24 }, (_, i) => i % 2);
    const fit = fitNbAncova({
      treated,
      baseline_events: treated.map((_, i) => i % 5),
      baseline_exposure: new Float64Array(24).fill(1),
      events: treated.map((_, i) => (i * 7) % 4),
      exposure: new Float64Array(24).fill(1),
      adjustment: designFromRows(Array.from(treated, (a) => [1 - a])),
    });
    expect(fit).toEqual({ status: 'aliased', aliased: [1] });
  });
});

describe('Propensity weighting', () => {
  it('one binary covariate: weights are the inverse shares of the strata, and balance is perfect', () => {
    // 30 of 40 treated where z = 1, 10 of 60 where z = 0.
    const z = Float64Array.from({ length: 100 }, (_, i) => (i < 40 ? 1 : 0));
    const treated = Float64Array.from({ length: 100 }, (_, i) =>
      i < 40 ? (i < 30 ? 1 : 0) : i < 50 ? 1 : 0,
    );
    const propensity = fitPropensity(designFromRows(Array.from(z, (v) => [1, v])), treated);
    if (propensity.status !== 'estimated') throw new Error(propensity.status);
    const ate = propensityWeights(treated, propensity.probability, 'ate');
    expect(ate[0]).toBeCloseTo(4 / 3, 10);
    expect(ate[35]).toBeCloseTo(4, 10);
    expect(ate[45]).toBeCloseTo(6, 10);
    expect(ate[60]).toBeCloseTo(6 / 5, 10);
    expect(propensityWeights(treated, propensity.probability, 'att')[35]).toBeCloseTo(3, 10);
    const columns = designFromRows(Array.from(z, (v) => [v]));
    for (const kind of ['ate', 'ate-stabilised', 'att', 'overlap'] as const) {
      const weights = propensityWeights(treated, propensity.probability, kind);
      expect(covariateBalance(columns, treated, weights)[0]?.standardised_difference).toBeCloseTo(0, 10);
    }
    const ones = new Float64Array(100).fill(1);
    expect(effectiveSampleSize(treated, ones)).toEqual({ treated: 40, control: 60 });
    const [raw] = covariateBalance(columns, treated, ones);
    const [p1, p0] = [30 / 40, 10 / 60];
    expect(raw?.standardised_difference).toBeCloseTo(
      (p1 - p0) / Math.sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 2),
      12,
    );
  });

  it('removes confounding, and the interval that allows for the estimated weights covers the effect', () => {
    const random = seededGenerator(31);
    const runs = 120;
    let covered = 0;
    let crude = 0;
    let sum = 0;
    let narrower = 0;
    for (let run = 0; run < runs; run++) {
      const z = Float64Array.from({ length: 400 }, () => standardNormal(random));
      const treated = z.map((v) => (uniform(random) < 1 / (1 + Math.exp(-0.7 * v)) ? 1 : 0));
      const exposure = z.map(() => 0.5 + uniform(random));
      // The marginal ratio is the conditional one: log link, effect the same for all.
      const events = z.map((v, i) =>
        poisson(random, (exposure[i] as number) * Math.exp(0.2 + 0.5 * v - 0.4 * (treated[i] as number))),
      );
      const covariates = designFromRows(Array.from(z, (v) => [1, v]));
      const propensity = fitPropensity(covariates, treated);
      if (propensity.status !== 'estimated') throw new Error(propensity.status);
      const outcome = designFromRows(Array.from(treated, (a) => [1, a]));
      const fit = fitWeightedRates({
        outcome,
        events,
        exposure,
        treated,
        covariates,
        propensity,
        kind: 'ate-stabilised',
      });
      if (
        fit.status !== 'estimated' ||
        fit.estimated.status !== 'estimated' ||
        fit.fixed.status !== 'estimated'
      ) {
        throw new Error('not estimated');
      }
      const b = fit.fit.coefficient[1] as number;
      sum += b;
      if (Math.abs(b + 0.4) < 1.96 * (fit.estimated.se[1] as number)) covered++;
      if ((fit.estimated.se[1] as number) < (fit.fixed.se[1] as number)) narrower++;
      const rate = (g: number): number => {
        let [y, t] = [0, 0];
        treated.forEach((a, i) => {
          if (a === g) {
            y += events[i] as number;
            t += exposure[i] as number;
          }
        });
        return y / t;
      };
      crude += Math.log(rate(1) / rate(0));
    }
    expect(crude / runs).toBeGreaterThan(-0.2);
    expect(Math.abs(sum / runs + 0.4)).toBeLessThan(0.04);
    expect(covered / runs).toBeGreaterThan(0.88);
    expect(narrower).toBe(runs);
  });

  it('nobody to compare with: a fitted propensity of one has no weight', () => {
    expect(propensityWeights(Float64Array.from([1, 0]), Float64Array.from([1, 1]), 'ate')[1]).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});

describe('Least squares on groups', () => {
  it('equals the formula of a line through five points, also when points are grouped', () => {
    const x = [1, 2, 3, 4, 4];
    const y = [2, 3, 5, 4, 8];
    // Sums of squares and products about the means 2.8 and 4.4.
    const [sxx, sxy, syy] = [6.8, 9.4, 21.2];
    const slope = sxy / sxx;
    const rows = fitLinear({
      design: designFromRows(x.map((v) => [1, v])),
      observations: new Float64Array(5).fill(1),
      sum_y: Float64Array.from(y),
      sum_yy: Float64Array.from(y, (v) => v * v),
    });
    const grouped = fitLinear({
      design: designFromRows([1, 2, 3, 4].map((v) => [1, v])),
      observations: Float64Array.from([1, 1, 1, 2]),
      sum_y: Float64Array.from([2, 3, 5, 12]),
      sum_yy: Float64Array.from([4, 9, 25, 80]),
    });
    if (rows.status !== 'estimated' || grouped.status !== 'estimated') throw new Error('not estimated');
    expect(rows.coefficient[1]).toBeCloseTo(slope, 12);
    expect(grouped.coefficient[1]).toBeCloseTo(slope, 12);
    expect(grouped.se[1]).toBeCloseTo(rows.se[1] as number, 12);
    expect(rows.variance).toBeCloseTo((syy - slope * sxy) / 3, 12);
  });
});

import { describe } from 'vitest';
import {
  binomial,
  type Generator,
  gamma,
  negativeBinomial,
  poisson,
  standardNormal,
  uniform,
} from '../../src/stats/random.ts';
import { clusteredRate } from '../../src/stats/rates/clustered-rate.ts';
import {
  clusterRobust,
  heteroskedasticityRobust,
  jackknifeRobust,
} from '../../src/stats/regression/cluster-robust.ts';
import { countTotals } from '../../src/stats/regression/compress.ts';
import { fitConditionalPoisson } from '../../src/stats/regression/conditional-poisson.ts';
import { designFromRows } from '../../src/stats/regression/design.ts';
import {
  fitDifferenceInRates,
  fitDifferenceWithinStrata,
} from '../../src/stats/regression/difference-in-rates.ts';
import { fitGee } from '../../src/stats/regression/gee.ts';
import type { Correlation } from '../../src/stats/regression/gee-correlation.ts';
import { fitWeightedRates } from '../../src/stats/regression/iptw.ts';
import { fitLogistic } from '../../src/stats/regression/logistic.ts';
import { fitNbAncova } from '../../src/stats/regression/nb-ancova.ts';
import { fitNegativeBinomial } from '../../src/stats/regression/negative-binomial.ts';
import { tailHistogram } from '../../src/stats/regression/overdispersion.ts';
import { fitPoisson } from '../../src/stats/regression/poisson.ts';
import { fitPoissonGamma } from '../../src/stats/regression/poisson-gamma.ts';
import { poissonStatistics } from '../../src/stats/regression/poisson-statistics.ts';
import { poissonProfileInterval } from '../../src/stats/regression/profile-interval.ts';
import { fitPropensity } from '../../src/stats/regression/propensity.ts';
import { quasiPoisson } from '../../src/stats/regression/quasi-poisson.ts';
import { smallSampleClusterRobust } from '../../src/stats/regression/small-sample-clusters.ts';
import { waldInterval } from '../../src/stats/regression/wald.ts';
import { correctedRatio, empiricalBayes } from '../../src/stats/regression-to-mean/empirical-bayes.ts';
import { stationaryComparison } from '../../src/stats/regression-to-mean/stationary.ts';
import { logFactorial } from '../../src/stats/special/gamma.ts';
import { checkWorlds, normalSample, type Sample, testSample, type World } from './harness.ts';
import { ARM, armRows, columnsOf, DURING, periodRows, type Rows, SEX, scoresOf } from './people.ts';

function keysOf({ design, events, exposure }: Rows) {
  const observations = new Float64Array(events.length).fill(1);
  return { design, events, exposure, observations, tail: tailHistogram(events) };
}

function tSample(estimate: number, se: number, df: number): Sample | null {
  if (!(se > 0)) return null;
  const { lower, upper } = waldInterval(estimate, se, { df });
  return { estimate, se, lower, upper };
}

/** Counts whose variance is three times their mean, at every mean. */
const thrice = (random: Generator, mean: number): number => negativeBinomial(random, mean, mean / 2);

describe('Regression of counts', () => {
  checkWorlds([
    {
      estimator: 'Poisson regression, Wald',
      world: '120 persons, arm and covariate',
      truth: ARM,
      expect: 'band',
      sample: (random) => {
        const fit = fitPoisson(armRows(random, 120, poisson));
        return fit.status === 'estimated'
          ? normalSample(fit.coefficient[1] as number, fit.se[1] as number)
          : null;
      },
    },
    {
      estimator: 'Poisson regression, profile likelihood',
      world: '30 persons, arm and covariate',
      truth: ARM,
      expect: 'band',
      small: 60,
      sample: (random) => {
        const rows = armRows(random, 30, poisson);
        const fit = fitPoisson(rows);
        if (fit.status !== 'estimated') return null;
        const limits = poissonProfileInterval(fit, rows, 1);
        if (limits.status !== 'estimated') return null;
        return {
          estimate: fit.coefficient[1] as number,
          se: fit.se[1] as number,
          lower: limits.lower,
          upper: limits.upper,
        };
      },
    },
    {
      estimator: 'quasi-Poisson, t',
      world: '120 persons, variance three times the mean',
      truth: ARM,
      expect: 'band',
      sample: (random) => {
        const rows = armRows(random, 120, thrice);
        const fit = fitPoisson(rows);
        if (fit.status !== 'estimated') return null;
        const perRow = rows.events.map((y, i) => (y * y) / (rows.exposure[i] as number));
        const totals = countTotals(rows.events, rows.exposure, logFactorial);
        const quasi = quasiPoisson(fit, poissonStatistics(fit, rows, perRow, totals));
        if (quasi.status !== 'estimated') return null;
        return tSample(fit.coefficient[1] as number, quasi.se[1] as number, quasi.df);
      },
    },
    ...(['rate ratio', 'log alpha'] as const).map(
      (which): World => ({
        estimator: `negative binomial, ${which}`,
        world: '250 persons, alpha 0.8',
        truth: which === 'rate ratio' ? ARM : Math.log(0.8),
        expect: 'band',
        small: 60,
        sample: (random) => {
          const fit = fitNegativeBinomial(
            keysOf(armRows(random, 250, (r, m) => negativeBinomial(r, m, 1.25))),
          );
          if (fit.status !== 'estimated') return null;
          return which === 'rate ratio'
            ? normalSample(fit.coefficient[1] as number, fit.se[1] as number)
            : normalSample(fit.log_alpha, fit.se_log_alpha);
        },
      }),
    ),
    {
      estimator: 'negative binomial, test of alpha = 0 on its boundary',
      world: '250 persons, Poisson counts',
      truth: 0,
      expect: 'band',
      small: 60,
      sample: (random) => {
        const fit = fitNegativeBinomial(keysOf(armRows(random, 250, poisson)));
        if (fit.status === 'poisson-boundary') return testSample(1);
        return fit.status === 'estimated' ? testSample(fit.test_of_poisson.p) : null;
      },
    },
    ...(
      [
        ['HC0', 400, 'band'],
        ['HC3', 120, 'band'],
        ['HC0', 40, 'reported'],
      ] as const
    ).map(
      ([kind, n, expected]): World => ({
        estimator: `Poisson regression, ${kind}`,
        world: `${n} persons, gamma rates of shape 1`,
        truth: ARM,
        expect: expected,
        sample: (random) => {
          const rows = armRows(random, n, (r, m) => negativeBinomial(r, m, 1));
          const fit = fitPoisson(rows);
          if (fit.status !== 'estimated') return null;
          const residual = rows.events.map((y, i) => y - (fit.fitted[i] as number));
          const squared = residual.map((u) => u * u);
          const robust =
            kind === 'HC3'
              ? jackknifeRobust(fit, rows.design, residual, fit.fitted)
              : heteroskedasticityRobust(fit, rows.design, squared, n, kind);
          return normalSample(fit.coefficient[1] as number, robust.se[1] as number);
        },
      }),
    ),
    {
      estimator: 'logistic regression, Wald',
      world: '250 persons, arm and covariate',
      truth: 0.7,
      expect: 'band',
      sample: (random) => {
        const rows: number[][] = [];
        const successes = Float64Array.from({ length: 250 }, (_, i) => {
          const z = standardNormal(random);
          rows.push([1, i % 2, z]);
          return binomial(random, 1, 1 / (1 + Math.exp(0.5 - 0.7 * (i % 2) - 0.5 * z)));
        });
        const fit = fitLogistic({
          design: designFromRows(rows),
          trials: new Float64Array(250).fill(1),
          successes,
        });
        return fit.status === 'estimated'
          ? normalSample(fit.coefficient[1] as number, fit.se[1] as number)
          : null;
      },
    },
    {
      estimator: 'negative binomial analysis of covariance',
      world: '300 persons in two arms, gamma rates of shape 1.2',
      truth: -0.4,
      expect: 'band',
      small: 60,
      sample: (random) => {
        const n = 300;
        const years = new Float64Array(n).fill(2);
        const treated = Float64Array.from({ length: n }, (_, i) => i % 2);
        const rate = treated.map(() => gamma(random, 1.2, 1 / 1.2));
        const fit = fitNbAncova({
          treated,
          baseline_events: rate.map((r) => poisson(random, 2 * r)),
          baseline_exposure: years,
          events: rate.map((r, i) => poisson(random, 2 * r * Math.exp(-0.4 * (treated[i] as number)))),
          exposure: years,
        });
        return fit.status === 'estimated' ? normalSample(fit.log_rate_ratio, fit.se_log_robust) : null;
      },
    },
    ...(['fixed', 'estimated'] as const).map(
      (kind): World => ({
        estimator: `inverse probability weights, ${kind} weights`,
        world: '400 persons, treatment depends on a covariate that raises the rate',
        truth: -0.5,
        expect: kind === 'estimated' ? 'band' : 'at-least',
        small: 60,
        sample: (random) => {
          const n = 400;
          const z = Float64Array.from({ length: n }, () => standardNormal(random));
          const treated = z.map((v) => binomial(random, 1, 1 / (1 + Math.exp(-0.6 * v))));
          const exposure = new Float64Array(n).fill(1);
          const events = z.map((v, i) =>
            poisson(random, Math.exp(0.3 - 0.5 * (treated[i] as number) + 0.5 * v)),
          );
          const covariates = designFromRows(Array.from(z, (v) => [1, v]));
          const propensity = fitPropensity(covariates, treated);
          if (propensity.status !== 'estimated') return null;
          const fit = fitWeightedRates({
            outcome: designFromRows(Array.from(treated, (a) => [1, a])),
            events,
            exposure,
            treated,
            covariates,
            propensity,
            kind: 'ate-stabilised',
          });
          if (fit.status !== 'estimated' || fit[kind].status !== 'estimated') return null;
          return normalSample(fit.fit.coefficient[1] as number, fit[kind].se[1] as number);
        },
      }),
    ),
  ]);
});

function clusterWorld(kind: 'CR0' | 'CR1' | 'CR1S', persons: number, expected: World['expect']): World {
  return {
    estimator: `Poisson regression, ${kind} by person`,
    world: `${persons} persons of 4 rows, gamma effects of shape 1`,
    truth: SEX,
    expect: expected,
    sample: (random) => {
      const rows = periodRows(random, persons, { shape: 1 });
      const fit = fitPoisson(rows);
      if (fit.status !== 'estimated') return null;
      const robust = clusterRobust(fit, scoresOf(rows, fit, rows.person, persons), kind);
      if (robust.status !== 'estimated') return null;
      return normalSample(fit.coefficient[2] as number, robust.se[2] as number);
    },
  };
}

/** Areas that share an effect; the arm is given to whole areas. */
function areaRows(random: Generator, areas: number): Rows & { area: Int32Array } {
  const rows: number[][] = [];
  const area: number[] = [];
  const events: number[] = [];
  for (let a = 0; a < areas; a++) {
    const effect = gamma(random, 12, 1 / 12);
    const size = 15 + Math.floor(20 * uniform(random));
    for (let i = 0; i < size; i++) {
      const z = standardNormal(random);
      rows.push([1, a % 2, z]);
      area.push(a);
      events.push(poisson(random, effect * Math.exp(0.3 + ARM * (a % 2) + 0.2 * z)));
    }
  }
  return {
    design: designFromRows(rows),
    events: Float64Array.from(events),
    exposure: new Float64Array(events.length).fill(1),
    area: Int32Array.from(area),
  };
}

function areaWorld(kind: 'CR0' | 'CR2' | 'CR3', areas: number, expected: World['expect']): World {
  const by = { CR0: 'normal', CR2: 'Satterthwaite t', CR3: `t on ${areas - 2}` }[kind];
  return {
    estimator: `Poisson regression, ${kind} by area, ${by}`,
    world: `${areas} areas of 15 to 34 persons, arm given to areas`,
    truth: ARM,
    expect: expected,
    runs: 4000,
    small: 60,
    sample: (random) => {
      const rows = areaRows(random, areas);
      const fit = fitPoisson(rows);
      if (fit.status !== 'estimated') return null;
      const b = fit.coefficient[1] as number;
      const scores = scoresOf(rows, fit, rows.area, areas);
      if (kind === 'CR0') {
        const robust = clusterRobust(fit, scores, 'CR0');
        return robust.status === 'estimated' ? normalSample(b, robust.se[1] as number) : null;
      }
      const robust = smallSampleClusterRobust(fit, { ...scores, weight: fit.fitted }, kind);
      if (robust.status !== 'estimated') return null;
      return tSample(b, robust.se[1] as number, kind === 'CR2' ? (robust.df?.[1] as number) : areas - 2);
    },
  };
}

describe('Rows that belong together', () => {
  checkWorlds([
    {
      estimator: 'rate, interval clustered by person',
      world: '200 persons followed for 0.2 to 2 years, gamma rates of shape 0.8',
      truth: 0,
      expect: 'band',
      sample: (random) => {
        let [events, time, ee, et, tt] = [0, 0, 0, 0, 0];
        for (let i = 0; i < 200; i++) {
          const t = 0.2 + 1.8 * uniform(random);
          const y = poisson(random, t * gamma(random, 0.8, 1.25));
          events += y;
          time += t;
          ee += y * y;
          et += y * t;
          tt += t * t;
        }
        const rate = clusteredRate({ persons: 200, events, time, ee, et, tt });
        return rate.status === 'estimated' ? normalSample(Math.log(rate.rate), rate.se_log) : null;
      },
    },
    clusterWorld('CR1', 250, 'band'),
    clusterWorld('CR1S', 250, 'band'),
    clusterWorld('CR0', 250, 'band'),
    clusterWorld('CR0', 24, 'reported'),
    areaWorld('CR0', 10, 'reported'),
    areaWorld('CR2', 10, 'band'),
    // The jackknife overcorrects by design (Bell and McCaffrey 2002); the band was declared before, and stays.
    areaWorld('CR3', 10, 'band'),
    areaWorld('CR2', 20, 'band'),
    ...(['independence', 'exchangeable', 'ar1'] as const).map(
      (correlation: Correlation): World => ({
        estimator: `generalised estimating equations, ${correlation}`,
        world: '200 persons of 4 rows, gamma effects of shape 1',
        truth: DURING,
        expect: 'band',
        small: 60,
        sample: (random) => {
          const fit = fitGee(periodRows(random, 200, { shape: 1 }), { family: 'poisson', correlation });
          return fit.status === 'estimated'
            ? normalSample(fit.coefficient[1] as number, fit.robust_se[1] as number)
            : null;
        },
      }),
    ),
    ...(['model', 'robust'] as const).map(
      (kind): World => ({
        estimator: `conditional Poisson, ${kind}`,
        world: '150 persons of 4 rows, any person effects',
        truth: DURING,
        expect: 'band',
        sample: (random) => {
          const rows = periodRows(random, 150, { shape: 0.5 });
          const fit = fitConditionalPoisson({ ...rows, design: columnsOf(rows.design, [1]) });
          if (fit.status !== 'estimated') return null;
          const se = kind === 'model' ? fit.se : fit.robust_se;
          return normalSample(fit.coefficient[0] as number, se[0] as number);
        },
      }),
    ),
    ...(['within', 'between', 'log alpha'] as const).map(
      (which): World => ({
        estimator: `Poisson-gamma, ${which}`,
        world: '200 persons of 4 rows, gamma effects of shape 1.5',
        truth: { within: DURING, between: SEX, 'log alpha': -Math.log(1.5) }[which],
        expect: 'band',
        small: 60,
        sample: (random) => {
          const fit = fitPoissonGamma(periodRows(random, 200, { shape: 1.5 }));
          if (fit.status !== 'estimated') return null;
          if (which === 'log alpha') return normalSample(fit.log_alpha, fit.se_log_alpha);
          const k = which === 'within' ? 1 : 2;
          return normalSample(fit.coefficient[k] as number, fit.se[k] as number);
        },
      }),
    ),
    ...(['clusters', 'strata'] as const).map(
      (kind): World => ({
        estimator: `difference in rates, ${kind === 'clusters' ? 'persons as clusters' : 'within persons'}`,
        world: '2 arms of 150 persons before and after, gamma effects of shape 1',
        truth: -0.3,
        expect: 'band',
        sample: (random) => {
          const n = 300;
          const rows = {
            treated: new Float64Array(2 * n),
            post: new Float64Array(2 * n),
            events: new Float64Array(2 * n),
          };
          const person = new Int32Array(2 * n);
          for (let i = 0; i < n; i++) {
            const effect = gamma(random, 1);
            for (const post of [0, 1]) {
              const r = 2 * i + post;
              rows.treated[r] = i % 2;
              rows.post[r] = post;
              person[r] = i;
              rows.events[r] = poisson(random, 2 * effect * Math.exp(-0.2 * post - 0.3 * post * (i % 2)));
            }
          }
          const data = { ...rows, exposure: new Float64Array(2 * n).fill(1) };
          if (kind === 'strata') {
            const start = Int32Array.from({ length: n + 1 }, (_, i) => 2 * i);
            const fit = fitDifferenceWithinStrata(data, start, 'person');
            if (fit.status !== 'estimated') return null;
            return normalSample(fit.coefficient[1] as number, fit.robust_se[1] as number);
          }
          const fit = fitDifferenceInRates(data, [{ name: 'person', cluster: person, clusters: n }]);
          const robust = fit.status === 'estimated' ? fit.robust[0]?.result : undefined;
          if (fit.status !== 'estimated' || robust?.status !== 'estimated') return null;
          return normalSample(fit.log_ratio_of_rate_ratios, robust.se[fit.column] as number);
        },
      }),
    ),
  ]);
});

describe('Regression to the mean', () => {
  /** 400 persons with gamma rates of mean 1.5 and shape 1.2, equal windows; no effect of anything. */
  const counts = (random: Generator) => {
    const rate = Float64Array.from({ length: 400 }, () => gamma(random, 1.2, 1.25));
    return { before: rate.map((r) => poisson(random, r)), after: rate.map((r) => poisson(random, r)) };
  };
  checkWorlds([
    {
      estimator: 'empirical Bayes ratio, model known',
      world: '400 persons selected on 2 or more events, no effect',
      truth: 0,
      expect: 'band',
      sample: (random) => {
        const { before, after } = counts(random);
        const persons = empiricalBayes(before, new Float64Array(400).fill(1.5), 1.2);
        const chosen = (values: Float64Array) => values.filter((_, i) => (before[i] as number) >= 2);
        const fit = correctedRatio(
          {
            events_before: chosen(before),
            events_after: chosen(after),
            exposure_ratio: chosen(new Float64Array(400).fill(1)),
          },
          {
            weight: chosen(persons.weight),
            expected: chosen(persons.expected),
            variance: chosen(persons.variance),
          },
        );
        if (fit.status !== 'estimated') return null;
        return {
          estimate: Math.log(fit.ratio),
          se: fit.se / fit.ratio,
          lower: Math.log(fit.lower),
          upper: Math.log(fit.upper),
        };
      },
    },
    {
      estimator: 'empirical Bayes ratio, model estimated from the same persons',
      world: '400 persons selected on 2 or more events, no effect',
      truth: 0,
      expect: 'reported',
      small: 60,
      sample: (random) => {
        const { before, after } = counts(random);
        const ones = new Float64Array(400).fill(1);
        const model = fitNegativeBinomial(
          keysOf({ design: { rows: 400, columns: 1, x: ones }, events: before, exposure: ones }),
        );
        if (model.status !== 'estimated') return null;
        const persons = empiricalBayes(before, model.fitted, model.theta);
        const chosen = (values: Float64Array) => values.filter((_, i) => (before[i] as number) >= 2);
        const fit = correctedRatio(
          { events_before: chosen(before), events_after: chosen(after), exposure_ratio: chosen(ones) },
          {
            weight: chosen(persons.weight),
            expected: chosen(persons.expected),
            variance: chosen(persons.variance),
          },
        );
        if (fit.status !== 'estimated') return null;
        return {
          estimate: Math.log(fit.ratio),
          se: fit.se / fit.ratio,
          lower: Math.log(fit.lower),
          upper: Math.log(fit.upper),
        };
      },
    },
    {
      estimator: 'stationary expectation (Robbins)',
      world: '400 persons selected on 2 or more events, no effect',
      truth: 0,
      expect: 'band',
      sample: (random) => {
        const { before, after } = counts(random);
        const fit = stationaryComparison(before, after, 2);
        return fit.status === 'estimated'
          ? {
              estimate: Math.log(fit.ratio),
              se: fit.se_log,
              lower: Math.log(fit.lower),
              upper: Math.log(fit.upper),
            }
          : null;
      },
    },
    {
      estimator: 'rate after over rate before of the selected, uncorrected',
      world: '400 persons selected on 2 or more events, no effect',
      broken: 'selection on the count before',
      truth: 0,
      expect: 'reported',
      sample: (random) => {
        const { before, after } = counts(random);
        let [b, a] = [0, 0];
        before.forEach((y, i) => {
          if (y < 2) return;
          b += y;
          a += after[i] as number;
        });
        return normalSample(Math.log(a / b), Math.sqrt(1 / a + 1 / b));
      },
    },
  ]);
});

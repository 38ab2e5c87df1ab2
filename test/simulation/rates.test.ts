import { describe } from 'vitest';
import { bootstrapIntervals, jackknifeAcceleration } from '../../src/stats/bootstrap/intervals.ts';
import { bootstrap, jackknife } from '../../src/stats/bootstrap/resample.ts';
import { fisherExact } from '../../src/stats/paired/contingency.ts';
import { mcnemar } from '../../src/stats/paired/mcnemar.ts';
import { pairedT } from '../../src/stats/paired/paired-differences.ts';
import { rankSumTest } from '../../src/stats/paired/rank-sum.ts';
import { signedRankTest } from '../../src/stats/paired/signed-rank.ts';
import {
  binomial,
  exponential,
  type Generator,
  gamma,
  multinomial,
  poisson,
  standardNormal,
} from '../../src/stats/random.ts';
import { clopperPearsonInterval, wilsonInterval } from '../../src/stats/rates/proportion.ts';
import { eventRate, type RateIntervalMethod } from '../../src/stats/rates/rate.ts';
import { type RateRatioMethod, rateDifference, rateRatio } from '../../src/stats/rates/rate-ratio.ts';
import { ratioOfRateRatios } from '../../src/stats/rates/ratio-of-rate-ratios.ts';
import {
  directlyStandardisedRate,
  type StandardisedIntervalMethod,
  standardisedRateRatio,
  standardisedRatio,
} from '../../src/stats/rates/standardised.ts';
import { maxSprtCriticalValue, poissonLogLikelihoodRatio } from '../../src/stats/sequential/max-sprt.ts';
import { checkWorlds, limitsSample, normalSample, testSample, type World } from './harness.ts';

function rateWorld(method: RateIntervalMethod, mean: number, kind: World['expect']): World {
  return {
    estimator: `rate, ${method} interval`,
    world: `Poisson count of mean ${mean} in 10 years`,
    truth: mean / 10,
    expect: kind,
    sample: (random) => {
      const rate = eventRate(poisson(random, mean), 10, { method });
      return rate.status === 'estimated' ? limitsSample(rate.rate, rate.lower, rate.upper) : null;
    },
  };
}

function ratioWorld(method: RateRatioMethod, first: number, second: number, kind: World['expect']): World {
  return {
    estimator: `rate ratio, ${method}`,
    world: `${first} and ${second} events expected in 20 and 50 years`,
    truth: Math.log((first * 50) / (second * 20)),
    expect: kind,
    sample: (random) => {
      const fit = rateRatio(
        { events: poisson(random, first), person_years: 20 },
        { events: poisson(random, second), person_years: 50 },
        { method },
      );
      if (fit.status === 'estimated')
        return {
          estimate: fit.log_rate_ratio,
          se: fit.se_log,
          lower: Math.log(fit.lower),
          upper: Math.log(fit.upper),
        };
      if (fit.status !== 'no-events-in-one-group' || fit.lower === undefined || fit.upper === undefined)
        return null;
      return limitsSample(Number.NaN, Math.log(fit.lower), Math.log(fit.upper));
    },
  };
}

const AGE_RATES = [0.8, 0.5, 0.25, 0.1];
const AGE_YEARS = [30, 60, 50, 40];
const STANDARD = [5000, 7500, 8000, 9500];
const standardRate = AGE_RATES.reduce((sum, rate, a) => sum + rate * (STANDARD[a] as number), 0) / 30000;

function standardisedWorld(method: StandardisedIntervalMethod, scale: number, kind: World['expect']): World {
  return {
    estimator: `directly standardised rate, ${method}`,
    world: `4 age bands, ${Math.round(scale * 71)} events expected`,
    truth: standardRate,
    expect: kind,
    sample: (random) => {
      const years = AGE_YEARS.map((t) => t * scale);
      const events = years.map((t, a) => poisson(random, t * (AGE_RATES[a] as number)));
      const rate = directlyStandardisedRate(events, years, STANDARD, { method });
      if (rate.status !== 'estimated') return null;
      return { estimate: rate.rate, se: Math.sqrt(rate.variance), lower: rate.lower, upper: rate.upper };
    },
  };
}

/** Mean of skewed counts of 60 persons, by the bootstrap over persons. */
function bootstrapWorld(kind: 'normal' | 'percentile' | 'bca'): World {
  return {
    estimator: `bootstrap over persons, ${kind}`,
    world: 'mean count of 80 persons whose rates are gamma with shape 2; 999 replicates',
    truth: 3,
    expect: 'band',
    runs: 2000,
    small: 60,
    sample: (random) => {
      const counts = Float64Array.from({ length: 80 }, () => poisson(random, gamma(random, 2, 1.5)));
      const mean = (indices: Int32Array): number => {
        let total = 0;
        for (const i of indices) total += counts[i] as number;
        return total / indices.length;
      };
      const acceleration = jackknifeAcceleration(jackknife(mean, counts.length));
      const found = bootstrapIntervals(bootstrap(mean, counts.length, 999, random), { acceleration });
      if (found.status !== 'estimated') return null;
      const interval = kind === 'bca' ? found.bca : found[kind];
      if (interval === undefined || !('lower' in interval)) return null;
      return { estimate: found.estimate, se: found.se, lower: interval.lower, upper: interval.upper };
    },
  };
}

const normals = (random: Generator, n: number, draw: (random: Generator) => number): Float64Array =>
  Float64Array.from({ length: n }, () => draw(random));
/** Symmetric about 0 and long-tailed: the difference of two exponentials. */
const laplace = (random: Generator): number => exponential(random) - exponential(random);

/** First day count at which the likelihood ratio passes the critical value, events one at a time in expected time. */
const CRITICAL = maxSprtCriticalValue(10, 0.05, 1);

describe('Rates, ratios, proportions', () => {
  checkWorlds([
    rateWorld('exact', 4, 'at-least'),
    rateWorld('exact', 40, 'at-least'),
    rateWorld('mid-p', 4, 'reported'),
    rateWorld('mid-p', 40, 'band'),
    rateWorld('byar', 40, 'band'),
    ratioWorld('exact', 6, 12, 'at-least'),
    ratioWorld('exact', 40, 60, 'at-least'),
    ratioWorld('mid-p', 40, 60, 'band'),
    ratioWorld('wald', 40, 60, 'band'),
    ...(['wald', 'mover'] as const).map(
      (method): World => ({
        estimator: `rate difference, ${method}`,
        world: '40 and 60 events expected in 20 and 50 years',
        truth: 0.8,
        expect: 'band',
        sample: (random) => {
          const fit = rateDifference(
            { events: poisson(random, 40), person_years: 20 },
            { events: poisson(random, 60), person_years: 50 },
            { method },
          );
          return { estimate: fit.rate_difference, se: fit.se, lower: fit.lower, upper: fit.upper };
        },
      }),
    ),
    {
      estimator: 'ratio of rate ratios',
      world: 'four cells of 50 to 90 events expected',
      truth: Math.log((60 * 70) / (90 * 50)),
      expect: 'band',
      sample: (random) => {
        const cell = (mean: number) => ({ events: poisson(random, mean), person_years: 100 });
        const fit = ratioOfRateRatios({
          treated_after: cell(60),
          treated_before: cell(90),
          comparison_after: cell(50),
          comparison_before: cell(70),
        });
        if (fit.status !== 'estimated') return null;
        return normalSample(fit.log_ratio, fit.se_log);
      },
    },
    {
      estimator: 'proportion, Clopper-Pearson',
      world: '20 persons, probability 0.3',
      truth: 0.3,
      expect: 'at-least',
      sample: (random) => {
        const count = binomial(random, 20, 0.3);
        const { lower, upper } = clopperPearsonInterval(count, 20);
        return limitsSample(count / 20, lower, upper);
      },
    },
    {
      estimator: 'proportion, Wilson',
      world: '100 persons, probability 0.3',
      truth: 0.3,
      expect: 'band',
      sample: (random) => {
        const count = binomial(random, 100, 0.3);
        const { lower, upper } = wilsonInterval(count, 100);
        return limitsSample(count / 100, lower, upper);
      },
    },
    standardisedWorld('fay-feuer', 0.3, 'at-least'),
    standardisedWorld('fay-feuer', 2, 'at-least'),
    standardisedWorld('tiwari', 2, 'band'),
    standardisedWorld('dobson', 2, 'band'),
    standardisedWorld('dobson-byar', 2, 'band'),
    standardisedWorld('log-normal', 2, 'band'),
    {
      estimator: 'ratio of standardised rates',
      world: 'two populations of 140 events expected, equal rates',
      truth: 0,
      expect: 'band',
      sample: (random) => {
        const one = () => {
          const years = AGE_YEARS.map((t) => 2 * t);
          return directlyStandardisedRate(
            years.map((t, a) => poisson(random, t * (AGE_RATES[a] as number))),
            years,
            STANDARD,
          );
        };
        const [a, b] = [one(), one()];
        if (a.status !== 'estimated' || b.status !== 'estimated') return null;
        const ratio = standardisedRateRatio(a, b);
        return normalSample(Math.log(ratio.rate_ratio), ratio.se_log);
      },
    },
    {
      estimator: 'standardised ratio, exact',
      world: '12 events expected, ratio 1.5',
      truth: 1.5,
      expect: 'at-least',
      sample: (random) => {
        const fit = standardisedRatio(poisson(random, 18), 12);
        return fit.status === 'estimated' ? limitsSample(fit.ratio, fit.lower, fit.upper) : null;
      },
    },
    bootstrapWorld('normal'),
    bootstrapWorld('percentile'),
    bootstrapWorld('bca'),
  ]);
});

describe('Paired and two-sample comparisons', () => {
  checkWorlds([
    {
      estimator: 'McNemar, exact odds ratio',
      world: '60 pairs, discordant with probability 0.2 and 0.1',
      truth: Math.log(2),
      expect: 'at-least',
      sample: (random) => {
        const [both = 0, first = 0, second = 0, neither = 0] = multinomial(random, 60, [0.2, 0.2, 0.1, 0.5]);
        const fit = mcnemar({ both, only_first: first, only_second: second, neither });
        if (fit.status !== 'estimated') return null;
        const ratio = Math.log(fit.odds_ratio);
        return limitsSample(ratio, Math.log(fit.odds_ratio_lower), Math.log(fit.odds_ratio_upper));
      },
    },
    {
      estimator: 'McNemar, difference of proportions',
      world: '300 pairs, discordant with probability 0.2 and 0.1',
      truth: 0.1,
      expect: 'band',
      sample: (random) => {
        const [both = 0, first = 0, second = 0, neither = 0] = multinomial(random, 300, [0.2, 0.2, 0.1, 0.5]);
        const fit = mcnemar({ both, only_first: first, only_second: second, neither });
        if (fit.status !== 'estimated') return null;
        return limitsSample(fit.difference, fit.difference_lower, fit.difference_upper);
      },
    },
    {
      estimator: 'Fisher, conditional odds ratio',
      world: '30 and 30 persons, probabilities 0.5 and 0.3',
      truth: Math.log(0.5 / 0.5 / (0.3 / 0.7)),
      expect: 'at-least',
      small: 100,
      sample: (random) => {
        const a = binomial(random, 30, 0.5);
        const c = binomial(random, 30, 0.3);
        const fit = fisherExact(a, 30 - a, c, 30 - c);
        if (fit.status !== 'estimated') return null;
        return limitsSample(Math.log(fit.odds_ratio), Math.log(fit.lower), Math.log(fit.upper));
      },
    },
    {
      estimator: 'paired t',
      world: '25 normal differences of mean 0.4',
      truth: 0.4,
      expect: 'band',
      sample: (random) => {
        const fit = pairedT(normals(random, 25, (r) => 0.4 + standardNormal(r)));
        return fit.status === 'estimated'
          ? { estimate: fit.mean, se: fit.se, lower: fit.lower, upper: fit.upper }
          : null;
      },
    },
    {
      estimator: 'signed rank, Hodges-Lehmann',
      world: '30 long-tailed symmetric differences about 0.4',
      truth: 0.4,
      expect: 'at-least',
      sample: (random) => {
        const fit = signedRankTest(normals(random, 30, (r) => 0.4 + laplace(r)));
        return fit.status === 'estimated' ? limitsSample(fit.shift, fit.lower, fit.upper) : null;
      },
    },
    {
      estimator: 'rank sum, Hodges-Lehmann',
      world: '25 and 30 long-tailed values, shift 0.5',
      truth: 0.5,
      expect: 'at-least',
      sample: (random) => {
        const fit = rankSumTest(
          normals(random, 25, (r) => 0.5 + laplace(r)),
          normals(random, 30, laplace),
        );
        return fit.status === 'estimated' ? limitsSample(fit.shift, fit.lower, fit.upper) : null;
      },
    },
    {
      estimator: 'MaxSPRT, size over the whole watch',
      world: 'events at the expected rate until 10 are expected',
      truth: 0,
      expect: 'band',
      sample: (random) => {
        let expected = 0;
        for (let events = 1; ; events++) {
          expected += exponential(random);
          if (expected > 10) return testSample(1);
          if (poissonLogLikelihoodRatio(events, expected) >= CRITICAL) return testSample(0);
        }
      },
    },
  ]);
});

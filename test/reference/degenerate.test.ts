import { describe, expect, it } from 'vitest';
import { bootstrapIntervals, jackknifeAcceleration } from '../../src/stats/bootstrap/intervals.ts';
import { bootstrap, jackknife } from '../../src/stats/bootstrap/resample.ts';
import { fisherExact, pearsonChiSquare } from '../../src/stats/paired/contingency.ts';
import { kruskalWallis } from '../../src/stats/paired/kruskal-wallis.ts';
import { mcnemar } from '../../src/stats/paired/mcnemar.ts';
import { pairedT, signTest } from '../../src/stats/paired/paired-differences.ts';
import { rankSumTest } from '../../src/stats/paired/rank-sum.ts';
import { signedRankTest } from '../../src/stats/paired/signed-rank.ts';
import { exponential, poisson, seededGenerator, standardNormal } from '../../src/stats/random.ts';
import { clopperPearsonInterval, wilsonInterval } from '../../src/stats/rates/proportion.ts';
import { eventRate } from '../../src/stats/rates/rate.ts';
import { rateRatio } from '../../src/stats/rates/rate-ratio.ts';
import { ratioOfRateRatios } from '../../src/stats/rates/ratio-of-rate-ratios.ts';
import { directlyStandardisedRate, standardisedRatio } from '../../src/stats/rates/standardised.ts';
import { clusterRobust } from '../../src/stats/regression/cluster-robust.ts';
import { countTotals } from '../../src/stats/regression/compress.ts';
import { fitConditionalPoisson } from '../../src/stats/regression/conditional-poisson.ts';
import { type Design, designFromRows } from '../../src/stats/regression/design.ts';
import { fitDifferenceInRates } from '../../src/stats/regression/difference-in-rates.ts';
import { fitGee } from '../../src/stats/regression/gee.ts';
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
import { correctedRatio, empiricalBayes } from '../../src/stats/regression-to-mean/empirical-bayes.ts';
import { stationaryComparison } from '../../src/stats/regression-to-mean/stationary.ts';
import { logFactorial } from '../../src/stats/special/gamma.ts';
import { estimateIncidenceRows } from '../../src/stats/survival/aalen-johansen.ts';
import { fitCox } from '../../src/stats/survival/cox.ts';
import { fitCoxExact } from '../../src/stats/survival/cox-exact.ts';
import { fitFineGray } from '../../src/stats/survival/fine-gray.ts';
import { testGrayRows } from '../../src/stats/survival/gray.ts';
import { estimateSurvival, restrictedMean } from '../../src/stats/survival/kaplan-meier.ts';
import { tabulateRows } from '../../src/stats/survival/life-table.ts';
import { testLogRankRows } from '../../src/stats/survival/log-rank.ts';
import { estimateMeanCumulativeFunction } from '../../src/stats/survival/mean-cumulative-function.ts';
import { estimateCumulativeHazard } from '../../src/stats/survival/nelson-aalen.ts';
import { testProportionalHazards } from '../../src/stats/survival/proportional-hazards.ts';
import { recordValidation } from './validation-record.ts';

/**
 * What every kernel says of data that have no, or hardly an, answer. A kernel gives a status without an estimate, or numbers; a number
 * that is not one is a fault, except the coefficient of a column that is a combination of others (as R prints NA).
 */

interface Situation {
  readonly name: string;
  /** Two rows a person (before, after): intercept, arm, after, covariate. */
  readonly design: Design;
  readonly events: Float64Array;
  readonly exposure: Float64Array;
  readonly person: Int32Array;
  readonly persons: number;
  /** Per person: time to the first event or the end, and what ended it (0 nothing, 1 event, 2 another cause). */
  readonly time: Float64Array;
  readonly cause: Float64Array;
  /** Columns known to be combinations of earlier ones. */
  readonly aliased?: readonly number[];
}

interface Options {
  persons?: number;
  /** Count of one row from its mean; default Poisson. */
  count?: (mean: number, arm: number, z: number, after: number) => number;
  exposure?: number;
  cause?: (arm: number, z: number) => number;
  /** Time from the covariate; default exponential. */
  time?: (arm: number, z: number) => number;
  collinear?: boolean;
}

function situation(name: string, options: Options = {}): Situation {
  const random = seededGenerator(7);
  const persons = options.persons ?? 40;
  const x: number[][] = [];
  const events: number[] = [];
  const person: number[] = [];
  const time = new Float64Array(persons);
  const cause = new Float64Array(persons);
  const unit = options.exposure ?? 1;
  const exposure: number[] = [];
  for (let i = 0; i < persons; i++) {
    const arm = i % 2;
    const z = standardNormal(random);
    for (const after of [0, 1]) {
      x.push([1, arm, after, z, ...(options.collinear ? [2 * arm - after] : [])]);
      const mean = Math.exp(0.5 + 0.3 * arm - 0.4 * after);
      events.push(
        options.count ? options.count(poisson(random, mean), arm, z, after) : poisson(random, mean),
      );
      exposure.push(unit * (1 + 0.5 * ((i + after) % 3)));
      person.push(i);
    }
    time[i] = unit * (options.time ? options.time(arm, z) : exponential(random));
    cause[i] = options.cause ? options.cause(arm, z) : i % 5 === 4 ? 0 : 1 + (i % 3 === 2 ? 1 : 0);
  }
  return {
    name,
    design: designFromRows(x),
    events: Float64Array.from(events),
    exposure: Float64Array.from(exposure),
    person: Int32Array.from(person),
    persons,
    time,
    cause,
    ...(options.collinear ? { aliased: [4] } : {}),
  };
}

/** Fewer in the ordinary tests, which have to be quick. */
const MANY = process.env.DESIST_VALIDATION ? 100_000 : 12_000;

const SITUATIONS: readonly Situation[] = [
  situation('ordinary data', { count: (mean, _, z) => Math.max(0, Math.round(mean * Math.exp(z))) }),
  situation('separation: events only where the covariate is positive', {
    count: (mean, _, z) => (z > 0 ? Math.max(1, mean) : 0),
    cause: (_, z) => (z > 0 ? 1 : 0),
    time: (_, z) => Math.exp(-z),
  }),
  situation('zero events in an arm', {
    count: (mean, arm) => (arm === 1 ? 0 : mean),
    cause: (arm) => (arm === 1 ? 0 : 1),
  }),
  situation('no events: everyone censored', { count: () => 0, cause: () => 0 }),
  situation('one person', { persons: 1 }),
  situation('two persons', { persons: 2 }),
  situation('collinear columns', { collinear: true }),
  situation('rates near 1e-300', { exposure: 1e300 }),
  situation('rates near 1e8', { exposure: 1e-8 }),
  situation(`${MANY.toLocaleString('en')} persons, each a stratum and a cluster`, { persons: MANY }),
];

/** A status, or numbers by name. */
type Answer = string | Readonly<Record<string, number>>;

const half = (s: Situation, values: Float64Array, after: number): Float64Array =>
  Float64Array.from({ length: s.persons }, (_, i) => values[2 * i + after] as number);
const sumWhere = (s: Situation, values: Float64Array, arm: number, after?: number): number =>
  values.reduce((sum, v, r) => {
    const base = r * s.design.columns;
    const here = s.design.x[base + 1] === arm && (after === undefined || s.design.x[base + 2] === after);
    return here ? sum + v : sum;
  }, 0);
const cell = (s: Situation, arm: number, after?: number) => ({
  events: sumWhere(s, s.events, arm, after),
  person_years: sumWhere(s, s.exposure, arm, after),
});
const start = (s: Situation): Int32Array => Int32Array.from({ length: s.persons + 1 }, (_, i) => 2 * i);
const differences = (s: Situation): Float64Array =>
  half(s, s.events, 1).map((v, i) => v - (s.events[2 * i] as number));
const armOf = (s: Situation): Int32Array =>
  Int32Array.from({ length: s.persons }, (_, i) => s.design.x[2 * i * s.design.columns + 1] as number);

/** Coefficients and standard errors of the columns that are not aliased. */
function coefficients(
  fit: { readonly coefficient: Float64Array; readonly aliased: readonly number[] },
  se: Float64Array,
): Record<string, number> {
  const named: Record<string, number> = {};
  fit.coefficient.forEach((b, k) => {
    if (fit.aliased.includes(k)) return;
    named[`b${k}`] = b;
    named[`se${k}`] = se[k] as number;
  });
  return named;
}

const survivalX = (s: Situation): Float64Array => {
  const columns = s.aliased === undefined ? 2 : 3;
  const x = new Float64Array(s.persons * columns);
  for (let i = 0; i < s.persons; i++) {
    const base = 2 * i * s.design.columns;
    x[i * columns] = s.design.x[base + 1] as number;
    x[i * columns + 1] = s.design.x[base + 3] as number;
    if (columns === 3) x[i * columns + 2] = 3 * (s.design.x[base + 1] as number);
  }
  return x;
};
const coxRows = (s: Situation) => ({
  rows: s.persons,
  columns: s.aliased === undefined ? 2 : 3,
  x: survivalX(s),
  stop: s.time,
  event: s.cause.map((c) => (c === 1 ? 1 : 0)),
});
const poissonOf = (s: Situation) => fitPoisson({ design: s.design, events: s.events, exposure: s.exposure });
const last = (values: Float64Array): number => values[values.length - 1] as number;

const LARGE = 10_000;
const tooLarge = (s: Situation): boolean => s.persons > LARGE;
const NOT_RUN = 'not run: all pairs of values';

const KERNELS: Readonly<Record<string, (s: Situation) => Answer>> = {
  'rate, exact': (s) => {
    const one = cell(s, 0);
    const rate = eventRate(one.events, one.person_years);
    return rate.status === 'estimated'
      ? { rate: rate.rate, lower: rate.lower, upper: rate.upper }
      : rate.status;
  },
  'rate ratio, exact': (s) => {
    const ratio = rateRatio(cell(s, 1), cell(s, 0));
    return ratio.status === 'estimated'
      ? { ratio: ratio.rate_ratio, lower: ratio.lower, upper: ratio.upper, p: ratio.p }
      : ratio.status;
  },
  'ratio of rate ratios': (s) => {
    const ratio = ratioOfRateRatios({
      treated_before: cell(s, 1, 0),
      treated_after: cell(s, 1, 1),
      comparison_before: cell(s, 0, 0),
      comparison_after: cell(s, 0, 1),
    });
    return ratio.status === 'estimated' ? { log_ratio: ratio.log_ratio, se: ratio.se_log } : ratio.status;
  },
  'directly standardised rate, each person a stratum': (s) => {
    const rate = directlyStandardisedRate(
      half(s, s.events, 0),
      half(s, s.exposure, 0),
      new Float64Array(s.persons).fill(1),
    );
    return rate.status === 'estimated'
      ? { rate: rate.rate, lower: rate.lower, upper: rate.upper }
      : rate.status;
  },
  'standardised ratio': (s) => {
    const ratio = standardisedRatio(cell(s, 1).events, cell(s, 0).events);
    return ratio.status === 'estimated'
      ? { ratio: ratio.ratio, lower: ratio.lower, upper: ratio.upper }
      : ratio.status;
  },
  'proportion, Clopper-Pearson and Wilson': (s) => {
    const with_event = s.cause.filter((c) => c === 1).length;
    const exact = clopperPearsonInterval(with_event, s.persons);
    const wilson = wilsonInterval(with_event, s.persons);
    return { lower: exact.lower, upper: exact.upper, wilson_lower: wilson.lower, wilson_upper: wilson.upper };
  },
  'Poisson regression': (s) => {
    const fit = poissonOf(s);
    return fit.status === 'estimated' ? coefficients(fit, fit.se) : fit.status;
  },
  'Poisson regression, profile limits': (s) => {
    if (tooLarge(s)) return 'not run: many refits';
    const fit = poissonOf(s);
    if (fit.status !== 'estimated') return fit.status;
    const limits = poissonProfileInterval(fit, s, 0);
    return limits.status === 'estimated' ? { lower: limits.lower, upper: limits.upper } : limits.status;
  },
  'quasi-Poisson': (s) => {
    const fit = poissonOf(s);
    if (fit.status !== 'estimated') return fit.status;
    const perRow = s.events.map((y, i) => (y * y) / (s.exposure[i] as number));
    const totals = countTotals(s.events, s.exposure, logFactorial);
    const quasi = quasiPoisson(fit, poissonStatistics(fit, s, perRow, totals));
    return quasi.status === 'estimated' ? coefficients(fit, quasi.se) : quasi.status;
  },
  'cluster-robust, CR1': (s) => {
    const fit = poissonOf(s);
    if (fit.status !== 'estimated') return fit.status;
    const residual = s.events.map((y, i) => y - (fit.fitted[i] as number));
    const robust = clusterRobust(
      fit,
      { design: s.design, residual, cluster: s.person, clusters: s.persons, observations: s.events.length },
      'CR1',
    );
    return robust.status === 'estimated' ? coefficients(fit, robust.se) : robust.status;
  },
  'cluster-robust, CR2 with Satterthwaite': (s) => {
    if (tooLarge(s)) return 'not run: an eigenproblem a cluster';
    const fit = poissonOf(s);
    if (fit.status !== 'estimated') return fit.status;
    const residual = s.events.map((y, i) => y - (fit.fitted[i] as number));
    const data = { design: s.design, residual, weight: fit.fitted, cluster: s.person, clusters: s.persons };
    const robust = smallSampleClusterRobust(fit, data, 'CR2');
    if (robust.status !== 'estimated') return robust.status;
    return { ...coefficients(fit, robust.se), df0: robust.df?.[0] as number };
  },
  'negative binomial': (s) => {
    const fit = fitNegativeBinomial({
      design: s.design,
      events: s.events,
      exposure: s.exposure,
      observations: new Float64Array(s.events.length).fill(1),
      tail: tailHistogram(s.events),
    });
    return fit.status === 'estimated' ? { ...coefficients(fit, fit.se), theta: fit.theta } : fit.status;
  },
  ...Object.fromEntries(
    (['independence', 'exchangeable', 'ar1'] as const).map((correlation) => [
      `GEE, ${correlation}`,
      (s: Situation): Answer => {
        const data = { design: s.design, events: s.events, exposure: s.exposure, start: start(s) };
        const fit = fitGee(data, { family: 'poisson', correlation });
        return fit.status === 'estimated' ? coefficients(fit, fit.robust_se) : fit.status;
      },
    ]),
  ),
  'conditional Poisson': (s) => {
    const after = Float64Array.from(s.person, (_, r) => s.design.x[r * s.design.columns + 2] as number);
    const design = { rows: s.design.rows, columns: 1, x: after };
    const fit = fitConditionalPoisson({ design, events: s.events, exposure: s.exposure, start: start(s) });
    return fit.status === 'estimated' ? coefficients(fit, fit.robust_se) : fit.status;
  },
  'Poisson-gamma': (s) => {
    const data = { design: s.design, events: s.events, exposure: s.exposure, start: start(s) };
    const fit = fitPoissonGamma(data);
    return fit.status === 'estimated' ? { ...coefficients(fit, fit.se), alpha: fit.alpha } : fit.status;
  },
  'logistic regression': (s) => {
    const ones = new Float64Array(s.events.length).fill(1);
    const fit = fitLogistic({
      design: s.design,
      trials: ones,
      successes: s.events.map((y) => Math.min(1, y)),
    });
    return fit.status === 'estimated' ? coefficients(fit, fit.se) : fit.status;
  },
  'inverse probability weights': (s) => {
    const treated = Float64Array.from(armOf(s));
    const covariates = designFromRows(
      Array.from({ length: s.persons }, (_, i) => [1, s.design.x[2 * i * s.design.columns + 3] as number]),
    );
    const propensity = fitPropensity(covariates, treated);
    if (propensity.status !== 'estimated') return `propensity: ${propensity.status}`;
    const fit = fitWeightedRates({
      outcome: designFromRows(Array.from(treated, (a) => [1, a])),
      events: half(s, s.events, 1),
      exposure: half(s, s.exposure, 1),
      treated,
      covariates,
      propensity,
      kind: 'ate-stabilised',
    });
    if (fit.status !== 'estimated') return fit.status;
    return fit.estimated.status === 'estimated'
      ? coefficients(fit.fit, fit.estimated.se)
      : fit.estimated.status;
  },
  'difference in rates, persons as clusters': (s) => {
    const column = (k: number): Float64Array =>
      Float64Array.from(s.person, (_, r) => s.design.x[r * s.design.columns + k] as number);
    const fit = fitDifferenceInRates(
      { treated: column(1), post: column(2), events: s.events, exposure: s.exposure },
      [{ name: 'person', cluster: s.person, clusters: s.persons }],
    );
    if (fit.status !== 'estimated') return fit.status;
    const robust = fit.robust[0]?.result;
    if (robust?.status !== 'estimated') return robust?.status ?? 'none';
    return { log_ratio: fit.log_ratio_of_rate_ratios, se: robust.se[fit.column] as number };
  },
  'negative binomial analysis of covariance': (s) => {
    const fit = fitNbAncova({
      treated: Float64Array.from(armOf(s)),
      baseline_events: half(s, s.events, 0),
      baseline_exposure: half(s, s.exposure, 0),
      events: half(s, s.events, 1),
      exposure: half(s, s.exposure, 1),
    });
    return fit.status === 'estimated' ? { log_ratio: fit.log_rate_ratio, se: fit.se_log_robust } : fit.status;
  },
  'empirical Bayes ratio': (s) => {
    const before = half(s, s.events, 0);
    const fit = correctedRatio(
      {
        events_before: before,
        events_after: half(s, s.events, 1),
        exposure_ratio: new Float64Array(s.persons).fill(1),
      },
      empiricalBayes(before, new Float64Array(s.persons).fill(1.5), 1.2),
    );
    return fit.status === 'estimated' ? { ratio: fit.ratio, se: fit.se } : fit.status;
  },
  'stationary expectation': (s) => {
    const fit = stationaryComparison(half(s, s.events, 0), half(s, s.events, 1), 1);
    return fit.status === 'estimated' ? { ratio: fit.ratio, lower: fit.lower, upper: fit.upper } : fit.status;
  },
  ...Object.fromEntries(
    (['efron', 'breslow'] as const).map((ties) => [
      `Cox, ${ties}, robust`,
      (s: Situation): Answer => {
        const fit = fitCox(coxRows(s), { ties, cluster: 'rows' });
        return fit.status === 'estimated' ? coefficients(fit, fit.robust?.se ?? fit.se) : fit.status;
      },
    ]),
  ),
  'Cox, each person a stratum': (s) => {
    const fit = fitCox({ ...coxRows(s), stratum: Int32Array.from({ length: s.persons }, (_, i) => i) });
    return fit.status === 'estimated' ? coefficients(fit, fit.se) : fit.status;
  },
  'Cox, exact': (s) => {
    if (tooLarge(s)) return 'not run: all subsets of the risk sets';
    const fit = fitCoxExact(coxRows(s));
    if (fit.status !== 'estimated') return fit.status;
    return { b0: fit.coefficient[0] as number, se0: fit.se[0] as number };
  },
  'test of proportional hazards': (s) => {
    const rows = coxRows(s);
    const fit = fitCox(rows);
    if (fit.status !== 'estimated') return fit.status;
    const { global } = testProportionalHazards(rows, fit, { transform: 'km' });
    return { chi_square: global.chi_square, p: global.p_value };
  },
  'Andersen-Gill, persons as clusters': (s) => {
    const n = s.events.length;
    const at = Float64Array.from({ length: n }, (_, r) => (r % 2 === 1 ? (s.exposure[r - 1] as number) : 0));
    const rows = {
      rows: n,
      columns: 1,
      x: Float64Array.from(s.person, (_, r) => s.design.x[r * s.design.columns + 1] as number),
      start: at,
      stop: s.exposure.map((t, r) => t + (at[r] as number)),
      event: s.events.map((y) => Math.min(1, y)),
    };
    const fit = fitCox(rows, { cluster: s.person });
    return fit.status === 'estimated' ? coefficients(fit, fit.robust?.se ?? fit.se) : fit.status;
  },
  'Kaplan-Meier': (s) => {
    const [table] = tabulateRows({ stop: s.time, event: s.cause.map((c) => (c > 0 ? 1 : 0)) });
    if (table === undefined) return 'no rows';
    const curve = estimateSurvival(table, { conf_type: 'log' });
    // Once everyone has had the event Greenwood's formula divides by nobody: no standard error, as in R.
    if (curve.survival[0] === 0) return 'survival 0, without a standard error';
    return { survival: curve.survival[0] as number, se: curve.se[0] as number };
  },
  'restricted mean': (s) => {
    const [table] = tabulateRows({ stop: s.time, event: s.cause.map((c) => (c > 0 ? 1 : 0)) });
    if (table === undefined) return 'no rows';
    const mean = restrictedMean(estimateSurvival(table), s.time.reduce((a, b) => Math.max(a, b), 0) / 2);
    return mean.status === 'estimated' ? { mean: mean.mean, se: mean.se } : mean.status;
  },
  'Nelson-Aalen': (s) => {
    const [table] = tabulateRows({ stop: s.time, event: s.cause.map((c) => (c > 0 ? 1 : 0)) });
    if (table === undefined) return 'no rows';
    const curve = estimateCumulativeHazard(table);
    return { hazard: last(curve.cumulative_hazard), se: last(curve.se) };
  },
  'log-rank': (s) => {
    const event = s.cause.map((c) => (c > 0 ? 1 : 0));
    const test = testLogRankRows({ stop: s.time, event }, armOf(s), { groups: 2 });
    return test.status === 'estimated' ? { chi_square: test.chi_square, p: test.p_value } : test.status;
  },
  'log-rank, each pair of persons a stratum': (s) => {
    const event = s.cause.map((c) => (c > 0 ? 1 : 0));
    const stratum = Int32Array.from({ length: s.persons }, (_, i) => i >> 1);
    const strata = (s.persons + 1) >> 1;
    const test = testLogRankRows({ stop: s.time, event, stratum }, armOf(s), { groups: 2, strata });
    return test.status === 'estimated' ? { chi_square: test.chi_square, p: test.p_value } : test.status;
  },
  'Aalen-Johansen': (s) => {
    const [curve] = estimateIncidenceRows({ causes: 2, stop: s.time, cause: s.cause });
    if (curve === undefined || curve.time.length === 0) return 'no events';
    const at = curve.incidence.length - 2;
    return { incidence: curve.incidence[at] as number, se: curve.se[at] as number };
  },
  "Gray's test": (s) => {
    const test = testGrayRows({ causes: 2, stop: s.time, cause: s.cause }, armOf(s), { groups: 2, cause: 1 });
    return test.status === 'estimated' ? { chi_square: test.chi_square, p: test.p_value } : test.status;
  },
  'Fine-Gray': (s) => {
    const { rows, columns, x } = coxRows(s);
    const fit = fitFineGray({ rows, columns, x, time: s.time, cause: s.cause });
    return fit.status === 'estimated' ? coefficients(fit, fit.se) : fit.status;
  },
  'mean cumulative function': (s) => {
    const [curve] = estimateMeanCumulativeFunction({
      person: Int32Array.from({ length: s.persons }, (_, i) => i),
      stop: s.time,
      event: s.cause.map((c) => (c === 1 ? 1 : 0)),
    });
    if (curve === undefined || curve.mean.length === 0) return 'no events';
    return { mean: last(curve.mean), se: last(curve.se) };
  },
  McNemar: (s) => {
    const before = half(s, s.events, 0);
    const after = half(s, s.events, 1);
    const count = (b: boolean, a: boolean): number =>
      before.filter((y, i) => y > 0 === b && (after[i] as number) > 0 === a).length;
    const test = mcnemar({
      both: count(true, true),
      only_first: count(true, false),
      only_second: count(false, true),
      neither: count(false, false),
    });
    if (test.status !== 'estimated') return test.status;
    return {
      odds_ratio: test.odds_ratio,
      lower: test.odds_ratio_lower,
      upper: test.odds_ratio_upper,
      p: test.p_exact,
    };
  },
  'paired t': (s) => {
    const test = pairedT(differences(s));
    return test.status === 'estimated' ? { mean: test.mean, p: test.p } : test.status;
  },
  'sign test': (s) => {
    const test = signTest(differences(s));
    return test.status === 'estimated' ? { p: test.p } : test.status;
  },
  'signed rank': (s) => {
    if (tooLarge(s)) return NOT_RUN;
    const test = signedRankTest(differences(s));
    return test.status === 'estimated'
      ? { shift: test.shift, lower: test.lower, upper: test.upper, p: test.p }
      : test.status;
  },
  'rank sum': (s) => {
    if (tooLarge(s)) return NOT_RUN;
    const arm = armOf(s);
    const all = half(s, s.events, 0);
    const test = rankSumTest(
      all.filter((_, i) => arm[i] === 0),
      all.filter((_, i) => arm[i] === 1),
    );
    return test.status === 'estimated'
      ? { shift: test.shift, lower: test.lower, upper: test.upper, p: test.p }
      : test.status;
  },
  'Kruskal-Wallis': (s) => {
    const test = kruskalWallis(half(s, s.events, 0), armOf(s));
    return test.status === 'estimated' ? { chi_square: test.chi_square, p: test.p } : test.status;
  },
  'Fisher and chi-square': (s) => {
    const arm = armOf(s);
    const count = (a: number, yes: boolean): number =>
      s.cause.filter((c, i) => arm[i] === a && c > 0 === yes).length;
    const table = [count(0, true), count(0, false), count(1, true), count(1, false)] as const;
    const test = fisherExact(...table);
    const chi = pearsonChiSquare(table, 2, 2);
    if (test.status !== 'estimated') return test.status;
    return {
      odds_ratio: test.odds_ratio,
      p: test.p,
      ...(chi.status === 'estimated' ? { chi_square_p: chi.p } : {}),
    };
  },
  'bootstrap over persons, log rate': (s) => {
    if (tooLarge(s)) return 'not run: a thousand passes';
    const logRate = (persons: Int32Array): number => {
      let events = 0;
      let time = 0;
      for (const i of persons) {
        events += s.events[2 * i] as number;
        time += s.exposure[2 * i] as number;
      }
      return Math.log(events / time);
    };
    const draws = bootstrap(logRate, s.persons, 199, seededGenerator(1));
    const acceleration = s.persons > 1 ? jackknifeAcceleration(jackknife(logRate, s.persons)) : Number.NaN;
    const found = bootstrapIntervals(draws, Number.isFinite(acceleration) ? { acceleration } : {});
    if (found.status !== 'estimated') return found.status;
    return { lower: found.percentile.lower, upper: found.percentile.upper, se: found.se };
  },
};

const rows: { kernel: string; situation: string; outcome: string }[] = [];
const digits = (v: number): string => (Number.isFinite(v) ? String(Number(v.toPrecision(3))) : String(v));

describe('Data without an answer', () => {
  for (const s of SITUATIONS)
    it(s.name, () => {
      const faults: string[] = [];
      for (const [kernel, run] of Object.entries(KERNELS)) {
        const answer = run(s);
        if (typeof answer !== 'string') {
          for (const [field, value] of Object.entries(answer))
            if (Number.isNaN(value)) faults.push(`${kernel}: ${field}`);
          expect(Object.keys(answer).length, `${s.name}, ${kernel}`).toBeGreaterThan(0);
        }
        const outcome =
          typeof answer === 'string'
            ? answer
            : Object.entries(answer)
                .slice(0, 4)
                .map(([field, value]) => `${field} ${digits(value)}`)
                .join(', ');
        rows.push({ kernel, situation: s.name, outcome });
      }
      expect(faults, 'numbers that are none').toEqual([]);
      recordValidation('degenerate', 'degenerate', rows);
    }, 60_000);

  it('an estimate where there is one: ordinary data give numbers in every kernel', () => {
    const ordinary = rows.filter((row) => row.situation === 'ordinary data');
    expect(ordinary.length).toBe(Object.keys(KERNELS).length);
    const without = ordinary
      .filter((row) => !/\d/.test(row.outcome))
      .map((row) => `${row.kernel}: ${row.outcome}`);
    // One row a stratum holds no comparison.
    expect(without).toEqual(['Cox, each person a stratum: aliased']);
  });
});

import { describe, expect, it } from 'vitest';
import { clusterRobust, heteroskedasticityRobust } from '../../src/stats/regression/cluster-robust.ts';
import { designFromRows } from '../../src/stats/regression/design.ts';
import {
  fitDifferenceInRates,
  fitDifferenceWithinStrata,
} from '../../src/stats/regression/difference-in-rates.ts';
import { fitWeightedRates } from '../../src/stats/regression/iptw.ts';
import { fitLinear } from '../../src/stats/regression/linear.ts';
import { fitLogistic } from '../../src/stats/regression/logistic.ts';
import { personStarts } from '../../src/stats/regression/person-rows.ts';
import {
  concordance,
  covariateBalance,
  effectiveSampleSize,
  fitPropensity,
  propensityWeights,
  type WeightKind,
} from '../../src/stats/regression/propensity.ts';
import {
  externalColumns,
  numbers,
  parityCase,
  parityVector,
  referenceResults,
  strings,
  vendoredColumns,
} from './parity.ts';
import { clusterCodes, dummies, matchedComparison, sortedRows, withIntercept } from './regression-designs.ts';

interface Table {
  estimate: number[];
  se: number[];
}

describe('Two arms before and after, against R', () => {
  const theirs = referenceResults<{
    poisson: Table & { seCL_person: number[]; seCL_pair: number[]; seCL_area: number[] };
    closedForm: { logRRR: number; se: number };
    area_FE: { t: number; seCL_area: number };
    ols_rate: Table & { seCL_pair: number[] };
    person_FE: Table;
  }>('did');
  const of = (what: string, tolerance: number) => ({ method: 'difference in rates', case: what, tolerance });
  const rows = matchedComparison();
  const arms = {
    treated: numbers(rows.columns, 'treated'),
    post: numbers(rows.columns, 'post'),
    events: rows.events,
    exposure: rows.exposure,
  };
  const clusterings = ['person', 'pair', 'area'].map((name) => ({
    name,
    ...clusterCodes(strings(rows.columns, name)),
  }));

  it('ratio of rate ratios with person, pair and area clusters', () => {
    const fit = fitDifferenceInRates(arms, clusterings);
    if (fit.status !== 'estimated') throw new Error(fit.status);
    parityVector(of('coefficient', 1e-9), fit.fit.coefficient, theirs.poisson.estimate);
    parityVector(of('model se', 1e-7), fit.fit.se, theirs.poisson.se);
    parityCase({
      ...of('closed form', 1e-12),
      ours: fit.log_ratio_of_rate_ratios,
      theirs: theirs.closedForm.logRRR,
    });
    parityCase({ ...of('closed form se', 1e-12), ours: fit.model_se, theirs: theirs.closedForm.se });
    fit.robust.forEach(({ name, result }) => {
      if (result.status !== 'estimated') throw new Error(result.status);
      const key = `seCL_${name}` as 'seCL_person' | 'seCL_pair' | 'seCL_area';
      parityVector(of(`${name} clusters`, 1e-7), result.se, theirs.poisson[key]);
    });
  });

  it('area effects beside arm and period', () => {
    const areas = strings(rows.columns, 'area');
    const levels = [...new Set(areas)]
      .map(Number)
      .sort((a, b) => a - b)
      .map(String);
    const adjustment = designFromRows(areas.map((area) => levels.slice(1).map((l) => (l === area ? 1 : 0))));
    const fit = fitDifferenceInRates({ ...arms, adjustment }, clusterings.slice(2));
    if (fit.status !== 'estimated') throw new Error(fit.status);
    parityCase({ ...of('area effects', 1e-9), ours: fit.log_ratio_of_rate_ratios, theirs: theirs.area_FE.t });
    const area = fit.robust[0]?.result;
    if (area?.status !== 'estimated') throw new Error('not estimated');
    parityCase({
      ...of('area effects se', 1e-7),
      ours: area.se[fit.column] as number,
      theirs: theirs.area_FE.seCL_area,
    });
  });

  it('within persons, with pairs as clusters', () => {
    const sorted = sortedRows(rows, (c, i) => [Number(strings(c, 'person')[i])]);
    const data = {
      treated: numbers(sorted.columns, 'treated'),
      post: numbers(sorted.columns, 'post'),
      events: sorted.events,
      exposure: sorted.exposure,
    };
    const start = personStarts(strings(sorted.columns, 'person'));
    const pairs = clusterCodes(
      Array.from(start.slice(0, -1), (r) => strings(sorted.columns, 'pair')[r] as string),
    );
    const fit = fitDifferenceWithinStrata(data, start, 'person', pairs);
    if (fit.status !== 'estimated') throw new Error(fit.status);
    parityVector(of('person effects', 1e-7), fit.coefficient, theirs.person_FE.estimate);
    expect(fit.clusters).toBe(300);
    expect(fit.robust_se[1]).toBeGreaterThan(fit.se[1] as number);
  });

  it('rates by least squares', () => {
    const rate = arms.events.map((y, i) => y / (arms.exposure[i] as number));
    const ones = new Float64Array(rate.length).fill(1);
    const fit = fitLinear({
      design: rows.design,
      observations: ones,
      sum_y: rate,
      sum_yy: rate.map((r) => r * r),
    });
    if (fit.status !== 'estimated') throw new Error(fit.status);
    parityVector(of('least squares', 1e-9), fit.coefficient, theirs.ols_rate.estimate);
    parityVector(of('least squares se', 1e-10), fit.se, theirs.ols_rate.se);
    const { cluster, clusters } = clusterings[1] as (typeof clusterings)[0];
    const bread = { columns: 4, kept: fit.kept, covariance: fit.unscaled };
    const scores = {
      design: rows.design,
      residual: fit.residual,
      cluster,
      clusters,
      observations: rate.length,
    };
    const robust = clusterRobust(bread, scores, 'CR1S');
    if (robust.status !== 'estimated') throw new Error(robust.status);
    parityVector(of('least squares, pairs', 1e-9), robust.se, theirs.ols_rate.seCL_pair);
  });
});

interface IptwReference {
  ps: { estimate: number[]; se: number[]; logLik: number; c_stat: number; head: number[] };
  sum_w: number;
  sum_sw: number;
  max_sw: number;
  ess: number[];
  smd: { raw: number[]; iptw: number[]; att: number[] };
  outcome: { est: number[]; se_HC0: number[] };
}

describe('Propensity weighting against R', () => {
  const reference = referenceResults<{
    rossi_wexp_on_arrest_poisson_rate: IptwReference;
    uis_treat_on_relapse_logit: IptwReference;
    rossi_svyglm: Table;
  }>('iptw');

  function compareWeights(
    name: string,
    covariates: Float64Array[],
    treated: Float64Array,
    theirs: IptwReference,
  ) {
    const of = (what: string, tolerance: number) => ({
      method: 'propensity',
      case: `${name} ${what}`,
      tolerance,
    });
    const propensity = fitPropensity(withIntercept(covariates), treated);
    if (propensity.status !== 'estimated') throw new Error(propensity.status);
    parityVector(of('coefficient', 1e-9), propensity.coefficient, theirs.ps.estimate);
    parityVector(of('se', 1e-7), propensity.se, theirs.ps.se);
    parityCase({ ...of('log-likelihood', 1e-10), ours: propensity.log_likelihood, theirs: theirs.ps.logLik });
    parityCase({
      ...of('c', 1e-12),
      ours: concordance(treated, propensity.probability),
      theirs: theirs.ps.c_stat,
    });
    parityVector(of('probability', 1e-9), propensity.probability.slice(0, 5), theirs.ps.head);
    const weights = (kind: WeightKind): Float64Array =>
      propensityWeights(treated, propensity.probability, kind);
    const sum = (v: Float64Array): number => v.reduce((s, w) => s + w, 0);
    const stabilised = weights('ate-stabilised');
    parityCase({ ...of('sum of weights', 1e-9), ours: sum(weights('ate')), theirs: theirs.sum_w });
    parityCase({ ...of('sum of stabilised weights', 1e-9), ours: sum(stabilised), theirs: theirs.sum_sw });
    parityCase({ ...of('largest weight', 1e-9), ours: Math.max(...stabilised), theirs: theirs.max_sw });
    const ess = effectiveSampleSize(treated, stabilised);
    parityVector(of('effective sample size', 1e-9), [ess.treated, ess.control], theirs.ess);
    const columns = designFromRows(Array.from(treated, (_, i) => covariates.map((c) => c[i] as number)));
    for (const [what, w] of [
      ['raw', new Float64Array(treated.length).fill(1)],
      ['iptw', stabilised],
      ['att', weights('att')],
    ] as const) {
      const smd = covariateBalance(columns, treated, w).map((b) => b.standardised_difference);
      parityVector({ ...of(`SMD ${what}`, 1e-9), scale: 0.01 }, smd, theirs.smd[what]);
    }
    return { propensity, stabilised, of };
  }

  const rossi = externalColumns('rossi');
  it.skipIf(rossi === undefined)('work experience and arrests, Rossi', () => {
    if (!rossi) return;
    const flag = (name: string, level: string): Float64Array =>
      Float64Array.from(strings(rossi, name), (v) => (v === level ? 1 : 0));
    const treated = flag('wexp', 'yes');
    const covariates = [
      numbers(rossi, 'age'),
      flag('race', 'black'),
      flag('mar', 'married'),
      numbers(rossi, 'prio'),
      numbers(rossi, 'educ'),
    ];
    const theirs = reference.rossi_wexp_on_arrest_poisson_rate;
    const { propensity, of } = compareWeights('Rossi', covariates, treated, theirs);
    const fit = fitWeightedRates({
      outcome: withIntercept([treated]),
      events: numbers(rossi, 'arrest'),
      exposure: numbers(rossi, 'week'),
      treated,
      covariates: withIntercept(covariates),
      propensity,
      kind: 'ate-stabilised',
    });
    if (fit.status !== 'estimated' || fit.fixed.status !== 'estimated') throw new Error(fit.status);
    parityVector(of('weighted rates', 1e-9), fit.fit.coefficient, theirs.outcome.est);
    parityVector(of('weighted rates HC0', 1e-7), fit.fixed.se, theirs.outcome.se_HC0);
    // A survey design with one stratum of n persons: HC0 times n/(n - 1).
    const survey = reference.rossi_svyglm;
    parityVector(of('weighted rates, svyglm', 1e-9), fit.fit.coefficient, survey.estimate);
    const n = treated.length;
    const design = fit.fixed.se.map((se) => se * Math.sqrt(n / (n - 1)));
    parityVector(of('weighted rates se, svyglm', 1e-7), design, survey.se);
  });

  const uis = externalColumns('uis');
  it.skipIf(uis === undefined)('treatment and relapse, uis', () => {
    if (!uis) return;
    const treated = numbers(uis, 'TREAT');
    const covariates = ['AGE', 'BECK', 'NDT', 'RACE', 'IV3', 'SITE'].map((name) => numbers(uis, name));
    const theirs = reference.uis_treat_on_relapse_logit;
    const { stabilised, of } = compareWeights('uis', covariates, treated, theirs);
    const outcome = withIntercept([treated]);
    const successes = numbers(uis, 'CENSOR').map((y, i) => y * (stabilised[i] as number));
    const fit = fitLogistic({ design: outcome, trials: stabilised, successes });
    if (fit.status !== 'estimated') throw new Error(fit.status);
    parityVector(of('weighted odds', 1e-9), fit.coefficient, theirs.outcome.est);
    const squared = fit.residual.map((u) => u * u);
    const robust = heteroskedasticityRobust(fit, outcome, squared, treated.length, 'HC0');
    parityVector(of('weighted odds HC0', 1e-7), robust.se, theirs.outcome.se_HC0);
  });

  it('the sandwich that allows for estimated weights equals the stacked equations', () => {
    const stacked = referenceResults<{
      weighted_rates: Record<
        WeightKind,
        { propensity: number[]; outcome: number[]; se_estimated: number[]; se_fixed: number[] }
      >;
    }>('regression_extra').weighted_rates;
    const columns = vendoredColumns('synth_omt');
    const during = [...strings(columns, 'period').keys()].filter(
      (i) => strings(columns, 'period')[i] === 'during',
    );
    const pick = (name: string): Float64Array =>
      Float64Array.from(during, (i) => numbers(columns, name)[i] as number);
    const long = dummies(strings(columns, 'retention_band'), ['-', '366-730', '731+']) as [
      number[],
      number[],
    ];
    const treated = Float64Array.from(during, (i) => (long[0][i] as number) + (long[1][i] as number));
    const covariates = withIntercept([
      pick('sex'),
      pick('age').map((a) => a - 34),
      pick('prior').map(Math.log1p),
    ]);
    const propensity = fitPropensity(covariates, treated);
    if (propensity.status !== 'estimated') throw new Error(propensity.status);
    for (const kind of ['ate', 'ate-stabilised', 'att', 'overlap'] as const) {
      const theirs = stacked[kind];
      const fit = fitWeightedRates({
        outcome: withIntercept([treated]),
        events: pick('y'),
        exposure: pick('days'),
        treated,
        covariates,
        propensity,
        kind,
      });
      if (
        fit.status !== 'estimated' ||
        fit.fixed.status !== 'estimated' ||
        fit.estimated.status !== 'estimated'
      ) {
        throw new Error(fit.status);
      }
      const of = (what: string, tolerance: number) => ({
        method: 'propensity',
        case: `${kind} ${what}`,
        tolerance,
      });
      parityVector(of('propensity', 1e-9), propensity.coefficient, theirs.propensity);
      parityVector(of('coefficient', 1e-9), fit.fit.coefficient, theirs.outcome);
      parityVector(of('se, weights fixed', 1e-8), fit.fixed.se, theirs.se_fixed);
      parityVector(of('se, weights estimated', 1e-8), fit.estimated.se, theirs.se_estimated);
    }
  });
});

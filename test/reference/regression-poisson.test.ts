import { describe, it } from 'vitest';
import {
  clusterRobust,
  heteroskedasticityRobust,
  jackknifeRobust,
} from '../../src/stats/regression/cluster-robust.ts';
import { compressRows, countTotals } from '../../src/stats/regression/compress.ts';
import { designFromRows } from '../../src/stats/regression/design.ts';
import { fitPoisson, type PoissonEstimate } from '../../src/stats/regression/poisson.ts';
import { poissonStatistics } from '../../src/stats/regression/poisson-statistics.ts';
import { poissonProfileInterval } from '../../src/stats/regression/profile-interval.ts';
import { quasiPoisson } from '../../src/stats/regression/quasi-poisson.ts';
import { smallSampleClusterRobust } from '../../src/stats/regression/small-sample-clusters.ts';
import { likelihoodRatioTest, waldInterval } from '../../src/stats/regression/wald.ts';
import { logGamma } from '../../src/stats/special/gamma.ts';
import { parityCase, parityVector, referenceResults, strings } from './parity.ts';
import {
  clusterCodes,
  epilepsy,
  quineAbsence,
  type RegressionData,
  rossiPrior,
  synthPeriods,
  uisTreatments,
} from './regression-designs.ts';

interface GlmReference {
  n: number;
  stat: number[];
  p: number[];
  fittedHead: number[];
  estimate: number[];
  se: number[];
  se_at_mle: number[];
  vcov: number[][];
  logLik: number | null;
  deviance: number;
  nullDeviance: number;
  dispersion: number;
  pearsonChi2: number;
  dfResidual: number;
  AIC: number | null;
}

const logFactorial = (y: number): number => logGamma(y + 1);

function estimated(data: RegressionData): PoissonEstimate {
  const fit = fitPoisson(data);
  if (fit.status !== 'estimated') throw new Error(`status ${fit.status}`);
  return fit;
}

function compareGlm(name: string, data: RegressionData, reference: GlmReference): void {
  const fit = estimated(data);
  const totals = countTotals(data.events, data.exposure, logFactorial);
  const perRow = data.events.map((y, i) => (y * y) / (data.exposure[i] as number));
  const statistics = poissonStatistics(fit, data, perRow, totals);
  const of = (what: string, tolerance: number) => ({ method: 'poisson', case: `${name} ${what}`, tolerance });
  parityVector(of('coefficient', 1e-9), fit.coefficient, reference.estimate);
  parityVector(of('se at the maximum', 1e-10), fit.se, reference.se_at_mle);
  parityVector(of('se', 1e-7), fit.se, reference.se);
  const one = (what: string, ours: number, theirs: number | null): void =>
    parityCase({ ...of(what, 1e-9), ours, theirs });
  one('log-likelihood', statistics.log_likelihood, reference.logLik);
  one('deviance', statistics.deviance, reference.deviance);
  one('null deviance', statistics.null_deviance, reference.nullDeviance);
  one('Pearson', statistics.pearson, reference.pearsonChi2);
  one('df', statistics.df_residual, reference.dfResidual);
  one('AIC', statistics.aic, reference.AIC);
  one('rows', totals.observations, reference.n);
  parityVector(of('fitted', 1e-9), fit.fitted.subarray(0, 5), reference.fittedHead);
  compareTests(of('', 1e-7), fit, reference);
  // The compressed fit must be the same fit.
  const cells = compressRows(data.design, data.events, data.exposure, logFactorial);
  const again = estimated({ ...cells, columns: {} });
  const compressed = poissonStatistics(again, cells, cells.sum_yy_over_t, cells.total);
  parityVector(of('compressed coefficient', 1e-9), again.coefficient, reference.estimate);
  parityVector(of('compressed se', 1e-10), again.se, reference.se_at_mle);
  one('compressed deviance', compressed.deviance, reference.deviance);
  one('compressed Pearson', compressed.pearson, reference.pearsonChi2);
}

/** Statistic and covariance as R prints them, which carry its lagged standard errors, and the p-value of R's own statistic. */
function compareTests(
  entry: { method: string; case: string; tolerance: number },
  fit: { coefficient: Float64Array; se: Float64Array; covariance: Float64Array },
  reference: { se: number[]; stat: number[]; p: number[]; vcov: number[][] },
  df?: number,
): void {
  const k = reference.se.length;
  const ratio = fit.coefficient.map((b, j) => b / (fit.se[j] as number));
  parityVector({ ...entry, case: `${entry.case}statistic` }, ratio, reference.stat);
  const p = reference.stat.map((z) => waldInterval(z, 1, df === undefined ? {} : { df }).p);
  parityVector({ ...entry, case: `${entry.case}p of R's statistic`, tolerance: 1e-10 }, p, reference.p);
  // The covariance as R's own standard errors and our correlations: its lag would count twice in a product of two.
  const product = (se: ArrayLike<number>, at: number): number =>
    (se[Math.floor(at / k)] as number) * (se[at % k] as number);
  reference.vcov.flat().forEach((value, at) => {
    parityCase({
      ...entry,
      case: `${entry.case}covariance ${at}`,
      ours: ((fit.covariance[at] as number) / product(fit.se, at)) * product(reference.se, at),
      theirs: value,
      scale: product(reference.se, at),
    });
  });
}

describe('Poisson regression against R glm', () => {
  const reference = referenceResults<Record<string, GlmReference>>('poisson_glm');
  const part = (name: string): GlmReference => reference[name] as GlmReference;

  it('synthetic periods with person-days as exposure', () => {
    compareGlm('synth', synthPeriods({ regions: true }), part('synth'));
  });

  it('terms added one at a time reproduce the analysis of deviance', () => {
    const data = synthPeriods({ regions: true });
    const anova = referenceResults<{
      synth_anova: {
        df: (number | null)[];
        deviance: (number | null)[];
        residDev: number[];
        p: (number | null)[];
      };
    }>('poisson_glm').synth_anova;
    const upTo = (columns: number): PoissonEstimate => {
      const rows = Array.from({ length: data.design.rows }, (_, i) =>
        Array.from(data.design.x.subarray(i * data.design.columns, i * data.design.columns + columns)),
      );
      return estimated({ ...data, design: designFromRows(rows) });
    };
    const ends = [1, 3, 4, 5, 6, 10];
    const perRow = data.events.map((y, i) => (y * y) / (data.exposure[i] as number));
    const totals = countTotals(data.events, data.exposure, logFactorial);
    let residual = poissonStatistics(upTo(1), data, perRow, totals).deviance;
    parityCase({
      method: 'poisson',
      case: 'anova residual deviance of the null model',
      ours: residual,
      theirs: anova.residDev[0] as number,
      tolerance: 1e-9,
    });
    for (let term = 1; term < ends.length; term++) {
      const test = likelihoodRatioTest(upTo(ends[term - 1] as number), upTo(ends[term] as number));
      if (test.status !== 'tested') throw new Error(test.status);
      const of = (what: string, tolerance: number) => ({
        method: 'poisson',
        case: `anova ${term} ${what}`,
        tolerance,
      });
      parityCase({ ...of('df', 0), ours: test.df, theirs: anova.df[term] as number });
      residual -= test.statistic;
      parityCase({
        ...of('residual deviance', 1e-9),
        ours: residual,
        theirs: anova.residDev[term] as number,
      });
      parityCase({ ...of('deviance', 1e-9), ours: test.statistic, theirs: anova.deviance[term] as number });
      parityCase({ ...of('p', 1e-9), ours: test.p, theirs: anova.p[term] as number });
    }
  });

  it('Wald and profile limits of the period effects', () => {
    const data = synthPeriods({ regions: true });
    const fit = estimated(data);
    const wald = referenceResults<{ synth_waldCI_period: number[][] }>('poisson_glm').synth_waldCI_period;
    const profile = referenceResults<{ poisson_profile: { lower: number[]; upper: number[] } }>(
      'regression_extra',
    ).poisson_profile;
    for (const k of [0, 1]) {
      const of = (what: string, tolerance: number) => ({
        method: 'poisson',
        case: `period ${k + 1} ${what}`,
        tolerance,
      });
      const interval = waldInterval(fit.coefficient[k + 1] as number, fit.se[k + 1] as number);
      // R's limits carry its lagged standard error.
      parityVector(of('Wald limits', 1e-7), [interval.lower, interval.upper], wald[k] as number[]);
      const limits = poissonProfileInterval(fit, data, k + 1);
      if (limits.status !== 'estimated') throw new Error(limits.status);
      parityVector(
        of('profile limits', 1e-8),
        [limits.lower, limits.upper],
        [profile.lower[k] as number, profile.upper[k] as number],
      );
    }
  });

  it('a rate table of 8 cells', () => {
    const { table } = referenceResults<{
      rossi_rate_table: { table: { fin: string; ageg: string; arrest: number; week: number }[] };
    }>('poisson_glm').rossi_rate_table;
    const ages = ['21-25', '26-30', '31+'];
    compareGlm(
      'Rossi rate table',
      {
        design: designFromRows(
          table.map((r) => [1, r.fin === 'yes' ? 1 : 0, ...ages.map((a) => (r.ageg === a ? 1 : 0))]),
        ),
        events: Float64Array.from(table, (r) => r.arrest),
        exposure: Float64Array.from(table, (r) => r.week),
        columns: {},
      },
      part('rossi_rate_table'),
    );
  });

  const rossi = rossiPrior();
  it.skipIf(rossi === undefined)('prior convictions, Rossi', () => {
    if (rossi) compareGlm('Rossi prior', rossi, part('rossi_prio'));
  });
  const epil = epilepsy();
  it.skipIf(epil === undefined)('seizures, epil', () => {
    if (epil) compareGlm('epil', epil, part('epil'));
  });
  const uis = uisTreatments();
  it.skipIf(uis === undefined)('prior treatments, uis', () => {
    if (uis) compareGlm('uis', uis, part('uis_ndt'));
  });
});

describe('Quasi-Poisson against R glm', () => {
  const reference = referenceResults<Record<string, GlmReference>>('quasi_poisson');
  const compare = (name: string, data: RegressionData | undefined): void => {
    if (data === undefined) return;
    const theirs = reference[name] as GlmReference;
    const cells = compressRows(data.design, data.events, data.exposure, logFactorial);
    const fit = estimated({ ...cells, columns: {} });
    const quasi = quasiPoisson(fit, poissonStatistics(fit, cells, cells.sum_yy_over_t, cells.total));
    if (quasi.status !== 'estimated') throw new Error(quasi.status);
    parityVector(
      { method: 'quasi-poisson', case: `${name} coefficient`, tolerance: 1e-9 },
      fit.coefficient,
      theirs.estimate,
    );
    // R's dispersion comes from the weights of the last step but one; its Pearson sum is at the estimate.
    const phi = theirs.pearsonChi2 / theirs.dfResidual;
    const atEstimate = theirs.se_at_mle.map((se) => se * Math.sqrt(phi / theirs.dispersion));
    const of = (what: string, tolerance: number) => ({
      method: 'quasi-poisson',
      case: `${name} ${what}`,
      tolerance,
    });
    parityVector(of('se at the maximum', 1e-10), quasi.se, atEstimate);
    parityVector(of('se', 1e-7), quasi.se, theirs.se);
    parityCase({ ...of('phi at the maximum', 1e-9), ours: quasi.dispersion, theirs: phi });
    parityCase({ ...of('phi', 1e-7), ours: quasi.dispersion, theirs: theirs.dispersion });
    const statistics = poissonStatistics(fit, cells, cells.sum_yy_over_t, cells.total);
    const one = (what: string, ours: number, value: number): void =>
      parityCase({ ...of(what, 1e-9), ours, theirs: value });
    one('Pearson', statistics.pearson, theirs.pearsonChi2);
    one('df', quasi.df, theirs.dfResidual);
    one('deviance', statistics.deviance, theirs.deviance);
    one('null deviance', statistics.null_deviance, theirs.nullDeviance);
    one('rows', cells.total.observations, theirs.n);
    // R's se at the maximum uses its own phi of the last step but one.
    parityVector(
      of("se at the maximum with R's phi", 1e-10),
      fit.se.map((se) => se * Math.sqrt(theirs.dispersion)),
      theirs.se_at_mle,
    );
    const fitted = estimated(data).fitted.subarray(0, 5);
    parityVector(of('fitted', 1e-9), fitted, theirs.fittedHead);
    compareTests(of('', 1e-7), { ...quasi, coefficient: fit.coefficient }, theirs, quasi.df);
  };
  it('synthetic periods', () => compare('synth', synthPeriods({ regions: true })));
  const rossi = rossiPrior();
  it.skipIf(rossi === undefined)('prior convictions, Rossi', () => compare('rossi_prio', rossi));
  const quine = quineAbsence('quasi');
  it.skipIf(quine === undefined)('days absent, quine', () => compare('quine', quine));
});

interface RobustReference {
  estimate: number[];
  se_model: number[];
  /** Not in the settled results. */
  G?: number;
  n?: number;
  HC0: number[];
  HC1: number[];
  HC3: number[];
  CL_HC0_cadjust: number[];
  CL_HC0_nocadjust: number[];
  CL_HC1: number[];
  vcov_CL_HC1: number[][];
}

describe('Robust covariance of a Poisson fit against R sandwich and clubSandwich', () => {
  const reference = referenceResults<{
    synth_poisson_by_id: RobustReference;
    synth_poisson_by_clinic: RobustReference;
    epil_by_subject: RobustReference;
    rossi_prio_HC: { HC0: number[]; HC1: number[] };
    synth_CR2_satterthwaite: { tstat: number[]; df: number[]; p: number[] };
  }>('cluster_robust');

  const settled = referenceResults<{
    synth_poisson_by_id: RobustReference;
    synth_poisson_by_clinic: RobustReference;
    epil_by_subject: RobustReference;
    synth_clubSandwich_by_clinic: Record<'CR0' | 'CR1' | 'CR1S' | 'CR1p' | 'CR2' | 'CR3', number[]>;
    synth_CR2_satterthwaite: { df: number[] };
  }>('regression_at_mle');

  function compare(
    name: string,
    data: RegressionData,
    unit: string,
    theirs: RobustReference,
    tolerance: number,
  ): void {
    const fit = estimated(data);
    const residual = data.events.map((y, i) => y - (fit.fitted[i] as number));
    const squared = residual.map((u) => u * u);
    const n = data.design.rows;
    const of = (what: string) => ({ method: 'robust', case: `${name} ${what}`, tolerance });
    parityVector({ ...of('coefficient'), tolerance: 1e-9 }, fit.coefficient, theirs.estimate);
    parityVector(of('model se'), fit.se, theirs.se_model);
    parityVector(of('HC0'), heteroskedasticityRobust(fit, data.design, squared, n, 'HC0').se, theirs.HC0);
    parityVector(of('HC1'), heteroskedasticityRobust(fit, data.design, squared, n, 'HC1').se, theirs.HC1);
    parityVector(of('HC3'), jackknifeRobust(fit, data.design, residual, fit.fitted).se, theirs.HC3);
    const scores = {
      design: data.design,
      residual,
      ...clusterCodes(strings(data.columns, unit)),
      observations: n,
    };
    if (theirs.G !== undefined) {
      parityCase({ ...of('clusters'), ours: scores.clusters, theirs: theirs.G, tolerance: 0 });
      parityCase({ ...of('rows'), ours: n, theirs: theirs.n ?? null, tolerance: 0 });
    }
    for (const [kind, key] of [
      ['CR0', 'CL_HC0_nocadjust'],
      ['CR1', 'CL_HC0_cadjust'],
      ['CR1S', 'CL_HC1'],
    ] as const) {
      const robust = clusterRobust(fit, scores, kind);
      if (robust.status !== 'estimated') throw new Error(robust.status);
      parityVector(of(kind), robust.se, theirs[key]);
      if (kind !== 'CR1S') continue;
      const k = robust.se.length;
      // A covariance is measured against the standard errors it belongs to.
      theirs.vcov_CL_HC1.flat().forEach((value, at) => {
        parityCase({
          ...of(`CR1S covariance ${at}`),
          ours: robust.covariance[at] as number,
          theirs: value,
          scale: (robust.se[Math.floor(at / k)] as number) * (robust.se[at % k] as number),
        });
      });
    }
  }

  // The first reference lags by one step of R's iteration (tolerance of R's own standard errors); the second does not.
  it('persons as clusters', () => {
    const data = synthPeriods({ regions: false });
    compare('synth by person', data, 'id', reference.synth_poisson_by_id, 1e-7);
    compare('synth by person, settled', data, 'id', settled.synth_poisson_by_id, 1e-10);
  });
  it('12 clinics as clusters', () => {
    const data = synthPeriods({ regions: false });
    compare('synth by clinic', data, 'clinic', reference.synth_poisson_by_clinic, 1e-7);
    compare('synth by clinic, settled', data, 'clinic', settled.synth_poisson_by_clinic, 1e-10);
  });
  const epil = epilepsy();
  it.skipIf(epil === undefined)('subjects as clusters, epil', () => {
    if (!epil) return;
    compare('epil by subject', epil, 'subject', reference.epil_by_subject, 1e-7);
    compare('epil by subject, settled', epil, 'subject', settled.epil_by_subject, 1e-10);
  });
  const rossi = rossiPrior();
  it.skipIf(rossi === undefined)('HC0 and HC1 of prior convictions, Rossi', () => {
    if (!rossi) return;
    const cells = compressRows(rossi.design, rossi.events, rossi.exposure, logFactorial);
    const fit = estimated({ ...cells, columns: {} });
    const squared = fit.rate.map(
      (l, g) =>
        (cells.sum_yy[g] as number) -
        2 * l * (cells.sum_yt[g] as number) +
        l * l * (cells.sum_tt[g] as number),
    );
    for (const kind of ['HC0', 'HC1'] as const) {
      parityVector(
        { method: 'robust', case: `Rossi compressed ${kind}`, tolerance: 1e-9 },
        heteroskedasticityRobust(fit, cells.design, squared, 432, kind).se,
        reference.rossi_prio_HC[kind],
      );
    }
  });

  it('few clusters: CR2, CR3 and Satterthwaite degrees of freedom by clinic', () => {
    const data = synthPeriods({ regions: false });
    const fit = estimated(data);
    const residual = data.events.map((y, i) => y - (fit.fitted[i] as number));
    const clusters = clusterCodes(strings(data.columns, 'clinic'));
    const weighted = { design: data.design, residual, weight: fit.fitted, ...clusters };
    const of = (what: string) => ({ method: 'clubSandwich', case: what, tolerance: 1e-10 });
    const cr2 = smallSampleClusterRobust(fit, weighted, 'CR2', 'response');
    const cr3 = smallSampleClusterRobust(fit, weighted, 'CR3');
    if (cr2.status !== 'estimated' || cr3.status !== 'estimated') throw new Error('not estimated');
    parityVector(of('CR2'), cr2.se, settled.synth_clubSandwich_by_clinic.CR2);
    parityVector(of('CR3'), cr3.se, settled.synth_clubSandwich_by_clinic.CR3);
    parityVector(of('Satterthwaite df'), cr2.df ?? [], settled.synth_CR2_satterthwaite.df);
    const satterthwaite = reference.synth_CR2_satterthwaite;
    parityVector(
      of("p of R's t and df"),
      satterthwaite.tstat.map((v, j) => waldInterval(v, 1, { df: satterthwaite.df[j] as number }).p),
      satterthwaite.p,
    );
    const scores = { ...weighted, observations: data.design.rows };
    for (const kind of ['CR0', 'CR1', 'CR1S', 'CR1p'] as const) {
      const robust = clusterRobust(fit, scores, kind);
      if (robust.status !== 'estimated') throw new Error(robust.status);
      parityVector(of(kind), robust.se, settled.synth_clubSandwich_by_clinic[kind]);
    }
  });
});

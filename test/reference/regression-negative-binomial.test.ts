import { describe, expect, it } from 'vitest';
import {
  clusterRobust,
  heteroskedasticityRobust,
  jackknifeRobust,
} from '../../src/stats/regression/cluster-robust.ts';
import {
  fitNegativeBinomial,
  type NegativeBinomialEstimate,
  type NegativeBinomialKeys,
} from '../../src/stats/regression/negative-binomial.ts';
import { tailHistogram } from '../../src/stats/regression/overdispersion.ts';
import { waldInterval } from '../../src/stats/regression/wald.ts';
import { chiSquareUpper } from '../../src/stats/special/chisq.ts';
import { parityCase, parityVector, referenceResults, strings } from './parity.ts';
import {
  clusterCodes,
  dummies,
  matchedComparison,
  quineAbsence,
  type RegressionData,
  rossiPrior,
  synthPeriods,
  uisTreatments,
  withIntercept,
} from './regression-designs.ts';

/** What summary() prints. */
interface TestReference {
  n: number;
  dfResidual: number;
  se: number[];
  stat: number[];
  p: number[];
  vcov: number[][];
}

interface NbReference extends TestReference {
  alpha: number;
  twologlik: number;
  AIC: number;
  fittedHead: number[];
  estimate: number[];
  se_at_mle: number[];
  logLik: number;
  deviance: number;
  theta: number;
}

/** At the maximum to full precision: R's SE.theta lags one step, its joint Hessian is a coarse difference. */
interface JointReference {
  estimate: number[];
  se: number[];
  se_theta_given_beta: number;
  logLik: number;
}

const keysOf = (data: RegressionData): NegativeBinomialKeys => ({
  design: data.design,
  observations: new Float64Array(data.events.length).fill(1),
  events: data.events,
  exposure: data.exposure,
  tail: tailHistogram(data.events),
});

function estimated(keys: NegativeBinomialKeys): NegativeBinomialEstimate {
  const fit = fitNegativeBinomial(keys);
  if (fit.status !== 'estimated') throw new Error(`status ${fit.status}`);
  return fit;
}

/** Rows grouped by (x, t): what the engine's GROUP BY gives. */
function grouped(data: RegressionData): NegativeBinomialKeys {
  const { columns, rows, x } = data.design;
  const at = new Map<string, number>();
  const xs: number[] = [];
  const n: number[] = [];
  const y: number[] = [];
  const t: number[] = [];
  for (let i = 0; i < rows; i++) {
    const row = x.subarray(i * columns, (i + 1) * columns);
    const key = `${row.join(' ')} ${data.exposure[i]}`;
    let g = at.get(key);
    if (g === undefined) {
      g = n.length;
      at.set(key, g);
      xs.push(...row);
      n.push(0);
      y.push(0);
      t.push(data.exposure[i] as number);
    }
    n[g] = (n[g] as number) + 1;
    y[g] = (y[g] as number) + (data.events[i] as number);
  }
  return {
    design: { rows: n.length, columns, x: Float64Array.from(xs) },
    observations: Float64Array.from(n),
    events: Float64Array.from(y),
    exposure: Float64Array.from(t),
    tail: tailHistogram(data.events),
  };
}

/** Standard errors, statistics and covariance given theta, and the p-value of R's own statistic. */
function compareTests(
  of: (what: string, tolerance: number) => { method: string; case: string; tolerance: number },
  fit: NegativeBinomialEstimate,
  rows: number,
  theirs: TestReference,
): void {
  const k = theirs.se.length;
  const se = fit.se_given_theta;
  parityCase({ ...of('rows', 0), ours: rows, theirs: theirs.n });
  parityCase({ ...of('df', 0), ours: rows - fit.rank, theirs: theirs.dfResidual });
  parityVector(of('se as printed', 1e-7), se, theirs.se);
  parityVector(
    of('statistic', 1e-7),
    fit.coefficient.map((b, j) => b / (se[j] as number)),
    theirs.stat,
  );
  const p = theirs.stat.map((z) => waldInterval(z, 1).p);
  parityVector(of("p of R's statistic", 1e-10), p, theirs.p);
  theirs.vcov.flat().forEach((value, at) => {
    parityCase({
      ...of(`covariance ${at}`, 1e-7),
      ours: fit.covariance_given_theta[at] as number,
      theirs: value,
      scale: (theirs.se[Math.floor(at / k)] as number) * (theirs.se[at % k] as number),
    });
  });
}

describe('Negative binomial regression against R glm.nb', () => {
  const reference = referenceResults<
    Record<string, NbReference> & {
      quine_help: TestReference & {
        estimate: number[];
        se_at_mle: number[];
        logLik: number;
        deviance: number;
        AIC: number;
        fittedHead: number[];
      };
      quine_help_theta: number[];
      lrt_alpha0_synth: { chi2: number; p_boundary: number };
    }
  >('negbin');
  const extra = referenceResults<Record<string, JointReference>>('regression_extra');

  /** `head`: how many of the first rows of R are the first keys here. */
  function compare(
    name: string,
    fit: NegativeBinomialEstimate,
    rows: number,
    theirs: NbReference,
    head = 5,
  ): void {
    const of = (what: string, tolerance: number) => ({
      method: 'negative binomial',
      case: `${name} ${what}`,
      tolerance,
    });
    parityVector(of('coefficient', 1e-7), fit.coefficient, theirs.estimate);
    parityVector(of('se given theta', 1e-7), fit.se_given_theta, theirs.se_at_mle);
    parityCase({ ...of('theta', 1e-6), ours: fit.theta, theirs: theirs.theta });
    parityCase({ ...of('log-likelihood', 1e-9), ours: fit.log_likelihood, theirs: theirs.logLik });
    parityCase({ ...of('deviance', 1e-7), ours: fit.deviance, theirs: theirs.deviance });
    const k = fit.rank;
    parityCase({ ...of('alpha', 1e-6), ours: fit.alpha, theirs: theirs.alpha });
    parityCase({ ...of('twice log L', 1e-9), ours: 2 * fit.log_likelihood, theirs: theirs.twologlik });
    parityCase({ ...of('AIC', 1e-9), ours: 2 * (k + 1) - 2 * fit.log_likelihood, theirs: theirs.AIC });
    parityVector(of('fitted', 1e-7), fit.fitted.subarray(0, head), theirs.fittedHead.slice(0, head));
    compareTests(of, fit, rows, theirs);
  }

  function compareJoint(name: string, fit: NegativeBinomialEstimate): void {
    const theirs = extra[name] as JointReference;
    const of = (what: string, tolerance: number) => ({
      method: 'negative binomial',
      case: `${name} ${what}`,
      tolerance,
    });
    parityVector(of('maximum', 1e-9), [...fit.coefficient, fit.log_alpha], theirs.estimate);
    parityVector(of('joint se', 1e-8), [...fit.se, fit.se_log_alpha], theirs.se);
    parityCase({
      ...of('se theta given beta', 1e-8),
      ours: fit.se_theta_given_beta,
      theirs: theirs.se_theta_given_beta,
    });
    parityCase({ ...of('log-likelihood', 1e-12), ours: fit.log_likelihood, theirs: theirs.logLik });
  }

  it('synthetic periods, person-days as exposure', () => {
    const data = synthPeriods({ regions: true });
    const fit = estimated(keysOf(data));
    compare('synth', fit, data.design.rows, reference.synth as NbReference);
    compareJoint('nb_joint_synth', fit);
    const test = { method: 'negative binomial', tolerance: 1e-8 };
    const { chi2, p_boundary } = reference.lrt_alpha0_synth;
    parityCase({ ...test, case: 'LRT alpha = 0', ours: fit.test_of_poisson.statistic, theirs: chi2 });
    parityCase({
      ...test,
      case: 'LRT p',
      ours: Math.log(fit.test_of_poisson.p),
      theirs: Math.log(p_boundary),
    });
    parityCase({
      ...test,
      case: "LRT p of R's statistic",
      tolerance: 1e-10,
      ours: chiSquareUpper(chi2, 1) / 2,
      theirs: p_boundary,
    });
  });

  it('grouping rows by covariates and exposure changes nothing', () => {
    const data = synthPeriods({ regions: true });
    const keys = grouped(data);
    expect(keys.design.rows).toBeLessThan(data.design.rows);
    compare('synth grouped', estimated(keys), data.design.rows, reference.synth as NbReference, 0);
  });

  const quine = quineAbsence('main');
  it.skipIf(quine === undefined)('days absent, quine', () => {
    if (!quine) return;
    const fit = estimated(keysOf(quine));
    compare('quine', fit, quine.design.rows, reference.quine_main as NbReference);
    compareJoint('nb_joint_quine', fit);
    const { columns } = quine;
    const [m] = dummies(strings(columns, 'Sex'), ['F', 'M']) as [number[]];
    const f = m.map((v) => 1 - v);
    const ages = dummies(strings(columns, 'Age'), ['F0', 'F1', 'F2', 'F3']);
    const [eth] = dummies(strings(columns, 'Eth'), ['A', 'N']) as [number[]];
    const [learner] = dummies(strings(columns, 'Lrn'), ['AL', 'SL']) as [number[]];
    const product = (...v: number[][]): number[] =>
      (v[0] as number[]).map((_, i) => v.reduce((p, c) => p * (c[i] as number), 1));
    const nested = withIntercept([
      m,
      ...ages.flatMap((a) => [product(f, a), product(m, a)]),
      product(f, eth),
      product(m, eth),
      product(f, learner),
      product(m, learner),
      product(f, eth, learner),
      product(m, eth, learner),
    ]);
    const help = estimated(keysOf({ ...quine, design: nested }));
    const of = (what: string) => ({
      method: 'negative binomial',
      case: `quine nested ${what}`,
      tolerance: 1e-7,
    });
    parityVector(of('coefficient'), help.coefficient, reference.quine_help.estimate);
    parityVector(of('se given theta'), help.se_given_theta, reference.quine_help.se_at_mle);
    parityCase({ ...of('log-likelihood'), ours: help.log_likelihood, theirs: reference.quine_help.logLik });
    parityCase({ ...of('deviance'), ours: help.deviance, theirs: reference.quine_help.deviance });
    parityCase({
      ...of('AIC'),
      ours: 2 * (help.rank + 1) - 2 * help.log_likelihood,
      theirs: reference.quine_help.AIC,
    });
    parityVector(of('fitted'), help.fitted.subarray(0, 5), reference.quine_help.fittedHead);
    parityVector({ ...of('theta'), tolerance: 1e-6 }, [help.theta], reference.quine_help_theta.slice(0, 1));
    compareTests(
      (what, tolerance) => ({ ...of(what), tolerance }),
      help,
      quine.design.rows,
      reference.quine_help,
    );
  });

  const rossi = rossiPrior();
  it.skipIf(rossi === undefined)('prior convictions, Rossi', () => {
    if (!rossi) return;
    const fit = estimated(keysOf(rossi));
    compare('Rossi', fit, rossi.design.rows, reference.rossi_prio as NbReference);
    compareJoint('nb_joint_rossi', fit);
  });
  const uis = uisTreatments();
  it.skipIf(uis === undefined)('prior treatments, uis', () => {
    if (!uis) return;
    const fit = estimated(keysOf(uis));
    compare('uis', fit, uis.design.rows, reference.uis_ndt as NbReference);
    compareJoint('nb_joint_uis', fit);
  });

  it('robust covariance of beta at fixed theta, as vcovCL gives it', () => {
    const data = synthPeriods({ regions: false });
    const fit = estimated(keysOf(data));
    const bread = { columns: fit.columns, kept: fit.kept, covariance: fit.covariance_given_theta };
    const theirs = referenceResults<{ synth_nb_by_id: Record<string, number[]> }>(
      'cluster_robust',
    ).synth_nb_by_id;
    const n = data.design.rows;
    const of = (what: string) => ({ method: 'negative binomial', case: `synth ${what}`, tolerance: 1e-7 });
    const squared = fit.residual.map((u) => u * u);
    parityVector(
      of('HC0'),
      heteroskedasticityRobust(bread, data.design, squared, n, 'HC0').se,
      theirs.HC0 as number[],
    );
    const scores = {
      design: data.design,
      residual: fit.residual,
      ...clusterCodes(strings(data.columns, 'id')),
      observations: n,
    };
    parityVector(
      { ...of('fit of vcovCL'), tolerance: 1e-7 },
      [...fit.coefficient, ...fit.se_given_theta],
      [...(theirs.estimate as number[]), ...(theirs.se_model as number[])],
    );
    const weight = fit.fitted.map((m) => m / (1 + fit.alpha * m));
    parityVector(
      of('HC1'),
      heteroskedasticityRobust(bread, data.design, squared, n, 'HC1').se,
      theirs.HC1 as number[],
    );
    parityVector(
      of('HC3'),
      jackknifeRobust(bread, data.design, fit.residual, weight).se,
      theirs.HC3 as number[],
    );
    const sizes = theirs as unknown as { G: number; n: number };
    parityCase({ ...of('clusters'), ours: scores.clusters, theirs: sizes.G, tolerance: 0 });
    parityCase({ ...of('rows'), ours: n, theirs: sizes.n, tolerance: 0 });
    for (const [kind, key] of [
      ['CR0', 'CL_HC0_nocadjust'],
      ['CR1', 'CL_HC0_cadjust'],
      ['CR1S', 'CL_HC1'],
    ] as const) {
      const robust = clusterRobust(bread, scores, kind);
      if (robust.status !== 'estimated') throw new Error(robust.status);
      parityVector(of(kind), robust.se, theirs[key] as number[]);
      if (kind !== 'CR1S') continue;
      const k = robust.se.length;
      (theirs.vcov_CL_HC1 as unknown as number[][]).flat().forEach((value, at) => {
        parityCase({
          ...of(`CR1S covariance ${at}`),
          ours: robust.covariance[at] as number,
          theirs: value,
          scale: (robust.se[Math.floor(at / k)] as number) * (robust.se[at % k] as number),
        });
      });
    }
  });

  it('matched comparison before and after', () => {
    const fit = estimated(keysOf(matchedComparison()));
    const theirs = referenceResults<{ nb: { estimate: number[]; se: number[]; theta: number } }>('did').nb;
    const of = (what: string, tolerance: number) => ({
      method: 'negative binomial',
      case: `did ${what}`,
      tolerance,
    });
    parityVector(of('coefficient', 1e-7), fit.coefficient, theirs.estimate);
    parityVector(of('se given theta', 1e-7), fit.se_given_theta, theirs.se);
    parityCase({ ...of('theta', 1e-6), ours: fit.theta, theirs: theirs.theta });
  });
});

import { describe, it } from 'vitest';
import {
  clusterRobust,
  heteroskedasticityRobust,
  jackknifeRobust,
} from '../../src/stats/regression/cluster-robust.ts';
import { compressRows } from '../../src/stats/regression/compress.ts';
import { fitLogistic } from '../../src/stats/regression/logistic.ts';
import { smallSampleClusterRobust } from '../../src/stats/regression/small-sample-clusters.ts';
import { waldInterval } from '../../src/stats/regression/wald.ts';
import { parityCase, parityVector, referenceResults, strings } from './parity.ts';
import { clusterCodes, synthPeriods } from './regression-designs.ts';

describe('Logistic regression against R glm', () => {
  const theirs = referenceResults<{
    logistic_any: {
      estimate: number[];
      se: number[];
      se_at_mle: number[];
      n: number;
      stat: number[];
      p: number[];
      vcov: number[][];
      deviance: number;
      nullDeviance: number;
      dfResidual: number;
      pearsonChi2: number;
      AIC: number;
      fittedHead: number[];
      logLik: number;
      HC0: number[];
      HC3: number[];
      clubSandwich: { CR1: number[]; CR2: number[]; CR3: number[] };
      CR2_df: number[];
    };
  }>('regression_at_mle').logistic_any;
  const data = synthPeriods({ regions: false });
  const trials = new Float64Array(data.design.rows).fill(1);
  const successes = data.events.map((y) => Math.min(1, y));
  const of = (what: string, tolerance: number) => ({ method: 'logistic', case: what, tolerance });

  it('any offence in the period: estimate, likelihood and robust covariances', () => {
    const fit = fitLogistic({ design: data.design, trials, successes });
    if (fit.status !== 'estimated') throw new Error(fit.status);
    parityVector(of('coefficient', 1e-9), fit.coefficient, theirs.estimate);
    parityVector(of('se', 1e-10), fit.se, theirs.se);
    parityCase({ ...of('log-likelihood', 1e-10), ours: fit.log_likelihood, theirs: theirs.logLik });
    parityVector(of('se at the maximum', 1e-10), fit.se, theirs.se_at_mle);
    const ratio = fit.coefficient.map((b, j) => b / (fit.se[j] as number));
    parityVector(of('statistic', 1e-9), ratio, theirs.stat);
    const p = theirs.stat.map((z) => waldInterval(z, 1).p);
    parityVector(of("p of R's statistic", 1e-10), p, theirs.p);
    theirs.vcov.flat().forEach((value, at) => {
      const scale = (fit.se[Math.floor(at / fit.rank)] as number) * (fit.se[at % fit.rank] as number);
      parityCase({
        ...of(`covariance ${at}`, 1e-10),
        ours: fit.covariance[at] as number,
        theirs: value,
        scale,
      });
    });
    // Trials of one: the saturated likelihood is 0, the deviance twice the negative log-likelihood.
    parityCase({ ...of('deviance', 1e-10), ours: -2 * fit.log_likelihood, theirs: theirs.deviance });
    const alone = { ...data.design, columns: 1, x: new Float64Array(data.design.rows).fill(1) };
    const none = fitLogistic({ design: alone, trials, successes });
    if (none.status !== 'estimated') throw new Error(none.status);
    parityCase({
      ...of('null deviance', 1e-10),
      ours: -2 * none.log_likelihood,
      theirs: theirs.nullDeviance,
    });
    parityCase({ ...of('AIC', 1e-10), ours: 2 * fit.rank - 2 * fit.log_likelihood, theirs: theirs.AIC });
    parityCase({ ...of('rows', 0), ours: data.design.rows, theirs: theirs.n });
    parityCase({ ...of('df', 0), ours: data.design.rows - fit.rank, theirs: theirs.dfResidual });
    const pearson = fit.residual.reduce((sum, u, i) => sum + (u * u) / (fit.weight[i] as number), 0);
    parityCase({ ...of('Pearson', 1e-9), ours: pearson, theirs: theirs.pearsonChi2 });
    const fitted = fit.residual.subarray(0, 5).map((u, i) => (successes[i] as number) - u);
    parityVector(of('fitted', 1e-9), fitted, theirs.fittedHead);
    const squared = fit.residual.map((u) => u * u);
    const n = data.design.rows;
    parityVector(
      of('HC0', 1e-10),
      heteroskedasticityRobust(fit, data.design, squared, n, 'HC0').se,
      theirs.HC0,
    );
    parityVector(
      of('HC3', 1e-10),
      jackknifeRobust(fit, data.design, fit.residual, fit.weight).se,
      theirs.HC3,
    );
    const clusters = clusterCodes(strings(data.columns, 'clinic'));
    const weighted = { design: data.design, residual: fit.residual, weight: fit.weight, ...clusters };
    const cr1 = clusterRobust(fit, { ...weighted, observations: n }, 'CR1');
    const cr2 = smallSampleClusterRobust(fit, weighted, 'CR2', 'response');
    const cr3 = smallSampleClusterRobust(fit, weighted, 'CR3');
    if (cr1.status !== 'estimated' || cr2.status !== 'estimated' || cr3.status !== 'estimated') {
      throw new Error('not estimated');
    }
    parityVector(of('CR1', 1e-10), cr1.se, theirs.clubSandwich.CR1);
    parityVector(of('CR2', 1e-10), cr2.se, theirs.clubSandwich.CR2);
    parityVector(of('CR3', 1e-10), cr3.se, theirs.clubSandwich.CR3);
    parityVector(of('CR2 degrees of freedom', 1e-10), cr2.df ?? [], theirs.CR2_df);
  });

  it('grouped trials give the same estimate as rows', () => {
    const cells = compressRows(data.design, successes, trials, () => 0);
    const fit = fitLogistic({ design: cells.design, trials: cells.observations, successes: cells.events });
    if (fit.status !== 'estimated') throw new Error(fit.status);
    parityVector(of('grouped coefficient', 1e-9), fit.coefficient, theirs.estimate);
    parityVector(of('grouped se', 1e-10), fit.se, theirs.se);
  });
});

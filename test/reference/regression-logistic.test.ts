import { describe, it } from 'vitest';
import {
  clusterRobust,
  heteroskedasticityRobust,
  jackknifeRobust,
} from '../../src/stats/regression/cluster-robust.ts';
import { compressRows } from '../../src/stats/regression/compress.ts';
import { fitLogistic } from '../../src/stats/regression/logistic.ts';
import { smallSampleClusterRobust } from '../../src/stats/regression/small-sample-clusters.ts';
import { parityCase, parityVector, referenceResults, strings } from './parity.ts';
import { clusterCodes, synthPeriods } from './regression-designs.ts';

describe('Logistic regression against R glm', () => {
  const theirs = referenceResults<{
    logistic_any: {
      estimate: number[];
      se: number[];
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

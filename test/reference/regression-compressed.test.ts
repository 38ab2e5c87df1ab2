import { describe, expect, it } from 'vitest';
import {
  clusterRobust,
  heteroskedasticityRobust,
  squaredResiduals,
} from '../../src/stats/regression/cluster-robust.ts';
import { compressRows, countTotals } from '../../src/stats/regression/compress.ts';
import { fitConditionalPoisson } from '../../src/stats/regression/conditional-poisson.ts';
import { designFromRows } from '../../src/stats/regression/design.ts';
import { fitNegativeBinomial } from '../../src/stats/regression/negative-binomial.ts';
import { tailHistogram } from '../../src/stats/regression/overdispersion.ts';
import { personClusterRobust } from '../../src/stats/regression/person-patterns.ts';
import { personStarts } from '../../src/stats/regression/person-rows.ts';
import { fitPoisson, type PoissonEstimate, type PoissonFit } from '../../src/stats/regression/poisson.ts';
import { poissonStatistics } from '../../src/stats/regression/poisson-statistics.ts';
import { logFactorial } from '../../src/stats/special/gamma.ts';
import { parityCase, parityExact, parityVector, referenceResults } from './parity.ts';
import { personPeriods } from './person-periods.ts';

/** R's round(): halves to the even number. */
function roundHalfEven(v: number): number {
  const floor = Math.floor(v);
  if (v - floor !== 0.5) return Math.round(v);
  return floor % 2 === 0 ? floor : floor + 1;
}

function estimate(fit: PoissonFit): PoissonEstimate {
  if (fit.status !== 'estimated') throw new Error(fit.status);
  return fit;
}

describe('10,000 persons, 40,000 rows, against the same table compressed', () => {
  const reference = referenceResults<{
    poisson: { rows: number; groups: number };
    cluster_robust_by_person: { persons: number; patterns: number };
    negbin: { groups: number };
    conditional_poisson: { persons: number; informative: number };
  }>('compressed_regression');
  const rows = personPeriods(10_000);
  const band = (v: number, cuts: readonly number[]): number => cuts.filter((cut) => v > cut).length;
  const x = rows.map((r) => [
    1,
    ...[1, 2, 3].map((p) => (r.period === p ? 1 : 0)),
    r.sex,
    band(r.age, [25, 35, 45]),
    band(r.prior, [0, 3]),
  ]);
  const design = designFromRows(x);
  const events = Float64Array.from(rows, (r) => r.events);
  const exposure = Float64Array.from(rows, (r) => Math.max(1, roundHalfEven(r.days / 30)));
  const full = estimate(fitPoisson({ design, events, exposure }));
  const cells = compressRows(design, events, exposure, logFactorial);
  const fit = estimate(fitPoisson(cells));
  // What R found between glm on rows and glm on cells, to its own convergence, was 7e-14 to 3e-13.
  const of = (what: string, tolerance = 1e-11) => ({ method: 'compressed', case: what, tolerance });

  it('the table has the size that R found', () => {
    parityExact('compressed', 'rows', rows.length, reference.poisson.rows);
    parityExact('compressed', 'cells', cells.design.rows, reference.poisson.groups);
  });

  it('Poisson: coefficients, standard errors, likelihood, deviance, Pearson, HC0', () => {
    parityVector(of('coefficient'), fit.coefficient, full.coefficient);
    parityVector(of('se'), fit.se, full.se);
    const perRow = events.map((y, i) => (y * y) / (exposure[i] as number));
    const a = poissonStatistics(
      full,
      { design, events, exposure },
      perRow,
      countTotals(events, exposure, logFactorial),
    );
    const b = poissonStatistics(fit, cells, cells.sum_yy_over_t, cells.total);
    for (const what of [
      'log_likelihood',
      'deviance',
      'null_deviance',
      'pearson',
      'aic',
      'dispersion',
    ] as const) {
      parityCase({ ...of(what), ours: b[what], theirs: a[what] });
    }
    const squared = events.map((y, i) => (y - (full.fitted[i] as number)) ** 2);
    parityVector(
      of('HC0'),
      heteroskedasticityRobust(fit, cells.design, squaredResiduals(cells, fit.rate), rows.length, 'HC0').se,
      heteroskedasticityRobust(full, design, squared, rows.length, 'HC0').se,
    );
  });

  it('persons as clusters from 24 patterns', () => {
    const { persons, patterns } = reference.cluster_robust_by_person;
    const index = new Map<string, number>();
    const blocks: { x: number[][]; yy: number[]; yt: number[]; tt: number[] }[] = [];
    for (let i = 0; i < persons; i++) {
      const own = x.slice(4 * i, 4 * i + 4);
      const key = (own[0] as number[]).slice(4).join(' ');
      const g = index.get(key) ?? index.size;
      index.set(key, g);
      blocks[g] ??= { x: own, yy: Array(16).fill(0), yt: Array(16).fill(0), tt: Array(16).fill(0) };
      const block = blocks[g];
      for (let a = 0; a < 4; a++) {
        for (let b = 0; b < 4; b++) {
          const at = 4 * a + b;
          const [ya, yb] = [events[4 * i + a] as number, events[4 * i + b] as number];
          const [ta, tb] = [exposure[4 * i + a] as number, exposure[4 * i + b] as number];
          block.yy[at] = (block.yy[at] as number) + ya * yb;
          block.yt[at] = (block.yt[at] as number) + ya * tb;
          block.tt[at] = (block.tt[at] as number) + ta * tb;
        }
      }
    }
    parityExact('compressed', 'persons', rows.length / 4, persons);
    parityExact('compressed', 'patterns of persons', blocks.length, patterns);
    const stacked = designFromRows(blocks.flatMap((b) => b.x));
    const rate = Float64Array.from({ length: stacked.rows }, (_, r) => {
      let eta = 0;
      for (let k = 0; k < 7; k++) eta += (stacked.x[r * 7 + k] as number) * (fit.coefficient[k] as number);
      return Math.exp(eta);
    });
    const small = personClusterRobust(
      fit,
      {
        design: stacked,
        start: Int32Array.from({ length: patterns + 1 }, (_, g) => 4 * g),
        sum_yy: Float64Array.from(blocks.flatMap((b) => b.yy)),
        sum_yt: Float64Array.from(blocks.flatMap((b) => b.yt)),
        sum_tt: Float64Array.from(blocks.flatMap((b) => b.tt)),
        persons,
        observations: rows.length,
      },
      rate,
      'CR1S',
    );
    const whole = clusterRobust(
      full,
      {
        design,
        residual: events.map((y, i) => y - (full.fitted[i] as number)),
        cluster: Int32Array.from(rows, (r) => r.person - 1),
        clusters: persons,
        observations: rows.length,
      },
      'CR1S',
    );
    if (small.status !== 'estimated' || whole.status !== 'estimated') throw new Error('not estimated');
    parityVector(of('person clusters'), small.se, whole.se);
  });

  it('negative binomial from keys of covariates and exposure, and one tail histogram', () => {
    const tail = tailHistogram(events);
    const keyed = compressRows(
      designFromRows(x.map((row, i) => [...row, exposure[i] as number])),
      events,
      exposure,
      () => 0,
    );
    parityExact('compressed', 'negative binomial keys', keyed.design.rows, reference.negbin.groups);
    const keyRows = Array.from({ length: keyed.design.rows }, (_, g) => [
      ...keyed.design.x.subarray(g * 8, g * 8 + 8),
    ]);
    const small = fitNegativeBinomial({
      design: designFromRows(keyRows.map((row) => row.slice(0, 7))),
      observations: keyed.observations,
      events: keyed.events,
      exposure: Float64Array.from(keyRows, (row) => row[7] as number),
      tail,
    });
    const observations = new Float64Array(rows.length).fill(1);
    const whole = fitNegativeBinomial({ design, observations, events, exposure, tail });
    if (small.status !== 'estimated' || whole.status !== 'estimated') throw new Error('not estimated');
    parityVector(of('negative binomial'), small.coefficient, whole.coefficient);
    parityVector(of('negative binomial se'), small.se, whole.se);
    parityCase({ ...of('theta'), ours: small.theta, theirs: whole.theta });
    parityCase({
      ...of('negative binomial log-likelihood'),
      ours: small.log_likelihood,
      theirs: whole.log_likelihood,
    });
    parityCase({ ...of('negative binomial deviance'), ours: small.deviance, theirs: whole.deviance });
  });

  it('conditional Poisson keeps the informative persons that R counted', () => {
    const within = fitConditionalPoisson({
      design: designFromRows(x.map((row) => row.slice(1, 4))),
      start: personStarts(rows.map((r) => r.person)),
      events,
      exposure,
    });
    if (within.status !== 'estimated') throw new Error(within.status);
    const { persons, informative } = reference.conditional_poisson;
    parityExact('compressed', 'persons of the conditional model', within.persons, persons);
    parityExact('compressed', 'informative persons', within.persons_informative, informative);
    // The generator's own effects: -0.7, -0.2, -0.3, unbiased within persons.
    [-0.7, -0.2, -0.3].forEach((truth, k) => {
      expect(Math.abs((within.coefficient[k] as number) - truth)).toBeLessThan(
        4 * (within.robust_se[k] as number),
      );
    });
  });
});

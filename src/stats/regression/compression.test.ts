import { describe, expect, it } from 'vitest';
import { gamma, poisson, seededGenerator, uniform, uniformInteger } from '../random.ts';
import { clusterRobust, heteroskedasticityRobust, squaredResiduals } from './cluster-robust.ts';
import { compressRows } from './compress.ts';
import { crossVector, type Design, designFromRows, linearPredictor } from './design.ts';
import { type PersonPatterns, personClusterRobust } from './person-patterns.ts';
import { fitPoisson, type PoissonEstimate, type PoissonFit } from './poisson.ts';
import { smallSampleClusterRobust } from './small-sample-clusters.ts';

function estimate(fit: PoissonFit): PoissonEstimate {
  if (fit.status !== 'estimated') throw new Error(fit.status);
  return fit;
}

function largestRelativeDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((worst, v, k) => Math.max(worst, Math.abs(v / (b[k] as number) - 1)), 0);
}

const PERIODS = 3;

/** Persons observed in three periods: 2 x 3 patterns, own exposures, gamma effects, 8 areas. */
function simulatePersons(persons: number) {
  const random = seededGenerator(20240611);
  const rows: number[][] = [];
  const events: number[] = [];
  const exposure: number[] = [];
  const person: number[] = [];
  const area: number[] = [];
  const pattern: number[] = [];
  for (let i = 0; i < persons; i++) {
    const sex = uniform(random) < 0.3 ? 1 : 0;
    const band = uniformInteger(random, 3);
    const own = gamma(random, 0.9, 1 / 0.9);
    const place = uniformInteger(random, 8);
    for (let period = 0; period < PERIODS; period++) {
      const t = 30 + Math.floor(uniform(random) * 700);
      const mu =
        (t / 365) *
        own *
        Math.exp(0.3 - 0.6 * (period === 1 ? 1 : 0) - 0.2 * (period === 2 ? 1 : 0) - 0.4 * sex);
      rows.push([1, period === 1 ? 1 : 0, period === 2 ? 1 : 0, sex, band === 1 ? 1 : 0, band === 2 ? 1 : 0]);
      events.push(poisson(random, mu));
      exposure.push(t);
      person.push(i);
      area.push(place);
      pattern.push(sex * 3 + band);
    }
  }
  return {
    design: designFromRows(rows),
    events: Float64Array.from(events),
    exposure: Float64Array.from(exposure),
    person: Int32Array.from(person),
    area: Int32Array.from(area),
    pattern,
  };
}

/** T x T sums per pattern: what one GROUP BY over persons makes. */
function patternSums(data: ReturnType<typeof simulatePersons>, persons: number): PersonPatterns {
  const patterns = 6;
  const T = PERIODS;
  const design: Design = { rows: patterns * T, columns: 6, x: new Float64Array(patterns * T * 6) };
  const sums = [0, 1, 2].map(() => new Float64Array(patterns * T * T));
  const [yy, yt, tt] = sums as [Float64Array, Float64Array, Float64Array];
  for (let i = 0; i < persons; i++) {
    const g = data.pattern[i * T] as number;
    design.x.set(data.design.x.subarray(i * T * 6, (i + 1) * T * 6), g * T * 6);
    for (let a = 0; a < T; a++) {
      for (let b = 0; b < T; b++) {
        const at = g * T * T + a * T + b;
        const [ya, yb, ta, tb] = [
          data.events[i * T + a],
          data.events[i * T + b],
          data.exposure[i * T + a],
          data.exposure[i * T + b],
        ] as [number, number, number, number];
        yy[at] = (yy[at] as number) + ya * yb;
        yt[at] = (yt[at] as number) + ya * tb;
        tt[at] = (tt[at] as number) + ta * tb;
      }
    }
  }
  const start = Int32Array.from({ length: patterns + 1 }, (_, g) => g * T);
  return { design, start, sum_yy: yy, sum_yt: yt, sum_tt: tt, persons, observations: persons * T };
}

describe('Compressed tables give the same answer as rows', () => {
  const persons = 1500;
  const data = simulatePersons(persons);
  const rows = estimate(fitPoisson(data));
  const residual = data.events.map((y, i) => y - (rows.fitted[i] as number));
  const cells = compressRows(data.design, data.events, data.exposure, () => 0);
  const fit = estimate(fitPoisson(cells));

  it('18 cells instead of 4500 rows: coefficients, standard errors and HC0', () => {
    expect(cells.design.rows).toBe(18);
    expect(largestRelativeDifference(fit.coefficient, rows.coefficient)).toBeLessThan(1e-11);
    expect(largestRelativeDifference(fit.se, rows.se)).toBeLessThan(1e-12);
    const whole = heteroskedasticityRobust(
      rows,
      data.design,
      residual.map((u) => u * u),
      4500,
      'HC0',
    );
    const small = heteroskedasticityRobust(fit, cells.design, squaredResiduals(cells, fit.rate), 4500, 'HC0');
    expect(largestRelativeDifference(small.se, whole.se)).toBeLessThan(1e-11);
  });

  it('persons as clusters from T x T sums of six patterns', () => {
    const scores = {
      design: data.design,
      residual,
      cluster: data.person,
      clusters: persons,
      observations: 4500,
    };
    const patterns = patternSums(data, persons);
    const eta = linearPredictor(patterns.design, fit.coefficient, new Float64Array(patterns.design.rows));
    const rate = eta.map(Math.exp);
    for (const kind of ['CR0', 'CR1', 'CR1S', 'CR1p'] as const) {
      const whole = clusterRobust(rows, scores, kind);
      const small = personClusterRobust(fit, patterns, rate, kind);
      if (whole.status !== 'estimated' || small.status !== 'estimated') throw new Error('not estimated');
      expect(largestRelativeDifference(small.se, whole.se)).toBeLessThan(1e-11);
    }
  });

  it('areas as clusters from (area, pattern) cells, CR2 and CR3 included', () => {
    const keyed = designFromRows(
      Array.from({ length: 4500 }, (_, i) => [
        data.area[i] as number,
        ...data.design.x.subarray(i * 6, (i + 1) * 6),
      ]),
    );
    const byArea = compressRows(keyed, data.events, data.exposure, () => 0);
    const design = designFromRows(
      Array.from({ length: byArea.design.rows }, (_, g) => [
        ...byArea.design.x.subarray(g * 7 + 1, g * 7 + 7),
      ]),
    );
    const cluster = Int32Array.from({ length: design.rows }, (_, g) => byArea.design.x[g * 7] as number);
    const areas = estimate(fitPoisson({ design, events: byArea.events, exposure: byArea.exposure }));
    const small = byArea.events.map((y, g) => y - (areas.fitted[g] as number));
    const compressed = { design, residual: small, weight: areas.fitted, cluster, clusters: 8 };
    const whole = { design: data.design, residual, weight: rows.fitted, cluster: data.area, clusters: 8 };
    for (const kind of ['CR2', 'CR3'] as const) {
      const a = smallSampleClusterRobust(rows, whole, kind);
      const b = smallSampleClusterRobust(areas, compressed, kind);
      if (a.status !== 'estimated' || b.status !== 'estimated') throw new Error('not estimated');
      expect(largestRelativeDifference(b.se, a.se)).toBeLessThan(1e-9);
      if (a.df && b.df) expect(largestRelativeDifference(b.df, a.df)).toBeLessThan(1e-9);
    }
    const a = clusterRobust(rows, { ...whole, observations: 4500 }, 'CR1S');
    const b = clusterRobust(areas, { ...compressed, observations: 4500 }, 'CR1S');
    if (a.status !== 'estimated' || b.status !== 'estimated') throw new Error('not estimated');
    expect(largestRelativeDifference(b.se, a.se)).toBeLessThan(1e-11);
  });

  it('the score at the estimate is zero', () => {
    crossVector(data.design, residual).forEach((s) => {
      expect(Math.abs(s)).toBeLessThan(1e-8);
    });
  });
});

describe('Small numbers of clusters', () => {
  it('an intercept alone with equal clusters: CR2 is the textbook variance of a mean, with G - 1 degrees of freedom', () => {
    // Rates of 5 areas with equal exposure: the working weights are equal, so CR2 variance of log rate = s^2 / (G mean^2).
    const counts = [12, 20, 17, 9, 22];
    const mean = 16;
    const variance = counts.reduce((s, y) => s + (y - mean) ** 2, 0) / 4;
    const design = designFromRows(counts.map(() => [1]));
    const events = Float64Array.from(counts);
    const fit = estimate(fitPoisson({ design, events, exposure: new Float64Array(5).fill(2) }));
    const residual = events.map((y, i) => y - (fit.fitted[i] as number));
    const clusters = {
      design,
      residual,
      weight: fit.fitted,
      cluster: Int32Array.from([0, 1, 2, 3, 4]),
      clusters: 5,
    };
    for (const root of ['working', 'response'] as const) {
      const cr2 = smallSampleClusterRobust(fit, clusters, 'CR2', root);
      if (cr2.status !== 'estimated') throw new Error(cr2.status);
      expect(cr2.se[0]).toBeCloseTo(Math.sqrt(variance / 5) / mean, 12);
      expect(cr2.df?.[0]).toBeCloseTo(4, 10);
    }
    const cr3 = smallSampleClusterRobust(fit, clusters, 'CR3');
    if (cr3.status !== 'estimated') throw new Error(cr3.status);
    expect(cr3.se[0]).toBeCloseTo((Math.sqrt(variance / 5) / mean) * Math.sqrt(5 / 4), 12);
  });

  it('a cluster that alone determines a coefficient has no CR3', () => {
    const design = designFromRows([
      [1, 0],
      [1, 0],
      [1, 1],
    ]);
    const events = Float64Array.from([4, 8, 5]);
    const fit = estimate(fitPoisson({ design, events, exposure: new Float64Array(3).fill(1) }));
    const residual = events.map((y, i) => y - (fit.fitted[i] as number));
    const data = { design, residual, weight: fit.fitted, cluster: Int32Array.from([0, 1, 2]), clusters: 3 };
    expect(smallSampleClusterRobust(fit, data, 'CR3')).toEqual({ status: 'leverage-one', cluster: 2 });
  });

  it('one cluster gives no covariance', () => {
    const design = designFromRows([[1], [1]]);
    const events = Float64Array.from([4, 8]);
    const fit = estimate(fitPoisson({ design, events, exposure: new Float64Array(2).fill(1) }));
    const residual = events.map((y, i) => y - (fit.fitted[i] as number));
    const scores = { design, residual, cluster: new Int32Array(2), clusters: 1, observations: 2 };
    expect(clusterRobust(fit, scores, 'CR1')).toEqual({ status: 'too-few-clusters', clusters: 1 });
  });
});

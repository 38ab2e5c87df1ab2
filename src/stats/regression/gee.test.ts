import { describe, expect, it } from 'vitest';
import { gamma, poisson, seededGenerator } from '../random.ts';
import { clusterRobust } from './cluster-robust.ts';
import { designFromRows } from './design.ts';
import { fitGee } from './gee.ts';
import { estimatingEquation } from './gee-correlation.ts';
import { type PersonRows, personStarts } from './person-rows.ts';
import { fitPoisson } from './poisson.ts';

function simulate(seed: number, persons: number, waves: number): PersonRows & { person: number[] } {
  const random = seededGenerator(seed);
  const rows: number[][] = [];
  const person: number[] = [];
  const events: number[] = [];
  for (let i = 0; i < persons; i++) {
    const own = gamma(random, 1.2, 1 / 1.2);
    const arm = i % 2;
    for (let w = 0; w < waves; w++) {
      rows.push([1, arm, w]);
      person.push(i);
      events.push(poisson(random, own * Math.exp(0.5 - 0.4 * arm - 0.1 * w)));
    }
  }
  return {
    design: designFromRows(rows),
    start: personStarts(person),
    events: Float64Array.from(events),
    exposure: new Float64Array(events.length).fill(1),
    person,
  };
}

describe('Generalised estimating equations', () => {
  it('under independence: the Poisson estimate with the cluster-robust covariance', () => {
    const data = simulate(1, 60, 3);
    const gee = fitGee(data, { family: 'poisson', correlation: 'independence' });
    const fit = fitPoisson(data);
    if (gee.status !== 'estimated' || fit.status !== 'estimated') throw new Error('not estimated');
    const robust = clusterRobust(
      fit,
      {
        design: data.design,
        residual: data.events.map((y, i) => y - (fit.fitted[i] as number)),
        cluster: Int32Array.from(data.person),
        clusters: 60,
        observations: 180,
      },
      'CR0',
    );
    if (robust.status !== 'estimated') throw new Error(robust.status);
    gee.coefficient.forEach((b, k) => {
      expect(b).toBeCloseTo(fit.coefficient[k] as number, 11);
      expect(gee.robust_se[k]).toBeCloseTo(robust.se[k] as number, 11);
    });
  });

  it('the closed forms of the inverse correlation equal the inverse of the matrix', () => {
    // A unit of three rows at waves 0, 1, 3, alpha 0.4: R^-1 R = I tested through Z' R^-1 Z with Z = R.
    const alpha = 0.4;
    const wave = Int32Array.from([0, 1, 3]);
    const start = Int32Array.from([0, 3]);
    for (const correlation of ['exchangeable', 'ar1'] as const) {
      const r = [0, 1, 2].map((a) =>
        [0, 1, 2].map((b) => {
          if (a === b) return 1;
          return correlation === 'exchangeable'
            ? alpha
            : alpha ** Math.abs((wave[a] as number) - (wave[b] as number));
        }),
      );
      const z = Float64Array.from(r.flat());
      const residual = Float64Array.from(r, (row) => row[0] as number);
      const { information, score } = estimatingEquation(
        { columns: 3, z, residual, start, wave },
        correlation,
        alpha,
      );
      information.forEach((v, at) => {
        expect(v).toBeCloseTo(r.flat()[at] as number, 12);
      });
      score.forEach((v, a) => {
        expect(v).toBeCloseTo(r[a]?.[0] as number, 12);
      });
    }
  });

  it('units of one row have no working correlation', () => {
    const data = simulate(2, 40, 1);
    const single = { ...data, design: designFromRows(data.person.map((i) => [1, i % 2])) };
    expect(fitGee(single, { family: 'poisson', correlation: 'exchangeable' })).toEqual({
      status: 'no-repeated-rows',
    });
  });

  it('rows without exposure are as if absent', () => {
    const data = simulate(3, 50, 3);
    const exposure = data.exposure.map((t, i) => (i % 7 === 0 ? 0 : t));
    const events = data.events.map((y, i) => (i % 7 === 0 ? 0 : y));
    const keep = [...exposure.keys()].filter((i) => exposure[i] !== 0);
    const smaller: PersonRows = {
      design: designFromRows(keep.map((i) => [...data.design.x.subarray(i * 3, i * 3 + 3)])),
      start: personStarts(keep.map((i) => data.person[i] as number)),
      events: Float64Array.from(keep, (i) => events[i] as number),
      exposure: Float64Array.from(keep, () => 1),
    };
    const a = fitGee({ ...data, events, exposure }, { family: 'poisson', correlation: 'exchangeable' });
    const b = fitGee(smaller, { family: 'poisson', correlation: 'exchangeable' });
    if (a.status !== 'estimated' || b.status !== 'estimated') throw new Error('not estimated');
    expect(a.alpha).toBeCloseTo(b.alpha, 9);
    expect(a.coefficient[1]).toBeCloseTo(b.coefficient[1] as number, 9);
    expect(a.qic.qicc).toBeCloseTo(b.qic.qicc, 6);
  });

  it('recovers an arm effect and the robust interval covers it', () => {
    let covered = 0;
    let sum = 0;
    const runs = 120;
    for (let run = 0; run < runs; run++) {
      const fit = fitGee(simulate(1000 + run, 120, 3), { family: 'poisson', correlation: 'exchangeable' });
      if (fit.status !== 'estimated') throw new Error(fit.status);
      const b = fit.coefficient[1] as number;
      sum += b;
      if (Math.abs(b + 0.4) < 1.96 * (fit.robust_se[1] as number)) covered++;
      expect(fit.alpha).toBeGreaterThan(0.2);
    }
    expect(Math.abs(sum / runs + 0.4)).toBeLessThan(0.06);
    expect(covered / runs).toBeGreaterThan(0.87);
  });
});

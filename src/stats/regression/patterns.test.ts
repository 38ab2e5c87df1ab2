import { describe, expect, it } from 'vitest';
import {
  negativeBinomial,
  poisson,
  seededGenerator,
  standardNormal,
  uniform,
  uniformInteger,
} from '../random.ts';
import { designFromRows } from './design.ts';
import { fitNegativeBinomial } from './negative-binomial.ts';
import { tailHistogram } from './overdispersion.ts';
import { findPatterns, sumByPattern } from './patterns.ts';
import { fitPoisson, fitPoissonByPattern } from './poisson.ts';

/** 24,000 rows of 20 patterns. */
function rowsAlike() {
  const random = seededGenerator(1);
  const x = Array.from({ length: 24_000 }, () => [
    1,
    uniformInteger(random, 2),
    uniformInteger(random, 10) / 10,
  ]);
  const design = designFromRows(x);
  const exposure = Float64Array.from(x, () => 0.2 + uniform(random));
  const mean = exposure.map(
    (t, i) => t * Math.exp(0.3 - 0.5 * (x[i]?.[1] as number) + (x[i]?.[2] as number)),
  );
  return { random, design, exposure, mean };
}

describe('Rows that are equal', () => {
  it('are found, in order of first appearance, with nothing lost', () => {
    const { design, exposure } = rowsAlike();
    const patterns = findPatterns(design);
    if (patterns === null) throw new Error('not found');
    expect(patterns.design.rows).toBe(20);
    for (let i = 0; i < design.rows; i++)
      for (let k = 0; k < 3; k++)
        expect(patterns.design.x[3 * (patterns.of[i] as number) + k]).toBe(design.x[3 * i + k]);
    const firsts = [...new Set(patterns.of)];
    expect(firsts).toEqual(firsts.slice().sort((a, b) => a - b));
    const total = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
    expect(total(sumByPattern(patterns, exposure))).toBeCloseTo(total(exposure), 8);
  });

  it('are not looked for in small tables, and given up where rows differ', () => {
    const random = seededGenerator(2);
    expect(findPatterns(designFromRows([[1], [1], [1], [1]]))).toBeNull();
    const x = Float64Array.from({ length: 24_000 }, () => standardNormal(random));
    expect(findPatterns({ rows: 24_000, columns: 1, x })).toBeNull();
  });

  it('give the Poisson fit of single rows, row by row', () => {
    const { random, design, exposure, mean } = rowsAlike();
    const cells = { design, events: mean.map((m) => poisson(random, m)), exposure };
    const fit = fitPoisson(cells);
    const plain = fitPoissonByPattern(cells, null);
    if (fit.status !== 'estimated' || plain.status !== 'estimated') throw new Error('no estimate');
    for (const k of [0, 1, 2]) {
      expect((fit.coefficient[k] as number) / (plain.coefficient[k] as number)).toBeCloseTo(1, 11);
      expect((fit.se[k] as number) / (plain.se[k] as number)).toBeCloseTo(1, 11);
    }
    expect(fit.log_likelihood / plain.log_likelihood).toBeCloseTo(1, 11);
    expect(fit.cells_used).toBe(plain.cells_used);
    for (let i = 0; i < 24_000; i += 1000)
      expect((fit.fitted[i] as number) / (plain.fitted[i] as number)).toBeCloseTo(1, 11);
  });

  it('name rows, not patterns, where there is no fit', () => {
    const { design, exposure } = rowsAlike();
    // No event in the arm: its coefficient runs to minus infinity on every row of the arm.
    const arm = Float64Array.from({ length: 24_000 }, (_, i) => design.x[3 * i + 1] as number);
    const fit = fitPoisson({ design, events: arm.map((a) => (a === 1 ? 0 : 1)), exposure });
    expect(fit).toEqual({ status: 'separated', columns: [1], cells: arm.reduce((a, b) => a + b, 0) });
  });

  it('give the negative binomial fit of the table half as long twice', () => {
    const { random, design, exposure, mean } = rowsAlike();
    const events = mean.map((m) => negativeBinomial(random, m, 1.3));
    const ones = new Float64Array(24_000).fill(1);
    const whole = fitNegativeBinomial({
      design,
      events,
      exposure,
      observations: ones,
      tail: tailHistogram(events),
    });
    // Equal rows written as keys of two observations each: under the size at which rows are looked for.
    const half = 9_000;
    const cut = { rows: half, columns: 3, x: design.x.subarray(0, 3 * half) };
    const first = (values: Float64Array) => values.subarray(0, half);
    const doubled = {
      design: { rows: 3 * half, columns: 3, x: Float64Array.from([...cut.x, ...cut.x, ...cut.x]) },
      events: Float64Array.from([...first(events), ...first(events), ...first(events)]),
      exposure: Float64Array.from([...first(exposure), ...first(exposure), ...first(exposure)]),
      observations: new Float64Array(3 * half).fill(1),
    };
    const many = fitNegativeBinomial({ ...doubled, tail: tailHistogram(doubled.events) });
    const few = fitNegativeBinomial({
      design: cut,
      events: first(events).map((y) => 3 * y),
      exposure: first(exposure),
      observations: new Float64Array(half).fill(3),
      tail: tailHistogram(doubled.events),
    });
    if (whole.status !== 'estimated' || many.status !== 'estimated' || few.status !== 'estimated')
      throw new Error('no estimate');
    expect(Math.abs(whole.theta - 1.3)).toBeLessThan(0.1);
    for (const k of [0, 1, 2]) {
      expect((many.coefficient[k] as number) / (few.coefficient[k] as number)).toBeCloseTo(1, 10);
      expect((many.se[k] as number) / (few.se[k] as number)).toBeCloseTo(1, 10);
      expect((many.se_given_theta[k] as number) / (few.se_given_theta[k] as number)).toBeCloseTo(1, 10);
    }
    expect(many.theta / few.theta).toBeCloseTo(1, 9);
    expect(many.log_likelihood / few.log_likelihood).toBeCloseTo(1, 11);
    expect(many.residual.length).toBe(3 * half);
  });
});

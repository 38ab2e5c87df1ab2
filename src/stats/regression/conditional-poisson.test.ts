import { describe, expect, it } from 'vitest';
import { gamma, poisson, seededGenerator, uniform } from '../random.ts';
import { fitConditionalPoisson } from './conditional-poisson.ts';
import { designFromRows } from './design.ts';
import { type PersonRows, personStarts } from './person-rows.ts';
import { fitPoisson } from './poisson.ts';

function personRows(person: number[], rows: number[][], events: number[], exposure: number[]): PersonRows {
  return {
    design: designFromRows(rows),
    start: personStarts(person),
    events: Float64Array.from(events),
    exposure: Float64Array.from(exposure),
  };
}

describe('Conditional Poisson', () => {
  it('one person, two windows: the log rate ratio is that of the person', () => {
    const fit = fitConditionalPoisson(personRows([1, 1], [[0], [1]], [3, 8], [365, 200]));
    if (fit.status !== 'estimated') throw new Error(fit.status);
    expect(fit.coefficient[0]).toBeCloseTo(Math.log(8 / 200 / (3 / 365)), 11);
    expect(fit.se[0]).toBeCloseTo(Math.sqrt(1 / 8 + 1 / 3), 11);
  });

  it('equals Poisson regression with a column for each person', () => {
    const person = [1, 1, 1, 2, 2, 2, 3, 3, 3];
    const x = [
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
      [1, 0],
      [0, 0],
    ];
    const events = [4, 2, 1, 6, 3, 5, 2, 0, 3];
    const exposure = [10, 7, 3, 12, 9, 4, 5, 6, 8];
    const conditional = fitConditionalPoisson(personRows(person, x, events, exposure));
    const dummies = x.map((row, i) => [...row, ...[1, 2, 3].map((p) => (person[i] === p ? 1 : 0))]);
    const full = fitPoisson({
      design: designFromRows(dummies),
      events: Float64Array.from(events),
      exposure: Float64Array.from(exposure),
    });
    if (conditional.status !== 'estimated' || full.status !== 'estimated') throw new Error('not estimated');
    for (const k of [0, 1]) {
      expect(conditional.coefficient[k]).toBeCloseTo(full.coefficient[k] as number, 10);
      expect(conditional.se[k]).toBeCloseTo(full.se[k] as number, 10);
    }
    conditional.fitted.forEach((m, i) => {
      expect(m).toBeCloseTo(full.fitted[i] as number, 9);
    });
  });

  it('persons without events, and persons whose covariates do not change, are dropped and counted', () => {
    const informative = fitConditionalPoisson(personRows([1, 1], [[0], [1]], [3, 8], [365, 200]));
    const fit = fitConditionalPoisson(
      personRows(
        [1, 1, 2, 2, 3, 3, 4, 4],
        [[0], [1], [0], [1], [1], [1], [0], [1]],
        [3, 8, 0, 0, 2, 5, 4, 0],
        [365, 200, 100, 100, 50, 60, 80, 0],
      ),
    );
    if (fit.status !== 'estimated' || informative.status !== 'estimated') throw new Error('not estimated');
    expect(fit.coefficient[0]).toBeCloseTo(informative.coefficient[0] as number, 10);
    expect(fit.persons).toBe(4);
    expect(fit.persons_without_events).toBe(1);
    // Person 3 never changes; person 4 has time in one window only.
    expect(fit.persons_without_contrast).toBe(2);
    expect(fit.persons_informative).toBe(1);
    expect(fit.events_informative).toBe(11);
  });

  it('a covariate fixed in the person is aliased, not estimated', () => {
    const rows = [
      [0, 1],
      [1, 1],
      [0, 0],
      [1, 0],
    ];
    const fit = fitConditionalPoisson(personRows([1, 1, 2, 2], rows, [3, 8, 2, 2], [5, 5, 5, 5]));
    if (fit.status !== 'estimated') throw new Error(fit.status);
    expect(fit.aliased).toEqual([1]);
    expect(fit.coefficient[1]).toBeNaN();
  });

  it('nobody with events in a window: separated, no estimate', () => {
    const rows = [
      [0, 0],
      [1, 0],
      [0, 1],
      [0, 0],
      [1, 0],
      [0, 1],
    ];
    const fit = fitConditionalPoisson(
      personRows([1, 1, 1, 2, 2, 2], rows, [3, 2, 0, 1, 4, 0], [5, 5, 5, 5, 5, 5]),
    );
    expect(fit).toEqual({ status: 'separated', columns: [1], cells: 2 });
  });

  it('no informative person: counts instead of an estimate', () => {
    const fit = fitConditionalPoisson(personRows([1, 1, 2], [[0], [1], [1]], [0, 0, 4], [5, 5, 5]));
    expect(fit).toMatchObject({ status: 'no-informative-persons', persons: 2, persons_without_events: 1 });
  });

  it('events on rows without exposure are reported', () => {
    const fit = fitConditionalPoisson(personRows([1, 1], [[0], [1]], [2, 1], [5, 0]));
    expect(fit).toEqual({ status: 'events-without-exposure', cells: 1 });
  });

  it('rows of a person that are not together are refused', () => {
    expect(() => personStarts([1, 2, 1])).toThrow(RangeError);
  });

  it('pooling persons with the same rows changes neither estimate nor standard error', () => {
    const single = fitConditionalPoisson(
      personRows([1, 1, 2, 2, 3, 3], [[0], [1], [0], [1], [0], [1]], [3, 1, 2, 4, 1, 1], [5, 4, 5, 4, 5, 4]),
    );
    const pooled = fitConditionalPoisson(personRows([1, 1], [[0], [1]], [6, 6], [5, 4]));
    if (single.status !== 'estimated' || pooled.status !== 'estimated') throw new Error('not estimated');
    expect(pooled.coefficient[0]).toBeCloseTo(single.coefficient[0] as number, 11);
    expect(pooled.se[0]).toBeCloseTo(single.se[0] as number, 11);
  });

  it('recovers the effect whatever the person effects, and the robust interval covers it under extra variation', () => {
    const random = seededGenerator(77);
    const runs = 150;
    let covered = 0;
    let coveredRobust = 0;
    let sum = 0;
    for (let run = 0; run < runs; run++) {
      const person: number[] = [];
      const rows: number[][] = [];
      const events: number[] = [];
      const exposure: number[] = [];
      for (let i = 0; i < 120; i++) {
        const own = gamma(random, 0.6, 4);
        for (const window of [0, 1]) {
          // Rates also vary between windows of a person (a gamma of variance 1/4): events do not recur independently.
          const wobble = gamma(random, 4, 1 / 4);
          const t = 0.5 + uniform(random);
          person.push(i);
          rows.push([window]);
          exposure.push(t);
          events.push(poisson(random, own * wobble * t * Math.exp(-0.5 * window)));
        }
      }
      const fit = fitConditionalPoisson(personRows(person, rows, events, exposure));
      if (fit.status !== 'estimated') throw new Error(fit.status);
      const b = fit.coefficient[0] as number;
      sum += b;
      if (Math.abs(b + 0.5) < 1.96 * (fit.se[0] as number)) covered++;
      if (Math.abs(b + 0.5) < 1.96 * (fit.robust_se[0] as number)) coveredRobust++;
    }
    expect(Math.abs(sum / runs + 0.5)).toBeLessThan(0.04);
    expect(covered / runs).toBeLessThan(0.9);
    expect(coveredRobust / runs).toBeGreaterThan(0.88);
  });
});

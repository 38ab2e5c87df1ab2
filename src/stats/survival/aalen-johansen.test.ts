import { describe, expect, it } from 'vitest';
import { exponential, seededGenerator, uniform } from '../random.ts';
import { type CumulativeIncidence, estimateIncidence, estimateIncidenceRows } from './aalen-johansen.ts';
import { estimateSurvival } from './kaplan-meier.ts';
import { type LifeTable, tabulateRows } from './life-table.ts';
import { countUpTo } from './time-order.ts';

const f = (...values: number[]) => Float64Array.from(values);

describe('cumulative incidence with competing causes', () => {
  it('multiplies those still free by the hazard of each cause, worked by hand', () => {
    const [curve] = estimateIncidenceRows({ causes: 2, stop: f(1, 2, 3, 4, 5), cause: [1, 2, 0, 1, 2] });
    // S: 4/5, 3/5, 3/5, 3/10, 0. F1: 1/5, ., ., 1/5 + 3/5 * 1/2. F2: ., 4/5 * 1/4, ., ., + 3/10.
    expect([...(curve?.incidence ?? [])]).toEqual(
      [0.2, 0, 0.2, 0.2, 0.2, 0.2, 0.5, 0.2, 0.5, 0.5].map((v) => expect.closeTo(v, 14)),
    );
    expect(curve?.survival[4]).toBe(0);
    expect(curve?.se[0]).toBeCloseTo(Math.sqrt((0.2 * 0.8) / 5), 14);
  });

  it('without censoring is the share of people with each cause, with the binomial standard error', () => {
    const cause = [1, 2, 1, 1, 2, 2, 1, 2, 1, 1];
    const [curve] = estimateIncidenceRows({
      causes: 2,
      stop: Float64Array.from(cause, (_, k) => k + 1),
      cause,
    });
    const k = 6;
    expect(curve?.incidence[2 * k]).toBeCloseTo(4 / 10, 14);
    expect(curve?.se[2 * k]).toBeCloseTo(Math.sqrt((0.4 * 0.6) / 10), 14);
    expect(curve?.se[2 * k + 1]).toBeCloseTo(Math.sqrt((0.3 * 0.7) / 10), 14);
  });

  it('with one cause is one minus Kaplan-Meier, late entry or not', () => {
    const start = f(0, 2, 3, 1, 0, 2);
    const stop = f(4, 6, 7, 3, 9, 5);
    const cause = [1, 1, 0, 1, 0, 1];
    const [curve] = estimateIncidenceRows({ causes: 1, start, stop, cause });
    const km = estimateSurvival(tabulateRows({ start, stop, event: cause })[0] as LifeTable);
    expect([...(curve?.incidence ?? [])]).toEqual(Array.from(km.survival, (s) => expect.closeTo(1 - s, 14)));
    expect([...(curve?.se ?? [])]).toEqual(Array.from(km.se, (v) => expect.closeTo(v, 14)));
  });

  it('is the same from counts as from rows, stratum by stratum', () => {
    const rows = {
      causes: 2,
      stop: f(1, 1, 2, 2, 2, 3, 1),
      cause: [1, 2, 0, 1, 1, 2, 1],
      stratum: Int32Array.of(0, 0, 0, 0, 0, 0, 1),
    };
    const counts = {
      causes: 2,
      time: f(3, 2, 1, 1),
      events: f(0, 1, 2, 0, 1, 1, 1, 0),
      censored: f(0, 1, 0, 0),
      stratum: Int32Array.of(0, 0, 0, 1),
    };
    expect(estimateIncidence(counts, { strata: 2 })).toEqual(estimateIncidenceRows(rows, { strata: 2 }));
  });

  it('covers the truth where one minus Kaplan-Meier is far too high', () => {
    const random = seededGenerator(55);
    // Reoffence at rate 1, death at rate 1: half reoffend in the end; by time 1, (1 - e^-2) / 2.
    const truth = (1 - Math.exp(-2)) / 2;
    const runs = 300;
    let covered = 0;
    let naive = 0;
    for (let run = 0; run < runs; run++) {
      const n = 100;
      const stop = new Float64Array(n);
      const cause = new Float64Array(n);
      for (let r = 0; r < n; r++) {
        const [a, b, c] = [exponential(random), exponential(random), 3 * uniform(random)];
        stop[r] = Math.min(a, b, c);
        cause[r] = stop[r] === a ? 1 : stop[r] === b ? 2 : 0;
      }
      const [curve] = estimateIncidenceRows({ causes: 2, stop, cause }) as [CumulativeIncidence];
      const at = 2 * (countUpTo(curve.time, 1) - 1);
      if ((curve.lower[at] as number) <= truth && truth <= (curve.upper[at] as number)) covered++;
      const km = estimateSurvival(
        tabulateRows({ stop, event: cause.map((v) => (v === 1 ? 1 : 0)) })[0] as LifeTable,
      );
      const k = countUpTo(km.time, 1) - 1;
      if (1 - (km.upper[k] as number) <= truth && truth <= 1 - (km.lower[k] as number)) naive++;
    }
    expect(covered / runs).toBeGreaterThan(0.908);
    expect(covered / runs).toBeLessThan(0.992);
    expect(naive / runs).toBeLessThan(0.5);
  });
});

import { describe, expect, it } from 'vitest';
import { exponential, type Generator, gamma, seededGenerator, uniform } from '../random.ts';
import { estimateIncidenceRows } from './aalen-johansen.ts';
import {
  estimateMeanCumulativeFunction,
  type MeanCumulativeFunction,
  meanAt,
  meanFromCounts,
  type RecurrentRows,
} from './mean-cumulative-function.ts';

const f = (...values: number[]) => Float64Array.from(values);
const i = (...values: number[]) => Int32Array.from(values);
const only = (rows: RecurrentRows): MeanCumulativeFunction =>
  estimateMeanCumulativeFunction(rows)[0] as MeanCumulativeFunction;

/** Offending at a gamma-distributed personal rate until death or the end of follow-up. */
function register(random: Generator, persons: number, death: number, spread: number): RecurrentRows {
  const rows: { person: number; start: number; stop: number; event: number; terminal: number }[] = [];
  for (let person = 0; person < persons; person++) {
    const rate = spread > 0 ? gamma(random, 1 / spread, spread) : 1;
    const dies = death > 0 ? exponential(random, death) : Number.POSITIVE_INFINITY;
    const end = Math.min(dies, 1 + 2 * uniform(random));
    let start = 0;
    while (start < end) {
      const next = start + exponential(random, rate);
      const stop = Math.min(next, end);
      rows.push({ person, start, stop, event: next < end ? 1 : 0, terminal: stop === dies ? 1 : 0 });
      start = stop;
    }
  }
  return {
    person: i(...rows.map((row) => row.person)),
    start: f(...rows.map((row) => row.start)),
    stop: f(...rows.map((row) => row.stop)),
    event: rows.map((row) => row.event),
    terminal: rows.map((row) => row.terminal),
  };
}

describe('the mean number of offences', () => {
  it('adds up events over people at risk, with the variance between people', () => {
    // A: offences at 1 and 3, followed to 4. B: offence at 2, followed to 2.5. C: none, followed to 4.
    const curve = only({
      person: i(0, 0, 0, 1, 1, 2),
      start: f(0, 1, 3, 0, 2, 0),
      stop: f(1, 3, 4, 2, 2.5, 4),
      event: [1, 1, 0, 1, 0, 0],
    });
    expect([...curve.time]).toEqual([1, 2, 3]);
    expect([...curve.at_risk]).toEqual([3, 3, 2]);
    expect([...curve.mean]).toEqual([1 / 3, 2 / 3, 7 / 6].map((v) => expect.closeTo(v, 14)));
    // Influence at 1: A (1 - 1/3)/3, B and C (-1/3)/3.
    expect(curve.se[0]).toBeCloseTo(Math.sqrt(4 + 1 + 1) / 9, 14);
    // At 3: A 2/9 - 1/9 + 1/4, B -1/9 + 2/9, C -1/9 - 1/9 - 1/4.
    expect(curve.se[2]).toBeCloseTo(
      Math.sqrt((1 / 9 + 1 / 4) ** 2 + (1 / 9) ** 2 + (2 / 9 + 1 / 4) ** 2),
      14,
    );
    expect(meanAt(curve, [0.5, 2.7]).mean).toEqual(f(0, curve.mean[1] as number));
  });

  it('counts the dead as having no more offences', () => {
    // Of two people one dies at 1, the other offends at 2: half an offence per person, not one.
    const rows = { person: i(0, 1), stop: f(1, 2), event: [0, 1], terminal: [1, 0] };
    expect(only(rows).mean).toEqual(f(0, 0.5));
    expect(only({ ...rows, terminal: [0, 0] }).mean).toEqual(f(1));
  });

  it('is the cumulative incidence when the first offence ends it like death, standard error included', () => {
    const random = seededGenerator(31);
    const n = 80;
    const stop = Float64Array.from({ length: n }, () => 1 + Math.floor(20 * uniform(random)));
    const cause = Array.from({ length: n }, () => Math.floor(3 * uniform(random)));
    const [incidence] = estimateIncidenceRows({ causes: 2, stop, cause });
    const curve = only({
      person: Int32Array.from({ length: n }, (_, r) => r),
      stop,
      event: cause.map((c) => (c === 1 ? 1 : 0)),
      terminal: cause.map((c) => (c > 0 ? 1 : 0)),
    });
    if (!incidence) throw new Error('no curve');
    curve.time.forEach((t, k) => {
      const at = incidence.time.indexOf(t) * 2;
      expect(curve.mean[k]).toBeCloseTo(incidence.incidence[at] as number, 13);
      expect(curve.se[k]).toBeCloseTo(incidence.se[at] as number, 13);
    });
  });

  it('has the same mean from counts, and from rows cut in pieces', () => {
    const rows = register(seededGenerator(4), 40, 0.3, 1);
    const n = rows.stop.length;
    const terminal = Float64Array.from(rows.terminal ?? []);
    const counts = meanFromCounts({
      time: Float64Array.from([...rows.stop, ...(rows.start ?? [])]),
      events: Float64Array.from({ length: 2 * n }, (_, r) => (r < n ? (rows.event[r] as number) : 0)),
      terminal: Float64Array.from({ length: 2 * n }, (_, r) => (r < n ? (terminal[r] as number) : 0)),
      censored: Float64Array.from({ length: 2 * n }, (_, r) => (r < n ? 1 - (terminal[r] as number) : 0)),
      entries: Float64Array.from({ length: 2 * n }, (_, r) => (r < n ? 0 : 1)),
    });
    const curve = only(rows);
    curve.time.forEach((t, k) => {
      expect(counts.mean[counts.time.indexOf(t)]).toBeCloseTo(curve.mean[k] as number, 12);
    });
    const cut: RecurrentRows = {
      person: i(...rows.person, ...rows.person),
      start: f(...(rows.start ?? []), ...rows.stop.map((t, r) => (t + (rows.start?.[r] as number)) / 2)),
      stop: f(...rows.stop.map((t, r) => (t + (rows.start?.[r] as number)) / 2), ...rows.stop),
      event: [...new Array(n).fill(0), ...Array.from(rows.event)],
      terminal: [...new Array(n).fill(0), ...terminal],
    };
    expect([...only(cut).se]).toEqual(Array.from(curve.se, (v) => expect.closeTo(v, 11)));
  });

  it('has nearly the standard error of leaving each person out in turn', () => {
    const rows = register(seededGenerator(9), 120, 0.4, 1);
    const last = (without: number) => {
      const own = Array.from(rows.person.keys()).filter((r) => rows.person[r] !== without);
      const pick = (column: ArrayLike<number>) => Float64Array.from(own, (r) => column[r] as number);
      const curve = only({
        person: Int32Array.from(pick(rows.person)),
        start: pick(rows.start ?? []),
        stop: pick(rows.stop),
        event: pick(rows.event),
        terminal: pick(rows.terminal ?? []),
      });
      return meanAt(curve, [1.5]).mean[0] as number;
    };
    const left = Array.from({ length: 120 }, (_, person) => last(person));
    const centre = left.reduce((a, b) => a + b) / 120;
    const jackknife = Math.sqrt((119 / 120) * left.reduce((sum, v) => sum + (v - centre) ** 2, 0));
    const ours = meanAt(only(rows), [1.5]).se[0] as number;
    expect(ours / jackknife).toBeGreaterThan(0.98);
    expect(ours / jackknife).toBeLessThan(1.01);
  });

  it('covers the truth with death as an end and people who differ in their rate', () => {
    const random = seededGenerator(123);
    const death = 0.5;
    const truth = (1 - Math.exp(-death * 2)) / death;
    const runs = 250;
    let covered = 0;
    let poisson = 0;
    for (let run = 0; run < runs; run++) {
      const curve = only(register(random, 80, death, 1.5));
      const { mean, se, lower, upper } = meanAt(curve, [2]);
      if ((lower[0] as number) <= truth && truth <= (upper[0] as number)) covered++;
      // What independent events would give: sum dN / Y^2 is about mean / people at risk.
      const naive = Math.sqrt((mean[0] as number) / 80);
      if (naive < (se[0] as number)) poisson++;
    }
    expect(covered / runs).toBeGreaterThan(0.89);
    expect(covered / runs).toBeLessThan(0.99);
    expect(poisson / runs).toBeGreaterThan(0.95);
  });
});

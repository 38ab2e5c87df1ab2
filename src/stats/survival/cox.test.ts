import { describe, expect, it } from 'vitest';
import {
  exponential,
  type Generator,
  gamma,
  seededGenerator,
  standardNormal,
  uniform,
  uniformInteger,
} from '../random.ts';
import { type CoxEstimate, type CoxOptions, fitCox } from './cox.ts';
import { estimateBaselineHazard } from './cox-baseline.ts';
import { fitCoxExact } from './cox-exact.ts';
import type { CoxRows } from './cox-rows.ts';

const f = (...values: number[]) => Float64Array.from(values);
const i = (...values: number[]) => Int32Array.from(values);

function one(x: number[], stop: number[], event: number[], more: Partial<CoxRows> = {}): CoxRows {
  return { rows: x.length, columns: 1, x: f(...x), stop: f(...stop), event, ...more };
}

function estimated(data: CoxRows, options: CoxOptions = {}): CoxEstimate {
  const fit = fitCox(data, options);
  if (fit.status !== 'estimated') throw new Error(fit.status);
  return fit;
}

function expectClose(ours: ArrayLike<number>, theirs: ArrayLike<number>, digits = 10): void {
  expect([...Array.from(ours)]).toEqual(Array.from(theirs, (v) => expect.closeTo(v, digits)));
}

describe('a Cox model small enough for pencil and paper', () => {
  it('solves the score equation of three people', () => {
    // L = [e^b / (2 e^b + 1)] [1 / (1 + e^b)]: the score is 0 at e^b = 1 / sqrt 2.
    const fit = estimated(one([1, 0, 1], [1, 2, 3], [1, 1, 0]));
    const theta = Math.SQRT1_2;
    expect(fit.coefficient[0]).toBeCloseTo(Math.log(theta), 12);
    const information = (2 * theta) / (2 * theta + 1) ** 2 + theta / (1 + theta) ** 2;
    expect(fit.se[0]).toBeCloseTo(1 / Math.sqrt(information), 12);
    expect(fit.log_likelihood_null).toBeCloseTo(-Math.log(3) - Math.log(2), 14);
    expect(fit.events).toBe(2);
  });

  it('meets two tied events one after the other under Efron, both with everyone under Breslow', () => {
    const data = one([1, 0, 1, 0], [5, 5, 9, 8], [1, 1, 0, 1]);
    expect(estimated(data).log_likelihood_null).toBeCloseTo(-Math.log(4) - Math.log(3) - Math.log(2), 14);
    expect(estimated(data, { ties: 'breslow' }).log_likelihood_null).toBeCloseTo(
      -2 * Math.log(4) - Math.log(2),
      14,
    );
  });

  it('has no information from people who leave before the first event or enter after the last', () => {
    const plain = estimated(one([1, 0, 1], [1, 2, 3], [1, 1, 0]));
    const more = estimated(
      one([1, 0, 1, 1, 0], [1, 2, 3, 0.5, 9], [1, 1, 0, 0, 0], { start: f(0, 0, 0, 0, 3) }),
    );
    expect(more.coefficient).toEqual(plain.coefficient);
    expect(more.se).toEqual(plain.se);
  });
});

/** Random data with ties, late entry, two strata and counts. */
function messy(random: Generator, n: number): CoxRows {
  const x = new Float64Array(2 * n);
  const start = new Float64Array(n);
  const stop = new Float64Array(n);
  const event = new Float64Array(n);
  const count = new Float64Array(n);
  const stratum = new Int32Array(n);
  for (let r = 0; r < n; r++) {
    x[2 * r] = uniform(random) < 0.4 ? 1 : 0;
    x[2 * r + 1] = 40 + 10 * standardNormal(random);
    start[r] = Math.floor(5 * uniform(random));
    stop[r] = (start[r] as number) + 1 + Math.floor(12 * uniform(random));
    count[r] = 1 + Math.floor(3 * uniform(random));
    event[r] = Math.floor(uniform(random) * ((count[r] as number) + 1));
    stratum[r] = uniform(random) < 0.5 ? 0 : 7;
  }
  return { rows: n, columns: 2, x, start, stop, event, count, stratum };
}

function expand(data: CoxRows): CoxRows {
  const rows: number[] = [];
  const event: number[] = [];
  for (let r = 0; r < data.rows; r++)
    for (let c = 0; c < (data.count?.[r] ?? 1); c++) {
      rows.push(r);
      event.push(c < (data.event[r] as number) ? 1 : 0);
    }
  const pick = (column: ArrayLike<number>) => Float64Array.from(rows, (r) => column[r] as number);
  return {
    rows: rows.length,
    columns: data.columns,
    x: Float64Array.from(rows.flatMap((r) => [...data.x.subarray(r * data.columns, (r + 1) * data.columns)])),
    start: data.start && pick(data.start),
    stop: pick(data.stop),
    event,
    stratum: data.stratum && Int32Array.from(pick(data.stratum)),
  };
}

describe('the exact likelihood of tied events', () => {
  it('is the Cox model without ties, and conditional logistic regression of one set with all at one time', () => {
    const random = seededGenerator(21);
    const x = Float64Array.from({ length: 30 }, () => standardNormal(random));
    const stop = Float64Array.from({ length: 30 }, () => exponential(random));
    const rows: CoxRows = { rows: 30, columns: 1, x, stop, event: new Array(30).fill(1) };
    const exact = fitCoxExact(rows);
    if (exact.status !== 'estimated') throw new Error(exact.status);
    expectClose(exact.coefficient, estimated(rows).coefficient, 12);
    expectClose(exact.se, estimated(rows).se, 12);
    // Two of four people have the event at once, x = 1, 1, 0, 0; one of each has it: theta / e_2 = theta / (theta^2 + 4 theta + 1).
    const tied = fitCoxExact(one([1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 1, 0]));
    if (tied.status !== 'estimated') throw new Error(tied.status);
    expect(tied.coefficient[0]).toBeCloseTo(0, 12);
    expect(tied.log_likelihood).toBeCloseTo(-Math.log(6), 12);
    // d^2/db^2 of log(theta^2 + 4 theta + 1) at 0: 8/6 - 1.
    expect(tied.se[0]).toBeCloseTo(Math.sqrt(3), 12);
    expect(fitCoxExact(one([1, 1, 0, 0], [1, 1, 2, 2], [1, 1, 0, 0]))).toEqual({
      status: 'separated',
      columns: [0],
    });
  });
});

describe('counts and weights', () => {
  const data = messy(seededGenerator(11), 120);

  it('counts are replications: the compressed fit is the fit of the expanded rows, robust variance too', () => {
    for (const ties of ['efron', 'breslow'] as const) {
      const compressed = estimated(data, { ties, cluster: 'rows' });
      const rows = estimated(expand(data), { ties, cluster: 'rows' });
      expectClose(compressed.coefficient, rows.coefficient, 12);
      expectClose(compressed.se, rows.se, 12);
      expectClose(compressed.robust?.se ?? [], rows.robust?.se ?? [], 12);
      expect(compressed.log_likelihood).toBeCloseTo(rows.log_likelihood, 9);
      expect(compressed.robust?.clusters).toBe(rows.robust?.clusters);
    }
  });

  it('sampling weights are replications under Breslow only; under Efron tied events keep their mean weight', () => {
    const weight = Float64Array.from({ length: data.rows }, (_, r) => 1 + (r % 3));
    const event = Float64Array.from({ length: data.rows }, (_, r) => ((data.event[r] as number) > 0 ? 1 : 0));
    const weighted = { ...data, count: undefined, event, weight };
    const replicated = { ...data, count: weight, event: event.map((e, r) => e * (weight[r] as number)) };
    const breslow = [weighted, replicated].map((d) => estimated(d, { ties: 'breslow' }).coefficient);
    expectClose(breslow[0] as Float64Array, breslow[1] as Float64Array);
    const efron = [weighted, replicated].map((d) => estimated(d).coefficient[0] as number);
    expect(Math.abs((efron[0] as number) - (efron[1] as number))).toBeGreaterThan(1e-4);
  });
});

describe('rows of one person', () => {
  it('may be cut at any time without any change, given the person as cluster', () => {
    const whole = expand(messy(seededGenerator(5), 80));
    const cuts = [3, 6.5, 11];
    const parts: { row: number; start: number; stop: number; event: number }[] = [];
    for (let r = 0; r < whole.rows; r++) {
      let start = whole.start?.[r] ?? 0;
      const stop = whole.stop[r] as number;
      for (const cut of cuts) {
        if (cut <= start || cut >= stop) continue;
        parts.push({ row: r, start, stop: cut, event: 0 });
        start = cut;
      }
      parts.push({ row: r, start, stop, event: whole.event[r] as number });
    }
    const cut: CoxRows = {
      rows: parts.length,
      columns: 2,
      x: Float64Array.from(parts.flatMap(({ row }) => [...whole.x.subarray(2 * row, 2 * row + 2)])),
      start: Float64Array.from(parts, (part) => part.start),
      stop: Float64Array.from(parts, (part) => part.stop),
      event: parts.map((part) => part.event),
      stratum: Int32Array.from(parts, (part) => whole.stratum?.[part.row] ?? 0),
    };
    const before = estimated(whole, { cluster: 'rows' });
    const after = estimated(cut, { cluster: Int32Array.from(parts, (part) => part.row) });
    expectClose(after.coefficient, before.coefficient, 12);
    expectClose(after.robust?.se ?? [], before.robust?.se ?? [], 12);
    expect(after.log_likelihood).toBeCloseTo(before.log_likelihood, 9);
  });

  it('keep their digits when a very large risk leaves the risk set', () => {
    // Twenty people with a risk of e^25 times the others' come under observation late: going back in time, the
    // sums must forget them to 11 digits while people with ordinary risk are still there.
    const random = seededGenerator(3);
    const n = 60;
    const x = Float64Array.from({ length: n }, () => standardNormal(random));
    const offset = Float64Array.from({ length: n }, (_, r) => (r < 20 ? 25 : 0));
    const start = Float64Array.from({ length: n }, (_, r) => (r < 20 ? 40 : 0));
    const stop = Float64Array.from({ length: n }, (_, r) => (r < 20 ? 51 + r : 1 + (r - 20) * 1.1));
    const event = Float64Array.from({ length: n }, (_, r) => (r % 2 ? 1 : 0));
    const fit = estimated({ rows: n, columns: 1, x, start, stop, event, offset });
    const beta = fit.coefficient[0] as number;
    let log_likelihood = 0;
    let score = 0;
    for (let e = 0; e < n; e++) {
      if (event[e] === 0) continue;
      let s0 = 0;
      let s1 = 0;
      for (let r = 0; r < n; r++) {
        if (!((start[r] as number) < (stop[e] as number) && (stop[r] as number) >= (stop[e] as number)))
          continue;
        const risk = Math.exp(beta * (x[r] as number) + (offset[r] as number));
        s0 += risk;
        s1 += risk * (x[r] as number);
      }
      log_likelihood += beta * (x[e] as number) + (offset[e] as number) - Math.log(s0);
      score += (x[e] as number) - s1 / s0;
    }
    expect(fit.log_likelihood).toBeCloseTo(log_likelihood, 9);
    expect(score).toBeCloseTo(0, 9);
  });
});

describe('a Cox model without an estimate says why', () => {
  it('no events', () => {
    expect(fitCox(one([1, 0], [1, 2], [0, 0]))).toEqual({ status: 'no-events' });
  });

  it('a group without events is separated, and is named', () => {
    const x = [0, 1, 0, 1, 0, 1, 0, 0].flatMap((v, r) => [v, r % 3]);
    const data = {
      rows: 8,
      columns: 2,
      x: f(...x),
      stop: f(1, 2, 3, 4, 5, 6, 7, 8),
      event: [1, 0, 1, 0, 1, 0, 1, 1],
    };
    expect(fitCox(data)).toEqual({ status: 'separated', columns: [0] });
  });

  it('a score that always picks the highest in the risk set is separated', () => {
    expect(fitCox(one([9, 7, 6, 2, 1], [1, 2, 3, 4, 5], [1, 1, 1, 1, 1]))).toEqual({
      status: 'separated',
      columns: [0],
    });
    // One exception among twenty is enough for a finite, if large, estimate.
    const x = Array.from({ length: 20 }, (_, r) => 20 - r);
    x[3] = 2;
    const fit = estimated(
      one(
        x,
        Array.from({ length: 20 }, (_, r) => r + 1),
        new Array(20).fill(1),
      ),
    );
    expect(fit.coefficient[0]).toBeGreaterThan(0.2);
  });

  it('separated exactly when every event has the highest value in its risk set, or every event the lowest', () => {
    const random = seededGenerator(314);
    const seen = { estimated: 0, separated: 0, aliased: 0 };
    for (let run = 0; run < 1500; run++) {
      const n = 3 + Math.floor(5 * uniform(random));
      const levels = run % 2 ? 2 : 4;
      const x = Array.from({ length: n }, () => Math.floor(levels * uniform(random)));
      const start = Array.from({ length: n }, () => Math.floor(3 * uniform(random)));
      const stop = start.map((s) => s + 1 + Math.floor(4 * uniform(random)));
      const event = start.map(() => (uniform(random) < 0.5 ? 1 : 0));
      if (event.every((e) => e === 0)) continue;
      let [up, down, varies] = [true, true, false];
      event.forEach((e, i) => {
        if (e === 0) return;
        x.forEach((v, r) => {
          const t = stop[i] as number;
          if (!((start[r] as number) < t && (stop[r] as number) >= t)) return;
          if (v > (x[i] as number)) up = false;
          if (v < (x[i] as number)) down = false;
          if (v !== x[i]) varies = true;
        });
      });
      const expected = !varies ? 'aliased' : up || down ? 'separated' : 'estimated';
      const fit = fitCox(one(x, stop, event, { start: f(...start) }));
      expect(fit.status).toBe(expected);
      seen[expected]++;
    }
    expect(Math.min(seen.estimated, seen.separated, seen.aliased)).toBeGreaterThan(50);
  });

  it('separated along a combination of columns neither of which is separated alone', () => {
    const random = seededGenerator(12);
    const n = 200;
    const a = Float64Array.from({ length: n }, () => 10 * uniform(random));
    // The difference of the two columns falls steadily with time.
    const x = Float64Array.from(
      { length: 2 * n },
      (_, k) => (a[k >> 1] as number) + (k % 2 ? (n - (k >> 1)) / 100 : 0),
    );
    const stop = Float64Array.from({ length: n }, (_, r) => r + 1);
    const event = Array.from({ length: n }, () => (uniform(random) < 0.5 ? 1 : 0));
    expect(fitCox({ rows: n, columns: 2, x, stop, event })).toEqual({ status: 'separated', columns: [0, 1] });
    expect(fitCox({ rows: n, columns: 1, x: a, stop, event }).status).toBe('estimated');
  });

  it('a column that does not vary inside the strata is aliased, and so is a combination of earlier ones', () => {
    const random = seededGenerator(8);
    const n = 200;
    const stratum = Int32Array.from({ length: n }, (_, r) => r % 2);
    const a = Float64Array.from({ length: n }, () => standardNormal(random));
    const b = Float64Array.from({ length: n }, () => (uniform(random) < 0.5 ? 1 : 0));
    const x = Float64Array.from({ length: 4 * n }, (_, k) => {
      const r = Math.floor(k / 4);
      const [va, vb] = [a[r] as number, b[r] as number];
      return [va, stratum[r] as number, vb, 2 * va - vb + 3][k % 4] as number;
    });
    const stop = Float64Array.from({ length: n }, () => exponential(random));
    const data = { rows: n, columns: 4, x, stop, event: new Array(n).fill(1), stratum };
    const fit = estimated(data);
    expect(fit.aliased).toEqual([1, 3]);
    expect(fit.coefficient[1]).toBeNaN();
    const kept = Float64Array.from({ length: 2 * n }, (_, k) => (k % 2 ? b : a)[k >> 1] as number);
    const alone = estimated({ ...data, columns: 2, x: kept });
    expectClose([fit.coefficient[0] as number, fit.coefficient[2] as number], alone.coefficient, 12);
    const constant = one([3, 3, 3], [1, 2, 3], [1, 1, 1]);
    expect(fitCox(constant)).toEqual({ status: 'aliased', aliased: [0] });
  });

  it('rows that break the contract are a bug, not a status', () => {
    expect(() => fitCox(one([1, Number.NaN], [1, 2], [1, 1]))).toThrow(/not finite/);
    expect(() => fitCox(one([1, 2], [1, 2], [1, 1], { start: f(1, 0) }))).toThrow(/start is not before stop/);
    expect(() => fitCox(one([1, 2], [1, 2], [2, 1]))).toThrow(/number of people/);
  });
});

describe('simulated registers', () => {
  it('recovers hazard ratios, and nine and a half of ten intervals cover them', () => {
    const truth = [-0.5, 0.3];
    const random = seededGenerator(2024);
    const covered = [0, 0];
    const sum = [0, 0];
    const runs = 300;
    for (let run = 0; run < runs; run++) {
      const n = 150;
      const x = new Float64Array(2 * n);
      const stop = new Float64Array(n);
      const event = new Float64Array(n);
      for (let r = 0; r < n; r++) {
        x[2 * r] = uniform(random) < 0.5 ? 1 : 0;
        x[2 * r + 1] = standardNormal(random);
        const eta =
          (truth[0] as number) * (x[2 * r] as number) + (truth[1] as number) * (x[2 * r + 1] as number);
        const time = exponential(random, Math.exp(eta));
        const censoring = 3 * uniform(random);
        stop[r] = Math.min(time, censoring);
        event[r] = time <= censoring ? 1 : 0;
      }
      const fit = estimated({ rows: n, columns: 2, x, stop, event });
      truth.forEach((b, j) => {
        const estimate = fit.coefficient[j] as number;
        sum[j] = (sum[j] as number) + estimate;
        if (Math.abs(estimate - b) <= 1.96 * (fit.se[j] as number)) covered[j] = (covered[j] as number) + 1;
      });
    }
    truth.forEach((b, j) => {
      expect((sum[j] as number) / runs).toBeCloseTo(b, 1);
      // 0.95 +- 3.3 standard errors of 300 trials.
      expect((covered[j] as number) / runs).toBeGreaterThan(0.908);
      expect((covered[j] as number) / runs).toBeLessThan(0.992);
    });
  });

  it('needs the robust variance when people differ in their rate of offending', () => {
    const random = seededGenerator(77);
    const runs = 200;
    let model = 0;
    let robust = 0;
    for (let run = 0; run < runs; run++) {
      const rows: { x: number; start: number; stop: number; event: number; person: number }[] = [];
      for (let person = 0; person < 80; person++) {
        const x = person % 2;
        const rate = 2 * Math.exp(-0.4 * x) * gamma(random, 1, 1);
        let start = 0;
        while (start < 2) {
          const stop = start + exponential(random, rate);
          rows.push({ x, start, stop: Math.min(stop, 2), event: stop < 2 ? 1 : 0, person });
          start = stop;
        }
      }
      const fit = estimated(
        one(
          rows.map((row) => row.x),
          rows.map((row) => row.stop),
          rows.map((row) => row.event),
          { start: Float64Array.from(rows, (row) => row.start) },
        ),
        { cluster: i(...rows.map((row) => row.person)) },
      );
      const error = Math.abs((fit.coefficient[0] as number) + 0.4);
      if (error <= 1.96 * (fit.se[0] as number)) model++;
      if (error <= 1.96 * (fit.robust?.se[0] as number)) robust++;
    }
    expect(robust / runs).toBeGreaterThan(0.89);
    expect(model / runs).toBeLessThan(0.85);
  });
});

describe('Many rows that repeat', () => {
  it('give the fit, the robust errors and the residuals of the same people as counts', () => {
    // 30,000 intervals with 24 covariate patterns and 40 event times, some entering late, in two strata.
    const random = seededGenerator(20261122);
    const n = 30_000;
    const x = new Float64Array(2 * n);
    const start = new Float64Array(n);
    const stop = new Float64Array(n);
    const event = new Float64Array(n);
    const stratum = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      const [a, b] = [uniformInteger(random, 2), uniformInteger(random, 12)];
      x.set([a, b / 10], 2 * i);
      stratum[i] = uniformInteger(random, 2);
      start[i] = uniformInteger(random, 3) === 0 ? 5 : 0;
      const t = Math.ceil(8 * exponential(random, Math.exp(0.4 * a - 0.03 * b)));
      stop[i] = (start[i] as number) + Math.min(20, t);
      event[i] = t <= 20 ? 1 : 0;
    }
    const rows = { rows: n, columns: 2, x, start, stop, event, stratum };
    // The same people, alike together: few enough rows for the walk over rows.
    const groups = new Map<string, { i: number; count: number; event: number }>();
    for (let i = 0; i < n; i++) {
      const key = [x[2 * i], x[2 * i + 1], start[i], stop[i], stratum[i]].join();
      const group = groups.get(key) ?? { i, count: 0, event: 0 };
      group.count++;
      group.event += event[i] as number;
      groups.set(key, group);
    }
    const own = [...groups.values()];
    const pick = (values: ArrayLike<number>) => Float64Array.from(own, ({ i }) => values[i] as number);
    const few = {
      rows: own.length,
      columns: 2,
      x: Float64Array.from(own.flatMap(({ i }) => [x[2 * i] as number, x[2 * i + 1] as number])),
      start: pick(start),
      stop: pick(stop),
      event: Float64Array.from(own, (g) => g.event),
      count: Float64Array.from(own, (g) => g.count),
      stratum: Int32Array.from(own, ({ i }) => stratum[i] as number),
    };
    expect(few.rows).toBeLessThan(10_000);
    for (const ties of ['efron', 'breslow'] as const) {
      const many = fitCox(rows, { ties, cluster: 'rows' });
      const grouped = fitCox(few, { ties, cluster: 'rows' });
      if (many.status !== 'estimated' || grouped.status !== 'estimated') throw new Error('no estimate');
      expect(many.log_likelihood / grouped.log_likelihood).toBeCloseTo(1, 12);
      for (const k of [0, 1]) {
        expect((many.coefficient[k] as number) / (grouped.coefficient[k] as number)).toBeCloseTo(1, 10);
        expect((many.se[k] as number) / (grouped.se[k] as number)).toBeCloseTo(1, 10);
        expect((many.robust?.se[k] as number) / (grouped.robust?.se[k] as number)).toBeCloseTo(1, 10);
      }
      const hazard = estimateBaselineHazard(rows, many).cumulative_hazard;
      const other = estimateBaselineHazard(few, grouped).cumulative_hazard;
      expect(hazard.length).toBe(other.length);
      hazard.forEach((h, k) => {
        expect(h / (other[k] as number)).toBeCloseTo(1, 9);
      });
    }
  });
});

import { describe, expect, it } from 'vitest';
import { exponential, type Generator, seededGenerator, uniform } from '../random.ts';
import { type CoxEstimate, fitCox } from './cox.ts';
import { fitFineGray } from './fine-gray.ts';

/** Cause 1 with subdistribution 1 - (1 - p (1 - e^-t))^exp(x b), the rest of the people cause 2 (Fine & Gray 1999, section 5). */
function competing(random: Generator, n: number, b: number, censoring: number) {
  const p = 0.5;
  const x = new Float64Array(n);
  const time = new Float64Array(n);
  const cause = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    x[i] = i % 2;
    const ratio = Math.exp(b * (x[i] as number));
    const share = 1 - (1 - p) ** ratio;
    let t = exponential(random);
    let kind = 2;
    if (uniform(random) < share) {
      kind = 1;
      t = -Math.log(1 - (1 - (1 - share * uniform(random)) ** (1 / ratio)) / p);
    }
    const end = censoring > 0 ? censoring * uniform(random) : Number.POSITIVE_INFINITY;
    time[i] = Math.min(t, end);
    cause[i] = t <= end ? kind : 0;
  }
  return { rows: n, columns: 1, x, time, cause };
}

function cox(
  data: { rows: number; columns: number; x: Float64Array },
  stop: Float64Array,
  event: Float64Array,
): CoxEstimate {
  const fit = fitCox({ ...data, stop, event }, { ties: 'breslow', cluster: 'rows' });
  if (fit.status !== 'estimated') throw new Error(fit.status);
  return fit;
}

describe('the Fine-Gray model', () => {
  it('without competing causes is the Cox model with robust variance', () => {
    const data = competing(seededGenerator(1), 120, -0.5, 3);
    const event = data.cause.map((c) => (c > 0 ? 1 : 0));
    const ours = fitFineGray({ ...data, cause: event });
    const theirs = cox(data, data.time, event);
    if (ours.status !== 'estimated') throw new Error(ours.status);
    expect(ours.coefficient[0]).toBeCloseTo(theirs.coefficient[0] as number, 12);
    expect(ours.se[0]).toBeCloseTo(theirs.robust?.se[0] as number, 12);
    expect(ours.log_likelihood).toBeCloseTo(theirs.log_likelihood, 10);
  });

  it('without censoring is the Cox model in which other causes never leave the risk set', () => {
    const data = competing(seededGenerator(2), 120, 0.7, 0);
    const ours = fitFineGray(data);
    const stop = data.time.map((t, i) => (data.cause[i] === 1 ? t : 1e9));
    const theirs = cox(
      data,
      stop,
      data.cause.map((c) => (c === 1 ? 1 : 0)),
    );
    if (ours.status !== 'estimated') throw new Error(ours.status);
    expect(ours.coefficient[0]).toBeCloseTo(theirs.coefficient[0] as number, 12);
    expect(ours.se[0]).toBeCloseTo(theirs.robust?.se[0] as number, 12);
    expect([ours.events, ours.competing_events, ours.censored]).toEqual([
      data.cause.filter((c) => c === 1).length,
      data.cause.filter((c) => c === 2).length,
      0,
    ]);
  });

  it('recovers the ratio of subdistribution hazards, and its interval covers it', () => {
    const random = seededGenerator(42);
    const truth = 0.6;
    const runs = 200;
    let covered = 0;
    let sum = 0;
    for (let run = 0; run < runs; run++) {
      const fit = fitFineGray(competing(random, 200, truth, 3));
      if (fit.status !== 'estimated') throw new Error(fit.status);
      const b = fit.coefficient[0] as number;
      sum += b;
      if (Math.abs(b - truth) <= 1.96 * (fit.se[0] as number)) covered++;
    }
    expect(Math.abs(sum / runs - truth)).toBeLessThan(0.05);
    expect(covered / runs).toBeGreaterThan(0.9);
    expect(covered / runs).toBeLessThan(0.995);
  });

  it('says why it has no estimate', () => {
    const data = competing(seededGenerator(3), 60, 0, 3);
    expect(fitFineGray(data, { cause: 9 })).toEqual({ status: 'no-events' });
    expect(fitFineGray({ ...data, x: data.x.map(() => 1) })).toEqual({ status: 'aliased', aliased: [0] });
    const twice = { ...data, columns: 2, x: Float64Array.from([...data.x].flatMap((v) => [v, 1 - 2 * v])) };
    const alone = fitFineGray(data);
    const aliased = fitFineGray(twice);
    if (alone.status !== 'estimated' || aliased.status !== 'estimated') throw new Error('no estimate');
    expect(aliased.aliased).toEqual([1]);
    expect([...aliased.coefficient]).toEqual([alone.coefficient[0], Number.NaN]);
    const never = data.cause.map((c, i) => (data.x[i] === 1 && c === 1 ? 2 : c));
    expect(fitFineGray({ ...data, cause: never })).toEqual({ status: 'separated', columns: [0] });
  });
});

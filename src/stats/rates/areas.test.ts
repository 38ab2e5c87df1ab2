import { describe, expect, it } from 'vitest';
import { gamma, poisson, seededGenerator } from '../random.ts';
import { clusterRobust } from '../regression/cluster-robust.ts';
import { fitPoisson } from '../regression/poisson.ts';
import { clusteredRate, type RateMoments } from './clustered-rate.ts';
import { funnelLimits, funnelOverdispersion, funnelP } from './funnel.ts';
import { shrunkenRatios } from './shrunken-ratios.ts';

/** Rates of groups of persons: an interval over persons, a funnel, and shrinkage to the common rate. */

function sumsOf(people: readonly (readonly [events: number, time: number])[]): RateMoments {
  const sum = (of: (y: number, t: number) => number): number =>
    people.reduce((total, [y, t]) => total + of(y, t), 0);
  return {
    persons: people.length,
    events: sum((y) => y),
    time: sum((_, t) => t),
    ee: sum((y) => y * y),
    et: sum((y, t) => y * t),
    tt: sum((_, t) => t * t),
  };
}

describe('a rate with persons as the unit', () => {
  const people = [
    [4, 2],
    [0, 1],
    [1, 0.5],
    [7, 2],
    [0, 2],
    [2, 1.25],
  ] as const;

  it('has the standard error of a Poisson regression with one cluster a person', () => {
    const own = clusteredRate(sumsOf(people));
    const n = people.length;
    const design = { rows: n, columns: 1, x: new Float64Array(n).fill(1) };
    const events = Float64Array.from(people, ([y]) => y);
    const fit = fitPoisson({ design, events, exposure: Float64Array.from(people, ([, t]) => t) });
    if (fit.status !== 'estimated' || own.status !== 'estimated') throw new Error('no fit');
    const robust = clusterRobust(
      fit,
      {
        design,
        residual: events.map((y, i) => y - (fit.fitted[i] ?? 0)),
        cluster: Int32Array.from({ length: n }, (_, i) => i),
        clusters: n,
        observations: n,
      },
      'CR1',
    );
    if (robust.status !== 'estimated') throw new Error('no sandwich');
    expect(Math.log(own.rate)).toBeCloseTo(fit.coefficient[0] ?? 0, 12);
    expect(own.se_log).toBeCloseTo(robust.se[0] ?? 0, 12);
  });

  it('is the same whatever the unit of time', () => {
    const years = clusteredRate(sumsOf(people));
    const days = clusteredRate(sumsOf(people.map(([y, t]) => [y, t * 365.25] as const)));
    if (years.status !== 'estimated' || days.status !== 'estimated') throw new Error('no rate');
    expect(days.lower * 365.25).toBeCloseTo(years.lower, 10);
    expect(days.se_log).toBeCloseTo(years.se_log, 12);
  });

  it('has no interval of one person, without events, or of persons who are all alike', () => {
    expect(clusteredRate(sumsOf([]))).toEqual({ status: 'no-time' });
    const zero = [0, 1] as const;
    const alike = [1, 2, 3].map((k) => [k, k / 10] as const);
    for (const few of [[[3, 2] as const], [zero, zero], alike])
      expect(clusteredRate(sumsOf(few))).toEqual({ status: 'no-spread' });
  });
});

describe('a funnel', () => {
  const expected = [10, 20, 40, 80, 160, 10, 20, 40, 80, 160];

  it('has z on the square-root scale, and no overdispersion where there is none beyond chance', () => {
    const made = funnelOverdispersion([9, 25, 36, 81, 169, 9, 16, 49, 81, 144], expected);
    if (made.status !== 'estimated') throw new Error(made.status);
    expect(made.z[1]).toBeCloseTo(2 * (5 - Math.sqrt(20)), 12);
    expect(made.phi).toBeLessThan(1.5);
    expect(made.applied).toBe(1);
    const { lower, upper } = funnelLimits(100, 1, 0.95);
    expect(lower).toBeCloseTo((1 - 1.959963984540054 / 20) ** 2, 12);
    expect(upper).toBeCloseTo((1 + 1.959963984540054 / 20) ** 2, 12);
    expect(funnelLimits(0.01, 4, 0.998).lower).toBe(0);
  });

  it('draws in the outermost tenth, so that one extreme area does not hide itself', () => {
    const observed = [9, 25, 36, 81, 169, 9, 16, 49, 81, 640];
    const drawn = funnelOverdispersion(observed, expected);
    const plain = funnelOverdispersion(observed, expected, 0);
    if (drawn.status !== 'estimated' || plain.status !== 'estimated') throw new Error('no phi');
    expect(plain.phi).toBeGreaterThan(50);
    expect(drawn.phi).toBeLessThan(2);
    // By hand: the smallest and the largest z take the value of their neighbour.
    const z = [...drawn.z].sort((a, b) => a - b);
    const inner = [z[1] ?? 0, ...z.slice(1, -1), z.at(-2) ?? 0];
    expect(drawn.phi).toBeCloseTo(inner.reduce((sum, value) => sum + value * value, 0) / 10, 12);
    expect(funnelP(drawn.z[9] ?? 0, drawn.phi)).toBeLessThan(1e-20);
  });

  it('is not made of four areas', () => {
    const four = { status: 'too-few-units', units: 4 };
    expect(funnelOverdispersion([5, 8, 9, 4], [6, 7, 9, 4])).toEqual(four);
    expect(funnelOverdispersion([5, 8, 9, 4, 0], [6, 7, 9, 4, 0])).toEqual(four);
  });

  it('finds the overdispersion that gamma areas have', () => {
    const random = seededGenerator(11);
    const e = Array.from({ length: 400 }, () => 50);
    const o = e.map((one) => poisson(random, one * gamma(random, 12.5, 1 / 12.5)));
    const made = funnelOverdispersion(o, e, 0);
    if (made.status !== 'estimated') throw new Error(made.status);
    // Var(O) / E = 1 + 50 / 12.5 = 5.
    expect(made.phi).toBeGreaterThan(4);
    expect(made.phi).toBeLessThan(6);
    expect(made.applied).toBe(made.phi);
  });
});

describe('shrunken ratios', () => {
  const observed = [2, 30, 12, 40, 9, 21];
  const expected = [5, 20, 14, 25, 10, 20];

  it('lie between the own ratio and the mean, nearer the mean where less was expected', () => {
    const made = shrunkenRatios(observed, expected);
    if (made.status !== 'estimated') throw new Error(made.status);
    observed.forEach((o, k) => {
      const own = o / (expected[k] ?? 1);
      const theta = made.ratio[k] ?? Number.NaN;
      const weight = made.weight[k] ?? Number.NaN;
      // A posterior mean is the weighted mean of the two.
      expect(theta).toBeCloseTo(weight * own + (1 - weight) * made.mean, 10);
      expect(made.lower[k]).toBeLessThan(theta);
      expect(made.upper[k]).toBeGreaterThan(theta);
    });
    expect(made.weight[0]).toBeLessThan(made.weight[3] ?? 0);
  });

  it('stand still under the equations of Clayton and Kaldor', () => {
    const made = shrunkenRatios(observed, expected);
    if (made.status !== 'estimated') throw new Error(made.status);
    const alpha = made.mean / made.between;
    const t = [...made.ratio];
    expect(t.reduce((sum, value) => sum + value, 0) / t.length).toBeCloseTo(made.mean, 8);
    const squares = t.reduce(
      (sum, value, k) => sum + (1 + alpha / (expected[k] ?? 1)) * (value - made.mean) ** 2,
      0,
    );
    expect(squares / (t.length - 1)).toBeCloseTo(made.between, 7);
  });

  it('go further to the mean where events of one person come together', () => {
    const alone = shrunkenRatios(observed, expected);
    const together = shrunkenRatios(observed, expected, { dispersion: 1.5 });
    if (alone.status !== 'estimated' || together.status !== 'estimated') throw new Error('no ratios');
    expect(together.between).toBeLessThan(alone.between);
    expect(Math.abs((together.ratio[1] ?? 0) - together.mean)).toBeLessThan(
      Math.abs((alone.ratio[1] ?? 0) - alone.mean),
    );
  });

  it('are all the mean where areas differ by less than chance, and none for four areas or no events', () => {
    expect(shrunkenRatios([10, 10, 10, 10, 10], [10, 10, 10, 10, 10])).toEqual({
      status: 'no-variance-between',
      mean: 1,
    });
    expect(shrunkenRatios([1, 2, 3, 4], [1, 2, 3, 4])).toEqual({ status: 'too-few-units', units: 4 });
    expect(shrunkenRatios([0, 0, 0, 0, 0], [1, 2, 3, 4, 5])).toEqual({ status: 'no-events' });
    expect(() => shrunkenRatios([1, 2, 3, 4, 5], [1, 2, 3, 4, 0])).toThrow(RangeError);
  });

  it('hold the truth about as often as they say with twenty areas, and are nearer to it than the own ratios', () => {
    const random = seededGenerator(5);
    let held = 0;
    let areas = 0;
    let own = 0;
    let shrunken = 0;
    for (let world = 0; world < 300; world += 1) {
      const e = Array.from({ length: 20 }, (_, k) => 2 + (k % 5) * 10);
      const truth = e.map(() => gamma(random, 8, 1 / 8));
      const o = e.map((one, k) => poisson(random, one * (truth[k] ?? 1)));
      const made = shrunkenRatios(o, e);
      if (made.status !== 'estimated') continue;
      truth.forEach((theta, k) => {
        areas += 1;
        if ((made.lower[k] ?? 9) <= theta && theta <= (made.upper[k] ?? 0)) held += 1;
        own += ((o[k] ?? 0) / (e[k] ?? 1) - theta) ** 2;
        shrunken += ((made.ratio[k] ?? 0) - theta) ** 2;
      });
    }
    // The spread between areas is estimated and taken as known: 92 % here, and 85 % with five areas.
    expect(held / areas).toBeGreaterThan(0.9);
    expect(held / areas).toBeLessThan(0.95);
    expect(shrunken / own).toBeLessThan(0.5);
  });
});

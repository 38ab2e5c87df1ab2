import { describe, expect, it } from 'vitest';
import { type Generator, gamma, poisson, seededGenerator } from '../stats/random.ts';
import { clusteredRate } from '../stats/rates/clustered-rate.ts';
import { garwoodInterval } from '../stats/rates/poisson-interval.ts';
import { changePercent, changePerPerson, changePerTime, type Moments } from './change/fit.ts';

/** How often the intervals hold the truth, on persons who differ as offenders do. Seeded; misses are counted against theory. */

const WORLDS = 1500;
const PERSONS = 150;
const MEAN = 2;
const RATIO = 0.7;

/** Gamma-Poisson persons, nobody selected: the same person's rate before and after, windows of unequal length. */
function world(random: Generator): { moments: Moments; first: Float64Array; second: Float64Array } {
  const first = new Float64Array(4);
  const second = new Float64Array(16);
  for (let i = 0; i < PERSONS; i += 1) {
    const rate = gamma(random, 0.7, MEAN / 0.7);
    const ta = i % 5 === 0 ? 200 : 730;
    const v = [poisson(random, rate), poisson(random, (rate * RATIO * ta) / 730), 730, ta];
    v.forEach((x, k) => {
      first[k] = (first[k] ?? 0) + x;
      v.forEach((y, l) => {
        second[k * 4 + l] = (second[k * 4 + l] ?? 0) + x * y;
      });
    });
  }
  return { moments: { n: PERSONS, first, second }, first, second };
}

describe('intervals over overdispersed persons', () => {
  const random = seededGenerator(20120301);
  const exposure = (0.8 * 730 + 0.2 * 200) / 730;
  const truth = {
    rates: 100 * (RATIO - 1),
    counts: 100 * (RATIO * exposure - 1),
    person: MEAN * (RATIO * exposure - 1),
    time: ((100 * 365.25) / 730) * MEAN * (RATIO - 1),
  };
  const covered = { rates: 0, counts: 0, person: 0, time: 0, independent: 0, clustered: 0, garwood: 0 };
  for (let k = 0; k < WORLDS; k += 1) {
    const { moments, first, second } = world(random);
    const outcomes = {
      rates: changePercent(moments, 'rates', 0.95),
      counts: changePercent(moments, 'counts', 0.95),
      person: changePerPerson(moments, 0.95),
      time: changePerTime(moments, 365.25, 0.95),
    };
    for (const key of ['rates', 'counts', 'person', 'time'] as const) {
      const outcome = outcomes[key];
      if (outcome.status !== 'estimated') continue;
      const { ci_low = Number.NaN, ci_high = Number.NaN } = outcome;
      if (ci_low <= truth[key] && truth[key] <= ci_high) covered[key] += 1;
    }
    // What a Poisson count alone would say of the rate before entry: events of one person are not independent.
    const { lower, upper } = garwoodInterval(first[0] ?? 0, PERSONS);
    if (lower <= MEAN && MEAN <= upper) covered.independent += 1;
    // The rate after entry, in windows of unequal length, with persons as clusters.
    const after = clusteredRate({
      persons: PERSONS,
      events: first[1] ?? 0,
      time: (first[3] ?? 0) / 730,
      ee: second[5] ?? 0,
      et: (second[7] ?? 0) / 730,
      tt: (second[15] ?? 0) / 730 ** 2,
    });
    const rate = MEAN * RATIO;
    if (after.status === 'estimated' && after.lower <= rate && rate <= after.upper) covered.clustered += 1;
    // And where events are independent, in a few events: at least the level, at every mean.
    const few = garwoodInterval(poisson(random, 3.3), 1);
    if (few.lower <= 3.3 && 3.3 <= few.upper) covered.garwood += 1;
  }
  const noise = Math.sqrt((0.95 * 0.05) / WORLDS);

  it.each(['rates', 'counts', 'person', 'time'] as const)(
    'of a change hold the truth about 95 times of 100 (%s)',
    (key) => {
      // Persons as clusters: 150 of them lose a little to skewness, less than one and a half points.
      expect(covered[key] / WORLDS).toBeGreaterThan(0.935 - 3 * noise);
      expect(covered[key] / WORLDS).toBeLessThan(0.95 + 3 * noise);
    },
  );

  it('of a rate hold it at least 95 times of 100 where events are independent, and far less often where persons differ', () => {
    expect(covered.garwood / WORLDS).toBeGreaterThan(0.95 - 3 * noise);
    expect(covered.independent / WORLDS).toBeLessThan(0.8);
  });

  it('of a rate with persons as clusters hold it about 95 times of 100 where persons differ', () => {
    expect(covered.clustered / WORLDS).toBeGreaterThan(0.935 - 3 * noise);
    expect(covered.clustered / WORLDS).toBeLessThan(0.95 + 3 * noise);
  });

  it('of a Poisson count hold every mean with at least 95 % probability, exactly computed', () => {
    let least = 1;
    for (let mean = 0.05; mean < 12; mean += 0.0731) {
      let held = 0;
      let term = Math.exp(-mean);
      for (let x = 0; x < 80; x += 1) {
        const { lower, upper } = garwoodInterval(x, 1);
        if (lower <= mean && mean <= upper) held += term;
        term *= mean / (x + 1);
      }
      least = Math.min(least, held);
    }
    expect(least).toBeGreaterThanOrEqual(0.95);
  });
});

import { describe, expect, it } from 'vitest';
import { gamma, poisson, seededGenerator } from '../../stats/random.ts';
import { fitCompare } from './fit.ts';
import type { Model } from './model.ts';

/** How often a comparison of areas that do not differ says that they do, on persons who differ as offenders do. */

const WORLDS = 250;
const SHAPE = 0.7;

/** Four areas at 1.5 events a year: how often the interval of the last holds 1, and the joint test is significant at 5 %. */
function comparisons(
  model: Model,
  persons: number,
  last: number,
  seed: number,
): { held: number; rejected: number } {
  const random = seededGenerator(seed);
  const n = 3 * persons + last;
  const names = Array.from({ length: n }, (_, i) => `p${String(i).padStart(4, '0')}`);
  const levels = names.map((_, i) => `area ${i < 3 * persons ? Math.floor(i / persons) : 3}`);
  const days = Float64Array.from(names, (_, i) => (i % 4 === 0 ? 300 : 730));
  let held = 0;
  let rejected = 0;
  for (let world = 0; world < WORLDS; world += 1) {
    const events = days.map((time) => poisson(random, (gamma(random, SHAPE, 1.5 / SHAPE) * time) / 365.25));
    const rows = fitCompare(
      { cluster: names, person_id: names, level_1: levels, days, events },
      [{ stratum: 'area', column: 'level_1' }],
      [{ clock: 'calendar', days: 'days', events: 'events' }],
      [],
      {
        estimate_id: 'e',
        population: 'all',
        variant: 'protocol',
        confidence: 0.95,
        model,
        adjust: [],
        divide: [],
        reference: { area: 'area 0' },
        unit: 'person',
        phase: 'after entry',
      },
    );
    const ratio = rows.find(({ measure, level }) => measure === 'rate_ratio' && level === 'area 3');
    const test = rows.find(({ measure }) => measure === 'equal_rates_test');
    if ((ratio?.ci_low ?? 9) <= 1 && 1 <= (ratio?.ci_high ?? 0)) held += 1;
    if ((test?.p_value ?? 1) < 0.05) rejected += 1;
  }
  return { held: held / WORLDS, rejected: rejected / WORLDS };
}

describe('a comparison of areas that do not differ', () => {
  const noise = 3 * Math.sqrt((0.95 * 0.05) / WORLDS);

  it.each(['poisson-cluster-robust', 'negative-binomial', 'poisson-gamma'] as const)(
    'holds the ratio 1 about 95 times of 100, and calls a difference about 5 times (%s)',
    (model) => {
      const { held, rejected } = comparisons(model, 100, 100, 11);
      // 100 persons with skewed counts lose up to one and a half points.
      expect(held).toBeGreaterThan(0.935 - noise);
      expect(held).toBeLessThan(0.95 + noise);
      expect(rejected).toBeLessThan(0.065 + noise);
    },
  );

  it('holds it as often with fifteen persons in an area', () => {
    const { held } = comparisons('poisson-cluster-robust', 100, 15, 12);
    expect(held).toBeGreaterThan(0.935 - noise);
  });
});

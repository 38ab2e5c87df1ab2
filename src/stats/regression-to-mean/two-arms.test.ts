import { describe, expect, it } from 'vitest';
import { gamma, poisson, seededGenerator, uniform } from '../random.ts';
import { stationaryExpectation } from './stationary.ts';
import { expectWithoutEffect } from './two-arms.ts';

describe('Two arms chosen by their earlier counts', () => {
  it('the arms together are expected to have what persons with more than the cut-off had', () => {
    const before = [1, 1, 2, 2, 3, 3, 4, 5, 5, 8];
    const treated = [0, 1, 0, 0, 1, 0, 1, 1, 0, 1];
    const arms = expectWithoutEffect(before, treated, 1);
    if (arms.status !== 'estimated') throw new Error(arms.status);
    const histogram = new Float64Array(9);
    for (const x of before) histogram[x] = (histogram[x] as number) + 1;
    const whole = stationaryExpectation(histogram, 1);
    expect(arms.treated.expected_after + arms.comparison.expected_after).toBeCloseTo(
      whole.expected_after,
      10,
    );
    expect(arms.treated.events_before + arms.comparison.events_before).toBe(whole.events_before);
  });

  it('an arm that is drawn by lot is expected to change as the other', () => {
    const before = Array.from({ length: 40 }, (_, i) => Math.floor(i / 2) % 5);
    const treated = before.map((_, i) => i % 2);
    const arms = expectWithoutEffect(before, treated, 0);
    if (arms.status !== 'estimated') throw new Error(arms.status);
    expect(arms.ratio_of_ratios).toBeCloseTo(1, 10);
    expect(arms.treated.ratio).toBeCloseTo(1, 10);
  });

  it('with no effect at all it foretells the fall of the arm that took the higher counts', () => {
    const random = seededGenerator(5);
    const sums = { b1: 0, a1: 0, b0: 0, a0: 0 };
    const before: number[] = [];
    const treated: number[] = [];
    for (let i = 0; before.length < 20_000 && i < 400_000; i++) {
      const rate = gamma(random, 1.2, 2.5 / 1.2);
      const x = poisson(random, rate);
      if (x < 3) continue;
      const arm = uniform(random) < 1 / (1 + Math.exp(-0.45 * (x - 5))) ? 1 : 0;
      const later = poisson(random, rate);
      before.push(x);
      treated.push(arm);
      if (arm === 1) {
        sums.b1 += x;
        sums.a1 += later;
      } else {
        sums.b0 += x;
        sums.a0 += later;
      }
    }
    const arms = expectWithoutEffect(before, treated, 3);
    if (arms.status !== 'estimated') throw new Error(arms.status);
    expect(arms.treated.ratio).toBeCloseTo(sums.a1 / sums.b1, 1);
    expect(arms.comparison.ratio).toBeCloseTo(sums.a0 / sums.b0, 1);
    expect(Math.abs(arms.ratio_of_ratios - sums.a1 / sums.b1 / (sums.a0 / sums.b0))).toBeLessThan(0.04);
    expect(arms.treated.ratio).toBeLessThan(0.95);
  });

  it('arms that the earlier count tells apart, and arms without events, have no expectation', () => {
    expect(expectWithoutEffect([1, 1, 5, 6], [0, 0, 1, 1], 1).status).toBe('no-overlap');
    expect(expectWithoutEffect([0, 0, 0], [0, 1, 0], 0).status).toBe('no-events');
    expect(expectWithoutEffect([2, 3], [1, 1], 0).status).toBe('no-events');
    expect(expectWithoutEffect([], [], 0).status).toBe('no-events');
  });
});

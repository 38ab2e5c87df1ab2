import { expect, it } from 'vitest';
import { exponential, seededGenerator } from '../random.ts';
import { maxSprtCriticalValue, maxSprtError, poissonLogLikelihoodRatio } from './max-sprt.ts';

it('the log-likelihood ratio is 0 without an excess', () => {
  expect(poissonLogLikelihoodRatio(3, 3)).toBe(0);
  expect(poissonLogLikelihoodRatio(2, 5)).toBe(0);
  expect(poissonLogLikelihoodRatio(4, 2)).toBeCloseTo(4 * Math.LN2 - 2, 15);
});

it('with very little expected, a signal is simply a first event', () => {
  // The first event before mu_1 signals; with a planned end below mu_1 the error is P(at least one event).
  expect(maxSprtError(1, 0.1)).toBeCloseTo(1 - Math.exp(-0.1), 14);
});

it('signals in 5 % of simulated histories without an excess', () => {
  const critical = maxSprtCriticalValue(5);
  const random = seededGenerator(401);
  let signals = 0;
  for (let i = 0; i < 20_000; i++) {
    let expected = 0;
    for (let n = 1; ; n++) {
      expected += exponential(random);
      if (expected > 5) break;
      if (poissonLogLikelihoodRatio(n, expected) >= critical) {
        signals++;
        break;
      }
    }
  }
  // Four standard errors.
  expect(Math.abs(signals / 20_000 - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / 20_000));
});

it('has no critical value without anything expected', () => {
  expect(maxSprtCriticalValue(0)).toBeNaN();
});

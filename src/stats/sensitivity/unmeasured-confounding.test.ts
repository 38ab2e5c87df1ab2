import { expect, it } from 'vitest';
import {
  biasFactor,
  eValue,
  eValueOfInterval,
  riskRatioOfHazardRatio,
  riskRatioOfOddsRatio,
} from './unmeasured-confounding.ts';

it('a confounder of the strength of the E-value on both sides explains the ratio exactly away', () => {
  for (const ratio of [1, 1.3, 3.9, 20])
    expect(biasFactor(eValue(ratio), eValue(ratio))).toBeCloseTo(ratio, 12);
});

it('is the same for a ratio and its inverse, and 1 for an interval that contains 1', () => {
  expect(eValue(0.5)).toBe(eValue(2));
  expect(eValueOfInterval(0.8, 1.2)).toBe(1);
  expect(eValueOfInterval(2, 5)).toBe(eValue(2));
  expect(eValueOfInterval(0.2, 0.5)).toBe(eValue(0.5));
});

it('conversions keep no effect at no effect, and refuse what is not a ratio', () => {
  expect(riskRatioOfHazardRatio(1)).toBe(1);
  expect(riskRatioOfOddsRatio(4)).toBe(2);
  for (const value of [eValue(0), eValueOfInterval(2, 1), biasFactor(0.5, 2), riskRatioOfHazardRatio(-1)])
    expect(value).toBeNaN();
});

import { describe, expect, it } from 'vitest';
import { wrap } from './interval-chart.ts';
import { decimal, digitsFor, fewerToMore, signed } from './numbers.ts';

describe('numbers for people', () => {
  it('have a true minus, commas and no minus zero', () => {
    expect(decimal(-1234567.891, 1)).toBe('\u22121,234,567.9');
    expect(decimal(-0.04, 1)).toBe('0.0');
    expect(signed(0.04, 1)).toBe('0.0');
    expect(signed(0.06, 1)).toBe('+0.1');
  });

  it('show about three figures of a rate', () => {
    expect([314.2, 24.9, 0.489, 0.0123, 0].map((rate) => decimal(rate, digitsFor(rate)))).toEqual([
      '314',
      '24.9',
      '0.489',
      '0.0123',
      '0.00',
    ]);
  });

  it('name the ends of an interval from small to large, and its two sides apart', () => {
    expect(fewerToMore(-17.4, -6.6, 0)).toBe('7% to 17% fewer');
    expect(fewerToMore(2, 8, 0)).toBe('2% to 8% more');
    expect(fewerToMore(-9, 4, 0)).toBe('9% fewer to 4% more');
    expect(fewerToMore(-12, 0, 0)).toBe('unchanged to 12% fewer');
  });
});

describe('a label', () => {
  it('breaks at words, and inside a word only where it must', () => {
    expect(wrap('criminal justice system', 10)).toEqual(['criminal', 'justice', 'system']);
    expect(wrap('abcdefghijkl', 5)).toEqual(['abcde', 'fghij', 'kl']);
    expect(wrap('', 5)).toEqual([]);
  });
});

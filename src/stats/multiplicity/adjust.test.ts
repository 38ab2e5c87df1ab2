import { expect, it } from 'vitest';
import { type Adjustment, adjustPValues } from './adjust.ts';

it('Holm multiplies the smallest by n, the next by n - 1, and never falls', () => {
  expect([...adjustPValues([0.01, 0.04, 0.03], 'holm')]).toEqual([0.03, 0.06, 0.06]);
});

it('Hochberg and Benjamini-Hochberg step up from the largest', () => {
  expect([...adjustPValues([0.01, 0.04, 0.03], 'hochberg')]).toEqual([0.03, 0.04, 0.04]);
  expect([...adjustPValues([0.01, 0.04, 0.03], 'benjamini-hochberg')]).toEqual([0.03, 0.04, 0.04]);
});

it('Benjamini-Yekutieli is Benjamini-Hochberg times 1 + 1/2 + ... + 1/n', () => {
  const values = adjustPValues([0.001, 0.01], 'benjamini-yekutieli');
  expect(values[0]).toBeCloseTo(0.003, 15);
  expect(values[1]).toBeCloseTo(0.015, 15);
});

it('Hommel equals the closed test of Simes over all intersections (enumerated)', () => {
  const p = [0.011, 0.02, 0.022, 0.09, 0.3];
  const expected = p.map((_, k) => {
    let largest = 0;
    for (let set = 1; set < 32; set++) {
      if ((set & (1 << k)) === 0) continue;
      const members = p.filter((_value, i) => (set & (1 << i)) !== 0);
      largest = Math.max(largest, Math.min(...members.map((value, i) => (members.length * value) / (i + 1))));
    }
    return largest;
  });
  adjustPValues(p, 'hommel').forEach((value, k) => {
    expect(value).toBeCloseTo(expected[k] as number, 15);
  });
});

it('a missing p-value stays missing and is no test; the order of the input is kept; nothing exceeds 1', () => {
  expect([...adjustPValues([0.8, Number.NaN, 0.01], 'bonferroni')]).toEqual([1, Number.NaN, 0.02]);
});

const methods: Adjustment[] = [
  'bonferroni',
  'holm',
  'hochberg',
  'hommel',
  'benjamini-hochberg',
  'benjamini-yekutieli',
];
it.each(methods)('%s leaves a single p-value and an empty list alone', (method) => {
  expect([...adjustPValues([0.2], method)]).toEqual([0.2]);
  expect(adjustPValues([], method).length).toBe(0);
});

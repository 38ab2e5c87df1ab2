import { expect, it } from 'vitest';
import { maxSprtCriticalValue } from '../../src/stats/sequential/max-sprt.ts';
import { parityCase, referenceResults } from './parity.ts';

it('MaxSPRT critical values agree with an independent recursion in R', () => {
  const r = referenceResults<{ T: number[]; M: number[]; cv: number[] }>('sequential_maxsprt');
  expect(r.T.length).toBe(12);
  r.T.forEach((planned, i) => {
    const minimum = r.M[i] as number;
    parityCase({
      method: 'MaxSPRT critical value',
      case: `T=${planned} M=${minimum}`,
      ours: maxSprtCriticalValue(planned, 0.05, minimum),
      theirs: r.cv[i] as number,
      // The reference solves for the critical value by uniroot to 1e-10 and for each boundary to 1e-15.
      tolerance: 1e-9,
    });
  });
});

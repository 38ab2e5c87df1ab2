/** Sign test and paired t-test of differences d_i = first - second. */
import { DEFAULT_LEVEL } from '../rates/interval.ts';
import { binomialTwoSided } from '../rates/two-sided.ts';
import { studentQuantile, studentUpper } from '../special/student.ts';

export type SignTest =
  | { status: 'estimated'; positive: number; negative: number; zeros: number; p: number }
  | { status: 'no-differences'; zeros: number };

/** Exact two-sided sign test; differences of 0 are dropped. */
export function signTest(differences: ArrayLike<number>): SignTest {
  let positive = 0;
  let negative = 0;
  for (let i = 0; i < differences.length; i++) {
    const d = differences[i] as number;
    if (d > 0) positive++;
    else if (d < 0) negative++;
  }
  const zeros = differences.length - positive - negative;
  if (positive + negative === 0) return { status: 'no-differences', zeros };
  return {
    status: 'estimated',
    positive,
    negative,
    zeros,
    p: binomialTwoSided(positive, positive + negative, 0.5),
  };
}

export type PairedT =
  | {
      status: 'estimated';
      mean: number;
      se: number;
      t: number;
      df: number;
      p: number;
      lower: number;
      upper: number;
      level: number;
    }
  | { status: 'no-variation' }
  | { status: 'fewer-than-two-pairs' };

/** Paired t-test: mean difference over its standard error, n - 1 degrees of freedom. */
export function pairedT(differences: ArrayLike<number>, level = DEFAULT_LEVEL): PairedT {
  const n = differences.length;
  if (n < 2) return { status: 'fewer-than-two-pairs' };
  let mean = 0;
  for (let i = 0; i < n; i++) mean += (differences[i] as number) / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((differences[i] as number) - mean) ** 2;
  if (squares === 0) return { status: 'no-variation' };
  const df = n - 1;
  const se = Math.sqrt(squares / df / n);
  const t = mean / se;
  const half = studentQuantile((1 + level) / 2, df) * se;
  return {
    status: 'estimated',
    mean,
    se,
    t,
    df,
    p: 2 * studentUpper(Math.abs(t), df),
    lower: mean - half,
    upper: mean + half,
    level,
  };
}

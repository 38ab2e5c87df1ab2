/** Kruskal-Wallis test of k independent groups, corrected for ties; chi-square with k - 1 degrees of freedom (Kruskal and Wallis 1952, JASA 47:583). */
import { chiSquareUpper } from '../special/chisq.ts';
import { midRanks } from './ranks.ts';

export type KruskalWallis =
  | { status: 'estimated'; chi_square: number; df: number; p: number }
  | { status: 'no-variation' }
  | { status: 'fewer-than-two-groups' };

/** `group` holds a label per value; every label that occurs is a group. */
export function kruskalWallis(values: ArrayLike<number>, group: ArrayLike<number | string>): KruskalWallis {
  const n = values.length;
  const { ranks, tie_sum: tieSum } = midRanks(values);
  const sums = new Map<number | string, { rank: number; n: number }>();
  for (let i = 0; i < n; i++) {
    const label = group[i] as number | string;
    const sum = sums.get(label) ?? { rank: 0, n: 0 };
    sum.rank += ranks[i] as number;
    sum.n += 1;
    sums.set(label, sum);
  }
  if (sums.size < 2) return { status: 'fewer-than-two-groups' };
  const correction = 1 - tieSum / (n ** 3 - n);
  if (!(correction > 0)) return { status: 'no-variation' };
  let squares = 0;
  for (const sum of sums.values()) squares += sum.n * (sum.rank / sum.n - (n + 1) / 2) ** 2;
  const chiSquare = (12 * squares) / (n * (n + 1)) / correction;
  const df = sums.size - 1;
  return { status: 'estimated', chi_square: chiSquare, df, p: chiSquareUpper(chiSquare, df) };
}

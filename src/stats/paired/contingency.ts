/** Tests of independence in a table of counts: Pearson's chi-square, and Fisher's exact test with the conditional odds ratio for 2 x 2. */
import { findRoot } from '../optimise/root.ts';
import { DEFAULT_LEVEL } from '../rates/interval.ts';
import { logBinomial } from '../special/binomial.ts';
import { chiSquareUpper } from '../special/chisq.ts';

export type ChiSquareTest =
  | { status: 'estimated'; chi_square: number; df: number; p: number; smallest_expected: number }
  | { status: 'empty-margin' };

/** Pearson's chi-square without continuity correction for a row-major table of counts. */
export function pearsonChiSquare(table: ArrayLike<number>, rows: number, columns: number): ChiSquareTest {
  const rowSum = new Float64Array(rows);
  const columnSum = new Float64Array(columns);
  let total = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const count = table[i * columns + j] as number;
      rowSum[i] = (rowSum[i] as number) + count;
      columnSum[j] = (columnSum[j] as number) + count;
      total += count;
    }
  }
  if (rows < 2 || columns < 2 || rowSum.includes(0) || columnSum.includes(0))
    return { status: 'empty-margin' };
  let chiSquare = 0;
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const expected = ((rowSum[i] as number) * (columnSum[j] as number)) / total;
      smallest = Math.min(smallest, expected);
      chiSquare += ((table[i * columns + j] as number) - expected) ** 2 / expected;
    }
  }
  const df = (rows - 1) * (columns - 1);
  return {
    status: 'estimated',
    chi_square: chiSquare,
    df,
    p: chiSquareUpper(chiSquare, df),
    smallest_expected: smallest,
  };
}

export type FisherExact =
  | {
      status: 'estimated';
      /** Total probability of the tables at most as probable as the one observed. */
      p: number;
      /** Conditional maximum-likelihood odds ratio; 0 or Infinity at an end of its range. */
      odds_ratio: number;
      lower: number;
      upper: number;
      level: number;
    }
  | { status: 'empty-margin' };

/** Fisher's exact test of the table [[a, b], [c, d]], conditional on its margins (Fisher 1935; noncentral hypergeometric limits, Cornfield 1956). */
export function fisherExact(a: number, b: number, c: number, d: number, level = DEFAULT_LEVEL): FisherExact {
  const firstColumn = a + c;
  const secondColumn = b + d;
  const firstRow = a + b;
  if (firstColumn === 0 || secondColumn === 0 || firstRow === 0 || c + d === 0)
    return { status: 'empty-margin' };
  const low = Math.max(0, firstRow - secondColumn);
  const high = Math.min(firstRow, firstColumn);
  // log hypergeometric probability of k up to a constant, by binomials with a common success probability.
  const share = firstRow / (firstColumn + secondColumn);
  const logNull = Float64Array.from(
    { length: high - low + 1 },
    (_, i) => logBinomial(low + i, firstColumn, share) + logBinomial(firstRow - low - i, secondColumn, share),
  );
  const distribution = (logOdds: number): Float64Array => {
    const logs = logNull.map((value, i) => value + logOdds * i);
    let largest = Number.NEGATIVE_INFINITY;
    for (const value of logs) largest = Math.max(largest, value);
    const out = logs.map((value) => Math.exp(value - largest));
    let sum = 0;
    for (const value of out) sum += value;
    return out.map((value) => value / sum);
  };
  const position = a - low;
  const underNull = distribution(0);
  const limit = (underNull[position] as number) * (1 + 1e-7);
  let p = 0;
  for (const probability of underNull) if (probability <= limit) p += probability;
  const upperTail = (logOdds: number) => sumOver(distribution(logOdds), position, high - low);
  const lowerTail = (logOdds: number) => sumOver(distribution(logOdds), 0, position);
  const expected = (logOdds: number) =>
    distribution(logOdds).reduce((sum, probability, i) => sum + probability * i, 0);
  const tail = (1 - level) / 2;
  const isLowest = a === low;
  const isHighest = a === high;
  return {
    status: 'estimated',
    p: Math.min(1, p),
    odds_ratio: isLowest
      ? 0
      : isHighest
        ? Number.POSITIVE_INFINITY
        : Math.exp(solve((t) => expected(t) - position)),
    lower: isLowest ? 0 : Math.exp(solve((t) => upperTail(t) - tail)),
    upper: isHighest ? Number.POSITIVE_INFINITY : Math.exp(solve((t) => lowerTail(t) - tail)),
    level,
  };
}

function sumOver(probability: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i <= to; i++) sum += probability[i] as number;
  return sum;
}

/** Root of a monotone function of the log odds ratio, in a bracket that grows until the signs differ. */
function solve(f: (logOdds: number) => number): number {
  for (let width = 4; width <= 512; width *= 2) {
    const root = findRoot(f, -width, width, 1e-14);
    if (!Number.isNaN(root)) return root;
  }
  return Number.NaN;
}

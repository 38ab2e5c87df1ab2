/**
 * Cluster-robust Poisson covariance with the person as cluster, without keeping persons.
 *
 * Persons who share the same T rows of covariates (a pattern) differ only in their counts y and exposures t, so with
 * Lambda = diag(lambda_1 .. lambda_T) their score products add up to
 *   sum_i s_i s_i' = X' [ S_yy - S_yt Lambda - Lambda S_yt' + Lambda S_tt Lambda ] X
 * with the T x T sums S_yy = sum y y', S_yt = sum y t', S_tt = sum t t'. Exact: millions of persons, a handful of patterns.
 * A row a person does not have is y = 0, t = 0.
 */
import { type Bread, type ClusterCorrection, type RobustResult, sandwichOfMeat } from './cluster-robust.ts';
import { type Design, mirrorLower } from './design.ts';

export interface PersonPatterns {
  /** Rows of all patterns, stacked; pattern j is rows start[j] .. start[j + 1] - 1. */
  readonly design: Design;
  readonly start: Int32Array;
  /** T x T blocks row-major, stacked in the order of the patterns. */
  readonly sum_yy: Float64Array;
  /** Element (a, b) is the sum of y_a t_b. */
  readonly sum_yt: Float64Array;
  readonly sum_tt: Float64Array;
  readonly persons: number;
  /** Rows with exposure, over all persons. */
  readonly observations: number;
}

/** `rate`: lambda of each row of the stacked design, from the fit. */
export function personClusterRobust(
  bread: Bread,
  patterns: PersonPatterns,
  rate: Float64Array,
  correction: ClusterCorrection,
): RobustResult {
  const { persons: clusters, observations } = patterns;
  return sandwichOfMeat(bread, personMeat(patterns, rate, bread.kept), {
    clusters,
    observations,
    correction,
  });
}

export function personMeat(patterns: PersonPatterns, rate: Float64Array, kept: Int32Array): Float64Array {
  const { design, start, sum_yy, sum_yt, sum_tt } = patterns;
  const { columns, x } = design;
  const k = kept.length;
  const meat = new Float64Array(k * k);
  let block = 0;
  for (let j = 0; j + 1 < start.length; j++) {
    const from = start[j] as number;
    const size = (start[j + 1] as number) - from;
    for (let a = 0; a < size; a++) {
      const la = rate[from + a] as number;
      for (let b = 0; b < size; b++) {
        const lb = rate[from + b] as number;
        const ab = block + a * size + b;
        const ba = block + b * size + a;
        const product =
          (sum_yy[ab] as number) -
          (sum_yt[ab] as number) * lb -
          (sum_yt[ba] as number) * la +
          (sum_tt[ab] as number) * la * lb;
        if (product === 0) continue;
        for (let c = 0; c < k; c++) {
          const left = product * (x[(from + a) * columns + (kept[c] as number)] as number);
          if (left === 0) continue;
          for (let d = 0; d <= c; d++) {
            const at = c * k + d;
            meat[at] =
              (meat[at] as number) + left * (x[(from + b) * columns + (kept[d] as number)] as number);
          }
        }
      }
    }
    block += size * size;
  }
  mirrorLower(meat, k);
  return meat;
}

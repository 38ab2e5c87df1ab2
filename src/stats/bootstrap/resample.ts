/**
 * Bootstrap replicates of a statistic of n units (persons or clusters, never single events: units must be exchangeable).
 *
 * A replicate is an array of n unit indices drawn with replacement; the statistic receives that array and may use it as it likes (sum
 * over units, refit). The array is reused between replicates: a statistic must not keep it.
 */
import { type Generator, uniformInteger } from '../random.ts';

/** A statistic of a multiset of units. */
export type IndexStatistic = (indices: Int32Array) => number;

export interface Replicates {
  /** The statistic of the units as observed. */
  estimate: number;
  /** One value per replicate; not finite where the statistic is undefined for the draw. */
  values: Float64Array;
}

/**
 * Draws `replicates` bootstrap samples of n units. With `strata` (a label per unit) each stratum is resampled to its own size, which is
 * the bootstrap for arms or areas whose sizes are fixed by design.
 */
export function bootstrap(
  statistic: IndexStatistic,
  n: number,
  replicates: number,
  random: Generator,
  strata?: ArrayLike<number | string>,
): Replicates {
  const members = strata === undefined ? [identityIndices(n)] : stratumMembers(strata, n);
  const indices = new Int32Array(n);
  const values = new Float64Array(replicates);
  for (let b = 0; b < replicates; b++) {
    let position = 0;
    for (const stratum of members) {
      for (let k = 0; k < stratum.length; k++) {
        indices[position] = stratum[uniformInteger(random, stratum.length)] as number;
        position++;
      }
    }
    values[b] = statistic(indices);
  }
  return { estimate: statistic(identityIndices(n)), values };
}

/** Replicates for index samples that were drawn elsewhere: `replicates` rows of n zero-based indices, row-major. */
export function bootstrapFromIndices(
  statistic: IndexStatistic,
  samples: Int32Array,
  n: number,
  replicates: number,
): Replicates {
  const values = new Float64Array(replicates);
  for (let b = 0; b < replicates; b++) values[b] = statistic(samples.subarray(b * n, (b + 1) * n));
  return { estimate: statistic(identityIndices(n)), values };
}

/** The n values of the statistic with one unit left out. */
export function jackknife(statistic: IndexStatistic, n: number): Float64Array {
  const rest = new Int32Array(n - 1);
  for (let k = 0; k < n - 1; k++) rest[k] = k + 1;
  const values = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    values[i] = statistic(rest);
    // Unit i comes back in the place of unit i + 1.
    if (i < n - 1) rest[i] = i;
  }
  return values;
}

function identityIndices(n: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => i);
}

function stratumMembers(strata: ArrayLike<number | string>, n: number): Int32Array[] {
  const members = new Map<number | string, number[]>();
  for (let i = 0; i < n; i++) {
    const label = strata[i] as number | string;
    const list = members.get(label);
    if (list === undefined) members.set(label, [i]);
    else list.push(i);
  }
  return [...members.values()].map((list) => Int32Array.from(list));
}

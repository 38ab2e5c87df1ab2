/**
 * Distributions without a closed inverse, as tables to join: gamma by interpolated quantiles, Poisson by cumulative
 * probabilities on a grid of means.
 */
import { type RowOf, table } from '../engine/index.ts';
import { gammaQuantile, regularisedGammaQ } from '../stats/special/incomplete-gamma.ts';
import { poissonProbability } from '../stats/special/poisson.ts';

export const GAMMA_CELLS = 4096;

/** Quantiles of a gamma with mean 1: linear from `low` to `high` within a cell, exponential in the last. */
export const gammaTable = table('synth_gamma', { cell: 'INTEGER', low: 'DOUBLE', width: 'DOUBLE' });

/**
 * Cell i holds u in [i, i + 1) / 4096. The last cell's exponential has the conditional mean of the gamma beyond its
 * start, so that the mean of the whole is right to the error of linear interpolation (below 1e-4, tested).
 */
export function gammaRows(shape: number): RowOf<typeof gammaTable>[] {
  const scale = 1 / shape;
  return Array.from({ length: GAMMA_CELLS }, (_, cell) => {
    const low = gammaQuantile(cell / GAMMA_CELLS, shape, scale);
    if (cell < GAMMA_CELLS - 1) {
      return { cell, low, width: gammaQuantile((cell + 1) / GAMMA_CELLS, shape, scale) - low };
    }
    const beyond = regularisedGammaQ(shape + 1, low / scale) * GAMMA_CELLS;
    return { cell, low, width: beyond - low };
  });
}

/** Means of the Poisson table: LEAST_MEAN * RATIO^step. A smaller mean is had by thinning, which is exact. */
export const LEAST_MEAN = 0.02;
export const RATIO = 1.1;
export const GREATEST_STEP = 114;

export const poissonTable = table('synth_poisson', {
  step: 'INTEGER',
  events: 'INTEGER',
  from_u: 'DOUBLE',
  to_u: 'DOUBLE',
});

/** For each mean the counts whose probability exceeds 1e-14, with their part of the unit interval. */
export function poissonRows(): RowOf<typeof poissonTable>[] {
  const rows: RowOf<typeof poissonTable>[] = [];
  for (let step = 0; step <= GREATEST_STEP; step += 1) {
    const mean = LEAST_MEAN * RATIO ** step;
    let reached = 0;
    const first = rows.length;
    for (let events = Math.max(0, Math.floor(mean - 9 * Math.sqrt(mean) - 9)); ; events += 1) {
      const probability = poissonProbability(events, mean);
      if (probability < 1e-14 && events > mean) break;
      if (probability >= 1e-14) {
        rows.push({ step, events, from_u: reached, to_u: reached + probability });
        reached += probability;
      }
    }
    const last = rows.at(-1);
    if (last !== undefined && rows.length > first) last.to_u = 1;
  }
  return rows;
}

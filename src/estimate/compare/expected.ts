import { fitPoisson } from '../../stats/regression/poisson.ts';
import type { Groups } from './groups.ts';

/** What each level would have at the rate that is common to all, given its time and terms: indirect standardisation. */

export type Expected =
  | {
      readonly status: 'estimated';
      /** Expected events of each level, in the order of the groups; they add up to the events. */
      readonly expected: Float64Array;
      /** How many times as much as a Poisson count a level's count varies, since events of one unit come together. */
      readonly dispersion: number;
    }
  | { readonly status: 'failed'; readonly note: string };

export function expectedEvents(groups: Groups): Expected {
  const n = groups.level.length;
  const columns = 1 + groups.columns;
  const x = new Float64Array(n * columns);
  for (let i = 0; i < n; i += 1) {
    x[i * columns] = 1;
    for (let j = 0; j < groups.columns; j += 1)
      x[i * columns + 1 + j] = groups.x[i * groups.columns + j] ?? 0;
  }
  const fit = fitPoisson({
    design: { rows: n, columns, x },
    events: groups.row_events,
    exposure: groups.row_years,
  });
  if (fit.status !== 'estimated') {
    return {
      status: 'failed',
      note: fit.status === 'no-events' ? 'no events' : `the common model is ${fit.status}`,
    };
  }
  const expected = new Float64Array(groups.levels.length);
  for (let i = 0; i < n; i += 1) {
    const k = groups.level[i] ?? 0;
    expected[k] = (expected[k] ?? 0) + (fit.fitted[i] ?? 0);
  }
  // Residuals about each level's own rate, added up within clusters.
  const residual = new Float64Array(groups.clusters);
  for (let i = 0; i < n; i += 1) {
    const k = groups.level[i] ?? 0;
    const ratio = (groups.levels[k]?.events ?? 0) / (expected[k] ?? 1);
    const c = groups.cluster[i] ?? 0;
    residual[c] = (residual[c] ?? 0) + (groups.row_events[i] ?? 0) - ratio * (fit.fitted[i] ?? 0);
  }
  const squares = residual.reduce((sum, value) => sum + value * value, 0);
  const freedom = groups.clusters - groups.levels.length;
  const dispersion = freedom > 0 ? ((groups.clusters / freedom) * squares) / groups.events : 1;
  return { status: 'estimated', expected, dispersion: Math.max(1, dispersion) };
}

import type { InternalTables } from '../../src/disclose/tables.ts';
import type { ResultRow } from '../../src/estimate/tables.ts';
import { drawStudy } from './attacker-study.ts';

/**
 * A study small enough to attack by the thousand: the generated one with some of its estimates, strata and clocks left
 * out, as a protocol might. Its tables stay consistent, since only whole tables go.
 */

const MOST_ROWS = 200;

export interface SmallStudy {
  readonly internal: InternalTables;
  readonly at_least: number;
}

export function drawSmallStudy(seed: number): SmallStudy {
  const { internal, at_least } = drawStudy(seed);
  const bit = (n: number): boolean => ((seed * 2_654_435_761) >>> (8 + n)) % 2 === 1;
  const names = Object.keys(internal.study.strata ?? {});
  const first = names[seed % Math.max(1, names.length)];
  const second = names[(seed + 1) % Math.max(1, names.length)];
  const strata = new Set(['all', 'leavers', first, ...(bit(0) ? [second] : [])]);
  const keeps: ((row: ResultRow) => boolean)[] = [
    (row) => strata.has((row.stratum ?? '').replace(/^leavers by /, '').replace(/ x calendar_year$/, '')),
    (row) => bit(1) || row.clock !== 'at-liberty',
    (row) => bit(2) || row.design !== 'survival',
    (row) => (bit(3) && seed % 3 === 0) || row.design !== 'rates',
    (row) => bit(4) || row.population === 'all',
    (row) => row.variant === 'protocol' || bit(5),
    (row) => row.design !== 'change' || (row.clock ?? '') === '' || bit(6) || row.phase !== null,
  ];
  let results = internal.results.filter((row) => keeps.every((keep) => keep(row)));
  // The costliest tables first.
  const drops: ((row: ResultRow) => boolean)[] = [
    (row) => row.variant !== 'protocol',
    (row) => row.stratum === second && second !== first,
    (row) => row.design === 'rates',
    (row) => row.design === 'survival',
    (row) => row.clock === 'at-liberty',
    (row) => row.population !== 'all',
  ];
  for (const drop of drops) if (results.length > MOST_ROWS) results = results.filter((row) => !drop(row));
  return { internal: { ...internal, results }, at_least };
}

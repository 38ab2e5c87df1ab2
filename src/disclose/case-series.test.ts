import { describe, expect, it } from 'vitest';
import { cell, of, release, rowOf } from '../../test/made-up-results.ts';
import type { ResultRow } from '../estimate/tables.ts';
import { PROFILES } from './index.ts';

/** A case series prints events and time by level of exposure, and how many cases there are in all. */

const SERIES = { estimate_id: 'series', design: 'sccs', clock: 'at-liberty' } as const;
const level = (phase: string, persons: number, events: number): ResultRow[] =>
  cell({ ...SERIES, phase: `cases: ${phase}` }, persons, events).filter(
    ({ measure }) => measure === 'events' || measure === 'person_years',
  );
const series = (exposed: ResultRow[]): ResultRow[] => [
  ...cell({ ...SERIES, phase: 'cases' }, 90, 200, 180).filter(({ measure }) => measure !== 'rate'),
  ...level('before', 90, 120),
  ...exposed,
  rowOf({
    ...SERIES,
    ...{ measure: 'relative_incidence', contrast: 'in / before', value: 0.8, unit: 'ratio' },
    ...{ persons: 90, events: 200, person_years: 180 },
  }),
];
const released = (rows: ResultRow[]) =>
  release(rows, PROFILES.ndtms, [{ id: 'series', design: 'sccs', outcome: 'any' }]);

describe('a case series', () => {
  it('keeps its ratios where all but two cases have time in a level, and does not say that it is two', () => {
    const rows = released(series(level('in', 88, 80)));
    expect(of(rows, { measure: 'relative_incidence' })[0]?.value).toBe(0.8);
    expect(of(rows, { measure: 'events', phase: 'cases: in' })[0]?.value).toBe(80);
    expect(rows.map(({ persons }) => persons)).not.toContain(88);
  });

  it('loses its ratios where a level has few events', () => {
    const rows = released([...series(level('in', 88, 78)), ...level('after', 60, 2)]);
    expect(of(rows, { measure: 'relative_incidence' })[0]?.value).toBeNull();
    expect(of(rows, { measure: 'events', phase: 'cases: after' })[0]?.value).toBeNull();
  });
});

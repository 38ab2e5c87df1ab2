import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { protocolOf } from '../../test/reference/day-walker-study.ts';
import { derive, type Engine, openDuckDB, type RowOf, sql } from '../engine/index.ts';
import { covariate } from '../link/tables.ts';
import { cohort, cohortStratum } from '../persontime/tables.ts';
import { adjustmentMatrix, adjustmentOf } from './adjustment.ts';

const protocol = protocolOf({
  spells: { from: 'episodes' },
  gap: { name: 'inline', days: 21 },
  population: { entry: 'first-journey', entry_window: { from: '2006-01-01', to: '2007-01-01' } },
  time_at_risk: { before: { months: 12 }, after: { months: 12 } },
  strata: { route: 'referral_route' },
});

function person(n: number): RowOf<typeof cohort> {
  return {
    person_id: `p${n}`,
    entry_date: '2006-06-01',
    journey: 1,
    age_at_entry: n === 5 ? null : 20 + n,
    sex: 'female',
    area: null,
    link_class: 'matched',
    before_start: '2005-06-01',
    before_end: '2006-06-01',
    after_start: '2006-06-01',
    after_end: '2007-06-01',
    end_reason: 'window',
    journey_end: '2007-06-01',
    left_treatment: false,
    exit_group: 'open',
    retained_days: 365,
    re_entry_date: null,
  };
}

const dose = (n: number, value: string | null, covariate_date: string | null): RowOf<typeof covariate> => ({
  person_id: `p${n}`,
  name: 'dose',
  value,
  covariate_date,
});

describe('what an estimate is adjusted for', () => {
  let engine: Engine;
  const folder = mkdtempSync(join(tmpdir(), 'desist-adjust-'));
  beforeAll(async () => {
    engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
    const people = Array.from({ length: 12 }, (_, i) => person(i + 1));
    await engine.load(cohort, people);
    await engine.load(
      cohortStratum,
      people.map(({ person_id }, i) => ({
        person_id,
        stratum: 'route',
        level: i < 6 ? 'self' : i < 11 ? 'court' : 'street',
      })),
    );
    await engine.load(covariate, [
      dose(1, '40', '2006-01-01'),
      dose(1, '60', '2006-06-01'),
      dose(1, '90', '2006-06-02'),
      dose(2, '70', null),
      dose(3, 'some', '2006-01-01'),
      dose(4, '50', '2006-09-01'),
      dose(6, '55.5', '2006-05-01'),
      { ...dose(7, '1', null), name: 'other' },
    ]);
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is a row a person of the population: levels as they are shown, numbers as they were known at entry', async () => {
    const members = derive(
      'member_some',
      { person_id: 'VARCHAR' },
      sql`SELECT person_id FROM ${cohort} WHERE person_id <> 'p12'`,
    );
    const made = adjustmentOf(protocol, { id: 'x' }, members, [
      'route',
      { number: 'dose' },
      { number: 'age_at_entry' },
    ]);
    expect(made.terms).toEqual([
      { column: 'adjust_1', label: 'route', kind: 'level' },
      { column: 'adjust_2', label: 'dose', kind: 'number' },
      { column: 'adjust_3', label: 'age_at_entry', kind: 'number' },
    ]);
    await engine.materialise([made.table]);
    const rows = await engine.rows(made.columns, sql`SELECT * FROM ${made.table} ORDER BY person_id`);
    expect(rows.length).toBe(11);
    const of = (n: number) => rows.find((row) => row.person_id === `p${n}`);
    // The last value on or before entry; one without a date; not a text, and not what came later.
    expect([1, 2, 3, 4, 6, 7].map((n) => of(n)?.adjust_2)).toEqual([60, 70, null, null, 55.5, null]);
    // One person from the street is too few for a name: the smallest level that has one takes the person in.
    expect([1, 7].map((n) => of(n)?.adjust_1)).toEqual(['self', 'court and rare levels']);
    expect([1, 5].map((n) => of(n)?.adjust_3)).toEqual([21, null]);
  });

  it('of nothing is the persons alone', async () => {
    const members = derive('member_all', { person_id: 'VARCHAR' }, sql`SELECT person_id FROM ${cohort}`);
    const made = adjustmentOf(protocol, { id: 'y' }, members, []);
    await engine.materialise([made.table]);
    const rows = await engine.rows(made.columns, sql`SELECT * FROM ${made.table}`);
    expect([rows.length, made.terms.length]).toEqual([12, 0]);
    expect(
      adjustmentMatrix(made.terms, { person_id: rows.map(({ person_id }) => String(person_id)) }),
    ).toEqual({
      x: new Float64Array(0),
      rows: 12,
      columns: 0,
      names: [],
      complete: new Uint8Array(12).fill(1),
    });
  });
});

describe('the columns of a regression', () => {
  const terms = [
    { column: 'adjust_1', label: 'clinic', kind: 'level' },
    { column: 'adjust_2', label: 'dose', kind: 'number' },
  ] as const;
  const data = {
    adjust_1: ['b', 'a', 'b', 'c', null, 'a', 'a'],
    adjust_2: Float64Array.of(1, 2, 3, 4, 5, Number.NaN, Number.POSITIVE_INFINITY),
  };

  it('compare with the largest level among complete rows, and leave incomplete rows unusable', () => {
    const { x, names, complete, columns } = adjustmentMatrix(terms, data);
    expect(names).toEqual(['clinic: a', 'clinic: c', 'dose']);
    expect([...complete]).toEqual([1, 1, 1, 1, 0, 0, 0]);
    expect(columns).toBe(3);
    expect([...x.subarray(0, 12)]).toEqual([0, 0, 1, 1, 0, 2, 0, 0, 3, 0, 1, 4]);
    expect([...x.subarray(12)].every(Number.isNaN)).toBe(true);
  });

  it('compare with the level asked for; with the largest where nobody has it', () => {
    expect(adjustmentMatrix(terms, data, { clinic: 'c' }).names).toEqual(['clinic: a', 'clinic: b', 'dose']);
    expect(adjustmentMatrix(terms, data, { clinic: 'z', dose: '3' }).names).toEqual([
      'clinic: a',
      'clinic: c',
      'dose',
    ]);
  });

  it('take the first by name of levels that are equally large', () => {
    const even = { adjust_1: ['z', 'y', 'z', 'y'], adjust_2: Float64Array.of(1, 1, 1, 1) };
    expect(adjustmentMatrix(terms, even).names).toEqual(['clinic: z', 'dose']);
  });

  it('compare nobody with people who have nothing in common, unless there is nobody else or it is asked for', () => {
    const rare = 'rare levels together';
    const mixed = { adjust_1: [rare, rare, rare, 'y', 'y', 'x'], adjust_2: new Float64Array(6) };
    expect(adjustmentMatrix(terms, mixed).names).toEqual([`clinic: ${rare}`, 'clinic: x', 'dose']);
    expect(adjustmentMatrix(terms, mixed, { clinic: rare }).names).toEqual([
      'clinic: x',
      'clinic: y',
      'dose',
    ]);
    const leftovers = { adjust_1: [rare, rare, 'not recorded'], adjust_2: new Float64Array(3) };
    expect(adjustmentMatrix(terms, leftovers).names).toEqual(['clinic: not recorded', 'dose']);
  });
});

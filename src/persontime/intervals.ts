import {
  addDays,
  addMonths,
  type Columns,
  daysBetween,
  derive,
  explodeRange,
  fill,
  firstOfYear,
  type Sql,
  sql,
  type Table,
  yearOf,
} from '../engine/index.ts';
import { phase } from '../journeys/tables.ts';
import { person } from '../link/tables.ts';
import type { AgeBand } from './age-bands.ts';
import { type cohort, interval } from './tables.ts';
import type { Windows } from './windows.ts';

const pieceColumns = {
  person_id: 'VARCHAR',
  birth_month: 'DATE',
  time_window: 'VARCHAR',
  phase: 'VARCHAR',
  treatment_phase: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
} as const satisfies Columns;

const yearColumns = { ...pieceColumns, calendar_year: 'INTEGER' } as const satisfies Columns;

/**
 * Windows cut at every change of phase, at New Year where the protocol splits by calendar year and at the birthdays
 * (first of the birth month) that start an age band. Cutting never loses or adds a day: the pieces tile the windows.
 */
export function intervalsOf(
  members: typeof cohort,
  windows: Windows,
  split: { readonly calendar_year: boolean; readonly age_bands: readonly AgeBand[] | undefined },
): typeof interval {
  const riskWindow = derive(
    'risk_window',
    {
      person_id: 'VARCHAR',
      birth_month: 'DATE',
      time_window: 'VARCHAR',
      start_date: 'DATE',
      end_date: 'DATE',
    },
    sql`
    SELECT w.person_id, p.birth_month, w.time_window, w.start_date, w.end_date
    FROM (
      SELECT person_id, 'before' AS time_window, before_start AS start_date, before_end AS end_date FROM ${members}
      UNION ALL
      SELECT person_id, 'after' AS time_window, after_start AS start_date, after_end AS end_date FROM ${members}
    ) AS w
    JOIN ${person} AS p ON p.person_id = w.person_id
    WHERE w.start_date < w.end_date`,
  );
  const byPhase = derive(
    'interval_phase',
    pieceColumns,
    sql`
    SELECT w.person_id, w.birth_month, w.time_window, f.phase, f.treatment_phase,
      greatest(w.start_date, f.start_date) AS start_date, least(w.end_date, f.end_date) AS end_date
    FROM ${riskWindow} AS w
    JOIN ${phase} AS f ON f.person_id = w.person_id AND f.start_date < w.end_date AND f.end_date > w.start_date`,
  );
  const byYear = derive(
    'interval_year',
    yearColumns,
    split.calendar_year ? cutAtNewYear(byPhase) : sql`SELECT *, NULL AS calendar_year FROM ${byPhase}`,
  );
  return fill(interval, cutAtBirthdays(byYear, split.age_bands, windows));
}

function cutAtNewYear(pieces: Table): Sql {
  const lastDay = addDays(sql`end_date`, -1);
  return sql`
    SELECT person_id, birth_month, time_window, phase, treatment_phase,
      greatest(start_date, ${firstOfYear(sql`calendar_year`)}) AS start_date,
      least(end_date, ${firstOfYear(sql`calendar_year + 1`)}) AS end_date, calendar_year
    FROM (
      SELECT *, ${explodeRange(yearOf(sql`start_date`), sql`${yearOf(lastDay)} + 1`)} AS calendar_year
      FROM ${pieces}
    ) AS year_piece`;
}

function cutAtBirthdays(pieces: Table, bands: readonly AgeBand[] | undefined, windows: Windows): Sql {
  const removed = windows.removes_custody ? sql`phase = 'custody'` : sql`FALSE`;
  const finish = (from: Sql, band: Sql): Sql => sql`
    SELECT person_id, time_window, phase, treatment_phase, start_date, end_date, calendar_year, ${band} AS age_band,
      ${removed} AS removed, ${daysBetween(sql`start_date`, sql`end_date`)} AS days
    FROM ${from}`;
  if (bands === undefined) return finish(sql`${pieces}`, sql`CAST(NULL AS VARCHAR)`);
  const birthday = (age: Sql): Sql => sql`${addMonths(sql`i.birth_month`, sql`12 * ${age}`)}`;
  const rows = bands
    .map((band) => sql`SELECT ${band.from} AS from_age, ${band.to} AS to_age, ${band.label} AS label`)
    .reduce((above, below) => sql`${above} UNION ALL ${below}`);
  // Open at both ends, so that time before a birth month recorded too late is still somebody's time.
  const cut = sql`(
      SELECT i.person_id, i.time_window, i.phase, i.treatment_phase, i.calendar_year, b.label,
        CASE WHEN b.from_age IS NULL THEN i.start_date ELSE greatest(i.start_date, ${birthday(sql`b.from_age`)}) END AS start_date,
        CASE WHEN b.to_age IS NULL THEN i.end_date ELSE least(i.end_date, ${birthday(sql`b.to_age`)}) END AS end_date
      FROM ${pieces} AS i
      CROSS JOIN (${rows}) AS b
      WHERE i.birth_month IS NOT NULL
      UNION ALL
      SELECT i.person_id, i.time_window, i.phase, i.treatment_phase, i.calendar_year, 'not recorded' AS label,
        i.start_date, i.end_date
      FROM ${pieces} AS i
      WHERE i.birth_month IS NULL
    ) AS banded
    WHERE start_date < end_date`;
  return finish(cut, sql`label`);
}

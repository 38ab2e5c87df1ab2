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

const windowColumns = {
  person_id: 'VARCHAR',
  time_window: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
} as const satisfies Columns;

const bandColumns = { ...windowColumns, age_band: 'VARCHAR' } as const satisfies Columns;

const pieceColumns = {
  ...bandColumns,
  phase: 'VARCHAR',
  treatment_phase: 'VARCHAR',
} as const satisfies Columns;

/**
 * Windows cut at the birthdays (first of the birth month) that start an age band, at every change of phase, and at New
 * Year where the protocol splits by calendar year. Cutting never loses or adds a day: the pieces tile the windows.
 * The cut that makes the fewest pieces comes first.
 */
export function intervalsOf(
  members: typeof cohort,
  windows: Windows,
  split: { readonly calendar_year: boolean; readonly age_bands: readonly AgeBand[] | undefined },
): typeof interval {
  const riskWindow = derive(
    'risk_window',
    windowColumns,
    sql`
    SELECT person_id, time_window, start_date, end_date
    FROM (
      SELECT person_id, 'before' AS time_window, before_start AS start_date, before_end AS end_date FROM ${members}
      UNION ALL
      SELECT person_id, 'after' AS time_window, after_start AS start_date, after_end AS end_date FROM ${members}
    ) AS asked
    WHERE start_date < end_date`,
  );
  const byAge = derive(
    'interval_age',
    bandColumns,
    split.age_bands === undefined
      ? sql`SELECT *, CAST(NULL AS VARCHAR) AS age_band FROM ${riskWindow}`
      : cutAtBirthdays(riskWindow, split.age_bands),
  );
  const byPhase = derive(
    'interval_phase',
    pieceColumns,
    sql`
    SELECT w.person_id, w.time_window, greatest(w.start_date, f.start_date) AS start_date,
      least(w.end_date, f.end_date) AS end_date, w.age_band, f.phase, f.treatment_phase
    FROM ${byAge} AS w
    JOIN ${phase} AS f ON f.person_id = w.person_id AND f.start_date < w.end_date AND f.end_date > w.start_date`,
  );
  const byYear = split.calendar_year
    ? cutAtNewYear(byPhase)
    : sql`SELECT *, NULL AS calendar_year FROM ${byPhase}`;
  const removed = windows.removes_custody ? sql`phase = 'custody'` : sql`FALSE`;
  return fill(
    interval,
    sql`
    SELECT person_id, time_window, phase, treatment_phase, start_date, end_date, calendar_year, age_band,
      ${removed} AS removed, ${daysBetween(sql`start_date`, sql`end_date`)} AS days
    FROM (${byYear}) AS piece`,
  );
}

/** Bands are open at both ends, so that time before a birth month recorded too late is still somebody's time. */
function cutAtBirthdays(pieces: Table, bands: readonly AgeBand[]): Sql {
  const birthday = (age: Sql): Sql => sql`${addMonths(sql`p.birth_month`, sql`12 * ${age}`)}`;
  const rows = bands
    .map((band) => sql`SELECT ${band.from} AS from_age, ${band.to} AS to_age, ${band.label} AS age_band`)
    .reduce((above, below) => sql`${above} UNION ALL ${below}`);
  return sql`
    SELECT person_id, time_window, start_date, end_date, age_band
    FROM (
      SELECT i.person_id, i.time_window, b.age_band,
        CASE WHEN b.from_age IS NULL THEN i.start_date ELSE greatest(i.start_date, ${birthday(sql`b.from_age`)}) END AS start_date,
        CASE WHEN b.to_age IS NULL THEN i.end_date ELSE least(i.end_date, ${birthday(sql`b.to_age`)}) END AS end_date
      FROM ${pieces} AS i
      JOIN ${person} AS p ON p.person_id = i.person_id AND p.birth_month IS NOT NULL
      CROSS JOIN (${rows}) AS b
      UNION ALL
      SELECT i.person_id, i.time_window, 'not recorded' AS age_band, i.start_date, i.end_date
      FROM ${pieces} AS i
      JOIN ${person} AS p ON p.person_id = i.person_id AND p.birth_month IS NULL
    ) AS banded
    WHERE start_date < end_date`;
}

/**
 * Each piece cut at every New Year inside it; `calendar_year` is the year of the part. A piece meets the years it has a
 * day in through a small table of first and last years: labels are then copied once, not exploded row by row.
 */
export function cutAtNewYear(pieces: Table): Sql {
  const lastDay = (end: Sql): Sql => sql`${addDays(end, -1)}`;
  return sql`
      SELECT i.person_id, i.time_window, greatest(i.start_date, y.from_date) AS start_date,
        least(i.end_date, y.to_date) AS end_date, i.age_band, i.phase, i.treatment_phase, y.calendar_year
      FROM (
        SELECT *, ${yearOf(sql`start_date`)} AS first_year, ${yearOf(lastDay(sql`end_date`))} AS last_year FROM ${pieces}
      ) AS i
      JOIN (
        SELECT first_year, last_year, calendar_year, ${firstOfYear(sql`calendar_year`)} AS from_date,
          ${firstOfYear(sql`calendar_year + 1`)} AS to_date
        FROM (
          SELECT first_year, last_year, CAST(${explodeRange(sql`first_year`, sql`last_year + 1`)} AS INTEGER) AS calendar_year
          FROM (
            SELECT first_year, CAST(${explodeRange(sql`first_year`, sql`end_year + 1`)} AS INTEGER) AS last_year
            FROM (
              SELECT CAST(${explodeRange(sql`from_year`, sql`end_year + 1`)} AS INTEGER) AS first_year, end_year
              FROM (
                SELECT ${yearOf(sql`min(start_date)`)} AS from_year, ${yearOf(lastDay(sql`max(end_date)`))} AS end_year FROM ${pieces}
              ) AS reach
            ) AS first_years
          ) AS year_pairs
        ) AS years_between
      ) AS y ON y.first_year = i.first_year AND y.last_year = i.last_year`;
}

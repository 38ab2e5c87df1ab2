import {
  addDays,
  addMonths,
  ageInYears,
  daysBetween,
  derive,
  type Sql,
  sql,
  type Table,
} from '../../engine/index.ts';
import { custodySpell, journey } from '../../journeys/tables.ts';
import { custody, departure, episode, person } from '../../link/tables.ts';
import type { Protocol } from '../../protocol/tables.ts';
import { SYSTEM_METRIC_PRESETS, type SystemMetric } from '../../protocol/tables.ts';
import { INDEX } from './shape.ts';

/** Who counts in each metric, from which day on, and what they reached: a person once, at the first event in the window. */

export const NEVER = sql`DATE '9999-12-31'`;

export interface Indexed {
  readonly metric: SystemMetric;
  readonly table: Table<typeof INDEX>;
  /** Columns that say whether each step was reached. */
  readonly reached: readonly ('step_1' | 'step_2' | 'step_3' | 'step_4')[];
}

interface Entry {
  readonly from: Sql;
  readonly to: Sql;
  readonly suffix: string;
  /** Journeys in which treatment was recorded to start; see begunJourneys. */
  readonly begun: Table;
}

/**
 * Journeys with the day treatment began. A spell without a start begins at its assessment, so that a journey may hold
 * nothing but an assessment: where the register records starts, such a journey was never begun.
 */
export function begunJourneys(protocol: Protocol, suffix: string): Table {
  const isRecorded =
    protocol.study.definitions.spells.from === 'episodes' &&
    protocol.sources.some((source) =>
      source.tables.some((mapping) => mapping.table === 'episode' && 'start_date' in mapping.columns),
    );
  const columns = {
    person_id: 'VARCHAR',
    journey: 'INTEGER',
    begun: 'DATE',
    end_date: 'DATE',
    exit_group: 'VARCHAR',
    referral_date: 'DATE',
    area: 'VARCHAR',
    service: 'VARCHAR',
    referral_route: 'VARCHAR',
    substance_group: 'VARCHAR',
  } as const;
  const own = sql`j.end_date, j.exit_group, j.referral_date, j.area, j.service, j.referral_route, j.substance_group`;
  return derive(
    `system_begun_${suffix}`,
    columns,
    isRecorded
      ? sql`
    SELECT j.person_id, j.journey, b.begun, ${own}
    FROM ${journey} AS j JOIN (
      SELECT i.person_id, i.journey, min(e.start_date) AS begun FROM ${journey} AS i
      JOIN ${episode} AS e ON e.person_id = i.person_id AND e.start_date >= i.start_date
        AND e.start_date < coalesce(i.end_date, ${NEVER})
      GROUP BY i.person_id, i.journey
    ) AS b ON b.person_id = j.person_id AND b.journey = j.journey`
      : sql`SELECT j.person_id, j.journey, j.start_date AS begun, ${own} FROM ${journey} AS j`,
  );
}

export function indexOf(protocol: Protocol, metric: SystemMetric, suffix: string, begun: Table): Indexed {
  const { entry_window } = protocol.study.population;
  const entry: Entry = {
    begun,
    from: sql`CAST(${entry_window.from} AS DATE)`,
    to: sql`CAST(${entry_window.to} AS DATE)`,
    suffix,
  };
  switch (metric) {
    case 'release-21d':
      return { metric, table: releases(entry), reached: ['step_1'] };
    case 'retained-12w':
      return { metric, table: starts(entry), reached: ['step_1'] };
    case 'completed-not-back-6m':
      return { metric, table: inTreatment(entry), reached: ['step_1', 'step_2'] };
    case 'waiting-3w':
      return { metric, table: waits(entry), reached: ['step_1'] };
    case 'cascade-12w':
      return { metric, table: referrals(entry), reached: ['step_1', 'step_2', 'step_3', 'step_4'] };
  }
}

interface Columns {
  readonly from: Sql;
  readonly index_date: Sql;
  readonly needed_to: Sql;
  readonly is_dated?: Sql;
  readonly steps: readonly Sql[];
  readonly wait_days?: Sql;
  /** Alias whose columns hold area, service, route and substance. */
  readonly recorded: Sql;
}

/** The row of a person `x`, with the sex of the person table `p`. */
function row(metric: SystemMetric, suffix: string, columns: Columns): Table<typeof INDEX> {
  const step = (k: number): Sql => columns.steps[k] ?? sql`CAST(NULL AS BOOLEAN)`;
  const { recorded } = columns;
  return derive(
    `system_${metric.replaceAll('-', '_')}_${suffix}`,
    INDEX,
    sql`
    SELECT ${metric} AS metric, x.person_id, ${columns.index_date} AS index_date, ${columns.needed_to} AS needed_to,
      ${columns.is_dated ?? sql`TRUE`} AS is_dated, ${step(0)} AS step_1, ${step(1)} AS step_2, ${step(2)} AS step_3, ${step(3)} AS step_4,
      ${columns.wait_days ?? sql`CAST(NULL AS INTEGER)`} AS wait_days, coalesce(${recorded}.area, p.area) AS area,
      ${recorded}.service, ${recorded}.referral_route, ${recorded}.substance_group, p.sex
    FROM ${columns.from} JOIN ${person} AS p ON p.person_id = x.person_id`,
  );
}

/**
 * The first release in the window of an adult whom the treatment register knew before. A person is known from the first
 * dated line of theirs; who is known only because of what follows the release would be counted because it was reached.
 */
function releases({ from, to, suffix, begun }: Entry): Table<typeof INDEX> {
  const { within_days, from_age } = SYSTEM_METRIC_PRESETS['release-21d'];
  const spells = derive(
    `system_spell_out_${suffix}`,
    { person_id: 'VARCHAR', released: 'DATE' },
    sql`
    SELECT s.person_id, min(s.end_date) AS released
    FROM ${custodySpell} AS s
    JOIN ${person} AS p ON p.person_id = s.person_id
    LEFT JOIN (SELECT person_id, min(departure_date) AS died FROM ${departure} WHERE kind = 'death' GROUP BY person_id) AS d
      ON d.person_id = s.person_id
    WHERE s.end_date >= ${from} AND s.end_date < ${to}
      AND (d.died IS NULL OR d.died > s.end_date)
      AND (p.birth_month IS NULL OR ${ageInYears(sql`p.birth_month`, sql`s.end_date`)} >= ${from_age})
      AND EXISTS (SELECT 1 FROM ${custody} AS k WHERE k.person_id = s.person_id AND (k.kind IS NULL OR k.kind <> 'police')
        AND k.end_date > k.start_date AND k.start_date >= s.start_date AND k.end_date <= s.end_date)
      AND EXISTS (SELECT 1 FROM ${episode} AS e WHERE e.person_id = s.person_id AND ${firstDay} < s.end_date)
    GROUP BY s.person_id`,
  );
  const latest = derive(
    `system_known_before_${suffix}`,
    {
      person_id: 'VARCHAR',
      area: 'VARCHAR',
      service: 'VARCHAR',
      referral_route: 'VARCHAR',
      substance_group: 'VARCHAR',
    },
    sql`
    SELECT person_id, area, service, referral_route, substance_group
    FROM (
      SELECT e.person_id, e.area, e.service, e.referral_route, e.substance_group, row_number() OVER (PARTITION BY e.person_id
        ORDER BY ${firstDay} DESC, e.episode_id DESC NULLS LAST, e.service NULLS LAST, e.area NULLS LAST,
          e.referral_route NULLS LAST, e.substance_group NULLS LAST) AS place
      FROM ${episode} AS e JOIN ${spells} AS r ON r.person_id = e.person_id WHERE ${firstDay} < r.released
    ) AS ranked WHERE place = 1`,
  );
  const treated = derive(
    `system_treated_${suffix}`,
    { person_id: 'VARCHAR' },
    sql`SELECT DISTINCT r.person_id FROM ${spells} AS r JOIN ${begun} AS t ON t.person_id = r.person_id
      AND t.begun <= ${addDays(sql`r.released`, within_days)} AND coalesce(t.end_date, ${NEVER}) > r.released`,
  );
  return row('release-21d', suffix, {
    from: sql`${spells} AS x JOIN ${latest} AS g ON g.person_id = x.person_id
      LEFT JOIN ${treated} AS t ON t.person_id = x.person_id`,
    index_date: sql`x.released`,
    needed_to: sql`${addDays(sql`x.released`, within_days + 1)}`,
    steps: [sql`(t.person_id IS NOT NULL)`],
    recorded: sql`g`,
  });
}

/** The first day on which an episode says that the register knew the person. */
const firstDay = sql`least(coalesce(e.referral_date, ${NEVER}), coalesce(e.triage_date, ${NEVER}), coalesce(e.start_date, ${NEVER}))`;

/** First journey of each person that was begun in the window. */
function firstJourney({ from, to, begun }: Entry): Sql {
  return sql`(SELECT j.* FROM ${begun} AS j JOIN (
      SELECT person_id, min(journey) AS journey FROM ${begun} WHERE begun >= ${from} AND begun < ${to} GROUP BY person_id
    ) AS f ON f.person_id = j.person_id AND f.journey = j.journey)`;
}

function lasted(alias: Sql, days: number): Sql {
  return sql`(${daysBetween(sql`${alias}.begun`, sql`coalesce(${alias}.end_date, ${NEVER})`)} >= ${days} OR ${alias}.exit_group = 'successful')`;
}

function starts(entry: Entry): Table<typeof INDEX> {
  const { within_days } = SYSTEM_METRIC_PRESETS['retained-12w'];
  return row('retained-12w', entry.suffix, {
    from: sql`${firstJourney(entry)} AS x`,
    index_date: sql`x.begun`,
    needed_to: sql`${addDays(sql`x.begun`, within_days)}`,
    steps: [lasted(sql`x`, within_days)],
    recorded: sql`x`,
  });
}

/** Everybody with a journey on some day of the window, at their last such journey. */
function inTreatment({ from, to, suffix, begun }: Entry): Table<typeof INDEX> {
  const { back_months } = SYSTEM_METRIC_PRESETS['completed-not-back-6m'];
  const completed = sql`(x.exit_group = 'successful' AND x.end_date < ${to})`;
  return row('completed-not-back-6m', suffix, {
    from: sql`(SELECT j.*, n.next_begun FROM ${begun} AS j JOIN (
      SELECT person_id, max(journey) AS journey FROM ${begun}
      WHERE begun < ${to} AND coalesce(end_date, ${NEVER}) > ${from} GROUP BY person_id
    ) AS f ON f.person_id = j.person_id AND f.journey = j.journey
    LEFT JOIN (
      SELECT person_id, journey, lead(begun) OVER (PARTITION BY person_id ORDER BY journey) AS next_begun FROM ${begun}
    ) AS n ON n.person_id = j.person_id AND n.journey = j.journey) AS x`,
    index_date: sql`greatest(x.begun, ${from})`,
    needed_to: sql`${addMonths(to, back_months)}`,
    steps: [
      sql`coalesce(${completed}, FALSE)`,
      sql`coalesce(${completed} AND coalesce(x.next_begun, ${NEVER}) >= ${addMonths(sql`x.end_date`, back_months)}, FALSE)`,
    ],
    recorded: sql`x`,
  });
}

function waits(entry: Entry): Table<typeof INDEX> {
  const { within_days } = SYSTEM_METRIC_PRESETS['waiting-3w'];
  const days = daysBetween(sql`x.referral_date`, sql`x.begun`);
  return row('waiting-3w', entry.suffix, {
    from: sql`${firstJourney(entry)} AS x`,
    index_date: sql`x.begun`,
    needed_to: sql`x.begun`,
    is_dated: sql`(x.referral_date IS NOT NULL AND x.referral_date <= x.begun)`,
    steps: [sql`coalesce(${days} <= ${within_days}, FALSE)`],
    wait_days: sql`${days}`,
    recorded: sql`x`,
  });
}

/** The first referral in the window of a person who was not in a journey that day. */
function referrals({ from, to, suffix, begun }: Entry): Table<typeof INDEX> {
  const { start_days, retained_days, completed_days } = SYSTEM_METRIC_PRESETS['cascade-12w'];
  const first = derive(
    `system_referral_${suffix}`,
    {
      person_id: 'VARCHAR',
      referral_date: 'DATE',
      area: 'VARCHAR',
      service: 'VARCHAR',
      referral_route: 'VARCHAR',
      substance_group: 'VARCHAR',
    },
    sql`
    SELECT person_id, referral_date, area, service, referral_route, substance_group
    FROM (
      SELECT e.person_id, e.referral_date, e.area, e.service, e.referral_route, e.substance_group,
        row_number() OVER (PARTITION BY e.person_id ORDER BY e.referral_date, e.start_date NULLS LAST,
          e.triage_date NULLS LAST, e.episode_id NULLS LAST, e.service NULLS LAST, e.area NULLS LAST,
          e.referral_route NULLS LAST, e.substance_group NULLS LAST) AS place
      FROM ${episode} AS e
      WHERE e.referral_date >= ${from} AND e.referral_date < ${to}
        AND NOT EXISTS (SELECT 1 FROM ${begun} AS j WHERE j.person_id = e.person_id AND j.begun < e.referral_date
          AND coalesce(j.end_date, ${NEVER}) > e.referral_date)
    ) AS ranked WHERE place = 1`,
  );
  const limit = addDays(sql`r.referral_date`, start_days);
  const reached = derive(
    `system_referred_start_${suffix}`,
    { person_id: 'VARCHAR', journey: 'INTEGER' },
    sql`SELECT r.person_id, min(j.journey) AS journey FROM ${first} AS r
      JOIN ${begun} AS j ON j.person_id = r.person_id AND j.begun >= r.referral_date AND j.begun <= ${limit}
      GROUP BY r.person_id`,
  );
  const seen = sql`coalesce(e.triage_date, e.start_date)`;
  const assessed = derive(
    `system_assessed_${suffix}`,
    { person_id: 'VARCHAR' },
    sql`SELECT DISTINCT r.person_id FROM ${first} AS r JOIN ${episode} AS e ON e.person_id = r.person_id
      AND ${seen} >= r.referral_date AND ${seen} <= ${limit}`,
  );
  const started = sql`(j.person_id IS NOT NULL)`;
  return row('cascade-12w', suffix, {
    from: sql`${first} AS x
      LEFT JOIN ${assessed} AS a ON a.person_id = x.person_id
      LEFT JOIN ${reached} AS s ON s.person_id = x.person_id
      LEFT JOIN ${begun} AS j ON j.person_id = s.person_id AND j.journey = s.journey`,
    index_date: sql`x.referral_date`,
    needed_to: sql`${addDays(sql`x.referral_date`, start_days + completed_days + 1)}`,
    steps: [
      sql`(${started} OR a.person_id IS NOT NULL)`,
      started,
      sql`coalesce(${lasted(sql`j`, retained_days)}, FALSE)`,
      sql`coalesce(j.exit_group = 'successful' AND ${daysBetween(sql`j.begun`, sql`j.end_date`)} <= ${completed_days}, FALSE)`,
    ],
    recorded: sql`x`,
  });
}

import { addDays, type Columns, derive, list, type Sql, sql, type Table } from '../engine/index.ts';
import { contact, episode, intervention } from '../link/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import { spell } from './tables.ts';

/**
 * Spells from what a register carries: episodes, doses or contacts.
 *
 * `record` has one row for each row of the register, usable or not, so that issues can be counted n of N. A usable
 * record has a start and does not end before it. One that starts and ends on the same day counts as that one day,
 * because somebody was seen; half-open [start, start) would make the contact vanish.
 */
export interface Spells {
  readonly record: Table<typeof recordColumns>;
  readonly spell: Table<typeof spell.columns>;
}

const recordColumns = {
  ...spell.columns,
  /** Doses and contacts: what keeps runs apart; the episode a dose belongs to. */
  run_key: 'VARCHAR',
} as const;

const runColumns = { ...recordColumns, run: 'INTEGER' } as const satisfies Columns;

export function planSpells(protocol: Protocol): Spells {
  const definition = protocol.study.definitions.spells;
  switch (definition.from) {
    case 'episodes': {
      const record = derive('spell_record', recordColumns, recordsOfEpisodes(definition.start ?? 'start'));
      return { record, spell: { ...spell, query: spellsOfEpisodes(record) } };
    }
    case 'doses':
    case 'contacts': {
      const days = definition.days_per_dose ?? 1;
      const record = derive(
        'spell_record',
        recordColumns,
        definition.from === 'doses'
          ? recordsOfDoses(days, definition.kinds)
          : recordsOfContacts(days, definition.kinds),
      );
      return { record, spell: { ...spell, query: spellsOfDays(record) } };
    }
  }
}

function kindsIn(kinds: readonly string[] | undefined): Sql {
  if (kinds === undefined) return sql`TRUE`;
  return kinds.length === 0 ? sql`FALSE` : sql`kind IN (${list(kinds)})`;
}

function recordsOfEpisodes(start: 'start' | 'triage'): Sql {
  const startDate =
    start === 'start' ? sql`coalesce(start_date, triage_date)` : sql`coalesce(triage_date, start_date)`;
  return sql`
    SELECT person_id, episode_id AS spell_id, ${startDate} AS start_date, end_date, exit_reason, referral_date,
      referral_route, substance_group, area, service, episode_id AS run_key
    FROM ${episode}`;
}

/** A dose without an end covers `days` days from its own; one with an end is taken at its word. */
function recordsOfDoses(days: number, kinds: readonly string[] | undefined): Sql {
  // An episode id that stands twice for a person is read once, chosen by content and never by the order of rows.
  const episodeOnce = derive(
    'dose_episode',
    {
      person_id: 'VARCHAR',
      episode_id: 'VARCHAR',
      exit_reason: 'VARCHAR',
      referral_date: 'DATE',
      referral_route: 'VARCHAR',
      substance_group: 'VARCHAR',
      area: 'VARCHAR',
      service: 'VARCHAR',
    },
    sql`
    SELECT person_id, episode_id, exit_reason, referral_date, referral_route, substance_group, area, service
    FROM (
      SELECT *, row_number() OVER (PARTITION BY person_id, episode_id ORDER BY start_date NULLS LAST,
        end_date NULLS LAST, service NULLS LAST, substance_group NULLS LAST, referral_route NULLS LAST,
        referral_date NULLS LAST, area NULLS LAST, exit_reason NULLS LAST) AS place
      FROM ${episode}
    ) AS ordered
    WHERE place = 1`,
  );
  return sql`
    SELECT d.person_id, d.intervention_id AS spell_id, d.start_date,
      coalesce(d.end_date, ${addDays(sql`d.start_date`, days)}) AS end_date, e.exit_reason, e.referral_date,
      e.referral_route, e.substance_group, e.area, e.service, d.episode_id AS run_key
    FROM (SELECT * FROM ${intervention} WHERE ${kindsIn(kinds)}) AS d
    LEFT JOIN ${episodeOnce} AS e ON e.person_id = d.person_id AND e.episode_id = d.episode_id`;
}

function recordsOfContacts(days: number, kinds: readonly string[] | undefined): Sql {
  return sql`
    SELECT person_id, contact_id AS spell_id, contact_date AS start_date,
      ${addDays(sql`contact_date`, days)} AS end_date, CAST(NULL AS VARCHAR) AS exit_reason,
      CAST(NULL AS DATE) AS referral_date, CAST(NULL AS VARCHAR) AS referral_route,
      CAST(NULL AS VARCHAR) AS substance_group, CAST(NULL AS VARCHAR) AS area, CAST(NULL AS VARCHAR) AS service,
      CAST(NULL AS VARCHAR) AS run_key
    FROM ${contact}
    WHERE ${kindsIn(kinds)}`;
}

/** Records that can be placed in time. */
function usable(record: Table): Sql {
  return sql`
    SELECT person_id, spell_id, start_date,
      CASE WHEN end_date = start_date THEN ${addDays(sql`start_date`, 1)} ELSE end_date END AS end_date,
      exit_reason, referral_date, referral_route, substance_group, area, service, run_key
    FROM ${record}
    WHERE start_date IS NOT NULL AND (end_date IS NULL OR end_date >= start_date)`;
}

function spellsOfEpisodes(record: Table): Sql {
  return sql`
    SELECT person_id, spell_id, start_date, end_date, exit_reason, referral_date, referral_route, substance_group,
      area, service
    FROM (${usable(record)}) AS usable_record`;
}

/**
 * Days covered without a break make one spell (gaps and islands): a day dosed twice counts once, and doses of
 * different episodes stay apart. The exit reason of an episode belongs to its last spell only.
 */
function spellsOfDays(record: Table): Sql {
  const reached = sql`max(end_date) OVER (PARTITION BY person_id, run_key ORDER BY start_date, end_date, spell_id NULLS LAST
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`;
  const run = derive(
    'dose_run',
    runColumns,
    sql`
    SELECT person_id, spell_id, start_date, end_date, exit_reason, referral_date, referral_route, substance_group,
      area, service, run_key,
      sum(CASE WHEN reached >= start_date THEN 0 ELSE 1 END) OVER (PARTITION BY person_id, run_key
        ORDER BY start_date, end_date, spell_id NULLS LAST ROWS UNBOUNDED PRECEDING) AS run
    FROM (SELECT *, ${reached} AS reached FROM (${usable(record)}) AS usable_record) AS reached_record`,
  );
  // All attributes are those of the episode (run_key), so that any aggregate that ignores order will do.
  return sql`
    SELECT person_id,
      CAST(row_number() OVER (PARTITION BY person_id ORDER BY start_date, end_date, run_key NULLS LAST) AS VARCHAR) AS spell_id,
      start_date, end_date,
      CASE WHEN run = max(run) OVER (PARTITION BY person_id, run_key) THEN exit_reason END AS exit_reason,
      referral_date, referral_route, substance_group, area, service
    FROM (
      SELECT person_id, run_key, run, min(start_date) AS start_date, max(end_date) AS end_date,
        min(exit_reason) AS exit_reason, min(referral_date) AS referral_date, min(referral_route) AS referral_route,
        min(substance_group) AS substance_group, min(area) AS area, min(service) AS service
      FROM ${run}
      GROUP BY person_id, run_key, run
    ) AS island`;
}

import { type Columns, derive, fill, type Sql, sql, type Table } from '../engine/index.ts';
import { NEVER } from './stitch.ts';
import { type custodySpell, type journey, phase } from './tables.ts';

/**
 * The tiling of a person's time. Treatment phases first:
 * - in: from a journey's start to its end;
 * - waiting: from the referral to the journey's start, as far as no earlier journey runs;
 * - before: until the first waiting or journey; between: from one journey to the next waiting or journey; after: the rest.
 * Then custody on top: it wins, and `treatment_phase` keeps what it covers. A person without a journey is before.
 * `journey` is the journey itself for in and waiting, the one just left for between and after, NULL for before.
 */

const tileColumns = {
  person_id: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
  treatment_phase: 'VARCHAR',
  journey: 'INTEGER',
} as const satisfies Columns;

const contextColumns = {
  person_id: 'VARCHAR',
  journey: 'INTEGER',
  start_date: 'DATE',
  reach: 'DATE',
  /** End of the journey before; NULL for the first. */
  previous_reach: 'DATE',
  /** First day of waiting for this journey; its start where nobody waited. */
  waiting_from: 'DATE',
  is_last: 'BOOLEAN',
  covered_from: 'DATE',
  covered_to: 'DATE',
} as const satisfies Columns;

function treatmentTiles(journeys: Table<typeof journey.columns>, coverage: Table): Table<typeof tileColumns> {
  const context = derive(
    'journey_context',
    contextColumns,
    sql`
    SELECT j.person_id, j.journey, j.start_date, j.reach, j.previous_reach,
      CASE WHEN j.referral_date < j.start_date
        THEN greatest(j.referral_date, coalesce(j.previous_reach, j.referral_date))
        ELSE j.start_date END AS waiting_from,
      j.next_journey IS NULL AS is_last, c.covered_from, c.covered_to
    FROM (
      SELECT person_id, journey, start_date, referral_date, coalesce(end_date, ${NEVER}) AS reach,
        lag(end_date) OVER (PARTITION BY person_id ORDER BY journey) AS previous_reach,
        lead(journey) OVER (PARTITION BY person_id ORDER BY journey) AS next_journey
      FROM ${journeys}
    ) AS j
    JOIN ${coverage} AS c ON c.person_id = j.person_id`,
  );
  const part = (name: string, start: Sql, end: Sql, number: Sql, where: Sql): Sql => sql`
      SELECT person_id, ${start} AS start_date, ${end} AS end_date, ${name} AS treatment_phase, ${number} AS journey,
        covered_from, covered_to
      FROM ${context} WHERE ${where}`;
  const parts = [
    part('before', sql`covered_from`, sql`waiting_from`, sql`NULL`, sql`previous_reach IS NULL`),
    part(
      'between',
      sql`previous_reach`,
      sql`waiting_from`,
      sql`journey - 1`,
      sql`previous_reach IS NOT NULL`,
    ),
    part('waiting', sql`waiting_from`, sql`start_date`, sql`journey`, sql`waiting_from < start_date`),
    part('in', sql`start_date`, sql`reach`, sql`journey`, sql`TRUE`),
    part('after', sql`reach`, sql`covered_to`, sql`journey`, sql`is_last`),
    sql`
      SELECT c.person_id, c.covered_from AS start_date, c.covered_to AS end_date, 'before' AS treatment_phase,
        NULL AS journey, c.covered_from, c.covered_to
      FROM ${coverage} AS c
      WHERE NOT EXISTS (SELECT 1 FROM ${journeys} AS j WHERE j.person_id = c.person_id)`,
  ].reduce((above, below) => sql`${above}\n      UNION ALL${below}`);
  return derive(
    'treatment_tile',
    tileColumns,
    sql`
    SELECT person_id, greatest(start_date, covered_from) AS start_date, least(end_date, covered_to) AS end_date,
      treatment_phase, journey
    FROM (${parts}
    ) AS part
    WHERE covered_from IS NOT NULL AND covered_to IS NOT NULL
      AND greatest(start_date, covered_from) < least(end_date, covered_to)`,
  );
}

const libertyColumns = {
  person_id: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
  in_custody: 'BOOLEAN',
} as const satisfies Columns;

/** The covered time of everybody who was ever in custody, tiled into custody and liberty. */
function libertyTiles(custodySpells: typeof custodySpell, coverage: Table): Table<typeof libertyColumns> {
  const context = derive(
    'custody_context',
    {
      person_id: 'VARCHAR',
      start_date: 'DATE',
      reach: 'DATE',
      previous_reach: 'DATE',
      is_last: 'BOOLEAN',
      covered_from: 'DATE',
      covered_to: 'DATE',
    },
    sql`
    SELECT s.person_id, s.start_date, coalesce(s.end_date, ${NEVER}) AS reach,
      lag(s.end_date) OVER (PARTITION BY s.person_id ORDER BY s.start_date) AS previous_reach,
      lead(s.start_date) OVER (PARTITION BY s.person_id ORDER BY s.start_date) IS NULL AS is_last,
      c.covered_from, c.covered_to
    FROM ${custodySpells} AS s
    JOIN ${coverage} AS c ON c.person_id = s.person_id`,
  );
  return derive(
    'liberty_tile',
    libertyColumns,
    sql`
    SELECT person_id, greatest(start_date, covered_from) AS start_date, least(end_date, covered_to) AS end_date, in_custody
    FROM (
      SELECT person_id, coalesce(previous_reach, covered_from) AS start_date, start_date AS end_date,
        FALSE AS in_custody, covered_from, covered_to FROM ${context}
      UNION ALL
      SELECT person_id, start_date, reach AS end_date, TRUE AS in_custody, covered_from, covered_to FROM ${context}
      UNION ALL
      SELECT person_id, reach AS start_date, covered_to AS end_date, FALSE AS in_custody, covered_from, covered_to
      FROM ${context} WHERE is_last
    ) AS part
    WHERE covered_from IS NOT NULL AND covered_to IS NOT NULL
      AND greatest(start_date, covered_from) < least(end_date, covered_to)`,
  );
}

export function phaseTiling(
  journeys: Table<typeof journey.columns>,
  custodySpells: typeof custodySpell,
  coverage: Table,
): typeof phase {
  const tile = treatmentTiles(journeys, coverage);
  const liberty = libertyTiles(custodySpells, coverage);
  return fill(
    phase,
    sql`
    SELECT t.person_id, greatest(t.start_date, l.start_date) AS start_date, least(t.end_date, l.end_date) AS end_date,
      CASE WHEN l.in_custody THEN 'custody' ELSE t.treatment_phase END AS phase, t.treatment_phase, t.journey
    FROM ${tile} AS t
    JOIN ${liberty} AS l ON l.person_id = t.person_id AND l.start_date < t.end_date AND l.end_date > t.start_date
    UNION ALL
    SELECT t.person_id, t.start_date, t.end_date, t.treatment_phase AS phase, t.treatment_phase, t.journey
    FROM ${tile} AS t
    WHERE NOT EXISTS (SELECT 1 FROM ${liberty} AS l WHERE l.person_id = t.person_id)`,
  );
}

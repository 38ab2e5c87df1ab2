/** What the police, the prisons and the death register hold. */
import { derive, list, sql, type Table } from '../engine/index.ts';
import { atMostOne, hashOf, slices } from './draw.ts';
import { policeId } from './identifiers.ts';
import { horizon, populationSize, type Setting } from './people.ts';

export const nominalColumns = {
  person: 'BIGINT',
  is_second: 'BOOLEAN',
  has_second: 'BOOLEAN',
  police_id: 'VARCHAR',
  dirt: 'VARCHAR',
} as const;

/** Everyone arrested in the years of the extract, and those with an earlier record; a few are in the file twice. */
export function nominals(setting: Setting, person: Table, event: Table): Table<typeof nominalColumns> {
  const { world, seed } = setting;
  const size = populationSize(setting);
  const known = sql`
    SELECT person, ${hashOf(seed, 'nominal', sql`person`)} AS h FROM (
      SELECT person FROM ${person} WHERE has_old_record UNION SELECT person FROM ${event}) AS known`;
  const soiled = derive(
    'synth_known',
    { person: 'BIGINT', dirt: 'VARCHAR' },
    sql`
    SELECT person, ${atMostOne(sql`u_dirt`, world.dirt.nominal)} AS dirt
    FROM (SELECT person, ${slices(sql`h`, { u_dirt: 24 })} FROM (${known}) AS known) AS drawn`,
  );
  const row = (isSecond: boolean) => sql`
    SELECT person, CAST(${isSecond} AS BOOLEAN) AS is_second, coalesce(dirt = 'second_nominal', FALSE) AS has_second,
      ${policeId(sql`person`, isSecond, size)} AS police_id, dirt FROM ${soiled}`;
  return derive(
    'synth_nominal',
    nominalColumns,
    list([row(false), sql`${row(true)} WHERE dirt = 'second_nominal'`], 'union'),
  );
}

export const custodyColumns = {
  person: 'BIGINT',
  stage: 'INTEGER',
  from_day: 'INTEGER',
  to_day: 'INTEGER',
} as const;

export function custodies(life: Table): Table<typeof custodyColumns> {
  return derive(
    'synth_custody',
    custodyColumns,
    sql`SELECT person, stage, to_day AS from_day, custody_to AS to_day FROM ${life} WHERE ended = 'custody' AND custody_to > to_day`,
  );
}

export const convictionColumns = {
  person: 'BIGINT',
  police_id: 'VARCHAR',
  event_id: 'VARCHAR',
  day: 'INTEGER',
  disposal_day: 'INTEGER',
  kind: 'INTEGER',
  is_caution: 'BOOLEAN',
  is_custodial: 'BOOLEAN',
  in_treatment: 'BOOLEAN',
  /** event, second_offence, offence_in_custody or offence_after_death: the last two never happened. */
  origin: 'VARCHAR',
  dirt: 'VARCHAR',
} as const;

/** Offences disposed of before the extract, under the police number they were recorded with. */
export function convictions(
  setting: Setting,
  person: Table,
  event: Table,
  nominal: Table,
  custody: Table,
): Table<typeof convictionColumns> {
  const { world, seed } = setting;
  const size = populationSize(setting);
  const end = horizon(world);
  const columns = sql`person, candidate, letter, day, disposal_day, kind, is_caution, is_custodial, in_treatment, origin, u_dirt`;
  const first = sql`
    SELECT person, candidate, 'A' AS letter, day, disposal_day, kind, is_caution, is_custodial, in_treatment, 'event' AS origin, u_dirt FROM ${event}`;
  const second = sql`
    SELECT person, candidate, 'B' AS letter, day, disposal_day, second_kind AS kind, is_caution, is_custodial, in_treatment,
      'second_offence' AS origin, u_dirt + CASE WHEN u_dirt < 0.5 THEN 0.5 ELSE -0.5 END AS u_dirt
    FROM ${event} WHERE second_kind IS NOT NULL`;
  const inCustody = sql`
    SELECT person, stage AS candidate, 'C' AS letter, day, day + 30 AS disposal_day, 1 AS kind, FALSE AS is_caution, FALSE AS is_custodial,
      FALSE AS in_treatment, 'offence_in_custody' AS origin, 1 AS u_dirt
    FROM (SELECT person, stage, from_day + CAST(floor((to_day - from_day) * 0.5) AS INTEGER) AS day,
        ${slices(hashOf(seed, 'mistake', sql`person`, sql`stage`), { u_mistake: 20 })} FROM ${custody}) AS spells
    WHERE u_mistake < ${world.dirt.offence_in_custody}`;
  const afterDeath = sql`
    SELECT person, 0 AS candidate, 'D' AS letter, day, day + 40 AS disposal_day, 1 AS kind, FALSE AS is_caution, FALSE AS is_custodial,
      FALSE AS in_treatment, 'offence_after_death' AS origin, 1 AS u_dirt
    FROM (SELECT p.person, p.death_day + 21 AS day, ${slices(hashOf(seed, 'late', sql`p.person`), { u_mistake: 20 })}
      FROM ${person} AS p JOIN ${nominal} AS n ON n.person = p.person AND NOT n.is_second WHERE p.death_day < ${end - 61}) AS dead
    WHERE u_mistake < ${world.dirt.offence_after_death}`;
  const dirt = atMostOne(sql`u_dirt`, world.dirt.conviction);
  return derive(
    'synth_conviction',
    convictionColumns,
    sql`
    SELECT e.person, ${policeId(sql`e.person`, sql`n.has_second AND e.candidate % 2 = 1`, size)} AS police_id,
      ${policeId(sql`e.person`, false, size)} || '-' || e.candidate || e.letter AS event_id,
      e.day, e.disposal_day, e.kind, e.is_caution, e.is_custodial, e.in_treatment, e.origin, ${dirt} AS dirt
    FROM (SELECT ${columns} FROM (${list([first, second, inCustody, afterDeath], 'union')}) AS parts WHERE disposal_day < ${end}) AS e
    JOIN ${nominal} AS n ON n.person = e.person AND NOT n.is_second`,
  );
}

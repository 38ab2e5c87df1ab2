/** Journeys as agencies record them: one or two episodes, transfers, modules within another, overlaps. */
import { derive, list, type Sql, sql, type Table } from '../engine/index.ts';
import { atMostOne, choose, exponential, hashOf, slices, whole } from './draw.ts';
import { clientId, episodeId } from './identifiers.ts';
import { dayOf, type Setting } from './people.ts';

export const journeyColumns = {
  person: 'BIGINT',
  stage: 'INTEGER',
  journey: 'INTEGER',
  from_day: 'INTEGER',
  /** NULL when it goes on beyond the extract. */
  to_day: 'INTEGER',
  /** dropped, success, other, offence, custody, death or open */
  ended: 'VARCHAR',
  agency: 'INTEGER',
  pattern: 'VARCHAR',
  cut: 'INTEGER',
  gap: 'INTEGER',
  referral_day: 'INTEGER',
  triage_day: 'INTEGER',
  route: 'VARCHAR',
  exit_code: 'VARCHAR',
} as const;

/** Below this a journey is never more than one episode. */
const LEAST_DIVIDED_DAYS = 60;

/** NDTMS referral sources and discharge reasons as the short lists of the time number them. */
const REFERRAL = {
  criminal_justice: [
    ['5', 0.45],
    ['6', 0.25],
    ['8', 0.2],
    ['13', 0.1],
  ],
  self: [
    ['4', 0.9],
    ['24', 0.07],
    ['25', 0.03],
  ],
  other: [
    ['1', 0.3],
    ['2', 0.15],
    ['3', 0.35],
    ['22', 0.08],
    ['15', 0.12],
  ],
} as const;

const EXIT = {
  dropped: [
    ['6', 0.8],
    ['3', 0.08],
    ['12', 0.05],
    ['11', 0.04],
    ['10', 0.03],
  ],
  success: [
    ['2', 0.55],
    ['1', 0.45],
  ],
  other: [
    ['5', 0.5],
    ['7', 0.35],
    ['10', 0.15],
  ],
  offence: [
    ['6', 0.6],
    ['3', 0.4],
  ],
  custody: [['8', 1]],
  death: [['9', 1]],
} as const;

export function journeys(setting: Setting, person: Table, life: Table): Table<typeof journeyColumns> {
  const { world, seed } = setting;
  const { treatment } = world;
  const last = dayOf(world, world.calendar.treatment_to);
  const hashed = sql`
    SELECT l.person, l.stage, l.journey, l.from_day, CASE WHEN l.to_day < ${last} THEN l.to_day END AS to_day,
      CASE WHEN l.to_day < ${last} THEN l.ended ELSE 'open' END AS ended,
      p.area * 10 AS first_agency, p.agency AS home, p.criminal_justice, ${hashOf(seed, 'journey', sql`l.person`, sql`l.stage`)} AS h
    FROM ${life} AS l JOIN ${person} AS p ON p.person = l.person
    WHERE l.in_treatment AND l.from_day < ${last} AND l.to_day > l.from_day`;
  const drawn = sql`
    SELECT *, coalesce(to_day, ${last}) - from_day AS days, ${slices(sql`h`, {
      u_pattern: 10,
      u_cut: 8,
      u_gap: 6,
      u_agency: 5,
      u_wait: 9,
      u_triage: 4,
      u_route: 10,
      u_exit: 8,
    })} FROM (${hashed}) AS hashed`;
  const isJustice = sql`u_route < criminal_justice`;
  // The rest of the unit interval, stretched back to it, decides between the other routes and within a route.
  const spare = sql`((u_route - CASE WHEN ${isJustice} THEN 0 ELSE criminal_justice END) / CASE WHEN ${isJustice} THEN criminal_justice ELSE 1 - criminal_justice END)`;
  const { self_referral } = treatment;
  const routed = sql`
    SELECT *, CASE WHEN ${isJustice} THEN ${choose(sql`u_spare`, REFERRAL.criminal_justice)}
      WHEN u_spare < ${self_referral} THEN ${choose(sql`(u_spare / ${self_referral})`, REFERRAL.self)}
      ELSE ${choose(sql`((u_spare - ${self_referral}) / ${1 - self_referral})`, REFERRAL.other)} END AS route
    FROM (SELECT *, ${spare} AS u_spare FROM (${drawn}) AS drawn) AS spared`;
  const exits = Object.entries(EXIT).reduce<Sql>(
    (text, [ended, codes]) => sql`${text} WHEN ended = ${ended} THEN ${choose(sql`u_exit`, codes)}`,
    sql`CASE`,
  );
  const agencies = world.people.agencies_per_area;
  return derive(
    'synth_journey',
    journeyColumns,
    sql`
    SELECT person, stage, journey, from_day, to_day, ended,
      first_agency + (home + CASE WHEN journey > 1 AND u_agency < 0.3 THEN 2 ELSE 0 END) % ${agencies} AS agency,
      CASE WHEN days < ${LEAST_DIVIDED_DAYS} THEN 'single' ELSE ${choose(sql`u_pattern`, treatment.patterns)} END AS pattern,
      ${whole(sql`days * (0.2 + 0.6 * u_cut)`)} AS cut, ${whole(sql`u_gap * 21`)} AS gap,
      from_day - 3 - ${whole(exponential(sql`u_wait`, 18))} AS referral_day, from_day - ${whole(sql`u_triage * 4`)} AS triage_day,
      route, ${exits} END AS exit_code
    FROM (${routed}) AS routed`,
  );
}

export const episodeColumns = {
  person: 'BIGINT',
  stage: 'INTEGER',
  part: 'INTEGER',
  client_id: 'VARCHAR',
  episode_id: 'VARCHAR',
  agency: 'INTEGER',
  from_day: 'INTEGER',
  to_day: 'INTEGER',
  referral_day: 'INTEGER',
  triage_day: 'INTEGER',
  route: 'VARCHAR',
  exit_code: 'VARCHAR',
  is_returning: 'BOOLEAN',
  u_note: 'DOUBLE',
  u_text: 'DOUBLE',
  u_open: 'DOUBLE',
  u_drug: 'DOUBLE',
  u_second_drug: 'DOUBLE',
  dirt: 'VARCHAR',
} as const;

export function episodes(setting: Setting, journey: Table): Table<typeof episodeColumns> {
  const { world, seed } = setting;
  const agencies = world.people.agencies_per_area;
  const next = sql`(agency - agency % 10 + (agency % 10 + 1) % ${agencies})`;
  const columns = sql`person, stage, journey, route, ended, pattern, exit_code`;
  const first = sql`
    SELECT ${columns}, 0 AS part, agency, from_day, referral_day, triage_day,
      CASE pattern WHEN 'transfer' THEN from_day + cut WHEN 'overlap' THEN from_day + cut + 10 ELSE to_day END AS to_day,
      pattern IN ('transfer', 'overlap') AS is_left
    FROM ${journey}`;
  const second = sql`
    SELECT ${columns}, 1 AS part, ${next} AS agency, start_day AS from_day, start_day - 3 AS referral_day, start_day AS triage_day,
      CASE WHEN pattern = 'nested' THEN from_day + cut ELSE to_day END AS to_day, pattern = 'nested' AS is_left
    FROM (SELECT *, from_day + CASE pattern WHEN 'transfer' THEN cut + least(gap, 10)
        WHEN 'nested' THEN CAST(floor(cut * 0.5) AS INTEGER) ELSE cut END AS start_day
      FROM ${journey} WHERE pattern <> 'single') AS divided`;
  const hashed = sql`
    SELECT *, ${hashOf(seed, 'row', sql`person`, sql`stage`, sql`part`)} AS h FROM (${list([first, second], 'union')}) AS parts`;
  const drawn = sql`
    SELECT *, ${slices(sql`h`, { u_dirt: 20, u_note: 12, u_text: 4, u_open: 6, u_drug: 6, u_second_drug: 6, u_disagree: 6 })} FROM (${hashed}) AS hashed`;
  const dirt = atMostOne(sql`u_dirt`, world.dirt.treatment);
  return derive(
    'synth_episode',
    episodeColumns,
    sql`
    SELECT person, stage, part, ${clientId(sql`person`, sql`agency`)} AS client_id, ${episodeId(sql`person`, sql`stage`, sql`part`)} AS episode_id,
      agency, from_day, to_day, referral_day, triage_day, route,
      CASE WHEN is_left AND pattern = 'nested' THEN '2' WHEN is_left THEN '5' WHEN to_day IS NULL THEN NULL
        WHEN pattern = 'concurrent' AND part = 1 AND u_disagree < ${world.dirt.disagreeing_reasons}
          THEN CASE WHEN exit_code = '6' THEN '2' ELSE '6' END
        ELSE exit_code END AS exit_code,
      journey > 1 AS is_returning, u_note, u_text, u_open, u_drug, u_second_drug,
      CASE WHEN to_day IS NULL AND ${dirt} IN ('reversed_dates', 'impossible_date') THEN NULL ELSE ${dirt} END AS dirt
    FROM (${drawn}) AS drawn`,
  );
}

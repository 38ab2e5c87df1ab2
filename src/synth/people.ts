/** Who there is: identities, what they use, how often they offend when nothing holds them, when they enter. */
import {
  addDays,
  type ColumnType,
  concatText,
  derive,
  explodeRange,
  type Piece,
  type Sql,
  sql,
  type Table,
} from '../engine/index.ts';
import { choose, exponential, hashOf, piecewise, slices, whole } from './draw.ts';
import { GAMMA_CELLS, GREATEST_STEP, gammaTable, LEAST_MEAN, poissonTable, RATIO } from './quantiles.ts';
import type { World } from './world.ts';

/** One world at one size: what every step is told. Days count from the first day of the registers. */
export interface Setting {
  readonly world: World;
  readonly clients: number;
  readonly seed: number;
}

export function dayOf(world: World, date: string): number {
  return Math.round((Date.parse(date) - Date.parse(world.calendar.from)) / 86_400_000);
}

/** First day that the simulation no longer reaches. */
export function horizon(world: World): number {
  return dayOf(world, world.calendar.police_to);
}

/** A day number as a DATE. */
export function dateOf(world: World, day: Piece): Sql {
  return sql`${addDays(sql`CAST(${world.calendar.from} AS DATE)`, day)}`;
}

export function populationSize({ world, clients }: Setting): number {
  return clients + Math.round(clients * world.people.police_only_per_client);
}

const LETTERS: readonly (readonly [string, number])[] = [...'ABCDEFGHIJKLMNOPRSTVW'].map((letter) => [
  letter,
  'JMSDA'.includes(letter) ? 3 : 'BCKLPRT'.includes(letter) ? 2 : 1,
]);

const PERSON = {
  person: 'BIGINT',
  is_client: 'BOOLEAN',
  /** Whose initials, birth date, sex and area the person has: normally their own. */
  identity: 'BIGINT',
  sex: 'VARCHAR',
  birth_day: 'INTEGER',
  initials: 'VARCHAR',
  area: 'INTEGER',
  substance_group: 'VARCHAR',
  /** Personal rate over the mean of their substance group. */
  relative_rate: 'DOUBLE',
  events_per_year: 'DOUBLE',
  criminal_justice: 'DOUBLE',
  index_day: 'INTEGER',
  prior_day: 'INTEGER',
  death_day: 'INTEGER',
  has_old_record: 'BOOLEAN',
  agency: 'INTEGER',
  /** Mean and number of candidate offences; see offending.ts. */
  candidate_mean: 'DOUBLE',
  candidates: 'INTEGER',
} as const satisfies Record<string, ColumnType>;

/** The greatest factor on a personal rate at any time: what candidate offences are drawn with. */
export function greatestFactor(world: World): number {
  const { ageing, peak } = world.offending;
  return (1 - ageing) ** -(dayOf(world, world.calendar.entry_from) / 365.25) * (1 + peak.height);
}

export function people(setting: Setting): Table<typeof PERSON> {
  const { world, clients, seed } = setting;
  const { offending, treatment, dirt } = world;
  const size = populationSize(setting);
  const entry = dayOf(world, world.calendar.entry_from);
  const window = dayOf(world, world.calendar.entry_to) - entry;
  const latest = dayOf(world, world.calendar.treatment_to);
  const middle = entry + window / 2;
  const horizonDay = horizon(world);

  const numbered = derive(
    'synth_numbered',
    { person: 'BIGINT', h_person: 'BIGINT', h_rate: 'BIGINT', h_entry: 'BIGINT' },
    sql`SELECT person, ${hashOf(seed, 'person', sql`person`)} AS h_person, ${hashOf(seed, 'rate', sql`person`)} AS h_rate,
      ${hashOf(seed, 'entry', sql`person`)} AS h_entry
      FROM (SELECT ${explodeRange(0, size)} AS person) AS numbers`,
  );
  const drawn = sql`
    SELECT person, person < ${clients} AS is_client,
      ${slices(sql`h_person`, { u_shared: 16, u_group: 12, u_agency: 8, u_old: 10, u_death: 14 })},
      ${slices(sql`h_rate`, { u_gamma: 32, u_count: 28 })},
      ${slices(sql`h_entry`, { u_index: 20, u_outside: 12, u_prior: 12, u_prior_day: 16 })}
    FROM ${numbered}`;
  const shared = sql`
    SELECT *, CASE
        WHEN is_client AND person % 2 = 1 AND u_shared < ${dirt.shared_key} THEN person - 1
        WHEN NOT is_client AND u_shared < ${dirt.police_shared_key} THEN person - ${clients}
        ELSE person END AS identity,
      ${choose(sql`u_group`, treatment.substance_groups)} AS substance_group,
      CAST(floor(u_gamma * ${GAMMA_CELLS}) AS INTEGER) AS cell
    FROM (${drawn}) AS drawn`;
  const rated = sql`
    SELECT p.*, ${hashOf(seed, 'identity', sql`p.identity`)} AS h_identity,
      g.low + g.width * CASE WHEN p.cell = ${GAMMA_CELLS - 1} THEN -ln(p.cell + 1 - p.u_gamma * ${GAMMA_CELLS})
        ELSE p.u_gamma * ${GAMMA_CELLS} - p.cell END AS relative_rate
    FROM (${shared}) AS p JOIN ${gammaTable} AS g ON g.cell = p.cell`;
  const factor = Object.entries(offending.substance_factor).reduce<Sql>(
    (text, [group, value]) => sql`${text} WHEN substance_group = ${group} THEN ${value}`,
    sql`CASE`,
  );
  const identified = sql`
    SELECT *, ${slices(sql`h_identity`, { u_age: 22, u_first: 9, u_second: 9, u_sex: 8, u_area: 12 })},
      ${offending.events_per_year} * relative_rate * (${factor} ELSE 1 END)
        * CASE WHEN is_client THEN 1 ELSE ${offending.police_only_factor} END AS events_per_year,
      CASE WHEN NOT is_client THEN NULL
        WHEN u_outside < ${treatment.entry_outside} THEN ${whole(sql`200 + u_index * ${latest - 200}`)}
        ELSE ${whole(sql`${entry} + u_index * ${window}`)} END AS index_day
    FROM (${rated}) AS rated`;
  const stepped = sql`
    SELECT *, least(${GREATEST_STEP}, greatest(0, CAST(ceil(ln(greatest(1e-12, events_per_year * ${(greatestFactor(world) * horizonDay) / 365.25})
        / ${LEAST_MEAN}) / ${Math.log(RATIO)}) AS INTEGER))) AS step
    FROM (${identified}) AS identified`;
  const accented = sql`h_identity % 10007 < ${dirt.accented_initials * 10007}`;
  const letter = choose(sql`u_first`, LETTERS);
  return derive(
    'synth_person',
    PERSON,
    sql`
    SELECT p.person, p.is_client, p.identity, CASE WHEN u_sex < ${world.people.male} THEN 'M' ELSE 'F' END AS sex,
      ${whole(sql`${middle} - 365.25 * ${piecewise(sql`u_age`, world.people.ages)}`)} AS birth_day,
      ${concatText(sql`CASE WHEN ${accented} THEN ${choose(sql`u_first`, ACCENTED)} ELSE ${letter} END`, choose(sql`u_second`, LETTERS))} AS initials,
      1 + ${whole(sql`u_area * ${world.people.areas}`)} AS area,
      substance_group, relative_rate, events_per_year,
      ${treatment.criminal_justice.base} + ${treatment.criminal_justice.slope} * relative_rate
        / (relative_rate + ${treatment.criminal_justice.half}) AS criminal_justice,
      index_day,
      CASE WHEN u_prior < ${treatment.prior_treatment} AND index_day > 260 THEN ${whole(sql`u_prior_day * (index_day - 200)`)} END AS prior_day,
      CASE WHEN is_client THEN index_day + 1 + ${whole(exponential(sql`u_death`, 365.25 / treatment.deaths_per_year))} END AS death_day,
      NOT is_client OR u_old < ${world.people.old_record} AS has_old_record,
      ${whole(sql`u_agency * ${world.people.agencies_per_area}`)} AS agency,
      ${LEAST_MEAN} * power(${RATIO}, p.step) AS candidate_mean, n.events AS candidates
    FROM (${stepped}) AS p
    JOIN ${poissonTable} AS n ON n.step = p.step AND p.u_count >= n.from_u AND p.u_count < n.to_u`,
  );
}

/** First initials outside ASCII, all in Windows-1252; `PLAIN` is how the police write them. */
const ACCENTED: readonly (readonly [string, number])[] = [
  ['É', 3],
  ['Ö', 2],
  ['Š', 1],
  ['Ç', 1],
];

/** The initials without marks. */
export function withoutMarks(initials: Piece): Sql {
  return sql`replace(replace(replace(replace(${initials}, 'É', 'E'), 'Ö', 'O'), 'Š', 'S'), 'Ç', 'C')`;
}

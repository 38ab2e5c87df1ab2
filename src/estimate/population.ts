import { derive, list, type Sql, sql, type Table } from '../engine/index.ts';
import { aggregateInterval, cohort, cohortStratum } from '../persontime/tables.ts';
import type { Estimate, Protocol } from '../protocol/tables.ts';
import { eventsOf, once } from './events.ts';
import { populationStep } from './tables.ts';

/**
 * Who is in `all` and in each named subset. A subset selected on earlier events is outcome-dependent: it is made here,
 * in the stage that opens outcomes, and never earlier.
 */

const MEMBER = { person_id: 'VARCHAR', population: 'VARCHAR' } as const;

function membersOf(protocol: Protocol, subset: string): Table {
  const definition = protocol.study.population.subsets?.[subset];
  const conditions: Sql[] = [];
  if (definition?.prior_events !== undefined) {
    const { outcome, at_least } = definition.prior_events;
    conditions.push(sql`c.person_id IN (SELECT e.person_id FROM ${eventsOf(protocol, outcome)} AS e
      JOIN ${cohort} AS w ON w.person_id = e.person_id
      WHERE e.event_date >= w.before_start AND e.event_date < w.before_end
      GROUP BY e.person_id HAVING count(*) >= ${at_least})`);
  }
  if (definition?.stratum !== undefined) {
    const { name: stratum, levels } = definition.stratum;
    conditions.push(
      sql`c.person_id IN (SELECT person_id FROM ${cohortStratum} WHERE stratum = ${stratum} AND level IN (${list(levels)}))`,
    );
  }
  const where = conditions.length === 0 ? sql`TRUE` : list(conditions, 'and');
  return derive(
    `member_${subset}`,
    MEMBER,
    sql`SELECT c.person_id, ${subset} AS population FROM ${cohort} AS c WHERE ${where}`,
  );
}

/** Everyone in the cohort; in a study of counts without dates, where nobody enters, everyone with a period. */
function everyone(protocol: Protocol): Table {
  const counts = protocol.estimates.some(
    (estimate) => estimate.design === 'rates' && estimate.source === 'aggregate',
  );
  return derive(
    'member_all',
    MEMBER,
    counts
      ? sql`SELECT person_id, 'all' AS population FROM (SELECT person_id FROM ${cohort} UNION SELECT person_id FROM ${aggregateInterval}) AS everyone`
      : sql`SELECT person_id, 'all' AS population FROM ${cohort}`,
  );
}

/** Membership tables by population, each made once. */
export function populations(protocol: Protocol): ReadonlyMap<string, Table> {
  const tables = new Map<string, Table>([['all', everyone(protocol)]]);
  for (const subset of Object.keys(protocol.study.population.subsets ?? {}))
    tables.set(subset, membersOf(protocol, subset));
  return tables;
}

/**
 * A level that fewer persons of the cohort have is not named: the name itself could tell who they are, no estimate of
 * so few says anything, and a small cell takes a large one with it when it is suppressed. Ten times the profile's
 * threshold; where nothing is suppressed, five.
 */
const NAMED_FROM: Readonly<Record<Protocol['study']['disclosure']['profile'], number>> = {
  none: 5,
  ndtms: 50,
  opensafely: 80,
  acro: 100,
};

/** How many persons a level needs to have a name of its own. */
export function namedFrom(protocol: Protocol): number {
  return NAMED_FROM[protocol.study.disclosure.profile];
}

/** What each level of a stratum is called in the cohort. */
export function levelNames(protocol: Protocol): Table {
  return once(protocol, 'level_name', () => levelNamesIn(protocol, 'level_name', cohortStratum));
}

const RARE = 'rare levels together';

/** Levels of people with nothing in common: nobody is compared with them unless the protocol says so. */
export const LEFTOVERS: ReadonlySet<string> = new Set([RARE, 'not recorded', 'unknown']);

/**
 * What each level of the strata of `held` (person_id, stratum, level; a person once a level) is called. Rare levels go
 * together; while they are too few even so, the smallest level that has a name takes them in and says so.
 */
export function levelNamesIn(protocol: Protocol, tableName: string, held: Table): Table {
  const from = NAMED_FROM[protocol.study.disclosure.profile];
  return derive(
    tableName,
    { stratum: 'VARCHAR', level: 'VARCHAR', shown: 'VARCHAR' },
    sql`
      SELECT c.stratum, c.level,
        CASE WHEN p.stratum IS NULL OR c.persons >= ${from} AND (p.persons >= ${from} OR c.level <> p.smallest) THEN c.level
          WHEN p.persons >= ${from} OR p.smallest IS NULL THEN ${RARE}
          ELSE p.smallest || ' and rare levels' END AS shown
      FROM (SELECT stratum, level, count(*) AS persons FROM ${held} GROUP BY stratum, level) AS c
      LEFT JOIN (
        SELECT r.stratum, r.persons, n.level AS smallest
        FROM (
          SELECT stratum, sum(persons) AS persons
          FROM (SELECT stratum, level, count(*) AS persons FROM ${held} GROUP BY stratum, level) AS counted
          WHERE persons < ${from} GROUP BY stratum) AS r
        LEFT JOIN (
          SELECT stratum, level
          FROM (
            SELECT stratum, level, row_number() OVER (PARTITION BY stratum ORDER BY persons, level) AS place
            FROM (SELECT stratum, level, count(*) AS persons FROM ${held} GROUP BY stratum, level) AS counted
            WHERE persons >= ${from}) AS ranked
          WHERE place = 1) AS n ON n.stratum = r.stratum) AS p ON p.stratum = c.stratum`,
  );
}

/** Persons with their strata, long; everyone also has stratum `all`, level `all`. */
export function strataOf(
  protocol: Protocol,
  estimate: Pick<Estimate, 'id' | 'strata'>,
  population: Table,
): Table {
  const wanted = [...new Set(estimate.strata ?? [])];
  const named =
    wanted.length === 0
      ? []
      : [
          sql`SELECT s.person_id, s.stratum, n.shown AS level
            FROM ${cohortStratum} AS s JOIN ${population} AS m ON m.person_id = s.person_id
            JOIN ${levelNames(protocol)} AS n ON n.stratum = s.stratum AND n.level = s.level
            WHERE s.stratum IN (${list(wanted)})`,
        ];
  return derive(
    `stratum_of_${estimate.id}_${population.name}`,
    { person_id: 'VARCHAR', stratum: 'VARCHAR', level: 'VARCHAR' },
    list([sql`SELECT person_id, 'all' AS stratum, 'all' AS level FROM ${population}`, ...named], 'union'),
  );
}

/** The attrition from everyone to each subset: persons, and their events of the primary outcome in either window. */
export function populationSteps(protocol: Protocol, members: ReadonlyMap<string, Table>): Table {
  const primary = protocol.outcomes[0];
  const parts = [...members].map(([population, table]) => {
    const label = protocol.study.population.subsets?.[population]?.description ?? population;
    const events =
      primary === undefined
        ? sql`CAST(0 AS BIGINT)`
        : sql`(SELECT count(*) FROM ${eventsOf(protocol, primary.name)} AS e JOIN ${table} AS m ON m.person_id = e.person_id)`;
    return sql`SELECT ${population} AS population, ${label} AS label, CAST(count(*) AS BIGINT) AS persons, CAST(${events} AS BIGINT) AS events FROM ${table}`;
  });
  return derive('population_step', populationStep.columns, list(parts, 'union'));
}

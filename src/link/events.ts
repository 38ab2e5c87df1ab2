import { addDays, derive, fill, list, name, type Sql, sql, type Table } from '../engine/index.ts';
import {
  aggregateRecord,
  allocationRecord,
  contactRecord,
  covariateRecord,
  custodyRecord,
  departureRecord,
  drugTestRecord,
  episodeRecord,
  interventionRecord,
  offenceRecord,
} from '../ingest/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import {
  aggregate,
  allocation,
  contact,
  covariate,
  custody,
  departure,
  drugTest,
  episode,
  intervention,
  linkIssue,
  offence,
} from './tables.ts';

/** The canonical tables with the person's pseudonym in place of register and record; rows of other people are left behind. */

/** Rows with an id of their own that are the same in every column are one row; rows without an id are all kept. */
function keyed(links: Table, from: Table, shape: Table, id: string | undefined): Table {
  const columns = Object.keys(shape.columns).filter((column) => column !== 'person_id' && column !== id);
  const take = columns.map((column) => sql`t.${name(column)}`);
  const join = sql`FROM ${from} AS t JOIN ${links} AS l ON l.register = t.register AND l.record_id = t.record_id`;
  if (id === undefined)
    return fill(
      shape,
      sql`SELECT ${list(Object.keys(shape.columns).map((column) => (column === 'person_id' ? sql`l.person_id` : sql`t.${name(column)}`)))} ${join}`,
    );
  const isRecorded = id in from.columns;
  const order = list(columns.map((column) => sql`${name(column)} NULLS FIRST`));
  const given = isRecorded ? sql`t.register || ':' || t.${name(id)}` : sql`CAST(NULL AS VARCHAR)`;
  const wanted = Object.keys(shape.columns).map((column): Sql => {
    if (column !== id) return sql`${name(column)}`;
    return sql`coalesce(given_id, 'n' || CAST(row_number() OVER (PARTITION BY person_id, given_id ORDER BY ${order}) AS VARCHAR)) AS ${name(id)}`;
  });
  const distinct = isRecorded
    ? sql`SELECT DISTINCT * FROM (SELECT l.person_id, ${given} AS given_id, ${list(take)} ${join} WHERE t.${name(id)} IS NOT NULL) AS with_id
        UNION ALL SELECT l.person_id, ${given} AS given_id, ${list(take)} ${join} WHERE t.${name(id)} IS NULL`
    : sql`SELECT l.person_id, ${given} AS given_id, ${list(take)} ${join}`;
  return fill(shape, sql`SELECT ${list(wanted)} FROM (${distinct}) AS rows_of_persons`);
}

export interface PersonTables {
  readonly tables: readonly Table[];
  readonly issues: Table;
}

export function keyEvents(protocol: Protocol, links: Table, disagreeing: Table): PersonTables {
  const episodes = keyed(links, episodeRecord, episode, 'episode_id');
  const interventions = keyed(links, interventionRecord, intervention, 'intervention_id');
  const contacts = keyed(links, contactRecord, contact, 'contact_id');
  const offences = keyed(links, offenceRecord, offence, 'event_id');
  const custodies = keyed(links, custodyRecord, custody, undefined);
  const departures = keyed(links, departureRecord, departure, undefined);
  const issue = (
    code: string,
    register: string,
    column: string,
    severity: string,
    unit: string,
    message: string,
    count: Sql,
    of: Sql,
  ): Sql =>
    sql`SELECT ${code} AS code, ${register} AS register, ${column} AS column_name, ${severity} AS severity,
      CAST((${count}) AS BIGINT) AS "count", CAST((${of}) AS BIGINT) AS "of", ${unit} AS unit, ${message} AS message`;
  const deaths = derive(
    'first_death',
    { person_id: 'VARCHAR', died: 'DATE' },
    sql`SELECT person_id, min(departure_date) AS died FROM ${departures} WHERE kind = 'death' AND departure_date IS NOT NULL GROUP BY person_id`,
  );
  const outcomes = protocol.sources
    .filter((source) => source.tables.some((mapping) => mapping.table === 'offence'))
    .map((source) => source.register)
    .join(', ');
  const spine = protocol.study.linkage.spine;
  const allOffences = sql`SELECT count(*) FROM ${offences}`;
  const issues = [
    issue(
      'event-after-death',
      outcomes,
      'offence_date',
      'warning',
      'events',
      "offences after the person's death: a data or linkage fault",
      sql`SELECT count(*) FROM ${offences} AS o JOIN ${deaths} AS d ON d.person_id = o.person_id WHERE o.offence_date > d.died`,
      allOffences,
    ),
    issue(
      'offence-in-custody',
      outcomes,
      'offence_date',
      'warning',
      'events',
      'offences on a day in custody: a data or linkage fault, or an offence inside prison',
      sql`SELECT count(*) FROM (SELECT DISTINCT o.person_id, o.event_id FROM ${offences} AS o JOIN ${custodies} AS c ON c.person_id = o.person_id
        WHERE o.offence_date > c.start_date AND o.offence_date < coalesce(c.end_date, ${addDays(sql`o.offence_date`, 1)})) AS inside`,
      allOffences,
    ),
    issue(
      'episode-after-death',
      spine,
      'start_date',
      'warning',
      'records',
      "treatment episodes that start after the person's death",
      sql`SELECT count(*) FROM ${episodes} AS e JOIN ${deaths} AS d ON d.person_id = e.person_id WHERE e.start_date > d.died`,
      sql`SELECT count(*) FROM ${episodes}`,
    ),
    issue(
      'offence-without-date',
      outcomes,
      'offence_date',
      'warning',
      'events',
      'offences without an offence date: they can not be placed in time and are left out',
      sql`SELECT count(*) FROM ${offences} WHERE offence_date IS NULL`,
      allOffences,
    ),
    sql`SELECT 'identifiers-disagree' AS code, register, CAST(NULL AS VARCHAR) AS column_name, 'warning' AS severity, records AS "count", "of",
      'records' AS unit, 'record ids whose rows carry different linkage keys; the commonest key is used' AS message FROM ${disagreeing}`,
  ];
  const issueTable = derive('link_issue_counted', linkIssue.columns, list(issues, 'union'));
  const columns = Object.keys(linkIssue.columns).map(name);
  return {
    tables: [
      episodes,
      interventions,
      contacts,
      offences,
      keyed(links, aggregateRecord, aggregate, undefined),
      custodies,
      departures,
      keyed(links, covariateRecord, covariate, undefined),
      keyed(links, drugTestRecord, drugTest, undefined),
      keyed(links, allocationRecord, allocation, undefined),
    ],
    issues: fill(linkIssue, sql`SELECT ${list(columns)} FROM ${issueTable} WHERE "count" > 0`),
  };
}

import {
  concatText,
  derive,
  fill,
  list,
  name,
  type Sql,
  sha256,
  sql,
  type Table,
  table,
} from '../engine/index.ts';
import { CANONICAL, episodeRecord, personRecord } from '../ingest/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import { linkFlow, person, personLink } from './tables.ts';

/** Which records are one person, and how sure the registers let us be. */

/** The secret that pseudonyms are keyed with: given, one row, never printed. */
export const pseudonymKey = table('pseudonym_key', { secret: 'VARCHAR' });

const LENGTH = 24;

/** A keyed pseudonym of a text that identifies a person within the study. */
function pseudonym(text: Sql): Sql {
  return sql`substr(${sha256(concatText(sql`secret || ':'`, text))}, 1, ${LENGTH})`;
}

/** Every record id that any table of a register mentions. */
const record = derive(
  'record',
  { register: 'VARCHAR', record_id: 'VARCHAR' },
  sql`SELECT DISTINCT register, record_id FROM (${list(
    Object.values(CANONICAL).map((shape) => sql`SELECT register, record_id FROM ${shape as Table}`),
    'union',
  )}) AS mentioned WHERE record_id IS NOT NULL`,
);

/** The value most of a person's records carry; ties go to the first in order. NULL only where none has one. */
function modal(links: Table, spine: string, column: 'sex' | 'area' | 'date_of_birth'): Table {
  const type = column === 'date_of_birth' ? ('DATE' as const) : ('VARCHAR' as const);
  return derive(
    `modal_${column}`,
    { person_id: 'VARCHAR', value: type },
    sql`SELECT person_id, value FROM (
      SELECT person_id, value, row_number() OVER (PARTITION BY person_id ORDER BY copies DESC, value) AS place FROM (
        SELECT l.person_id, r.${name(column)} AS value, count(*) AS copies FROM ${personRecord} AS r
        JOIN ${links} AS l ON l.register = r.register AND l.record_id = r.record_id
        WHERE r.register = ${spine} AND r.${name(column)} IS NOT NULL
        GROUP BY l.person_id, r.${name(column)}) AS counted) AS placed
    WHERE place = 1`,
  );
}

interface Linked {
  readonly links: Table;
  /** person_id, link_class: one row a person of the study. */
  readonly classes: Table;
  readonly disagreeing: Table;
}

const CLASS = { person_id: 'VARCHAR', link_class: 'VARCHAR' } as const;
const DISAGREEING = { register: 'VARCHAR', records: 'BIGINT', of: 'BIGINT' } as const;

function outcomeRegisters(protocol: Protocol): readonly string[] {
  return protocol.sources
    .filter((source) =>
      source.tables.some((mapping) => mapping.table === 'offence' || mapping.table === 'aggregate'),
    )
    .map((source) => source.register);
}

/** Ids linked already: the same record id is the same person in every register. */
function given(protocol: Protocol): Linked {
  const { spine } = protocol.study.linkage;
  const links = derive(
    'person_link_given',
    personLink.columns,
    sql`SELECT r.register, r.record_id, ${pseudonym(sql`r.record_id`)} AS person_id FROM ${record} AS r
      JOIN (SELECT record_id FROM ${record} WHERE register = ${spine}) AS s ON s.record_id = r.record_id
      CROSS JOIN ${pseudonymKey}`,
  );
  const outcomes = outcomeRegisters(protocol);
  const classes = derive(
    'person_class_given',
    CLASS,
    sql`SELECT person_id, CASE WHEN count(CASE WHEN register IN (${list(outcomes.length === 0 ? [''] : outcomes)}) THEN 1 END) > 0
      THEN 'matched' ELSE 'absent' END AS link_class FROM ${links} GROUP BY person_id`,
  );
  const disagreeing = derive(
    'identifiers_disagree',
    DISAGREEING,
    sql`SELECT ${spine} AS register, CAST(0 AS BIGINT) AS records, CAST(count(*) AS BIGINT) AS "of" FROM ${record} WHERE register = ${spine}`,
  );
  return { links, classes, disagreeing };
}

/**
 * Exact agreement on every key. A key held by one nominal is a match; by several, ambiguous; by none, absent. Two
 * clients of one service who share a key are ambiguous as well. A record without a full key is unlinkable: blank
 * agrees with nothing.
 */
function deterministic(
  protocol: Protocol,
  keys: readonly string[],
  sameIds: Readonly<Record<string, string>>,
): Linked {
  const { spine } = protocol.study.linkage;
  const parts = keys.map((key) => sql`lower(trim(CAST(${name(key)} AS VARCHAR)))`);
  const anyMissing = list(
    parts.map((part) => sql`${part} IS NULL OR ${part} = ''`),
    'or',
  );
  const joined = parts.reduce((left, right) => sql`${left} || '|' || ${right}`);
  const keyed = derive(
    'record_key',
    { register: 'VARCHAR', record_id: 'VARCHAR', link_key: 'VARCHAR', keys: 'BIGINT' },
    sql`SELECT register, record_id, link_key, keys FROM (
      SELECT register, record_id, link_key, count(*) OVER (PARTITION BY register, record_id) AS keys,
        row_number() OVER (PARTITION BY register, record_id ORDER BY copies DESC, link_key) AS place
      FROM (SELECT register, record_id, CASE WHEN ${anyMissing} THEN NULL ELSE ${joined} END AS link_key, count(*) AS copies
        FROM ${personRecord} GROUP BY register, record_id, link_key) AS counted
      WHERE link_key IS NOT NULL) AS placed WHERE place = 1`,
  );
  const spineRecord = derive(
    'spine_record',
    { record_id: 'VARCHAR', link_key: 'VARCHAR', person_id: 'VARCHAR' },
    sql`SELECT r.record_id, k.link_key, ${pseudonym(sql`coalesce('key:' || k.link_key, 'record:' || r.record_id)`)} AS person_id
      FROM ${record} AS r LEFT JOIN ${keyed} AS k ON k.register = r.register AND k.record_id = r.record_id
      CROSS JOIN ${pseudonymKey} WHERE r.register = ${spine}`,
  );
  const others = protocol.sources
    .filter(
      (source) =>
        source.register !== spine &&
        sameIds[source.register] === undefined &&
        source.tables.some((mapping) => mapping.table === 'person_record'),
    )
    .map((source) => source.register);
  const nominal = derive(
    'nominals_of_key',
    { register: 'VARCHAR', link_key: 'VARCHAR', record_id: 'VARCHAR', nominals: 'BIGINT' },
    sql`SELECT register, link_key, min(record_id) AS record_id, count(*) AS nominals FROM ${keyed}
      WHERE register <> ${spine} GROUP BY register, link_key`,
  );
  const shared = derive(
    'clients_sharing_key',
    { link_key: 'VARCHAR' },
    sql`SELECT DISTINCT link_key FROM (
      SELECT s.link_key, e.service FROM ${spineRecord} AS s JOIN (
        SELECT DISTINCT record_id, service FROM ${episodeRecord} WHERE register = ${spine} AND service IS NOT NULL) AS e
        ON e.record_id = s.record_id
      WHERE s.link_key IS NOT NULL GROUP BY s.link_key, e.service HAVING count(*) > 1) AS several`,
  );
  const classes = derive(
    'person_class_deterministic',
    CLASS,
    sql`SELECT p.person_id,
        CASE WHEN p.link_key IS NULL THEN 'unlinkable'
             WHEN max(CASE WHEN n.nominals > 1 OR c.link_key IS NOT NULL THEN 1 ELSE 0 END) = 1 THEN 'ambiguous'
             WHEN count(n.link_key) > 0 THEN 'matched' ELSE 'absent' END AS link_class
      FROM (SELECT DISTINCT person_id, link_key FROM ${spineRecord}) AS p
      LEFT JOIN ${nominal} AS n ON n.link_key = p.link_key
      LEFT JOIN ${shared} AS c ON c.link_key = p.link_key
      GROUP BY p.person_id, p.link_key`,
  );
  const direct = sql`SELECT ${spine} AS register, record_id, person_id FROM ${spineRecord}
    UNION ALL
    SELECT n.register, n.record_id, s.person_id FROM ${nominal} AS n
    JOIN (SELECT DISTINCT person_id, link_key FROM ${spineRecord} WHERE link_key IS NOT NULL) AS s ON s.link_key = n.link_key
    WHERE n.nominals = 1 AND n.register IN (${list(others.length === 0 ? [''] : others)})`;
  const directLinks = derive('person_link_direct', personLink.columns, direct);
  const borrowed = Object.entries(sameIds).map(
    ([register, owner]) =>
      sql`SELECT r.register, r.record_id, l.person_id FROM ${record} AS r
        JOIN ${directLinks} AS l ON l.register = ${owner} AND l.record_id = r.record_id WHERE r.register = ${register}`,
  );
  const links = derive(
    'person_link_all',
    personLink.columns,
    list([sql`SELECT register, record_id, person_id FROM ${directLinks}`, ...borrowed], 'union'),
  );
  const disagreeing = derive(
    'identifiers_disagree',
    DISAGREEING,
    sql`SELECT register, CAST(count(CASE WHEN keys > 1 THEN 1 END) AS BIGINT) AS records, CAST(count(*) AS BIGINT) AS "of"
      FROM ${keyed} GROUP BY register`,
  );
  return { links, classes, disagreeing };
}

export interface Persons {
  readonly person: Table;
  readonly links: Table;
  readonly flow: Table;
  readonly disagreeing: Table;
}

export function linkPersons(protocol: Protocol): Persons {
  const { linkage } = protocol.study;
  const { links, classes, disagreeing } =
    linkage.method === 'given'
      ? given(protocol)
      : deterministic(protocol, linkage.keys, linkage.same_ids ?? {});
  const sex = modal(links, linkage.spine, 'sex');
  const area = modal(links, linkage.spine, 'area');
  const birth = modal(links, linkage.spine, 'date_of_birth');
  const persons = fill(
    person,
    sql`SELECT c.person_id, s.value AS sex, CAST(date_trunc('month', b.value) AS DATE) AS birth_month, a.value AS area, c.link_class
      FROM ${classes} AS c
      LEFT JOIN ${sex} AS s ON s.person_id = c.person_id
      LEFT JOIN ${birth} AS b ON b.person_id = c.person_id
      LEFT JOIN ${area} AS a ON a.person_id = c.person_id`,
  );
  const flow = fill(
    linkFlow,
    sql`SELECT r.register, coalesce(c.link_class, 'not in the study') AS link_class, CAST(count(*) AS BIGINT) AS records,
        CAST(count(DISTINCT l.person_id) AS BIGINT) AS persons
      FROM ${record} AS r LEFT JOIN ${links} AS l ON l.register = r.register AND l.record_id = r.record_id
      LEFT JOIN ${classes} AS c ON c.person_id = l.person_id
      GROUP BY r.register, c.link_class`,
  );
  return {
    person: persons,
    links: fill(personLink, sql`SELECT register, record_id, person_id FROM ${links}`),
    flow,
    disagreeing,
  };
}

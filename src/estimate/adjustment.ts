import {
  type Columns,
  type ColumnType,
  derive,
  list,
  name,
  parseNumber,
  type Sql,
  sql,
  type Table,
} from '../engine/index.ts';
import { cohort, covariateAtEntry } from '../persontime/tables.ts';
import { type Adjust, AGE_AT_ENTRY, type Protocol } from '../protocol/tables.ts';
import { LEFTOVERS, strataOf } from './population.ts';

/** What groups are made alike in: one row a person with a column a term, and the columns of a regression from it. */

export interface AdjustmentTerm {
  readonly column: string;
  readonly label: string;
  readonly kind: 'level' | 'number';
}

export interface Adjustment {
  /** One row a person of the population: person_id, then a column a term. */
  readonly table: Table;
  readonly columns: Columns;
  readonly terms: readonly AdjustmentTerm[];
}

/**
 * The adjustment of an estimate in a population. A stratum gives the level a person is shown under elsewhere (rare levels
 * together; without a value `not recorded`, a level of its own). A number is the covariate known at entry, NULL where
 * nothing is known or it is no number. To be called once an estimate and population: the table is named after them.
 */
export function adjustmentOf(
  protocol: Protocol,
  estimate: { readonly id: string },
  members: Table,
  adjust: Adjust,
): Adjustment {
  const strata = adjust.filter((term) => typeof term === 'string');
  const levels = strataOf(protocol, { id: `${estimate.id}_adjust`, strata }, members);
  const columns: Record<string, ColumnType> = { person_id: 'VARCHAR' };
  const select: Sql[] = [sql`m.person_id`];
  let from = sql`${members} AS m LEFT JOIN ${cohort} AS c ON c.person_id = m.person_id`;
  const terms = adjust.map((term, i): AdjustmentTerm => {
    const column = `adjust_${i + 1}`;
    const alias = name(`a${i + 1}`);
    if (typeof term === 'string') {
      columns[column] = 'VARCHAR';
      select.push(sql`${alias}.level AS ${name(column)}`);
      from = sql`${from}
        LEFT JOIN (SELECT person_id, level FROM ${levels} WHERE stratum = ${term}) AS ${alias} ON ${alias}.person_id = m.person_id`;
      return { column, label: term, kind: 'level' };
    }
    columns[column] = 'DOUBLE';
    if (term.number === AGE_AT_ENTRY) {
      select.push(sql`CAST(c.age_at_entry AS DOUBLE) AS ${name(column)}`);
    } else {
      select.push(sql`${parseNumber(sql`${alias}.level`)} AS ${name(column)}`);
      from = sql`${from}
        LEFT JOIN (${covariateAtEntry(cohort, term.number)}) AS ${alias} ON ${alias}.person_id = m.person_id`;
    }
    return { column, label: term.number, kind: 'number' };
  });
  return {
    table: derive(
      `adjustment_${estimate.id}_${members.name}`,
      columns,
      sql`SELECT ${list(select)} FROM ${from}`,
    ),
    columns,
    terms,
  };
}

export interface DesignMatrix {
  /** Row-major, no intercept. The row of a person who lacks a value is NaN throughout: it must not be fitted. */
  readonly x: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** `clinic: clinic 2` for a level, `dose` for a number. */
  readonly names: readonly string[];
  /** 1 where no term is missing. */
  readonly complete: Uint8Array;
}

type Values = Float64Array | readonly (string | boolean | null)[];

/**
 * Treatment coding of the terms, in the order of the rows of `data`. A level term has a column a level but the reference:
 * the one with a name of its own that most complete rows have (of equals the first by name), unless `references` names it by the term's label.
 * Levels are in order of name. A reference that nobody has is not used. A number that is not finite is missing.
 */
export function adjustmentMatrix(
  terms: readonly AdjustmentTerm[],
  data: Readonly<Record<string, Values>>,
  references: Readonly<Record<string, string>> = {},
): DesignMatrix {
  const rows = Object.values(data)[0]?.length ?? 0;
  const complete = new Uint8Array(rows).fill(1);
  const given = terms.map((term) => ({ ...term, values: data[term.column] ?? [] }));
  for (const { kind, values } of given) {
    for (let i = 0; i < rows; i += 1) {
      const value = values[i] ?? null;
      const isMissing = kind === 'number' ? !Number.isFinite(value) : value === null;
      if (isMissing) complete[i] = 0;
    }
  }
  const parts: { readonly name: string; readonly at: (row: number) => number }[] = [];
  for (const { kind, label, values } of given) {
    if (kind === 'number') {
      parts.push({ name: label, at: (row) => Number(values[row]) });
      continue;
    }
    const counts = new Map<string, number>();
    for (let i = 0; i < rows; i += 1) {
      if (complete[i] === 1) counts.set(String(values[i]), (counts.get(String(values[i])) ?? 0) + 1);
    }
    const levels = [...counts.keys()].sort();
    const own = levels.filter((level) => !LEFTOVERS.has(level));
    const largest = (own.length > 0 ? own : levels).reduce(
      (best, level) => ((counts.get(level) ?? 0) > (counts.get(best) ?? 0) ? level : best),
      own[0] ?? levels[0] ?? '',
    );
    const named = Object.hasOwn(references, label) ? references[label] : undefined;
    const reference = named !== undefined && counts.has(named) ? named : largest;
    for (const level of levels.filter((one) => one !== reference)) {
      parts.push({ name: `${label}: ${level}`, at: (row) => (String(values[row]) === level ? 1 : 0) });
    }
  }
  const columns = parts.length;
  const x = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i += 1) {
    for (const [j, part] of parts.entries()) x[i * columns + j] = complete[i] === 1 ? part.at(i) : Number.NaN;
  }
  return { x, rows, columns, names: parts.map((part) => part.name), complete };
}

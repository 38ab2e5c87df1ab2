import { invariant } from '../../errors.ts';
import { render } from '../dialect.ts';
import { planOf } from '../engine.ts';
import { type Table, tablesOf } from '../sql.ts';
import type { Session } from './connect.ts';
import { duckdbDialect } from './dialect.ts';

/** Fails when a query does not give the declared columns in the declared order; also binds it before it runs. */
async function checkColumns(session: Session, table: Table, query: string): Promise<void> {
  const described = await session.rows(`DESCRIBE ${query}`);
  const actual = described.map((row) => String(row[0]));
  const declared = Object.keys(table.columns);
  invariant(
    actual.join(', ') === declared.join(', '),
    `table ${table.name} is (${actual.join(', ')}) but is declared (${declared.join(', ')})`,
  );
}

/**
 * Makes derived tables in order. A table that only one other reads, and that nobody asked for, stays a view, so that
 * the engine can push filters through it; everything else is made once.
 */
export async function materialise(
  session: Session,
  targets: readonly Table[],
  made: Set<string>,
): Promise<void> {
  const { given, derived } = planOf(targets);
  for (const table of given) invariant(made.has(table.name), `table ${table.name} was never given`);
  const readers = new Map<string, number>();
  for (const table of derived) {
    if (table.query === undefined) continue;
    for (const below of tablesOf(table.query)) readers.set(below.name, (readers.get(below.name) ?? 0) + 1);
  }
  const asked = new Set(targets.map((table) => table.name));
  for (const table of derived) {
    if (made.has(table.name) || table.query === undefined) continue;
    const once = asked.has(table.name) || (readers.get(table.name) ?? 0) > 1;
    const identifier = duckdbDialect.identifier(table.name);
    const casts = Object.entries(table.columns)
      .map(([column, type]) => {
        const id = duckdbDialect.identifier(column);
        return `CAST(${id} AS ${duckdbDialect.columnType(type)}) AS ${id}`;
      })
      .join(', ');
    // The final cast makes engines agree on types by construction (unnest gives BIGINT here and INT elsewhere).
    const rendered = render(table.query, duckdbDialect);
    await checkColumns(session, table, rendered);
    const query = `SELECT ${casts} FROM (\n${rendered}\n) AS declared`;
    await session.run(`CREATE ${once ? 'TEMP TABLE' : 'TEMP VIEW'} ${identifier} AS ${query}`);
    made.add(table.name);
  }
}

import {
  type Columns,
  type Engine,
  list,
  name,
  type Output,
  planOf,
  type Sql,
  type StagePlan,
  sql,
  type Table,
} from '../engine/index.ts';
import type { Estimate, Protocol } from '../protocol/tables.ts';
import type { Planned, Reader } from './design.ts';
import { planDesign, populationsOf } from './designs.ts';
import { populationSteps, populations } from './population.ts';
import { RESULT_ORDER, type ResultRow, result } from './tables.ts';

export { estimandOf } from './designs.ts';
export { nestedLevels } from './nesting.ts';

/** Counts in the engine, fits on arrays, one long result table. The stage that opens the outcomes. */

const CONFIDENCE = 0.95;

function planOne(protocol: Protocol, estimate: Estimate, population: string, members: Table): Planned {
  const context = {
    estimate_id: estimate.id,
    population,
    variant: protocol.variant,
    confidence: estimate.confidence ?? CONFIDENCE,
  };
  return planDesign(estimate.design, { protocol, estimate, members, context });
}

export function planEstimate(protocol: Protocol): StagePlan {
  const members = populations(protocol);
  // A variant is told by its whole: its strata would be the same persons cut again, and a gift to whoever subtracts tables.
  const asked =
    protocol.variant === 'protocol'
      ? protocol.estimates
      : protocol.estimates.map(({ strata: _, ...rest }) => rest);
  const planned = asked.flatMap((estimate) =>
    populationsOf(protocol, estimate).map((population) => {
      const table = members.get(population);
      if (table === undefined) throw new Error(`no population ${population}`);
      return planOne(protocol, estimate, population, table);
    }),
  );
  const steps = populationSteps(protocol, members);
  const tables = [...planned.flatMap((one) => one.tables), steps];
  return {
    stage: 'estimate',
    version: 5,
    parameters: { estimates: protocol.estimates, variant: protocol.variant },
    reads: planOf(tables).given,
    tables,
    make: async (engine) => ({ outputs: await fitAll(engine, planned, steps) }),
  };
}

/** The tables of counts that one estimate stands on: what `explain` prints the SQL of. */
export function countTables(protocol: Protocol, id: string, population: string): readonly Table[] {
  const members = populations(protocol).get(population);
  const estimate = protocol.estimates.find((one) => one.id === id);
  return estimate === undefined || members === undefined
    ? []
    : planOne(protocol, estimate, population, members).tables;
}

async function fitAll(engine: Engine, planned: readonly Planned[], steps: Table): Promise<readonly Output[]> {
  const ordered = (columns: Columns, table: Table): Sql => {
    const keys = Object.keys(columns);
    const order: Sql[] = keys.map((column) => sql`${name(column)} NULLS FIRST`);
    return sql`SELECT ${list(keys.map(name))} FROM ${table} ORDER BY ${list(order)}`;
  };
  const read: Reader = {
    rows: (columns, table) => engine.rows(columns, ordered(columns, table)),
    columns: (columns, table) => engine.columns(columns, ordered(columns, table)),
  };
  const rows: ResultRow[] = [];
  for (const one of planned) rows.push(...(await one.rows(read)));
  await engine.load(result, rows);
  return [
    { table: result, order: RESULT_ORDER },
    { table: steps, order: ['population'] },
  ];
}

import {
  type Columns,
  type Engine,
  list,
  name,
  type Output,
  planOf,
  type Row,
  type Sql,
  type StagePlan,
  sql,
  type Table,
} from '../engine/index.ts';
import type { Estimate, Protocol } from '../protocol/tables.ts';
import { changeMoment, changePattern, countChange, leaverMoment } from './change/counts.ts';
import { fitChange } from './change/rows.ts';
import { clocksOf } from './clocks.ts';
import { populationSteps, populations } from './population.ts';
import { countRates, rateCount } from './rates/counts.ts';
import { fitRates } from './rates/fit.ts';
import { countExits, exitCount } from './survival/counts.ts';
import { fitSurvival } from './survival/fit.ts';
import { RESULT_ORDER, type ResultRow, result } from './tables.ts';

/** Counts in the engine, fits on arrays, one long result table. The stage that opens the outcomes. */

const CONFIDENCE = 0.95;
const BOOTSTRAP = { replicates: 2000, seed: 20120301 };
const SURVIVAL_TIMES = [28, 91, 183, 365, 730];

/** What each design estimates, in words; docs/methods has the whole. */
export const ESTIMANDS: Readonly<Record<Estimate['design'], string>> = {
  rates:
    'Events per person-year in the persons and time named by the row: what was recorded, not what treatment caused.',
  change:
    'The change in recorded events of the same persons from the window before entry to the window after it. It mixes time on and off treatment, and includes whatever would have happened without treatment.',
  survival:
    'The proportion still in the journey they entered so many days after entry; who dies or is no longer observed is censored. Of a curve to departure: the proportion alive and in the country.',
};

/** An estimate in one population: its tables of counts, and the rows it makes of them. */
interface Planned {
  readonly tables: readonly Table[];
  readonly rows: (
    read: <C extends Columns>(columns: C, table: Table) => Promise<Row<C>[]>,
  ) => Promise<ResultRow[]>;
}

function planOne(protocol: Protocol, estimate: Estimate, population: string, members: Table): Planned {
  const context = {
    estimate_id: estimate.id,
    population,
    variant: protocol.variant,
    confidence: estimate.confidence ?? CONFIDENCE,
  };
  switch (estimate.design) {
    case 'rates': {
      const counts = countRates(protocol, estimate, members);
      return { tables: [counts], rows: async (read) => fitRates(await read(rateCount, counts), context) };
    }
    case 'change': {
      const { moments, patterns, leavers } = countChange(protocol, estimate, members);
      return {
        tables: [moments, patterns, leavers],
        rows: async (read) =>
          fitChange(
            await read(changeMoment, moments),
            await read(changePattern, patterns),
            await read(leaverMoment, leavers),
            {
              ...context,
              clocks: clocksOf(protocol, estimate.clock),
              bootstrap: estimate.bootstrap ?? BOOTSTRAP,
            },
          ),
      };
    }
    case 'survival': {
      const counts = countExits(protocol, estimate, members);
      return {
        tables: [counts],
        rows: async (read) =>
          fitSurvival(await read(exitCount, counts), {
            ...context,
            interval: estimate.interval ?? 'log',
            times: estimate.times ?? SURVIVAL_TIMES,
          }),
      };
    }
  }
}

/**
 * The populations an estimate is made in. A change in persons selected on their earlier events never stands alone: an
 * estimate that names such a subset as its population is made in everyone as well.
 */
function populationsOf(protocol: Protocol, estimate: Estimate): readonly string[] {
  const named = estimate.population ?? 'all';
  if (estimate.design !== 'change') return [named];
  const isSelected = protocol.study.population.subsets?.[named]?.prior_events !== undefined;
  const { restricted = named } = estimate;
  return [...new Set([...(isSelected ? ['all'] : []), named, restricted])];
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
    version: 3,
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
  const read = async <C extends Columns>(columns: C, table: Table) => {
    const keys = Object.keys(columns);
    const order: Sql[] = keys.map((column) => sql`${name(column)} NULLS FIRST`);
    return engine.rows(columns, sql`SELECT ${list(keys.map(name))} FROM ${table} ORDER BY ${list(order)}`);
  };
  const rows: ResultRow[] = [];
  for (const one of planned) rows.push(...(await one.rows(read)));
  await engine.load(result, rows);
  return [
    { table: result, order: RESULT_ORDER },
    { table: steps, order: ['population'] },
  ];
}

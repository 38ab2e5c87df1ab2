import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Columns, type Engine, openDuckDB, type Row, sql, type Table } from '../../src/engine/index.ts';
import { registerCoverage } from '../../src/ingest/tables.ts';
import { type JourneysPlan, planJourneys } from '../../src/journeys/index.ts';
import {
  aggregate,
  allocation,
  contact,
  covariate,
  custody,
  departure,
  episode,
  intervention,
  offence,
  person,
} from '../../src/link/tables.ts';
import { type PersontimePlan, planPersontime } from '../../src/persontime/index.ts';
import type { Protocol } from '../../src/protocol/tables.ts';
import type { Registers } from './day-walker.ts';

/** Runs both stages on DuckDB over given registers. */
export interface Bench {
  readonly engine: Engine;
  run(
    registers: Registers,
    protocol: Protocol,
  ): Promise<{ journeys: JourneysPlan; persontime: PersontimePlan }>;
  read<C extends Columns>(table: Table<C>): Promise<Row<C>[]>;
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'desist-walker-'));
  const engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
  const files = new WeakMap<readonly object[], string>();
  /** Rows as literals are slow to load: many of them are written to a file once and bound from then on. */
  async function load<C extends Columns>(table: Table<C>, rows: readonly Row<C>[]): Promise<void> {
    const known = files.get(rows);
    if (known !== undefined) {
      await engine.bind(table, [known]);
      return;
    }
    await engine.load(table, rows);
    if (rows.length < 5000) return;
    const file = join(folder, `${table.name}.parquet`);
    await engine.writeParquet(table, [], file);
    files.set(rows, file);
  }
  return {
    engine,
    async run(registers, protocol) {
      await engine.reset();
      await load(person, registers.person);
      await load(episode, registers.episode);
      await load(intervention, registers.intervention);
      await load(contact, registers.contact);
      await load(custody, registers.custody);
      await load(departure, registers.departure);
      await load(offence, registers.offence);
      await load(covariate, registers.covariate);
      await load(allocation, registers.allocation);
      await load(aggregate, registers.aggregate);
      await load(registerCoverage, registers.coverage);
      const journeys = planJourneys(protocol);
      await engine.materialise(Object.values(journeys));
      const persontime = planPersontime(protocol);
      await engine.materialise(Object.values(persontime));
      return { journeys, persontime };
    },
    read: (table) => engine.rows(table.columns, sql`SELECT * FROM ${table}`),
    async close() {
      await engine.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Rows as sorted lines: two tables are equal when these are. */
export function lines(rows: readonly object[], columns?: readonly string[]): string[] {
  return rows
    .map((row) => {
      const entries = Object.entries(row).filter(([key]) => columns === undefined || columns.includes(key));
      return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))));
    })
    .sort();
}

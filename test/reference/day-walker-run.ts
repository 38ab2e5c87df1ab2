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
  return {
    engine,
    async run(registers, protocol) {
      await engine.reset();
      await engine.load(person, registers.person);
      await engine.load(episode, registers.episode);
      await engine.load(intervention, registers.intervention);
      await engine.load(contact, registers.contact);
      await engine.load(custody, registers.custody);
      await engine.load(departure, registers.departure);
      await engine.load(offence, registers.offence);
      await engine.load(covariate, registers.covariate);
      await engine.load(allocation, registers.allocation);
      await engine.load(aggregate, registers.aggregate);
      await engine.load(registerCoverage, registers.coverage);
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

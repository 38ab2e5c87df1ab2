/** A world to files: registers as agencies send them, and the truth apart. */
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Engine, openDuckDB, sql, type Table } from '../engine/index.ts';
import { lives } from './careers.ts';
import { episodes, journeys } from './episodes.ts';
import { convictionFile, custodyFile, deathFile, nominalFile } from './justice-files.ts';
import type { RegisterFile } from './lines.ts';
import { candidateOffences, events } from './offending.ts';
import { people, populationSize, type Setting } from './people.ts';
import { convictions, custodies, nominals } from './police.ts';
import { gammaRows, gammaTable, poissonRows, poissonTable } from './quantiles.ts';
import { treatmentFile } from './treatment-file.ts';
import { truthTables } from './truth.ts';
import type { World } from './world.ts';
import { transcribe, type WrittenFile } from './write.ts';

export interface GenerateOptions {
  readonly world: World;
  /** People who are ever in treatment. */
  readonly clients: number;
  readonly seed: number;
  /** The study folder: gets data/ and truth/. */
  readonly folder: string;
  readonly threads?: number;
  readonly memoryMib?: number;
}

export interface SynthAccount {
  readonly world: string;
  readonly clients: number;
  /** Clients and people whom only the police know. */
  readonly persons: number;
  readonly seed: number;
  readonly files: readonly (WrittenFile & { readonly register: string })[];
  readonly truth: readonly { readonly file: string; readonly rows: number; readonly bytes: number }[];
  /** Rows with each kind of dirt, by register. */
  readonly dirt: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Lives that changed more often than the generator follows. */
  readonly truncated_lives: number;
}

/** Writes folder/data and folder/truth. The same world, clients and seed give the same bytes, whatever the threads. */
export async function generate(options: GenerateOptions): Promise<SynthAccount> {
  const { world, clients, seed, folder } = options;
  const data = join(folder, 'data');
  const truth = join(folder, 'truth');
  const temporary = join(folder, '.synthetic-temp');
  for (const one of [data, truth, temporary]) mkdirSync(one, { recursive: true });
  const engine = await openDuckDB({
    tempFolder: join(temporary, 'engine'),
    folders: [truth, temporary],
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.memoryMib === undefined ? {} : { memoryMib: options.memoryMib }),
  });
  try {
    const account = await make(engine, { world, clients, seed }, { data, truth, temporary });
    writeFileSync(
      join(truth, 'truth.json'),
      `${JSON.stringify({ SYNTHETIC: true, ...account, parameters: world }, null, 2)}\n`,
    );
    writeFileSync(join(data, 'README-SYNTHETIC.txt'), DATA_README);
    writeFileSync(join(truth, 'README-SYNTHETIC.txt'), TRUTH_README);
    return account;
  } finally {
    await engine.close();
    rmSync(temporary, { recursive: true, force: true });
  }
}

const DATA_README = `SYNTHETIC. These registers were made by a program. No row is about a person who exists.
`;
const TRUTH_README = `SYNTHETIC, and SEALED: who is who and what really happened in the registers of ../data.
Open it to score a finished analysis, never to make one.
`;

async function make(
  engine: Engine,
  setting: Setting,
  folders: { data: string; truth: string; temporary: string },
): Promise<SynthAccount> {
  await engine.load(gammaTable, gammaRows(setting.world.offending.shape));
  await engine.load(poissonTable, poissonRows());
  const person = people(setting);
  const candidate = candidateOffences(setting, person);
  const life = lives(setting, person, candidate);
  const event = events(setting, candidate, life);
  const journey = journeys(setting, person, life);
  const episode = episodes(setting, journey);
  const nominal = nominals(setting, person, event);
  const custody = custodies(life);
  const conviction = convictions(setting, person, event, nominal, custody);
  const made = { person, life, journey, episode, nominal, conviction, custody };
  await engine.materialise(Object.values(made));

  const files: (WrittenFile & { register: string })[] = [];
  for (const file of [
    treatmentFile(setting, person, episode),
    nominalFile(setting, person, nominal),
    convictionFile(setting, conviction),
    custodyFile(setting, custody),
    deathFile(setting, person, episode),
  ]) {
    files.push({ register: file.register, ...(await writeRegister(engine, file, folders)) });
  }
  const truth: { file: string; rows: number; bytes: number }[] = [];
  for (const { file, table, order } of truthTables(setting, made)) {
    await engine.materialise([table]);
    const path = join(folders.truth, file);
    const rows = await engine.writeParquet(table, order, path);
    truth.push({ file, rows, bytes: statSync(path).size });
  }
  const [truncated] = await engine.rows(
    { lives: 'BIGINT' },
    sql`SELECT count(*) AS lives FROM ${life} WHERE ended = 'truncated'`,
  );
  return {
    world: setting.world.name,
    clients: setting.clients,
    persons: populationSize(setting),
    seed: setting.seed,
    files,
    truth,
    dirt: {
      treatment: await dirtOf(engine, episode),
      police: await dirtOf(engine, nominal),
      convictions: await dirtOf(engine, conviction),
    },
    truncated_lives: truncated?.lives ?? 0,
  };
}

async function writeRegister(
  engine: Engine,
  file: RegisterFile,
  folders: { data: string; temporary: string },
): Promise<WrittenFile> {
  await engine.materialise([file.lines]);
  const plain = join(folders.temporary, `${file.register}.csv`);
  await engine.writeCsv(file.lines, ['sort_key', 'line'], plain);
  const written = await transcribe(file, plain, join(folders.data, file.file));
  rmSync(plain);
  return written;
}

async function dirtOf(engine: Engine, table: Table): Promise<Record<string, number>> {
  const rows = await engine.rows(
    { dirt: 'VARCHAR', rows: 'BIGINT' },
    sql`SELECT dirt, count(*) AS rows FROM ${table} WHERE dirt IS NOT NULL GROUP BY dirt ORDER BY dirt`,
  );
  return Object.fromEntries(rows.map((row) => [row.dirt ?? '', row.rows ?? 0]));
}

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { disclose, profileOf } from './disclose/index.ts';
import type { Released, ReleasedTables } from './disclose/tables.ts';
import {
  type Artefact,
  type Columns,
  type Engine,
  type Manifest,
  openDuckDB,
  openStore,
  partsOf,
  type Row,
  runStage,
  type StagePlan,
  type Store,
  sql,
  staleness,
  type Table,
  planOf as tablesUnder,
  takeLock,
  writeWhole,
} from './engine/index.ts';
import { StudyError } from './errors.ts';
import { nestedLevels, planEstimate } from './estimate/index.ts';
import { levelNesting, populationStep, type ResultRow, result } from './estimate/tables.ts';
import { hashExtracts, planIngest } from './ingest/index.ts';
import { ingestAccount, ingestIssue, registerProfile } from './ingest/tables.ts';
import { JOURNEYS_VERSION, planJourneys } from './journeys/index.ts';
import { journeyIssue } from './journeys/tables.ts';
import { planLink } from './link/index.ts';
import { linkFlow, linkIssue } from './link/tables.ts';
import { PERSONTIME_VERSION, planPersontime } from './persontime/index.ts';
import { attrition, cohortStratum, persontimeIssue } from './persontime/tables.ts';
import {
  changeText,
  describeProtocol,
  loadProtocol,
  outcomesOpened,
  type ProtocolStanding,
  protocolStanding,
  recordOutcomesOpened,
} from './protocol/index.ts';
import type { Protocol } from './protocol/tables.ts';
import { renderReport, resultsCsv } from './report/index.ts';
import type { Provenance, StageProvenance } from './report/tables.ts';
import { type Stage, stageFolder } from './stages.ts';
import { VERSION } from './version.ts';

/**
 * A protocol through the stages; read this first.
 *
 * registers -> ingest -> link -> journeys -> persontime -> estimate -> disclose -> report
 *
 * Every stage up to `estimate` leaves content-named tables in the store and is made again only when something it
 * reads, its SQL, its parameters or the engine changed. Disclosure and the report are made from them on each run.
 */

export interface RunOptions {
  /** The last stage to run; default report. */
  readonly until?: Stage;
  /** Make every stage again, whatever the store holds. */
  readonly force?: boolean;
  /** Only this variant; default the protocol and every variant it declares. */
  readonly variant?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly threads?: number;
  readonly memoryMib?: number;
  readonly now: () => Date;
  readonly who: string;
  readonly command: string;
  readonly notice: (notice: Notice) => void;
}

/** What a run says while it runs. Names, counts and stages only. */
export type Notice =
  | { readonly kind: 'stage'; readonly stage: Stage; readonly variant: string; readonly state: 'starts' }
  | {
      readonly kind: 'stage';
      readonly stage: Stage;
      readonly variant: string;
      readonly state: 'made' | 'reused';
      readonly milliseconds: number;
      readonly rows: number;
    }
  | { readonly kind: 'reading'; readonly register: string; readonly bytes: number; readonly of: number }
  | { readonly kind: 'damaged'; readonly table: string };

export interface RunSummary {
  readonly protocol: Protocol;
  /** Undefined where the run was to end before disclosure. */
  readonly released: Released<ReleasedTables> | undefined;
  readonly report: string | undefined;
  readonly results: string | undefined;
  /** The answer in sentences. */
  readonly headline: readonly string[];
}

export const STAGES_MADE = ['ingest', 'link', 'journeys', 'persontime', 'estimate'] as const;
/** The stages a run can be told to end with. */
export const UNTIL = [...STAGES_MADE, 'disclose', 'report'] as const satisfies readonly Stage[];
type MadeStage = (typeof STAGES_MADE)[number];

/** The plan of each stage that leaves tables behind, in order. */
function planOf(stage: MadeStage, protocol: Protocol, context: PlanContext): StagePlan {
  switch (stage) {
    case 'ingest':
      return planIngest(protocol, { hashes: context.hashes, progress: context.progress });
    case 'link':
      return planLink(protocol, context.secret);
    case 'journeys': {
      const { spells, gap, exit_groups } = protocol.study.definitions;
      return tablesStage(
        stage,
        JOURNEYS_VERSION,
        { spells, gap, exit_groups },
        Object.values(planJourneys(protocol)),
      );
    }
    case 'persontime': {
      const { population, time_at_risk, strata } = protocol.study;
      const { retention_bands, outcomes } = protocol;
      return tablesStage(
        stage,
        PERSONTIME_VERSION,
        { population, time_at_risk, strata, retention_bands, outcomes },
        Object.values(planPersontime(protocol)),
      );
    }
    case 'estimate':
      return planEstimate(protocol);
  }
}

/** A stage that is nothing but tables: it reads what they stand on, and each is ordered by all its columns. */
function tablesStage(
  stage: Stage,
  version: number,
  parameters: unknown,
  tables: readonly Table[],
): StagePlan {
  return {
    stage,
    version,
    parameters,
    reads: tablesUnder(tables).given,
    tables,
    make: async () => ({ outputs: tables.map((table) => ({ table, order: Object.keys(table.columns) })) }),
  };
}

interface PlanContext {
  readonly hashes: ReadonlyMap<string, string>;
  readonly secret: string;
  readonly progress: (register: string, bytes: number) => void;
}

/** The secret of the pseudonyms: the protocol's file, or a fixed word where ids are nobody's secret. */
function secretOf(protocol: Protocol): string {
  const file = protocol.study.linkage.pseudonym_key;
  if (file === undefined) return 'desist';
  const path = resolve(protocol.folder, file);
  if (!existsSync(path)) {
    throw new StudyError('E-SOURCE-MISSING', `the pseudonym key ${file} is not there`, {
      place: { file: 'study.yaml' },
      fix: 'Put a long random text into that file and keep it out of version control.',
    });
  }
  return readFileSync(path, 'utf8').trim();
}

export function stageName(stage: Stage, variant: string): string {
  return variant === 'protocol' ? stageFolder(stage) : join(variant, stageFolder(stage));
}

export async function openEngine(
  protocol: Protocol,
  options: Pick<RunOptions, 'threads' | 'memoryMib'>,
): Promise<Engine> {
  const work = join(protocol.folder, '.desist');
  const folders = [
    work,
    protocol.folder,
    ...protocol.sources.flatMap((source) => source.resolved_files.map(dirname)),
  ];
  return openDuckDB({
    tempFolder: join(work, 'tmp', 'spill'),
    folders: [...new Set(folders)],
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.memoryMib === undefined ? {} : { memoryMib: options.memoryMib }),
  });
}

/** Runs a study under its lock and returns what may leave. */
export async function runStudy(folder: string, options: RunOptions): Promise<RunSummary> {
  const protocol = loadProtocol(folder, {
    env: options.environment,
    ...(options.variant === undefined ? {} : { variant: options.variant }),
  });
  const lock = await takeLock(join(protocol.folder, '.desist'), options.command);
  try {
    const store = openStore(protocol.folder);
    store.sweep();
    // An engine for each protocol: what the last one held is given back before the next one starts.
    const withEngine = async <T>(work: (engine: Engine) => Promise<T>): Promise<T> => {
      const engine = await openEngine(protocol, options);
      try {
        return await work(engine);
      } finally {
        await engine.close();
      }
    };
    try {
      const variants = options.variant === undefined ? Object.keys(protocol.study.variants ?? {}) : [];
      const protocols = [
        protocol,
        ...variants.map((variant) => loadProtocol(folder, { env: options.environment, variant })),
      ];
      const made: ReadonlyMap<string, Artefact>[] = [];
      for (const one of protocols)
        made.push(await withEngine((engine) => makeTables(one, engine, store, options)));
      const last = options.until ?? 'report';
      if (last !== 'report' && last !== 'disclose')
        return { protocol, released: undefined, report: undefined, results: undefined, headline: [] };
      return await withEngine((engine) => release(protocol, protocols, made, engine, store, last));
    } finally {
      store.sweep();
    }
  } finally {
    await lock.release();
  }
}

/** Ingest to estimate for one protocol or variant. */
async function makeTables(
  protocol: Protocol,
  engine: Engine,
  store: Store,
  options: RunOptions,
): Promise<ReadonlyMap<string, Artefact>> {
  const hashes = await hashExtracts(protocol);
  const sizes = new Map(
    protocol.sources.map((source) => [
      source.register,
      source.resolved_files.reduce((sum, file) => sum + statSync(file).size, 0),
    ]),
  );
  const context: PlanContext = {
    hashes,
    secret: secretOf(protocol),
    progress: (register, bytes) =>
      options.notice({ kind: 'reading', register, bytes, of: sizes.get(register) ?? 0 }),
  };
  const artefacts = new Map<string, Artefact>();
  const until = options.until ?? 'report';
  for (const stage of STAGES_MADE) {
    const { variant } = protocol;
    options.notice({ kind: 'stage', stage, variant, state: 'starts' });
    const started = performance.now();
    if (stage === 'estimate') {
      recordOutcomesOpened(protocol.folder, {
        hash: protocol.hash,
        variant,
        now: options.now(),
        command: options.command,
      });
    }
    const { manifest, reused } = await runStage(
      planOf(stage, protocol, context),
      stageName(stage, variant),
      engine,
      store,
      artefacts,
      {
        force: options.force ?? false,
        damaged: (artefact) => options.notice({ kind: 'damaged', table: artefact.name }),
      },
    );
    for (const artefact of manifest.outputs) artefacts.set(artefact.name, artefact);
    options.notice({
      kind: 'stage',
      stage,
      variant,
      state: reused ? 'reused' : 'made',
      milliseconds: performance.now() - started,
      rows: manifest.outputs.reduce((sum, artefact) => sum + artefact.rows, 0),
    });
    if (stage === until) break;
  }
  return artefacts;
}

/** Reads a small table of the store in the order it was written. */
async function readTable<C extends Columns>(
  engine: Engine,
  store: Store,
  artefacts: ReadonlyMap<string, Artefact>,
  table: Table<C>,
): Promise<Row<C>[]> {
  const artefact = artefacts.get(table.name);
  if (artefact === undefined) return [];
  await engine.reset();
  await engine.bind(table, [store.pathOf(artefact)]);
  return engine.rows(table.columns, sql`SELECT * FROM ${table}`);
}

/** Which levels lie within which: not in a table of the store, since nothing else needs it. */
async function readNesting(
  protocol: Protocol,
  engine: Engine,
  store: Store,
  artefacts: ReadonlyMap<string, Artefact>,
): Promise<Row<typeof levelNesting.columns>[]> {
  const strata = artefacts.get(cohortStratum.name);
  if (strata === undefined) return [];
  await engine.reset();
  await engine.bind(cohortStratum, [store.pathOf(strata)]);
  const nested = nestedLevels(protocol);
  await engine.materialise([nested]);
  return engine.rows(levelNesting.columns, sql`SELECT * FROM ${nested} ORDER BY ALL`);
}

async function release(
  protocol: Protocol,
  protocols: readonly Protocol[],
  made: readonly ReadonlyMap<string, Artefact>[],
  engine: Engine,
  store: Store,
  last: Stage,
): Promise<RunSummary> {
  const main = made[0] ?? new Map<string, Artefact>();
  const read = <C extends Columns>(table: Table<C>): Promise<Row<C>[]> =>
    readTable(engine, store, main, table);
  const results: ResultRow[] = [];
  for (const artefacts of made) results.push(...(await readTable(engine, store, artefacts, result)));
  const released = disclose(
    {
      study: protocol.study,
      results,
      attrition: await read(attrition),
      population_steps: await read(populationStep),
      link_flow: await read(linkFlow),
      accounts: await read(ingestAccount),
      issues: [
        ...(await read(ingestIssue)),
        ...(await read(linkIssue)),
        ...(await read(journeyIssue)),
        ...(await read(persontimeIssue)),
      ],
      profiles: await read(registerProfile),
      nesting: await readNesting(protocol, engine, store, main),
    },
    profileOf(protocol.study.disclosure),
  );
  const outputs = join(protocol.folder, 'outputs', 'latest');
  const resultsFile = join(outputs, 'results.csv');
  writeWhole(resultsFile, resultsCsv(released));
  if (last === 'disclose')
    return { protocol, released, report: undefined, results: resultsFile, headline: [] };
  const rendered = await renderReport({
    released,
    protocol,
    description: describeProtocol(protocol).map(({ text }) => text),
    provenance: provenanceOf(protocol, protocols, engine, store),
  });
  for (const [file, content] of rendered.files) writeWhole(join(outputs, file), content);
  const report = join(outputs, 'report.html');
  writeWhole(report, rendered.html);
  removeOthers(outputs, new Set(['results.csv', 'report.html', ...rendered.files.keys()]));
  return { protocol, released, report, results: resultsFile, headline: rendered.headline };
}

/** Removes what an earlier run left in the output folder: a figure of an estimate that is no longer asked for. */
function removeOthers(outputs: string, kept: ReadonlySet<string>): void {
  for (const file of readdirSync(outputs, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    if (!kept.has(relative(outputs, path).split(sep).join('/'))) rmSync(path, { force: true });
  }
}

/** How the protocol stands to the one that was frozen, in a sentence. */
export function standingSentence(standing: ProtocolStanding): string {
  switch (standing.state) {
    case 'unfrozen':
      return 'The protocol was not frozen before the outcomes were opened.';
    case 'frozen-unchanged':
      return `The protocol is as it was frozen on ${standing.frozen.frozen_at.slice(0, 10)} by ${standing.frozen.who}.`;
    case 'changed-since-freeze':
      return `The protocol has changed since it was frozen on ${standing.frozen.frozen_at.slice(0, 10)} by ${standing.frozen.who}.`;
  }
}

/** What was read, computed and when the outcomes were opened; the same for the same inputs. */
function provenanceOf(
  protocol: Protocol,
  protocols: readonly Protocol[],
  engine: Engine,
  store: Store,
): Provenance {
  const standing = protocolStanding(protocol.folder, protocol);
  return {
    desist_version: VERSION,
    engine: `${engine.name} ${engine.version}`,
    protocol_hash: protocol.hash,
    standing: standingSentence(standing),
    deviations:
      standing.state === 'changed-since-freeze'
        ? [...standing.changes.map(changeText), ...standing.definitions_changed]
        : [],
    outcomes_opened: outcomesOpened(protocol.folder).map(
      (opening) => `${opening.time.slice(0, 10)}: ${opening.variant}, protocol ${opening.hash.slice(0, 12)}`,
    ),
    stages: protocols.flatMap((one) =>
      STAGES_MADE.flatMap((stage) => {
        const manifest = store.latest(stageName(stage, one.variant));
        return manifest === undefined ? [] : [stageProvenance(manifest, stage, one.variant, store)];
      }),
    ),
  };
}

function stageProvenance(manifest: Manifest, stage: Stage, variant: string, store: Store): StageProvenance {
  return {
    stage,
    variant,
    key: manifest.key,
    version: manifest.parts.version,
    inputs: manifest.parts.inputs,
    sql: readFileSync(store.pathOf(manifest.sql), 'utf8'),
  };
}

/** A stage as `status` shows it: why it would be made again, or nothing. */
export interface StageStatus {
  readonly stage: Stage;
  readonly variant: string;
  readonly reasons: readonly string[];
}

/** What would be made again and why, without making it. */
export async function studyStatus(
  folder: string,
  options: Pick<RunOptions, 'environment'>,
): Promise<readonly StageStatus[]> {
  const protocol = loadProtocol(folder, { env: options.environment });
  const store = openStore(protocol.folder);
  const engine = await openEngine(protocol, {});
  try {
    const hashes = await hashExtracts(protocol);
    const context: PlanContext = { hashes, secret: secretOf(protocol), progress: () => undefined };
    const artefacts = new Map<string, Artefact>();
    const statuses: StageStatus[] = [];
    let stale: Stage | undefined;
    for (const stage of STAGES_MADE) {
      const latest = store.latest(stageName(stage, protocol.variant));
      const plan = planOf(stage, protocol, context);
      const missing = plan.reads.filter((table) => !artefacts.has(table.name));
      const reasons =
        latest === undefined || missing.length > 0
          ? ['it was never run']
          : [...staleness(partsOf(plan, engine, artefacts), latest)];
      const gone = (latest?.outputs ?? []).filter((artefact) => !existsSync(store.pathOf(artefact)));
      if (gone.length > 0)
        reasons.push(`${gone.map((artefact) => artefact.name).join(', ')} is no longer in the store`);
      if (reasons.length === 0 && stale !== undefined)
        reasons.push(`${stale} is stale: made again only if that gives other tables`);
      statuses.push({ stage, variant: protocol.variant, reasons });
      if (reasons.length > 0) stale ??= stage;
      for (const artefact of latest?.outputs ?? []) artefacts.set(artefact.name, artefact);
    }
    return statuses;
  } finally {
    await engine.close();
  }
}

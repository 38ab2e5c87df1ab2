import { writeFileSync } from 'node:fs';
import { invariant } from '../errors.ts';
import { type Engine, printPlan } from './engine.ts';
import type { Table } from './sql.ts';
import { type Artefact, type KeyParts, keyOf, type Manifest, type Store, sha256Of } from './store.ts';

/** A table that a stage leaves behind, with the total order that makes its bytes depend on nothing but its rows. */
export interface Output {
  readonly table: Table;
  readonly order: readonly string[];
}

/** What a stage made. */
export interface Made {
  readonly outputs: readonly Output[];
  /** SQL that is not in the plan's tables because it depends on what was read; kept for the auditor. */
  readonly sql?: string;
  /** Called when the outputs are written. */
  readonly done?: () => Promise<void>;
}

/** What a stage would do: enough to know its key without doing it. */
export interface StagePlan {
  readonly stage: string;
  /** Raised whenever the same inputs would give other outputs. */
  readonly version: number;
  readonly parameters: unknown;
  /** Given tables the stage reads. */
  readonly reads: readonly Table[];
  /** Content hashes of files that are not artefacts: register extracts. */
  readonly files?: Readonly<Record<string, string>>;
  /** Derived tables: their printed SQL is part of the key. */
  readonly tables: readonly Table[];
  /** Loads given tables that are not artefacts: a secret, a code list. What they hold must show in `parameters`. */
  readonly prepare?: (engine: Engine) => Promise<void>;
  /** Makes the outputs. Tables in `tables` are materialised already. */
  readonly make: (engine: Engine, store: Store) => Promise<Made>;
}

export function partsOf(plan: StagePlan, engine: Engine, inputs: ReadonlyMap<string, Artefact>): KeyParts {
  const hashes: Record<string, string> = { ...plan.files };
  for (const table of plan.reads) {
    const artefact = inputs.get(table.name);
    invariant(artefact !== undefined, `stage ${plan.stage} reads ${table.name}, which no earlier stage made`);
    hashes[table.name] = artefact.sha256;
  }
  return {
    stage: plan.stage,
    version: plan.version,
    engine: `${engine.name} ${engine.version}`,
    sql: sha256Of(printPlan(plan.tables, engine.dialect)),
    parameters: plan.parameters,
    inputs: hashes,
  };
}

export interface StageOutcome {
  readonly manifest: Manifest;
  readonly reused: boolean;
}

/** Reuses a stage whose key is known and whose artefacts are whole; makes it otherwise. */
export async function runStage(
  plan: StagePlan,
  stageName: string,
  engine: Engine,
  store: Store,
  inputs: ReadonlyMap<string, Artefact>,
  options: { readonly force: boolean; readonly damaged: (artefact: Artefact) => void },
): Promise<StageOutcome> {
  const parts = partsOf(plan, engine, inputs);
  const key = keyOf(parts);
  if (!options.force) {
    const known = await store.find(key, options.damaged);
    if (known !== undefined) {
      store.pointTo(stageName, known);
      return { manifest: known, reused: true };
    }
  }
  await engine.reset();
  for (const table of plan.reads) {
    const artefact = inputs.get(table.name);
    invariant(artefact !== undefined, `no artefact for ${table.name}`);
    await engine.bind(table, [store.pathOf(artefact)]);
  }
  await plan.prepare?.(engine);
  await engine.materialise(plan.tables);
  const made = await plan.make(engine, store);
  const outputs: Artefact[] = [];
  for (const { table, order } of made.outputs) {
    const file = store.temporaryFile('parquet');
    const rows = await engine.writeParquet(table, order, file);
    outputs.push(await store.adopt(table.name, file, rows, 'parquet'));
  }
  const text = store.temporaryFile('sql');
  writeFileSync(
    text,
    [printPlan(plan.tables, engine.dialect), made.sql ?? ''].filter((part) => part !== '').join('\n\n'),
  );
  await made.done?.();
  const manifest: Manifest = { key, parts, sql: await store.adopt('sql', text, 0, 'sql'), outputs };
  store.save(stageName, manifest);
  await engine.reset();
  return { manifest, reused: false };
}

/** Why a stage would be made again, in words; empty when it is current. */
export function staleness(now: KeyParts, latest: Manifest | undefined): readonly string[] {
  if (latest === undefined) return ['it was never run'];
  const was = latest.parts;
  const reasons: string[] = [];
  if (was.version !== now.version) reasons.push('Desist computes this stage differently now');
  if (was.engine !== now.engine) reasons.push(`the engine was ${was.engine} and is ${now.engine}`);
  if (JSON.stringify(was.parameters) !== JSON.stringify(now.parameters)) {
    reasons.push(
      `the protocol changed: ${changedKeys(was.parameters, now.parameters).join(', ') || 'parameters'}`,
    );
  }
  if (was.sql !== now.sql) reasons.push('its SQL changed');
  for (const name of new Set([...Object.keys(was.inputs), ...Object.keys(now.inputs)])) {
    if (was.inputs[name] === undefined) reasons.push(`${name} is new`);
    else if (now.inputs[name] === undefined) reasons.push(`${name} is no longer read`);
    else if (was.inputs[name] !== now.inputs[name]) reasons.push(`${name} changed`);
  }
  return reasons;
}

function changedKeys(was: unknown, now: unknown): string[] {
  if (was === null || now === null || typeof was !== 'object' || typeof now !== 'object') return [];
  const before = was as Record<string, unknown>;
  const after = now as Record<string, unknown>;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]),
  );
}

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openStore, planOf, printPlan, writeWhole } from './engine/index.ts';
import { StudyError } from './errors.ts';
import { analysisTable } from './estimate/analysis-table.ts';
import { countTables, estimandOf } from './estimate/index.ts';
import type { ResultRow } from './estimate/tables.ts';
import {
  describeProtocol,
  freezeProtocol,
  loadProtocol,
  missingFiles,
  outcomesOpened,
  protocolStanding,
  recordOutcomesOpened,
} from './protocol/index.ts';
import { garwoodInterval } from './stats/rates/poisson-interval.ts';
import { normalQuantile } from './stats/special/normal.ts';
import { openEngine, type RunOptions, runStudy, STAGES_MADE, stageName, standingSentence } from './study.ts';

/** What can be asked of a study beside running it: is it right, what does a number stand on, may I recompute it. */

type Environment = Readonly<Record<string, string | undefined>>;

export interface StudyCheck {
  readonly sentences: readonly string[];
  readonly missing: readonly string[];
  readonly standing: string;
  readonly warnings: readonly string[];
}

/** Checks a protocol without reading a register, and says it back in plain words. */
export function checkStudy(folder: string, env: Environment): StudyCheck {
  const protocol = loadProtocol(folder, { env });
  for (const variant of Object.keys(protocol.study.variants ?? {})) loadProtocol(folder, { env, variant });
  const warnings: string[] = [];
  if (
    protocol.study.linkage.pseudonym_key === undefined &&
    protocol.sources.some((source) => source.origin === 'real')
  ) {
    warnings.push('linkage.pseudonym_key is not set: pseudonyms of real people are not keyed with a secret');
  }
  const provisional = protocol.definitions_used.filter((definition) => definition.standing === 'provisional');
  if (provisional.length > 0) {
    warnings.push(
      `provisional definitions, not checked against the official source: ${provisional.map(({ name }) => name).join(', ')}`,
    );
  }
  return {
    sentences: describeProtocol(protocol).map(({ text }) => text),
    missing: missingFiles(protocol).map(({ register, named }) => `${register}: ${named}`),
    standing: standingSentence(protocolStanding(protocol.folder, protocol)),
    warnings,
  };
}

export function freezeStudy(
  folder: string,
  env: Environment,
  now: Date,
  who: string,
  reason?: string,
): { hash: string; opened: number } {
  const protocol = loadProtocol(folder, { env });
  freezeProtocol(protocol.folder, now, who, reason === undefined ? {} : { reason });
  return { hash: protocol.hash, opened: outcomesOpened(protocol.folder).length };
}

export interface ExplainedRow {
  readonly row: Readonly<Record<string, string | null>>;
  readonly estimand: string;
  readonly definitions: readonly string[];
  readonly inputs: readonly string[];
  readonly stages: readonly string[];
  readonly sql: string;
}

/** Fields of one line of our own CSV. */
function fieldsOf(line: string): string[] {
  const fields: string[] = [];
  for (const match of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g))
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  return fields;
}

/** Traces a released number: its row, what it estimates, definitions, registers, stages, and the SQL that counts it. */
export async function explainRow(folder: string, number: number, env: Environment): Promise<ExplainedRow> {
  const protocol = loadProtocol(folder, { env });
  const file = join(protocol.folder, 'outputs', 'latest', 'results.csv');
  let lines: string[];
  try {
    lines = readFileSync(file, 'utf8').split('\n');
  } catch {
    throw new StudyError('E-NOT-FOUND', 'this study has no results yet', {
      fix: 'Run it with `desist run`.',
    });
  }
  const [header = '', ...rows] = lines.filter((line) => line !== '');
  const line = rows[number - 1];
  if (line === undefined) throw new StudyError('E-NOT-FOUND', `results.csv has ${rows.length} rows`);
  const names = fieldsOf(header);
  const values = fieldsOf(line);
  const row = Object.fromEntries(
    names.map((name, i) => [name, values[i] === '' ? null : (values[i] ?? null)]),
  ) as Record<keyof ResultRow, string | null>;
  const variant = row.variant ?? 'protocol';
  const own = variant === 'protocol' ? protocol : loadProtocol(folder, { env, variant });
  const estimate = own.estimates.find((one) => one.id === row.estimate_id);
  const tables = countTables(own, row.estimate_id ?? '', row.population ?? 'all');
  const store = openStore(protocol.folder);
  const engine = await openEngine(protocol, {});
  try {
    const manifests = STAGES_MADE.flatMap((stage) => store.latest(stageName(stage, variant)) ?? []);
    const [ingest] = manifests;
    return {
      row,
      estimand: estimate === undefined ? 'not in the protocol' : estimandOf(estimate),
      definitions: own.definitions_used.map(
        ({ kind, name, version, text, standing }) => `${kind} ${name} (${version}, ${standing}): ${text}`,
      ),
      inputs: Object.entries(ingest?.parts.inputs ?? {}).map(([name, sha256]) => `${name}  sha256 ${sha256}`),
      stages: manifests.map(
        ({ parts, key, outputs }) =>
          `${parts.stage} v${parts.version}, key ${key.slice(0, 16)}: ${outputs.map((one) => one.name).join(', ')}`,
      ),
      sql: `-- reads ${planOf(tables)
        .given.map((table) => table.name)
        .join(', ')}\n\n${printPlan(tables, engine.dialect)}`,
    };
  } finally {
    await engine.close();
  }
}

const UNRELEASABLE = `UNRELEASABLE

These files hold rows of persons under pseudonyms. They exist so that an analyst can recompute the numbers of
results.csv inside the secure environment. They have passed no disclosure control and must not leave it.
`;

function rScript(format: 'csv' | 'parquet', outcome: string): string {
  const read =
    format === 'csv'
      ? 'd <- read.csv("persontime.csv", na.strings = "", stringsAsFactors = FALSE)'
      : 'd <- as.data.frame(arrow::read_parquet("persontime.parquet"))';
  return `# Reads the analysis table and recomputes rates by window. UNRELEASABLE: rows of persons.
${read}
d$removed <- d$removed %in% c(TRUE, "true")
sums <- aggregate(cbind(events = events_${outcome}, days) ~ time_window, data = d, FUN = sum)
sums$rate <- sums$events / (sums$days / 365.25)
sums$low <- qchisq(0.025, 2 * sums$events) / 2 / (sums$days / 365.25)
sums$high <- qchisq(0.975, 2 * sums$events + 2) / 2 / (sums$days / 365.25)
print(sums)
free <- aggregate(cbind(events = events_${outcome}, days) ~ time_window, data = d[!d$removed, ], FUN = sum)
print(transform(free, rate = events / (days / 365.25)))
`;
}

/** Writes the analysis table with its dictionary and R code. Opens the outcomes, and says so in the log. */
export async function exportPersontime(
  folder: string,
  format: 'csv' | 'parquet',
  options: RunOptions,
): Promise<{ files: readonly string[] }> {
  const { protocol } = await runStudy(folder, { ...options, until: 'persontime' });
  recordOutcomesOpened(protocol.folder, {
    hash: protocol.hash,
    variant: protocol.variant,
    now: options.now(),
    command: options.command,
  });
  const { table, dictionary } = analysisTable(protocol);
  const store = openStore(protocol.folder);
  const engine = await openEngine(protocol, options);
  const place = join(protocol.folder, 'outputs', 'unreleasable');
  mkdirSync(place, { recursive: true });
  try {
    const artefacts = new Map(
      STAGES_MADE.flatMap((stage) => store.latest(stageName(stage, protocol.variant))?.outputs ?? []).map(
        (artefact) => [artefact.name, artefact],
      ),
    );
    for (const given of planOf([table]).given) {
      const artefact = artefacts.get(given.name);
      if (artefact === undefined) throw new StudyError('E-NOT-FOUND', `${given.name} was not made`);
      await engine.bind(given, [store.pathOf(artefact)]);
    }
    await engine.materialise([table]);
    const file = join(place, `persontime.${format}`);
    rmSync(file, { force: true });
    const order = ['person_id', 'start_day'];
    if (format === 'csv') await engine.writeCsv(table, order, file);
    else await engine.writeParquet(table, order, file);
    const primary = protocol.outcomes[0]?.name ?? '';
    const files: readonly (readonly [string, string])[] = [
      ['UNRELEASABLE.txt', UNRELEASABLE],
      [
        'persontime-dictionary.csv',
        [
          'column,type,meaning',
          ...dictionary.map(({ column, type, meaning }) => `${column},${type},"${meaning}"`),
          '',
        ].join('\n'),
      ],
      ['persontime.R', rScript(format, primary)],
    ];
    for (const [name, content] of files) writeWhole(join(place, name), content);
    return { files: [file, ...files.map(([name]) => join(place, name))] };
  } finally {
    await engine.close();
  }
}

/** Known answers, for `desist doctor`: how far this machine is from them. */
export function selfTest(): readonly { readonly what: string; readonly difference: number }[] {
  return [
    {
      what: 'exact upper limit of 1,000 events is 1063.952',
      difference: Math.abs(garwoodInterval(1000).upper / 1063.9521360163 - 1),
    },
    { what: 'normal quantile of 0.975', difference: Math.abs(normalQuantile(0.975) / 1.959963984540054 - 1) },
  ];
}

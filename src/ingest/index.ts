import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import {
  derive,
  type Engine,
  fill,
  list,
  type Made,
  name,
  type Output,
  printPlan,
  type RowOf,
  type Sql,
  type StagePlan,
  type Store,
  sha256OfFile,
  sql,
  type Table,
  table,
} from '../engine/index.ts';
import { invariant, StudyError } from '../errors.ts';
import type { Protocol, ResolvedSource } from '../protocol/tables.ts';
import { issuesOfRecords, issuesOfTable, issueTable, profileOf, profileTable } from './checks.ts';
import {
  canonicalRows,
  isSelected,
  LINE,
  type RawFile,
  RECORD_NUMBER,
  typedColumn,
  typedRecords,
  usedColumns,
} from './mapping.ts';
import { normaliseCsv, normaliseExcel } from './read/index.ts';
import {
  CANONICAL,
  ingestAccount,
  ingestIssue,
  quarantine,
  registerCoverage,
  registerProfile,
} from './tables.ts';

/** Registers -> canonical tables. Every physical record ends in a canonical table or in quarantine, to the record. */

const DEFAULT_LIMIT = 0.02;

type AccountRow = RowOf<typeof ingestAccount>;
type IssueRow = RowOf<typeof ingestIssue>;

export interface IngestOptions {
  /** SHA-256 of each extract, by its path. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly progress: (register: string, bytes: number) => void;
}

/** SHA-256 of every extract of the study. Fails with E-SOURCE-MISSING where one is not there. */
export async function hashExtracts(protocol: Protocol): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const source of protocol.sources) {
    for (const file of source.resolved_files) {
      try {
        hashes.set(file, await sha256OfFile(file));
      } catch {
        throw new StudyError(
          'E-SOURCE-MISSING',
          `the extract ${basename(file)} of ${source.register} is not there`,
          {
            place: { file: source.path },
            fix: `Put the file at ${file}, or change \`files\`.`,
          },
        );
      }
    }
  }
  return hashes;
}

/** A register's file as text the engine can read, and the reader's account of it. */
interface ReadFile {
  readonly raw: RawFile;
  readonly account: AccountRow;
  readonly quarantined: Table | undefined;
  readonly temporary: readonly string[];
  /** What the reader saw of the file as a whole. */
  readonly findings: readonly IssueRow[];
}

function formatOf(source: ResolvedSource, file: string): 'csv' | 'parquet' | 'excel' {
  if (source.format !== undefined) return source.format;
  const ending = extname(file).toLowerCase();
  if (ending === '.parquet') return 'parquet';
  return ending === '.xlsx' ? 'excel' : 'csv';
}

function checkHeader(source: ResolvedSource, file: string, header: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const column of header) {
    const other = seen.get(column.toLowerCase());
    if (other !== undefined) {
      throw new StudyError('E-SOURCE-HEADER', `two columns of ${basename(file)} differ in case only`, {
        place: { file: basename(file), line: 1 },
      });
    }
    seen.set(column.toLowerCase(), column);
  }
  const present = new Set(header);
  const missing = [...usedColumns(source, header).keys()].filter((column) => !present.has(column));
  if (missing.length > 0) {
    const close = missing.flatMap((column) => {
      const match = seen.get(column.toLowerCase());
      return match === undefined ? [] : [`"${column}" is there in other capitals`];
    });
    throw new StudyError(
      'E-SOURCE-HEADER',
      `${basename(file)} has no column ${missing.map((column) => `"${column}"`).join(', ')}, which the mapping of ${source.register} uses`,
      {
        place: { file: basename(file), line: 1 },
        // The header's own names are not repeated: without a header line they would be the values of a person.
        fix: `${close.length > 0 ? `${close.join(', ')}. ` : ''}Make the mapping and the first line of the extract agree; that line has ${header.length} columns.`,
      },
    );
  }
  for (const mapping of source.tables) {
    if (
      mapping.unpivot !== undefined &&
      ![...usedColumns(source, header).keys()].some((column) => column !== mapping.unpivot?.columns)
    ) {
      throw new StudyError(
        'E-SOURCE-HEADER',
        `no column of ${basename(file)} fits ${mapping.unpivot.columns}`,
        {
          place: { file: basename(file), line: 1 },
        },
      );
    }
  }
}

async function readText(
  source: ResolvedSource,
  file: string,
  index: number,
  engine: Engine,
  store: Store,
  options: IngestOptions,
): Promise<ReadFile> {
  const label = basename(file);
  const accepted = store.temporaryFile('csv');
  const kept = store.temporaryFile('csv');
  const common = { outAccepted: accepted, outQuarantine: kept };
  const delimiter = source.csv?.delimiter === 'tab' ? '\t' : source.csv?.delimiter;
  const account =
    formatOf(source, file) === 'excel'
      ? await normaliseExcel({
          path: file,
          ...common,
          sheet: source.sheet ?? 1,
        })
      : await normaliseCsv({
          path: file,
          ...common,
          dialect: {
            ...(delimiter === undefined ? {} : { delimiter }),
            ...(source.csv?.quote === undefined ? {} : { quote: source.csv.quote }),
            ...(source.csv?.escape === undefined ? {} : { escape: source.csv.escape }),
          },
          ...(source.csv?.encoding === undefined ? {} : { encoding: source.csv.encoding }),
          onProgress: (bytes) => options.progress(source.register, bytes),
        });
  checkHeader(source, file, account.header);
  const columns = Object.fromEntries(
    [RECORD_NUMBER, LINE, ...account.header].map((column) => [column, 'VARCHAR' as const]),
  );
  const raw = table(`text_${source.register}_${index}`, columns);
  await engine.bindText(raw, [accepted], {
    longest_row_bytes: account.longest_row_bytes,
    is_multiline: account.accepted_multiline > 0,
  });
  const quarantined = table(`unread_${source.register}_${index}`, {
    record_number: 'VARCHAR',
    line: 'VARCHAR',
    part: 'VARCHAR',
    code: 'VARCHAR',
    column_count: 'VARCHAR',
    raw: 'VARCHAR',
  });
  await engine.bindText(quarantined, [kept], { longest_row_bytes: 4_194_304, is_multiline: false });
  const csv = 'dialect' in account ? account : undefined;
  return {
    raw: { file: label, table: raw, header: account.header },
    account: {
      register: source.register,
      file: label,
      sha256: account.sha256,
      bytes: account.bytes,
      encoding: csv?.encoding ?? 'excel',
      dialect:
        csv === undefined
          ? 'worksheet'
          : `${csv.dialect.delimiter === '\t' ? 'tab' : csv.dialect.delimiter} separated, quote ${csv.dialect.quote}, line ends ${csv.line_ending} (${csv.dialect_from})`,
      records_read: account.records_read,
      accepted: account.accepted,
      quarantined: account.quarantined,
      blank_lines: account.blank_lines,
    },
    quarantined,
    temporary: [accepted, kept],
    findings: [
      ...('findings' in account
        ? account.findings.map((finding) =>
            issueRow(
              source,
              finding.code,
              finding.column,
              finding.count,
              account.records_read,
              'cells that a spreadsheet looks to have damaged',
            ),
          )
        : []),
      ...(csv !== undefined && csv.accepted_in_doubt > 0
        ? [
            issueRow(
              source,
              'accepted-in-doubt',
              null,
              csv.accepted_in_doubt,
              account.records_read,
              'records accepted within the reach of a broken quote',
            ),
          ]
        : []),
    ],
  };
}

function issueRow(
  source: ResolvedSource,
  code: string,
  column: string | null,
  count: number,
  of: number,
  message: string,
): IssueRow {
  return {
    code,
    register: source.register,
    column_name: column,
    severity: 'warning',
    count,
    of,
    unit: 'records',
    message,
  };
}

/** A Parquet extract: the engine reads it, every column as text; its rows are numbered in file order. */
async function readParquet(
  source: ResolvedSource,
  file: string,
  index: number,
  engine: Engine,
  options: IngestOptions,
): Promise<ReadFile> {
  const label = basename(file);
  const header = await engine.parquetColumns(file);
  checkHeader(source, file, header);
  const columns = Object.fromEntries(
    [RECORD_NUMBER, LINE, ...header].map((column) => [column, 'VARCHAR' as const]),
  );
  const raw = table(`text_${source.register}_${index}`, columns);
  await engine.bindForeignParquet(raw, file, [RECORD_NUMBER, LINE]);
  const [counted] = await engine.rows(
    { records: 'BIGINT' },
    sql`SELECT CAST(count(*) AS BIGINT) AS records FROM ${raw}`,
  );
  const records = counted?.records ?? 0;
  if (records === 0) {
    throw new StudyError('E-SOURCE-EMPTY', `${label} holds no record`, { place: { file: label } });
  }
  return {
    raw: { file: label, table: raw, header },
    account: {
      register: source.register,
      file: label,
      sha256: options.hashes.get(file) ?? '',
      bytes: statSync(file).size,
      encoding: 'parquet',
      dialect: 'parquet',
      records_read: records,
      accepted: records,
      quarantined: 0,
      blank_lines: 0,
    },
    quarantined: undefined,
    temporary: [],
    findings: [],
  };
}

/** Ends the run unless every record is accounted for and no more are quarantined than the source allows. */
async function settle(
  source: ResolvedSource,
  read: ReadFile,
  engine: Engine,
  records: Table,
): Promise<AccountRow> {
  const [counts] = await engine.rows(
    { seen: 'BIGINT', fine: 'BIGINT', aside: 'BIGINT' },
    sql`SELECT CAST(count(*) AS BIGINT) AS seen,
      CAST(count(CASE WHEN fault IS NULL AND ${isSelected(source)} THEN 1 END) AS BIGINT) AS fine,
      CAST(count(CASE WHEN fault IS NULL AND NOT ${isSelected(source)} THEN 1 END) AS BIGINT) AS aside FROM ${records}`,
  );
  invariant(counts !== undefined, 'a count without a row');
  const { seen, fine, aside } = counts as { seen: number; fine: number; aside: number };
  const { account } = read;
  const recordsRead = account.records_read ?? 0;
  if (seen !== account.accepted || recordsRead !== (account.accepted ?? 0) + (account.quarantined ?? 0)) {
    throw new StudyError(
      'E-SOURCE-ACCOUNT',
      `${account.file}: ${recordsRead} records read, ${account.accepted} accepted, ${account.quarantined} quarantined, ${seen} reached the engine`,
    );
  }
  const faulty = recordsRead - fine - aside;
  const limit = source.quarantine_limit ?? DEFAULT_LIMIT;
  if (faulty > limit * recordsRead) {
    throw new StudyError(
      'E-DATA-QUARANTINE',
      `${account.file}: ${faulty} of ${recordsRead} records of ${source.register} do not fit the dictionary or the file format; ${limit * 100} % may${await faultSummary(engine, records)}`,
      { place: { file: source.path } },
    );
  }
  return { ...account, accepted: fine, quarantined: faulty + aside };
}

async function faultSummary(engine: Engine, records: Table): Promise<string> {
  const rows = await engine.rows(
    { fault: 'VARCHAR', fault_column: 'VARCHAR', records: 'BIGINT' },
    sql`SELECT fault, fault_column, CAST(count(*) AS BIGINT) AS records FROM ${records} WHERE fault IS NOT NULL
      GROUP BY fault, fault_column ORDER BY records DESC, fault, fault_column LIMIT 5`,
  );
  return rows.length === 0
    ? ''
    : ` (${rows.map((row) => `${row.fault_column}: ${row.fault} x ${row.records}`).join('; ')})`;
}

function quarantineRows(source: ResolvedSource, read: ReadFile, records: Table): readonly Sql[] {
  const fromTyping = sql`SELECT ${source.register} AS register, file, record_number, line, 1 AS part,
    coalesce(fault, 'not-selected') AS code, fault_column AS column_name, CAST(NULL AS VARCHAR) AS raw
    FROM ${records} WHERE fault IS NOT NULL OR NOT ${isSelected(source)}`;
  if (read.quarantined === undefined) return [fromTyping];
  return [
    fromTyping,
    sql`SELECT ${source.register} AS register, ${read.raw.file} AS file, CAST(record_number AS BIGINT) AS record_number,
      CAST(line AS BIGINT) AS line, CAST(part AS INTEGER) AS part, code, CAST(NULL AS VARCHAR) AS column_name, raw FROM ${read.quarantined}`,
  ];
}

/** The stage: which registers, how they are mapped, and the bytes of every extract make its key. */
export function planIngest(protocol: Protocol, options: IngestOptions): StagePlan {
  const sources = protocol.sources.map(({ resolved_files: _, path: __, ...source }) => source);
  const files: Record<string, string> = {};
  for (const source of protocol.sources) {
    source.resolved_files.forEach((file, i) => {
      files[`${source.register} ${i + 1} ${basename(file)}`] = options.hashes.get(file) ?? '';
    });
  }
  return {
    stage: 'ingest',
    version: 1,
    parameters: { sources },
    reads: [],
    files,
    tables: [],
    make: (engine, store) => ingest(protocol, options, engine, store),
  };
}

async function ingest(
  protocol: Protocol,
  options: IngestOptions,
  engine: Engine,
  store: Store,
): Promise<Made> {
  const canonical = new Map<string, Sql[]>();
  const accounts: AccountRow[] = [];
  const quarantined: Sql[] = [];
  const issues: Sql[] = [];
  const profiles: Sql[] = [];
  const temporary: string[] = [];
  const findings: IssueRow[] = [];
  for (const source of protocol.sources) {
    for (const [index, file] of source.resolved_files.entries()) {
      const read =
        formatOf(source, file) === 'parquet'
          ? await readParquet(source, file, index, engine, options)
          : await readText(source, file, index, engine, store, options);
      temporary.push(...read.temporary);
      findings.push(...read.findings);
      const records = typedRecords(source, read.raw, index);
      await engine.materialise([records]);
      accounts.push(await settle(source, read, engine, records));
      quarantined.push(...quarantineRows(source, read, records));
      const columns = [...usedColumns(source, read.raw.header).keys()].filter(
        (column) => typedColumn(column) in records.columns,
      );
      issues.push(...issuesOfRecords(source, records, columns));
      profiles.push(...profileOf(source, records, columns));
      for (const { table: target, rows } of canonicalRows(source, read.raw, records)) {
        const parts = canonical.get(target) ?? [];
        parts.push(rows);
        canonical.set(target, parts);
      }
    }
  }
  const outputs: Output[] = [];
  for (const [target, shape] of Object.entries(CANONICAL)) {
    const parts = canonical.get(target);
    if (parts === undefined) {
      await engine.load(shape as Table, []);
      outputs.push({ table: shape, order: [] });
      continue;
    }
    const filled = fill(shape as Table, list(parts, 'union'));
    outputs.push({ table: filled, order: Object.keys(shape.columns) });
    for (const source of protocol.sources) {
      if (!source.tables.some((mapping) => mapping.table === target)) continue;
      const own = derive(
        `${target}_of_${source.register}`,
        shape.columns,
        sql`SELECT ${list(Object.keys(shape.columns).map(name))} FROM ${filled} WHERE register = ${source.register}`,
      );
      issues.push(...issuesOfTable(source.register, target, own));
    }
  }
  const readerIssue = table('reader_issue', ingestIssue.columns);
  await engine.load(readerIssue, findings);
  issues.push(sql`SELECT ${list(Object.keys(ingestIssue.columns).map(name))} FROM ${readerIssue}`);
  const issueRows = fill(
    ingestIssue,
    sql`SELECT ${list(Object.keys(ingestIssue.columns).map(name))} FROM ${issueTable(issues)}`,
  );
  const profileRows = fill(
    registerProfile,
    sql`SELECT ${list(Object.keys(registerProfile.columns).map(name))} FROM ${profileTable(profiles)}`,
  );
  const quarantineTable = fill(quarantine, list(quarantined, 'union'));
  const derived = [
    ...outputs.map(({ table: output }) => output).filter((output) => output.query !== undefined),
    issueRows,
    profileRows,
    quarantineTable,
  ];
  await engine.materialise(derived);
  await engine.load(ingestAccount, accounts);
  await engine.load(
    registerCoverage,
    protocol.sources.flatMap((source) =>
      source.coverage.map((span) => ({
        register: source.register,
        area: span.area ?? null,
        from_date: span.from,
        to_date: span.to,
        complete_to: span.complete_to ?? span.to,
      })),
    ),
  );
  outputs.push(
    { table: issueRows, order: ['register', 'code', 'column_name', 'message'] },
    { table: profileRows, order: ['register', 'column_name'] },
    { table: quarantineTable, order: ['register', 'file', 'record_number', 'part'] },
    { table: ingestAccount, order: ['register', 'file'] },
    { table: registerCoverage, order: ['register', 'area', 'from_date'] },
  );
  return {
    outputs,
    sql: printPlan(derived, engine.dialect),
    done: async () => {
      for (const file of temporary) await rm(file, { force: true });
    },
  };
}

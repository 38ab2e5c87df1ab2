import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Columns,
  type Engine,
  openDuckDB,
  openStore,
  type Row,
  sql,
  type Table,
  table,
} from '../../src/engine/index.ts';
import { ingestAccount, quarantine } from '../../src/ingest/tables.ts';
import { linkIssue, person, personLink } from '../../src/link/tables.ts';
import { loadProtocol } from '../../src/protocol/index.ts';
import { stageFolder } from '../../src/stages.ts';
import { runStudy } from '../../src/study.ts';
import { generateEngland2006, type SynthAccount } from '../../src/synth/index.ts';
import { copyExample, runOptions } from '../../test/run-study.ts';

/** The protocol meets the registers it was written for: what the generator put in is what ingest and link find. */

const CLIENTS = 2000;
const folder = copyExample('england-2006');
const scratch = mkdtempSync(join(tmpdir(), 'desist-england-'));
let account: SynthAccount;
let engine: Engine;

beforeAll(async () => {
  account = await generateEngland2006(folder, CLIENTS, 11);
  await runStudy(folder, { ...runOptions(), until: 'link', variant: 'protocol' });
  engine = await openDuckDB({ tempFolder: scratch, folders: [folder] });
});
afterAll(async () => {
  await engine.close();
  for (const one of [folder, scratch]) rmSync(one, { recursive: true, force: true });
});

async function bind<C extends Columns>(stage: 'ingest' | 'link', one: Table<C>): Promise<Table<C>> {
  const store = openStore(folder);
  const artefact = store.latest(stageFolder(stage))?.outputs.find((output) => output.name === one.name);
  if (artefact === undefined) throw new Error(`${stage} left no ${one.name}`);
  await engine.bind(one, [store.pathOf(artefact)]);
  return one;
}

async function rowsOf<C extends Columns>(stage: 'ingest' | 'link', one: Table<C>): Promise<Row<C>[]> {
  await bind(stage, one);
  return engine.rows(one.columns, sql`SELECT * FROM ${one}`);
}

const sum = (dirt: Readonly<Record<string, number>> | undefined, ...kinds: readonly string[]): number =>
  kinds.reduce((total, kind) => total + (dirt?.[kind] ?? 0), 0);

describe('the registers of england-2006', () => {
  it('come with a protocol without a mistake, whose variants can be read too', () => {
    for (const variant of ['any_offence', 'referred_on_is_success', 'by_disposal']) {
      expect(loadProtocol(folder, { variant }).variant).toBe(variant);
    }
  });

  it('are read record by record: what was written is what was read, what was spoilt is what is quarantined', async () => {
    const { dirt } = account;
    const spoilt: Readonly<Record<string, number>> = {
      treatment: sum(dirt.treatment, 'ragged_short', 'ragged_long', 'stray_quote', 'impossible_date'),
      police: sum(dirt.police, 'ragged_short'),
      convictions: sum(dirt.convictions, 'ragged_long'),
      custody: 0,
      deaths: 0,
    };
    const read = await rowsOf('ingest', ingestAccount);
    expect(read.length).toBe(account.files.length);
    for (const row of read) {
      const file = account.files.find((one) => one.register === row.register);
      expect({ read: row.records_read, quarantined: row.quarantined, sha256: row.sha256 }).toEqual({
        read: file?.records,
        quarantined: spoilt[row.register ?? ''],
        sha256: file?.sha256,
      });
    }
    const codes = (await rowsOf('ingest', quarantine)).filter((row) => row.code === 'stray-quote');
    expect(codes.length).toBe(dirt.treatment?.stray_quote);
  });

  it('link to the true person but for people who share all four identifiers', async () => {
    const truth = table('truth_record', { register: 'VARCHAR', record_id: 'VARCHAR', person: 'BIGINT' });
    const owner = table('truth_person', { person: 'BIGINT', identity: 'BIGINT' });
    await engine.bind(truth, [join(folder, 'truth', 'record-SYNTHETIC.parquet')]);
    await engine.bind(owner, [join(folder, 'truth', 'person-SYNTHETIC.parquet')]);
    await bind('link', personLink);
    await bind('link', person);
    const [wrong] = await engine.rows(
      { pairs: 'BIGINT', wrong: 'BIGINT' },
      sql`
      SELECT count(*) AS pairs, CAST(sum(CASE WHEN po.identity <> co.identity THEN 1 ELSE 0 END) AS BIGINT) AS wrong
      FROM ${personLink} AS p
      JOIN ${personLink} AS c ON c.person_id = p.person_id AND c.register = 'treatment' AND p.register = 'police'
      JOIN ${truth} AS pt ON pt.register = 'police' AND pt.record_id = p.record_id
      JOIN ${truth} AS ct ON ct.register = 'treatment' AND ct.record_id = c.record_id
      JOIN ${owner} AS po ON po.person = pt.person
      JOIN ${owner} AS co ON co.person = ct.person`,
    );
    expect(wrong?.pairs).toBeGreaterThan(CLIENTS / 2);
    expect(wrong?.wrong).toBe(0);
    const classes = await engine.rows(
      { link_class: 'VARCHAR', persons: 'BIGINT' },
      sql`SELECT link_class, count(*) AS persons FROM ${person} GROUP BY link_class ORDER BY link_class`,
    );
    expect(classes.map((row) => row.link_class)).toEqual(['absent', 'ambiguous', 'matched', 'unlinkable']);
  });

  it('show offences in custody and after death as faults of the data', async () => {
    const found = (await rowsOf('link', linkIssue)).map((row) => row.code);
    expect(found).toContain('offence-in-custody');
    expect(found).toContain('event-after-death');
  });
});

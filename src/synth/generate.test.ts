import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openDuckDB, type Sql, sql, table } from '../engine/index.ts';
import { ENGLAND_2006, generate, generateEngland2006, type SynthAccount } from './index.ts';

const CLIENTS = 5000;
const SEED = 2006;
const root = mkdtempSync(join(tmpdir(), 'desist-synth-'));
const folder = join(root, 'study');

const truthPerson = table('truth_person', {
  person: 'BIGINT',
  is_client: 'BOOLEAN',
  identity: 'BIGINT',
  birth_date: 'DATE',
  initials: 'VARCHAR',
  area: 'INTEGER',
  relative_rate: 'DOUBLE',
  events_per_year: 'DOUBLE',
  index_date: 'DATE',
  death_date: 'DATE',
});
const truthRecord = table('truth_record', { register: 'VARCHAR', record_id: 'VARCHAR', person: 'BIGINT' });
const truthJourney = table('truth_journey', {
  person: 'BIGINT',
  journey: 'INTEGER',
  start_date: 'DATE',
  end_date: 'DATE',
  ended: 'VARCHAR',
  route: 'VARCHAR',
});
const truthCustody = table('truth_custody', { person: 'BIGINT', start_date: 'DATE', end_date: 'DATE' });
const truthOffence = table('truth_offence', {
  person: 'BIGINT',
  event_id: 'VARCHAR',
  offence_date: 'DATE',
  code: 'VARCHAR',
  is_caution: 'BOOLEAN',
  in_treatment: 'BOOLEAN',
  origin: 'VARCHAR',
});

let account: SynthAccount;
let engine: Engine;

beforeAll(async () => {
  account = await generateEngland2006(folder, CLIENTS, SEED, { threads: 2 });
  engine = await openDuckDB({ tempFolder: join(root, 'temp'), folders: [root], threads: 2 });
  for (const [one, file] of [
    [truthPerson, 'person'],
    [truthRecord, 'record'],
    [truthJourney, 'journey'],
    [truthCustody, 'custody'],
    [truthOffence, 'offence'],
  ] as const) {
    await engine.bind(one, [join(folder, 'truth', `${file}-SYNTHETIC.parquet`)]);
  }
});
afterAll(async () => {
  await engine.close();
  rmSync(root, { recursive: true, force: true });
});

/** The records of a register file, by the encoding and delimiter the agency uses; physical lines outside quotes. */
function records(file: string, encoding: 'latin1' | 'utf8', delimiter: string): string[][] {
  const text = readFileSync(join(folder, 'data', file), encoding).replace(/^\ufeff/, '');
  const found: string[][] = [];
  let fields: string[] = [];
  let field = '';
  let isQuoted = false;
  for (const letter of text) {
    // A quote opens a field only at its start; elsewhere it is a stray one.
    if (letter === '"' && (isQuoted || field === '')) isQuoted = !isQuoted;
    else if (letter === delimiter && !isQuoted) {
      fields.push(field);
      field = '';
    } else if (letter === '\n' && !isQuoted) {
      found.push([...fields, field.replace(/\r$/, '')]);
      fields = [];
      field = '';
    } else field += letter;
  }
  expect(field).toBe('');
  return found;
}

/** One number from a query. */
async function ask(query: Sql): Promise<number> {
  const [row] = await engine.rows(
    { answer: 'DOUBLE' },
    sql`SELECT CAST(answer AS DOUBLE) AS answer FROM (${query}) AS asked`,
  );
  return row?.answer ?? Number.NaN;
}

/** Within five standard errors of a binomial share. */
function expectShare(count: number, of: number, share: number): void {
  expect(Math.abs(count / of - share)).toBeLessThan(5 * Math.sqrt((share * (1 - share)) / of) + 1e-9);
}

describe('synthetic registers', () => {
  it('are the same bytes for the same seed, whatever the threads, and others for another seed', async () => {
    const small = (seed: number, threads: number) =>
      generateEngland2006(join(root, `${seed}-${threads}`), 400, seed, { threads });
    const one = await small(1, 1);
    const two = await small(1, 2);
    expect(two).toEqual(one);
    for (const { file } of one.truth) {
      expect(
        readFileSync(join(root, '1-1', 'truth', file)).equals(readFileSync(join(root, '1-2', 'truth', file))),
      ).toBe(true);
    }
    const other = await small(2, 2);
    for (const [i, { sha256 }] of one.files.entries()) expect(other.files[i]?.sha256).not.toBe(sha256);
  });

  it('treatment is Windows-1252 with letters beyond ASCII and CR LF; the police write UTF-8 with a byte-order mark', () => {
    const bytes = readFileSync(join(folder, 'data', 'treatment-SYNTHETIC.csv'));
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow();
    // É, en dash, the euro sign and the right quotation mark have these bytes in Windows-1252 only.
    for (const byte of [0xc9, 0x96, 0x80, 0x92, 0x8a]) expect(bytes.includes(byte)).toBe(true);
    for (const byte of [0x81, 0x8d, 0x8f, 0x90, 0x9d, 0x00]) expect(bytes.includes(byte)).toBe(false);
    expect(bytes.includes('\r\n')).toBe(true);
    const police = readFileSync(join(folder, 'data', 'police-nominals-SYNTHETIC.csv'));
    expect([...police.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(police.subarray(3).every((byte) => byte < 0x80)).toBe(true);
  });

  it('give back every record that the account says was written', () => {
    for (const { file, records: written, bytes } of account.files) {
      const isTreatment = file.startsWith('treatment');
      expect(records(file, isTreatment ? 'latin1' : 'utf8', isTreatment ? ';' : ',').length - 1).toBe(
        written,
      );
      expect(readFileSync(join(folder, 'data', file)).length).toBe(bytes);
    }
  });

  it('every client number, police number and death leads to exactly one true person', async () => {
    const known = new Map(
      (await engine.rows(truthRecord.columns, sql`SELECT * FROM ${truthRecord}`)).map((row) => [
        `${row.register}:${row.record_id}`,
        row.person,
      ]),
    );
    expect(known.size).toBe(await ask(sql`SELECT count(*) AS answer FROM ${truthRecord}`));
    const seen = new Set<string>();
    const meet = (register: string, rows: string[][], id: (row: string[]) => string): void => {
      const keys = rows.slice(1).map((row) => `${register}:${id(row)}`);
      expect(keys.filter((key) => !known.has(key)).length).toBe(0);
      for (const key of keys) seen.add(key);
    };
    meet('treatment', records('treatment-SYNTHETIC.csv', 'latin1', ';'), (row) => `${row[0]}-${row[2]}`);
    meet('police', records('police-nominals-SYNTHETIC.csv', 'utf8', ','), (row) => row[0] ?? '');
    expect(seen.size).toBe(known.size);
    meet('police', records('convictions-SYNTHETIC.csv', 'utf8', ','), (row) => row[0] ?? '');
    meet('police', records('custody-SYNTHETIC.csv', 'utf8', ','), (row) => row[0] ?? '');
    meet('treatment', records('deaths-SYNTHETIC.csv', 'utf8', ','), (row) => `${row[0]}-${row[1]}`);
    expect(seen.size).toBe(known.size);
  });

  it('hold dirt at the stated rates', () => {
    const rowsOf = (register: string): number => {
      const file = account.files.find((one) => one.register === register);
      return (file?.records ?? 0) - (account.dirt[register]?.duplicate_row ?? 0);
    };
    const nominals = rowsOf('police') - (account.dirt.police?.second_nominal ?? 0) / 2;
    const [header = [], ...rows] = records('treatment-SYNTHETIC.csv', 'latin1', ';');
    const ended = rows.filter(
      (row) => !['', '31/12/9999'].includes(row[header.indexOf('DISD')] ?? ''),
    ).length;
    for (const [what, rate] of Object.entries(ENGLAND_2006.dirt.treatment)) {
      // An episode that is still open has no end to get wrong: the open ones carry neither of these two.
      const needsEnd = what === 'reversed_dates' || what === 'impossible_date';
      const of = needsEnd ? ended : rowsOf('treatment');
      expectShare(account.dirt.treatment?.[what] ?? 0, of, rate);
    }
    for (const [what, rate] of Object.entries(ENGLAND_2006.dirt.nominal)) {
      expectShare((account.dirt.police?.[what] ?? 0) / (what === 'second_nominal' ? 2 : 1), nominals, rate);
    }
    for (const [what, rate] of Object.entries(ENGLAND_2006.dirt.conviction)) {
      expectShare(account.dirt.convictions?.[what] ?? 0, rowsOf('convictions'), rate);
    }
  });

  it('show in the files the dirt that the account counts', () => {
    const rows = records('treatment-SYNTHETIC.csv', 'latin1', ';');
    const dirt = account.dirt.treatment ?? {};
    const header = rows[0] ?? [];
    const count = (column: string, is: (value: string, row: string[]) => boolean): number =>
      rows.slice(1).filter((row) => is(row[header.indexOf(column)] ?? '', row)).length;
    expect(count('DOB', (value) => value === '01/01/1900')).toBe(dirt.date_of_birth_1900);
    expect(count('DOB', (value) => value === '')).toBe(dirt.date_of_birth_missing);
    expect(count('INITIALS', (value) => value === '')).toBe(dirt.initials_missing);
    expect(count('STARTD', (value) => value === '')).toBe(dirt.start_date_missing);
    expect(count('AGNCY', (_, row) => row.length < header.length)).toBe(dirt.ragged_short);
    expect(count('AGNCY', (_, row) => row.length > header.length)).toBe(dirt.ragged_long);
    expect(count('NOTES', (value) => value.includes('"fine"'))).toBe(dirt.stray_quote);
    expect(count('NOTES', (value) => value.includes('\n'))).toBeGreaterThan(0);
    expect(count('DISD', (value) => value === '31/12/9999')).toBeGreaterThan(0);
    const iso = (value: string): string => value.split('/').reverse().join('-');
    const reversed = count('DISD', (value, row) => {
      const start = row[header.indexOf('STARTD')] ?? '';
      return value !== '' && start !== '' && iso(value) < iso(start);
    });
    // An impossible date, 31 February 2006, may also lie before the start.
    expect(reversed).toBeGreaterThanOrEqual(dirt.reversed_dates ?? Number.NaN);
    expect(reversed).toBeLessThanOrEqual((dirt.reversed_dates ?? 0) + (dirt.impossible_date ?? 0));
  });

  it('keep people at liberty, alive and at one place at a time, but for the offences that are marked as mistakes', async () => {
    const inside = sql`EXISTS (SELECT 1 FROM ${truthCustody} AS c WHERE c.person = o.person AND o.offence_date >= c.start_date AND o.offence_date < c.end_date)`;
    const count = (origin: Sql, where: Sql): Promise<number> =>
      ask(
        sql`SELECT count(*) AS answer FROM ${truthOffence} AS o JOIN ${truthPerson} AS p ON p.person = o.person WHERE ${origin} AND ${where}`,
      );
    const real = sql`o.origin IN ('event', 'second_offence')`;
    expect(await count(real, inside)).toBe(0);
    expect(await count(real, sql`o.offence_date >= p.death_date`)).toBe(0);
    const insideMarked = await count(sql`o.origin = 'offence_in_custody'`, sql`TRUE`);
    expect(await count(sql`o.origin = 'offence_in_custody'`, inside)).toBe(insideMarked);
    expectShare(
      insideMarked,
      await ask(sql`SELECT count(*) AS answer FROM ${truthCustody}`),
      ENGLAND_2006.dirt.offence_in_custody,
    );
    const inTreatment = sql`EXISTS (SELECT 1 FROM ${truthJourney} AS j WHERE j.person = o.person AND o.offence_date >= j.start_date AND (j.end_date IS NULL OR o.offence_date < j.end_date))`;
    const before = sql`o.offence_date < DATE '2009-10-01'`;
    expect(await count(real, sql`${before} AND o.in_treatment <> ${inTreatment}`)).toBe(0);
    expect(
      await ask(sql`SELECT count(*) AS answer FROM ${truthCustody} AS c JOIN ${truthJourney} AS j ON j.person = c.person
        WHERE j.start_date < c.end_date AND coalesce(j.end_date, DATE '2009-10-01') > c.start_date`),
    ).toBe(0);
  });

  it('meet the published margins of England 2006/07', async () => {
    const entered = sql`
      SELECT person, min(start_date) AS entry FROM (
        SELECT j.person, j.start_date, lag(j.end_date) OVER (PARTITION BY j.person ORDER BY j.journey) AS before
        FROM ${truthJourney} AS j JOIN ${truthPerson} AS p ON p.person = j.person
        WHERE j.start_date >= p.birth_date + INTERVAL 18 YEAR) AS started
      WHERE start_date >= DATE '2006-04-01' AND start_date < DATE '2007-04-01' AND (before IS NULL OR start_date - before > 21)
      GROUP BY person`;
    const trigger = sql`o.code NOT IN ('assault', 'criminal-damage', 'motoring', 'public-order', 'breach')
      AND (o.code NOT LIKE 'fraud%' OR o.offence_date >= DATE '2007-01-15') AND NOT o.is_caution`;
    const cohort = sql`
      SELECT e.person, e.entry, j.route, j.ended, j.end_date, EXISTS (SELECT 1 FROM ${truthOffence} AS o WHERE o.person = e.person AND ${trigger}
        AND o.offence_date >= e.entry - INTERVAL 24 MONTH AND o.offence_date < e.entry) AS is_known
      FROM (${entered}) AS e JOIN ${truthJourney} AS j ON j.person = e.person AND j.start_date = e.entry`;
    const share = (of: Sql, where: Sql): Promise<number> =>
      ask(sql`SELECT avg(CASE WHEN ${where} THEN 1 ELSE 0 END) AS answer FROM (${cohort}) AS c WHERE ${of}`);
    const known = sql`is_known`;
    const retained = sql`(end_date IS NULL OR end_date >= entry + INTERVAL 24 MONTH)`;
    // 19,570 of 53,851 (36.3 %) once linkage has lost some matches, so more in truth; 45 % by criminal justice routes; 4,677 of 19,570 retained;
    // half as many successful; a third of leavers back within a year. Tolerances: five standard errors at this size.
    expect(Math.abs((await share(sql`TRUE`, known)) - 0.385)).toBeLessThan(0.036);
    expect(Math.abs((await share(known, sql`route IN ('5', '6', '8', '13')`)) - 0.45)).toBeLessThan(0.06);
    expect(Math.abs((await share(known, retained)) - 0.239)).toBeLessThan(0.052);
    expect(Math.abs((await share(known, sql`ended = 'success' AND NOT ${retained}`)) - 0.126)).toBeLessThan(
      0.04,
    );
    const back =
      await ask(sql`SELECT avg(CASE WHEN EXISTS (SELECT 1 FROM ${truthJourney} AS k WHERE k.person = c.person
        AND k.start_date > c.end_date AND k.start_date < c.end_date + INTERVAL 12 MONTH) THEN 1 ELSE 0 END) AS answer
      FROM (${cohort}) AS c WHERE end_date < entry + INTERVAL 12 MONTH`);
    expect(Math.abs(back - 0.33)).toBeLessThan(0.05);
  });
});

describe('the effect of a world', () => {
  it('is the ratio of the rate in treatment to the rate out of it, within a person, and spares motoring', async () => {
    const study = join(root, 'effect');
    const strong = {
      ...ENGLAND_2006,
      effect: { rate_ratio: 0.4 },
      offending: {
        ...ENGLAND_2006.offending,
        ageing: 0,
        peak: { height: 0, decay_days: 1, days_before_entry: 0 },
        second_offence: 0,
        lag: { least: 0, mean: 1 },
      },
    };
    await generate({ world: strong, clients: 3000, seed: 5, folder: study, threads: 2 });
    const reader = await openDuckDB({ tempFolder: join(root, 'temp-2'), folders: [root], threads: 2 });
    for (const [one, file] of [
      [truthPerson, 'person'],
      [truthJourney, 'journey'],
      [truthCustody, 'custody'],
      [truthOffence, 'offence'],
    ] as const) {
      await reader.bind(one, [join(study, 'truth', `${file}-SYNTHETIC.parquet`)]);
    }
    const until = sql`DATE '2009-10-01'`;
    // Expected offences from each person's own rate and days; in treatment they are this times the ratio.
    const days = sql`
      SELECT p.person, p.events_per_year / 365.25 AS per_day,
        (SELECT coalesce(sum(coalesce(j.end_date, ${until}) - j.start_date), 0) FROM ${truthJourney} AS j WHERE j.person = p.person) AS treated,
        (SELECT coalesce(sum(greatest(0, least(c.end_date, ${until}) - c.start_date)), 0) FROM ${truthCustody} AS c WHERE c.person = p.person) AS inside,
        least(coalesce(p.death_date, ${until}), ${until}) - DATE '2003-04-01' AS alive
      FROM ${truthPerson} AS p WHERE p.is_client`;
    const [row] = await reader.rows(
      {
        expected_in: 'DOUBLE',
        expected_out: 'DOUBLE',
        seen_in: 'DOUBLE',
        seen_out: 'DOUBLE',
        spared_in: 'DOUBLE',
      },
      sql`
      SELECT sum(per_day * treated) AS expected_in, sum(per_day * (alive - treated - inside)) AS expected_out,
        (SELECT CAST(count(*) AS DOUBLE) FROM ${truthOffence} AS o JOIN ${truthPerson} AS q ON q.person = o.person
          WHERE o.origin = 'event' AND q.is_client AND o.in_treatment AND o.code <> 'motoring' AND o.offence_date < ${until}) AS seen_in,
        (SELECT CAST(count(*) AS DOUBLE) FROM ${truthOffence} AS o JOIN ${truthPerson} AS q ON q.person = o.person
          WHERE o.origin = 'event' AND q.is_client AND NOT o.in_treatment AND o.offence_date < ${until}) AS seen_out,
        (SELECT CAST(count(*) AS DOUBLE) FROM ${truthOffence} AS o JOIN ${truthPerson} AS q ON q.person = o.person
          WHERE o.origin = 'event' AND q.is_client AND o.in_treatment AND o.code = 'motoring' AND o.offence_date < ${until}) AS spared_in
      FROM (${days}) AS d`,
    );
    await reader.close();
    const { expected_in, expected_out, seen_in, seen_out, spared_in } = row ?? {};
    const weight = strong.offending.kinds.reduce((sum, kind) => sum + kind.weight, 0);
    const motoring = (strong.offending.kinds.find((kind) => kind.spared)?.weight ?? 0) / weight;
    const ratio = (seen = 0, expected = 0): [number, number] => [seen / expected, 5 / Math.sqrt(seen)];
    const [outside, outside_error] = ratio(seen_out ?? 0, expected_out ?? 0);
    expect(Math.abs(outside - 1)).toBeLessThan(outside_error);
    const [treated, treated_error] = ratio(seen_in ?? 0, (expected_in ?? 0) * (1 - motoring));
    expect(Math.abs(treated / 0.4 - 1)).toBeLessThan(treated_error);
    const [spared, spared_error] = ratio(spared_in ?? 0, (expected_in ?? 0) * motoring);
    expect(Math.abs(spared - 1)).toBeLessThan(spared_error);
  });
});

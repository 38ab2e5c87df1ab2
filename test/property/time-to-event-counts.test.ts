import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Columns,
  type Engine,
  openDuckDB,
  openStore,
  type RowOf,
  sql,
  type Table,
} from '../../src/engine/index.ts';
import { countTables, planEstimate } from '../../src/estimate/index.ts';
import { recurrentPiece } from '../../src/estimate/recurrent/counts.ts';
import { causeCount, exitCount } from '../../src/estimate/survival/counts.ts';
import { type ResultRow, result } from '../../src/estimate/tables.ts';
import { custodySpell } from '../../src/journeys/tables.ts';
import { covariate, offence, person } from '../../src/link/tables.ts';
import { cohort, cohortStratum, interval } from '../../src/persontime/tables.ts';
import type { Protocol } from '../../src/protocol/tables.ts';
import { day, iso } from '../reference/day-walker.ts';
import { protocolOf } from '../reference/day-walker-study.ts';

/** Times to a first event and pieces of time with every event, against a reference that looks at one day at a time. */

const RUNS = Number(process.env.DESIST_PROPERTY_RUNS ?? 4);
const SEED = Number(process.env.DESIST_PROPERTY_SEED ?? 20120504);

interface Given {
  readonly person: RowOf<typeof person>[];
  readonly cohort: RowOf<typeof cohort>[];
  readonly strata: RowOf<typeof cohortStratum>[];
  readonly interval: RowOf<typeof interval>[];
  readonly custody: RowOf<typeof custodySpell>[];
  readonly offence: RowOf<typeof offence>[];
  readonly covariate: RowOf<typeof covariate>[];
}

const piece = fc.record({
  days: fc.integer({ min: 1, max: 30 }),
  phase: fc.constantFrom('before', 'waiting', 'in', 'between', 'after'),
  custody: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
});

const facts = fc.record({
  entry: fc.integer({ min: day('2006-01-01'), max: day('2006-03-01') }),
  before: fc.array(piece, { maxLength: 3 }),
  after: fc.array(piece, { minLength: 1, maxLength: 5 }),
  /** Where the journey ends within the later window, in thousandths of it; undefined: still open. */
  leaves: fc.option(fc.integer({ min: 1, max: 999 }), { nil: undefined, freq: 3 }),
  reason: fc.constantFrom('window', 'death', 'emigration', 'end-of-data'),
  sex: fc.constantFrom('female', 'male'),
  /** Days from entry; several on one day happen. */
  offences: fc.array(fc.integer({ min: -60, max: 120 }), { maxLength: 7 }),
  born: fc.option(fc.constantFrom('1970-01-01', '1980-02-01'), { nil: null, freq: 6 }),
  dose: fc.option(fc.integer({ min: 10, max: 90 }), { nil: null, freq: 6 }),
});

const cases = fc.array(facts, { minLength: 14, maxLength: 30 }).map((people): Given => {
  const given: Given = {
    person: [],
    cohort: [],
    strata: [],
    interval: [],
    custody: [],
    offence: [],
    covariate: [],
  };
  people.forEach((one, number) => {
    const person_id = `p${String(number).padStart(2, '0')}`;
    const length = (pieces: typeof one.before): number => pieces.reduce((sum, { days }) => sum + days, 0);
    const start = one.entry - length(one.before);
    const end = one.entry + length(one.after);
    for (const [time_window, from, pieces] of [
      ['before', start, one.before],
      ['after', one.entry, one.after],
    ] as const) {
      let reached = from;
      for (const { days, phase, custody } of pieces) {
        given.interval.push({
          person_id,
          time_window,
          phase: custody ? 'custody' : phase,
          treatment_phase: phase,
          start_date: iso(reached),
          end_date: iso(reached + days),
          calendar_year: null,
          age_band: null,
          removed: custody,
          days,
        });
        // Custody as the union of its rows, as the stage before leaves it.
        const last = given.custody.at(-1);
        if (custody && last?.person_id === person_id && last.end_date === iso(reached))
          last.end_date = iso(reached + days);
        else if (custody)
          given.custody.push({ person_id, start_date: iso(reached), end_date: iso(reached + days) });
        reached += days;
      }
    }
    const after = end - one.entry;
    const left = one.leaves === undefined ? after : Math.max(1, Math.round((one.leaves * after) / 1000));
    const hasLeft = left < after;
    given.cohort.push({
      person_id,
      entry_date: iso(one.entry),
      journey: 1,
      age_at_entry: 30,
      sex: one.sex,
      area: null,
      link_class: 'matched',
      before_start: iso(start),
      before_end: iso(one.entry),
      after_start: iso(one.entry),
      after_end: iso(end),
      end_reason: one.reason,
      journey_end: iso(one.entry + Math.min(left, after)),
      left_treatment: hasLeft,
      exit_group: hasLeft ? 'successful' : 'open',
      retained_days: Math.min(left, after),
      re_entry_date: null,
    });
    given.person.push({
      person_id,
      sex: one.sex,
      birth_month: one.born,
      area: null,
      link_class: 'matched',
    });
    given.strata.push({ person_id, stratum: 'sex', level: one.sex });
    if (one.dose !== null)
      given.covariate.push({ person_id, name: 'dose', value: String(one.dose), covariate_date: null });
    one.offences.forEach((at, k) => {
      given.offence.push({
        person_id,
        event_id: `${person_id}-${k}`,
        occasion_id: null,
        offence_date: iso(one.entry + at),
        offence_date_to: null,
        disposal_date: null,
        kind: 'conviction',
        code: 'theft',
        offence_group: null,
        severity: null,
      });
    });
  });
  return given;
});

const FROM = ['entry', 'journey-end', 'release'] as const;

function protocol(): Protocol {
  const base = protocolOf({
    spells: { from: 'episodes' },
    gap: { days: 21 } as Protocol['gap'],
    population: {
      entry: 'first-journey-in-window',
      entry_window: { from: '2006-01-01', to: '2006-04-01' },
      subsets: { women: { stratum: { name: 'sex', levels: ['female'] } } },
    },
    time_at_risk: { before: { months: 3 }, after: { months: 6 } },
    strata: { sex: 'sex' },
  });
  return {
    ...base,
    estimates: [
      ...FROM.map((from): Protocol['estimates'][number] => ({
        id: `first_${from}`,
        design: 'survival',
        event: 'first-offence',
        outcome: 'any',
        from,
        strata: ['sex'],
        times: [10, 60],
        horizon: 20,
        competing: true,
        cox: { adjust: ['sex', { number: 'dose' }] },
        fine_gray: true,
      })),
      { id: 'stay', design: 'survival', competing: true, times: [10] },
      {
        id: 'again',
        design: 'recurrent',
        outcome: 'any',
        strata: ['sex'],
        times: [10, 60],
        model: { scale: 'age', adjust: ['sex', { number: 'dose' }] },
      },
      {
        id: 'hers',
        design: 'recurrent',
        outcome: 'any',
        population: 'women',
        times: [10],
        model: { scale: 'study-time' },
      },
    ],
  };
}

// --------------------------------------------------------------------------------------------------- the reference

function offencesOn(given: Given, person_id: string | null, at: number): number {
  return given.offence.filter((one) => one.person_id === person_id && one.offence_date === iso(at)).length;
}

/** The first day at liberty after a day in custody, entry or later; undefined where there is none. */
function releaseOf(given: Given, row: RowOf<typeof cohort>): number | undefined {
  const inside = (at: number): boolean =>
    given.custody.some(
      (one) =>
        one.person_id === row.person_id &&
        (one.start_date ?? '') <= iso(at) &&
        iso(at) < (one.end_date ?? ''),
    );
  for (let at = day(row.after_start ?? '') + 1; at < day(row.after_end ?? ''); at += 1)
    if (inside(at - 1) && !inside(at)) return at;
  return undefined;
}

/** Day by day from the start of the clock until an offence or the end of the window. */
function timeTo(
  given: Given,
  row: RowOf<typeof cohort>,
  from: (typeof FROM)[number],
): { time: number; ended: string } | undefined {
  const start = {
    entry: day(row.after_start ?? ''),
    'journey-end': row.left_treatment === true ? day(row.journey_end ?? '') : undefined,
    release: releaseOf(given, row),
  }[from];
  if (start === undefined) return undefined;
  const end = day(row.after_end ?? '');
  for (let at = start; at < end; at += 1)
    if (offencesOn(given, row.person_id, at) > 0) return { time: at - start + 1, ended: 'event' };
  const away = row.end_reason === 'death' || row.end_reason === 'emigration';
  return { time: end - start, ended: away ? (row.end_reason ?? '') : 'censored' };
}

/** Every day of every interval of the person: a piece ends with a day with offences or with the interval. */
function piecesOf(given: Given, row: RowOf<typeof cohort>, number: number): object[] {
  const entry = day(row.entry_date ?? '');
  return given.interval
    .filter((one) => one.person_id === row.person_id)
    .flatMap((one) => {
      const end = day(one.end_date ?? '');
      let start = day(one.start_date ?? '');
      const made: object[] = [];
      for (let at = start; at < end; at += 1) {
        const events = offencesOn(given, row.person_id, at);
        if (events === 0 && at + 1 < end) continue;
        const isAfter = one.time_window === 'after';
        made.push({
          person: number,
          start: start - entry,
          stop: at + 1 - entry,
          events,
          after: isAfter ? 1 : 0,
          removed: one.removed,
          phase: one.treatment_phase,
          died: isAfter && row.end_reason === 'death' && iso(at + 1) === row.after_end ? 1 : 0,
        });
        start = at + 1;
      }
      return made;
    });
}

function tally(given: Given, times: readonly { person_id: string; time: number; ended: string }[]) {
  const cells = new Map<string, { stratum: string; level: string; time: number; ended: string[] }>();
  for (const { person_id, time, ended } of times) {
    const sex = given.strata.find((one) => one.person_id === person_id)?.level ?? '';
    for (const [stratum, level] of [
      ['all', 'all'],
      ['sex', sex],
    ] as const) {
      const key = JSON.stringify([stratum, level, time]);
      const cell = cells.get(key) ?? { stratum, level, time, ended: [] };
      cell.ended.push(ended);
      cells.set(key, cell);
    }
  }
  return [...cells.values()];
}

// --------------------------------------------------------------------------------------------------------- the test

let engine: Engine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'desist-times-'));
  engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function estimate(given: Given, asked: Protocol): Promise<ResultRow[]> {
  await engine.reset();
  await engine.load(person, given.person);
  await engine.load(cohort, given.cohort);
  await engine.load(cohortStratum, given.strata);
  await engine.load(interval, given.interval);
  await engine.load(custodySpell, given.custody);
  await engine.load(offence, given.offence);
  await engine.load(covariate, given.covariate);
  const plan = planEstimate(asked);
  await engine.materialise(plan.tables);
  await plan.make(engine, openStore(folder));
  return engine.rows(result.columns, sql`SELECT * FROM ${result}`);
}

async function counted<C extends Columns>(
  asked: Protocol,
  id: string,
  population: string,
  prefix: string,
  columns: C,
) {
  const table = countTables(asked, id, population).find((one) => one.name.startsWith(prefix));
  if (table === undefined) throw new Error(`no table ${prefix}`);
  return engine.rows(columns, sql`SELECT * FROM ${table as Table<C>}`);
}

const text = (rows: readonly object[]): string[] =>
  rows.map((row) => JSON.stringify(Object.entries(row).sort(([x], [y]) => (x < y ? -1 : 1)))).sort();

describe('times to an event, on generated persons', () => {
  it('are those of a reference that walks day by day, and no row is without a number or a reason', async () => {
    const seen = { release: 0, left: 0, competing: 0, same_day: 0, died: 0 };
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const asked = protocol();
        const rows = await estimate(given, asked);
        const isPooled = ['female', 'male'].some(
          (sex) => given.strata.filter(({ level }) => level === sex).length < 5,
        );
        for (const from of FROM) {
          const times = given.cohort.flatMap((row) => {
            const own = timeTo(given, row, from);
            return own === undefined ? [] : [{ person_id: row.person_id ?? '', ...own }];
          });
          if (from === 'release') seen.release += times.length;
          if (from === 'journey-end') seen.left += times.length;
          seen.competing += times.filter(({ ended }) => ['death', 'emigration'].includes(ended)).length;
          const cells = tally(given, times).filter(({ stratum }) => stratum === 'all' || !isPooled);
          const count = (ended: readonly string[], what: string): number =>
            ended.filter((one) => one === what).length;
          const own = (row: { readonly stratum: string | null }): boolean =>
            row.stratum === 'all' || !isPooled;
          const id = `first_${from}`;
          expect(text((await counted(asked, id, 'all', 'exit_count_', exitCount)).filter(own))).toEqual(
            text(
              cells.map(({ stratum, level, time, ended }) => ({
                stratum,
                level,
                time,
                events: count(ended, 'event'),
                censored: ended.length - count(ended, 'event'),
              })),
            ),
          );
          expect(text((await counted(asked, id, 'all', 'cause_count_', causeCount)).filter(own))).toEqual(
            text(
              cells.map(({ stratum, level, time, ended }) => ({
                stratum,
                level,
                time,
                event: count(ended, 'event'),
                death: count(ended, 'death'),
                emigration: count(ended, 'emigration'),
                censored: count(ended, 'censored'),
              })),
            ),
          );
        }
        for (const [id, population] of [
          ['again', 'all'],
          ['hers', 'women'],
        ] as const) {
          const people = given.cohort.filter(({ sex }) => population === 'all' || sex === 'female');
          const expected = people.flatMap((row, number) => piecesOf(given, row, number)) as {
            events: number;
            died: number;
          }[];
          seen.same_day += expected.filter(({ events }) => events > 1).length;
          seen.died += expected.filter(({ died }) => died === 1).length;
          expect(text(await counted(asked, id, population, 'recurrent_piece_', recurrentPiece))).toEqual(
            text(expected),
          );
        }

        const keys = rows.map(({ estimate_id, population, stratum, level, phase, clock, ...row }) =>
          JSON.stringify([
            [estimate_id, population, stratum, level, phase, clock],
            [row.measure, row.contrast, row.time, row.method],
          ]),
        );
        expect(new Set(keys).size).toBe(keys.length);
        for (const row of rows) {
          expect([row.measure, row.status, row.value === null]).toEqual([
            row.measure,
            row.status,
            row.status !== 'estimated',
          ]);
          if (row.status !== 'estimated') expect(row.note).not.toBeNull();
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
  }, 120_000);

  it('add up: causes and the curve free of all of them make one', async () => {
    const [given] = fc.sample(cases, { numRuns: 1, seed: SEED });
    const rows = await estimate(given as Given, protocol());
    const at = rows.filter(
      (row) =>
        row.estimate_id === 'first_entry' &&
        row.measure === 'cumulative_incidence_at' &&
        row.stratum === 'all' &&
        row.time === 10,
    );
    expect(at.length).toBeGreaterThan(1);
    const all = at.reduce((sum, { value }) => sum + (value ?? Number.NaN), 0);
    expect(all).toBeGreaterThan(0);
    expect(all).toBeLessThanOrEqual(1);
    // Of the whole, the event by day 10 is at most one less the curve: deaths leave fewer to offend.
    const free = rows.find(
      (row) =>
        row.estimate_id === 'first_entry' &&
        row.measure === 'survival_at' &&
        row.stratum === 'all' &&
        row.time === 10,
    );
    const event = at.find(({ phase }) => phase === 'first offence');
    expect(event?.value ?? Number.NaN).toBeLessThanOrEqual(1 - (free?.value ?? Number.NaN) + 1e-12);
  });

  it('of nobody are rows that say so', async () => {
    const nobody: Given = {
      person: [],
      cohort: [],
      strata: [],
      interval: [],
      custody: [],
      offence: [],
      covariate: [],
    };
    const rows = await estimate(nobody, protocol());
    for (const id of ['first_entry', 'stay', 'again', 'hers']) {
      const own = rows.filter(({ estimate_id }) => estimate_id === id);
      expect(
        own.some(({ status, note }) => status === 'not-estimable' && note !== null),
        id,
      ).toBe(true);
      for (const row of own) expect(row.value === null || row.value === 0).toBe(true);
    }
  });
});

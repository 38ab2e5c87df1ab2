import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ResultRow } from '../tables.ts';
import { meanRows } from './mean.ts';
import { type ModelAsked, modelLevel, preparePersons } from './model.ts';
import type { Division, PersonData, Pieces } from './pieces.ts';

/** Pieces by hand and the synthetic data of test/fixtures/r, on which R's coxph was run. */

const CONTEXT = {
  estimate_id: 'again',
  population: 'all',
  variant: 'protocol',
  confidence: 0.95,
  times: [2, 4],
};
const ASKED: ModelAsked = {
  scale: 'calendar',
  phases: true,
  terms: [],
  strata: [],
  references: {},
  ties: 'efron',
};
const AFTER = new Set(['in', 'after']);

/** person, phase, start, stop, events. */
type Piece = readonly [number, string, number, number, number];

function piecesFrom(rows: readonly Piece[], died: readonly number[] = []): Pieces {
  const column = (pick: (row: Piece) => number): Float64Array => Float64Array.from(rows, pick);
  return {
    rows: rows.length,
    person: column(([person]) => person),
    start: column(([, , start]) => start),
    stop: column(([, , , stop]) => stop),
    events: column(([, , , , events]) => events),
    after: column(([, phase]) => (AFTER.has(phase) ? 1 : 0)),
    removed: rows.map(() => false),
    phase: rows.map(([, phase]) => phase),
    died: Float64Array.from(rows, (_, i) => (died.includes(i) ? 1 : 0)),
  };
}

function everyone(persons: number): Division {
  return { stratum: 'all', levels: ['all'], level: new Int32Array(persons) };
}

function peopleFrom(
  entry_day: readonly number[],
  own: Record<string, Float64Array | string[]> = {},
): PersonData {
  return {
    person: Float64Array.from(entry_day, (_, i) => i),
    entry_day: Float64Array.from(entry_day),
    age_days: Float64Array.from(entry_day, () => Number.NaN),
    ...own,
  };
}

function one(rows: readonly ResultRow[], wanted: Partial<ResultRow>): ResultRow {
  const found = rows.filter((row) =>
    Object.entries(wanted).every(([key, value]) => row[key as keyof ResultRow] === value),
  );
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} rows fit`);
  return found[0];
}

function modelOf(
  pieces: Pieces,
  people: PersonData,
  persons: number,
  asked: Partial<ModelAsked> = {},
): ResultRow[] {
  const prepared = preparePersons(people, { ...ASKED, ...asked });
  return modelLevel(pieces, prepared, everyone(persons), 0, 'calendar', CONTEXT);
}

function expectNoNonsense(rows: readonly ResultRow[]): void {
  for (const row of rows) {
    for (const number of [row.value, row.ci_low, row.ci_high, row.std_error, row.p_value])
      expect(number === null || Number.isFinite(number)).toBe(true);
    if (row.status === 'not-estimable') expect([row.value, row.note === null]).toEqual([null, false]);
  }
}

describe('the mean number of events', () => {
  /** Three people; the second dies on day 3, before the first has a second event. */
  const pieces = piecesFrom(
    [
      [0, 'in', 0, 1, 1],
      [0, 'in', 1, 4, 1],
      [1, 'in', 0, 3, 0],
      [2, 'after', 0, 2, 2],
      [2, 'after', 2, 4, 0],
    ],
    [2],
  );
  const rows = meanRows(pieces, everyone(3), 'calendar', CONTEXT);

  it('counts every event, two on one day as well', () => {
    expect(one(rows, { measure: 'events' }).value).toBe(4);
    // By hand: 1/3 on day 1, 2/3 on day 2, 1/2 on day 4, when the dead are no longer at risk.
    expect(one(rows, { measure: 'mcf_at', time: 2 }).value).toBeCloseTo(1, 12);
    expect(one(rows, { measure: 'mcf_at', time: 4 }).value).toBeCloseTo(1.5, 12);
    expect(one(rows, { measure: 'at_risk', time: 4 }).value).toBe(2);
  });

  it('is lower where the dead count as having no more', () => {
    expect(one(rows, { measure: 'mcf_with_death_at', time: 4 }).value).toBeCloseTo(1 + (2 / 3) * 0.5, 12);
  });

  it('is not told for a day that nobody is followed to', () => {
    const late = meanRows(pieces, everyone(3), 'calendar', { ...CONTEXT, times: [5] });
    expect(one(late, { measure: 'mcf_at', time: 5 })).toMatchObject({ status: 'not-estimable', value: null });
    expectNoNonsense(late);
  });

  it('of people without any event is 0, without limits', () => {
    const none = meanRows(piecesFrom([[0, 'in', 0, 9, 0]]), everyone(1), 'calendar', CONTEXT);
    expect(one(none, { measure: 'mcf_at', time: 4 })).toMatchObject({
      value: 0,
      ci_low: null,
      ci_high: null,
    });
    expectNoNonsense(none);
  });
});

describe('phases that cannot be told from the baseline', () => {
  /** Everybody enters on day 0 and is before until then: on time since entry no two phases are at risk together. */
  const rows: readonly Piece[] = Array.from({ length: 12 }, (_, person): readonly Piece[] => [
    [person, 'before', -100, -50 + person, 1],
    [person, 'before', -50 + person, 0, 0],
    [person, 'in', 0, 30 + person, 1],
    [person, 'in', 30 + person, 100, 0],
  ]).flat();

  it('are refused on time since entry, with the reason and without a number', () => {
    const made = modelOf(
      piecesFrom(rows),
      peopleFrom(Array.from({ length: 12 }, (_, i) => 1000 + 13 * i)),
      12,
      {
        scale: 'study-time',
      },
    );
    const ratio = one(made, { measure: 'rate_ratio' });
    expect(ratio).toMatchObject({ status: 'not-estimable', value: null, contrast: 'phase: in / before' });
    expect(ratio.note).toMatch(/^refused: .*never at risk together/);
    expect(one(made, { measure: 'phase_information', contrast: 'phase: in' }).value).toBe(0);
  });

  it('are estimated on calendar time, where people are in both at once', () => {
    const made = modelOf(
      piecesFrom(rows),
      peopleFrom(Array.from({ length: 12 }, (_, i) => 1000 + 13 * i)),
      12,
    );
    expect(one(made, { measure: 'rate_ratio' })).toMatchObject({
      status: 'estimated',
      persons: 12,
      events: 24,
    });
    expectNoNonsense(made);
  });

  it('are refused on calendar time as well when everybody enters on the same day', () => {
    const made = modelOf(piecesFrom(rows), peopleFrom(Array.from({ length: 12 }, () => 1000)), 12);
    expect(one(made, { measure: 'rate_ratio' }).note).toMatch(/^refused/);
  });
});

describe('the Andersen-Gill model', () => {
  interface Reference {
    readonly estimate: readonly number[];
    readonly se_robust: readonly number[];
    readonly loglik: number;
  }
  const folder = join('test', 'fixtures', 'r');
  const reference = JSON.parse(readFileSync(join(folder, 'recurrent_events.json'), 'utf8')) as {
    readonly results: Readonly<Record<string, Reference>>;
  };
  const [header = '', ...lines] = readFileSync(join(folder, 'data', 'synth_omt_events.csv'), 'utf8')
    .trim()
    .replaceAll('"', '')
    .split('\n');
  const names = header.split(',');
  const table = lines.map((line) => line.split(','));
  const field = (row: readonly string[], column: string): string => row[names.indexOf(column)] ?? '';
  const ids = [...new Set(table.map((row) => field(row, 'id')))];
  const number = new Map(ids.map((id, i) => [id, i]));
  const PHASE: Readonly<Record<string, string>> = { before: 'before', during: 'in', after: 'after' };
  const pieces = piecesFrom(
    table.map(
      (row): Piece => [
        number.get(field(row, 'id')) ?? 0,
        PHASE[field(row, 'period')] ?? '',
        Number(field(row, 'start')),
        Number(field(row, 'stop')),
        Number(field(row, 'event')),
      ],
    ),
  );
  const first = ids.map((id) => table.find((row) => field(row, 'id') === id) ?? []);
  const people: PersonData = {
    ...peopleFrom(ids.map(() => 0)),
    age_days: Float64Array.from(first, (row) => 365 * Number(field(row, 'age'))),
    adjust_1: first.map((row) => `sex ${field(row, 'sex')}`),
  };
  const sex = { column: 'adjust_1', label: 'sex', kind: 'level' as const };

  it('on the scale of age is that of coxph, with its robust standard errors', () => {
    const made = modelOf(pieces, people, ids.length, {
      scale: 'age',
      terms: [sex],
      references: { sex: 'sex 0' },
    });
    const theirs = reference.results.synth_AG_age_timescale;
    const contrasts = ['phase: in / before', 'phase: after / before', 'sex: sex 1 / sex 0'];
    contrasts.forEach((contrast, j) => {
      const log = one(made, { measure: 'coefficient', contrast });
      expect(log.value).toBeCloseTo(theirs?.estimate[j] ?? Number.NaN, 8);
      expect(log.std_error).toBeCloseTo(theirs?.se_robust[j] ?? Number.NaN, 8);
    });
    expect(one(made, { measure: 'log_likelihood' }).value).toBeCloseTo(theirs?.loglik ?? Number.NaN, 6);
    expectNoNonsense(made);
  });

  it('is refused on time since entry, where coxph gives a number of the wrong sign', () => {
    expect(reference.results.synth_AG?.estimate[0]).toBeGreaterThan(0.5);
    const made = modelOf(pieces, people, ids.length, { scale: 'study-time', terms: [sex] });
    expect(one(made, { measure: 'rate_ratio', contrast: 'phase: in / before' }).note).toMatch(
      /^refused: on the scale of time since entry less than 5 %/,
    );
  });
});

describe('a model without an answer says why and has no number', () => {
  const terms = [{ column: 'adjust_1', label: 'arm', kind: 'level' as const }];
  const arms = { adjust_1: ['a', 'a', 'b', 'b'] };
  const four = (events: readonly number[]): Pieces =>
    piecesFrom(events.map((n, i): Piece => [i, 'in', 0, 10 + i, n]));
  const ask = (events: readonly number[], own: Record<string, Float64Array | string[]> = arms) =>
    modelOf(four(events), peopleFrom([0, 1, 2, 3], own), 4, { phases: false, terms, scale: 'study-time' });

  it.each([
    ['no events', [0, 0, 0, 0], arms, /no events/],
    ['events in one arm only', [1, 1, 0, 0], arms, /separated|not converged/],
    ['one level', [1, 1, 1, 1], { adjust_1: ['a', 'a', 'a', 'a'] }, /no term has two levels/],
  ])('%s', (_, events, own, note) => {
    const made = ask(events, own);
    expectNoNonsense(made);
    const ratios = made.filter(({ measure }) => measure === 'rate_ratio');
    expect(ratios.length).toBeGreaterThan(0);
    for (const row of ratios) expect(row.note).toMatch(note);
  });

  it('two terms that say the same: the second is aliased, the first is estimated', () => {
    const both = [...terms, { column: 'adjust_2', label: 'ward', kind: 'level' as const }];
    const rows = piecesFrom(
      Array.from({ length: 40 }, (_, i): Piece => [i, 'in', 0, 10 + ((7 * i) % 29), i % 3 === 0 ? 0 : 1]),
    );
    const level = (prefix: string) => Array.from({ length: 40 }, (_, i) => `${prefix}${i % 2}`);
    const people = peopleFrom(
      Array.from({ length: 40 }, () => 0),
      { adjust_1: level('a'), adjust_2: level('w') },
    );
    const made = modelOf(rows, people, 40, { phases: false, terms: both, scale: 'study-time' });
    expectNoNonsense(made);
    expect(made.filter(({ measure }) => measure === 'rate_ratio').map(({ status }) => status)).toEqual([
      'estimated',
      'not-estimable',
    ]);
  });
});

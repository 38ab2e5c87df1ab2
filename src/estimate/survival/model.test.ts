import { describe, expect, it } from 'vitest';
import type { ResultRow } from '../tables.ts';
import type { SurvivalContext } from './fit.ts';
import { fitSurvival } from './fit.ts';
import { type CauseCountRow, fitIncidence } from './incidence.ts';
import { fitModels, type ModelAsked } from './model.ts';

/** Models and competing events on counts made up by hand, and where there is no answer. */

const CONTEXT: SurvivalContext = {
  estimate_id: 'first',
  population: 'all',
  variant: 'protocol',
  confidence: 0.95,
  interval: 'log',
  times: [2, 5],
  event: 'first-offence',
};

function level(column: string, label: string) {
  return { column, label, kind: 'level' as const };
}

const ARM = [level('adjust_1', 'arm')];
const DOSE = [{ column: 'adjust_1', label: 'dose', kind: 'number' as const }];
const ASKED: ModelAsked = {
  terms: ARM,
  strata: [],
  references: {},
  ties: 'efron',
  robust: false,
  ph_test: 'km',
  fine_gray: true,
};

function modelsOf(
  time: readonly number[],
  ended: readonly string[],
  own: Readonly<Record<string, readonly string[] | Float64Array>>,
  asked: Partial<ModelAsked> = {},
): ResultRow[] {
  const data = { time: Float64Array.from(time), ended, ...own };
  return fitModels(data, { ...ASKED, ...asked }, CONTEXT);
}

function one(rows: readonly ResultRow[], wanted: Partial<ResultRow>): ResultRow {
  const found = rows.filter((row) =>
    Object.entries(wanted).every(([key, value]) => row[key as keyof ResultRow] === value),
  );
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} rows fit`);
  return found[0];
}

function expectNoNonsense(rows: readonly ResultRow[]): void {
  for (const row of rows) {
    if (row.status === 'estimated') expect(Number.isFinite(row.value), `${row.measure}`).toBe(true);
    else expect([row.value, row.ci_low, row.std_error, row.note === null]).toEqual([null, null, null, false]);
  }
}

describe('a Cox model of two persons a time', () => {
  /** Exponential by hand: with one event in each arm at risk sets {a, a, b} and {a, b} the score is solved exactly. */
  it('solves the score equation', () => {
    const rows = modelsOf(
      [1, 2, 3],
      ['event', 'event', 'censored'],
      { adjust_1: ['a', 'b', 'a'] },
      { fine_gray: false },
    );
    const log = one(rows, { measure: 'coefficient', contrast: 'arm: b / a' });
    // Events: a at {a, b, a}, b at {b, a}: L(r) = 1 / (2 + r) * r / (1 + r), greatest at r = sqrt 2.
    expect(log.value).toBeCloseTo(Math.log(2) / 2, 8);
    expect(one(rows, { measure: 'log_likelihood' }).value).toBeCloseTo(
      Math.log(Math.SQRT2 / (2 + Math.SQRT2) / (1 + Math.SQRT2)),
      10,
    );
    expect(one(rows, { measure: 'hazard_ratio' }).persons).toBe(3);
  });

  it('leaves out, and counts, persons without a number', () => {
    const rows = modelsOf(
      [1, 2, 3, 4],
      ['event', 'event', 'event', 'censored'],
      { adjust_1: Float64Array.from([1, 3, 2, Number.NaN]) },
      { terms: DOSE },
    );
    expect(one(rows, { measure: 'persons_in_model' })).toMatchObject({ value: 3, persons: 3, events: 3 });
    expect(one(rows, { measure: 'persons_in_model' }).note).toMatch(/left out/);
    expectNoNonsense(rows);
  });

  it('takes the level that the protocol names as reference', () => {
    const rows = modelsOf(
      [1, 2, 3],
      ['event', 'event', 'censored'],
      { adjust_1: ['a', 'b', 'a'] },
      {
        references: { arm: 'b' },
        fine_gray: false,
      },
    );
    expect(one(rows, { measure: 'coefficient', contrast: 'arm: a / b' }).value).toBeCloseTo(
      -Math.log(2) / 2,
      8,
    );
  });
});

describe('a model without an answer says why and has no number', () => {
  const many = Array.from({ length: 20 }, (_, i) => i + 1);
  const half = many.map((i) => (i % 2 === 0 ? 'a' : 'b'));
  const ended = (of: (i: number) => string): string[] => many.map(of);
  it.each([
    ['nobody has the event', many, ended(() => 'censored'), { adjust_1: half }, /no events/],
    ['everybody dies first', many, ended(() => 'death'), { adjust_1: half }, /no events/],
    [
      'events in one arm only',
      many,
      ended((i) => (i % 2 === 0 ? 'event' : 'censored')),
      { adjust_1: half },
      /separated|not converged/,
    ],
    ['one person', [1], ['event'], { adjust_1: ['a'] }, /no term has two levels/],
    [
      'everybody in one arm',
      many,
      ended(() => 'event'),
      { adjust_1: many.map(() => 'a') },
      /no term has two levels/,
    ],
  ])('%s', (_, time, how, own, note) => {
    const rows = modelsOf(time, how, own);
    expectNoNonsense(rows);
    const ratios = rows.filter(({ measure }) => measure?.endsWith('hazard_ratio'));
    for (const row of ratios) expect(row.note).toMatch(note);
    expect(rows.some(({ note: why }) => why !== null && note.test(why))).toBe(true);
  });

  it('columns that say the same: the first is estimated, the second is aliased', () => {
    const rows = modelsOf(
      many,
      ended((i) => (i % 3 === 0 ? 'censored' : 'event')),
      { adjust_1: half, adjust_2: half },
      { terms: [...ARM, level('adjust_2', 'ward')] },
    );
    expectNoNonsense(rows);
    expect(one(rows, { measure: 'hazard_ratio', contrast: 'arm: b / a' }).status).toBe('estimated');
    expect(one(rows, { measure: 'hazard_ratio', contrast: 'ward: b / a' }).note).toMatch(/aliased/);
  });

  it('numbers of 1e-300 and 1e8 are estimated or refused, never nonsense', () => {
    for (const scale of [1e-300, 1e-8, 1e8, 1e300])
      expectNoNonsense(
        modelsOf(
          many,
          ended((i) => (i % 3 === 0 ? 'censored' : 'event')),
          { adjust_1: Float64Array.from(many, (i) => scale * ((i * 7) % 11)) },
          { terms: DOSE },
        ),
      );
  });

  it('with 100,000 strata of two persons each the model still has an answer', () => {
    const persons = Array.from({ length: 200_000 }, (_, i) => i);
    const rows = modelsOf(
      persons.map((i) => 1 + ((i * 7919) % 97)),
      persons.map((i) => (i % 5 === 0 ? 'censored' : 'event')),
      {
        adjust_1: persons.map((i) => (i % 2 === 0 ? 'a' : 'b')),
        adjust_2: persons.map((i) => `s${i >> 1}`),
      },
      { strata: [level('adjust_2', 'pair')], fine_gray: false },
    );
    expectNoNonsense(rows);
    expect(one(rows, { measure: 'hazard_ratio' }).status).toBe('estimated');
  });
});

describe('cumulative incidence', () => {
  const count = (time: number, event: number, death: number, censored: number): CauseCountRow => ({
    stratum: 'all',
    level: 'all',
    time,
    event,
    death,
    emigration: 0,
    censored,
  });
  const cell = (stratum: string, levelName: string) => ({
    estimate_id: 'first',
    design: 'survival',
    population: 'all',
    stratum,
    level: levelName,
    persons: 6,
    variant: 'protocol',
  });
  const CAUSE = { label: 'first offence', is_cause: true };

  it('counts the dead as never having offended', () => {
    const rows = fitIncidence(
      [count(1, 1, 0, 0), count(2, 0, 2, 0), count(4, 1, 0, 2)],
      cell,
      CAUSE,
      CONTEXT,
    );
    const at = (phase: string, time: number) =>
      one(rows, { measure: 'cumulative_incidence_at', phase, time });
    // By hand: 1/6, then of 5 two die, then of 3 one offends: 1/6 + 5/6 * 3/5 * 1/3.
    expect(at('first offence', 2).value).toBeCloseTo(1 / 6, 12);
    expect(at('death', 2).value).toBeCloseTo((5 / 6) * (2 / 5), 12);
    expect(at('first offence', 5)).toMatchObject({ status: 'not-estimable' });
    const curve = one(rows, { measure: 'cumulative_incidence_curve', phase: 'first offence', time: 4 });
    expect(curve.value).toBeCloseTo(1 / 6 + (5 / 6) * (3 / 5) * (1 / 3), 12);
    expect([curve.persons, curve.events]).toEqual([3, 2]);
    expectNoNonsense(rows);
  });

  it('of an event that nobody had is 0, without limits', () => {
    const rows = fitIncidence([count(2, 0, 1, 5)], cell, CAUSE, { ...CONTEXT, times: [2] });
    expect(one(rows, { measure: 'cumulative_incidence_at', phase: 'first offence' })).toMatchObject({
      value: 0,
      ci_low: null,
    });
    expectNoNonsense(rows);
  });

  it('is compared between levels only where there are two', () => {
    const rows = fitIncidence(
      [count(2, 1, 1, 4)].map((row) => ({ ...row, stratum: 'sex', level: 'female' })),
      cell,
      CAUSE,
      CONTEXT,
    );
    expect(one(rows, { measure: 'gray_test', phase: 'death' }).note).toBe('one level only');
  });
});

describe('the mean time free of the event', () => {
  const counts = [
    { stratum: 'all', level: 'all', time: 2, events: 2, censored: 0 },
    { stratum: 'all', level: 'all', time: 4, events: 0, censored: 2 },
  ];

  it('is the area under the curve up to the horizon', () => {
    const rows = fitSurvival(counts, { ...CONTEXT, horizon: 4 });
    expect(one(rows, { measure: 'restricted_mean' }).value).toBeCloseTo(2 + 2 * 0.5, 12);
  });

  it('is not told beyond the last day that anybody is followed to', () => {
    const rows = fitSurvival(counts, { ...CONTEXT, horizon: 9 });
    expect(one(rows, { measure: 'restricted_mean' })).toMatchObject({ status: 'not-estimable', value: null });
  });
});

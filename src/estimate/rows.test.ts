import { describe, expect, it } from 'vitest';
import { fitChange } from './change/rows.ts';
import { fitRates } from './rates/fit.ts';
import { levelled, resultRow } from './rows.ts';
import { fitSurvival } from './survival/fit.ts';
import type { ResultRow } from './tables.ts';

/** From counts to rows: which numbers there are, what they are called, and what they say when there is none. */

const CONTEXT = { estimate_id: 'e', population: 'all', variant: 'protocol', confidence: 0.95 };

function one(rows: readonly ResultRow[], wanted: Partial<ResultRow>): ResultRow {
  const found = rows.filter((row) =>
    Object.entries(wanted).every(([key, value]) => (row as Readonly<Record<string, unknown>>)[key] === value),
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} rows fit ${JSON.stringify(wanted)}`);
  return found[0];
}

type Person = readonly [
  b: number,
  a: number,
  tb: number,
  ta: number,
  fb: number,
  fa: number,
  ftb: number,
  fta: number,
];
const NAMES = ['b', 'a', 'tb', 'ta', 'fb', 'fa', 'ftb', 'fta'] as const;

/** The rows of the moments table for these persons. */
function moment(stratum: string, level: string, persons: readonly Person[]) {
  const sums: Record<string, number> = {};
  for (const person of persons) {
    NAMES.forEach((x, i) => {
      sums[x] = (sums[x] ?? 0) + (person[i] ?? 0);
      NAMES.forEach((y, j) => {
        sums[`${x}_${y}`] = (sums[`${x}_${y}`] ?? 0) + (person[i] ?? 0) * (person[j] ?? 0);
      });
    });
  }
  return { stratum, level, persons: persons.length, ...sums } as Parameters<typeof fitChange>[0][number];
}

function changeOf(
  persons: readonly Person[],
  clocks: readonly ('calendar' | 'at-liberty')[] = ['calendar', 'at-liberty'],
  confidence = 0.95,
): ResultRow[] {
  const patterns = new Map<
    string,
    { stratum: string; level: string; before: number; after: number; persons: number }
  >();
  for (const [before, after] of persons) {
    const known = patterns.get(`${before}/${after}`);
    patterns.set(`${before}/${after}`, {
      stratum: 'all',
      level: 'all',
      before,
      after,
      persons: 1 + (known?.persons ?? 0),
    });
  }
  return fitChange(persons.length === 0 ? [] : [moment('all', 'all', persons)], [...patterns.values()], [], {
    ...CONTEXT,
    confidence,
    clocks,
    bootstrap: { replicates: 400, seed: 3 },
  });
}

const COUNTS = 'events after / before';
const RATES = 'rate after / before';
const FOUR: readonly Person[] = [
  [4, 1, 365, 365, 3, 1, 300, 365],
  [2, 2, 365, 365, 2, 2, 365, 365],
  [1, 0, 365, 365, 1, 0, 365, 200],
  [0, 1, 365, 365, 0, 1, 365, 365],
];

describe('a row', () => {
  it('holds no number where the value is not a finite one, whoever computed it', () => {
    const cell = {
      estimate_id: 'e',
      design: 'rates',
      population: 'all',
      stratum: 'all',
      level: 'all',
      persons: 3,
      variant: 'protocol',
    };
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const row = resultRow(
        cell,
        { measure: 'rate', method: 'm', unit: 'u' },
        { status: 'estimated', value, ci_low: 0, ci_high: 1, std_error: 1, p_value: 0.5 },
      );
      expect(row.status).toBe('not-estimable');
      expect([row.value, row.ci_low, row.ci_high, row.std_error, row.p_value]).toEqual(Array(5).fill(null));
    }
  });
});

describe('the rows of a change', () => {
  it('keep the clocks apart: events in custody count on the calendar clock and not at liberty', () => {
    const rows = changeOf(FOUR);
    expect(one(rows, { measure: 'events', clock: 'calendar', phase: 'before entry' }).value).toBe(7);
    expect(one(rows, { measure: 'events', clock: 'at-liberty', phase: 'before entry' }).value).toBe(6);
    expect(
      one(rows, { measure: 'person_years', clock: 'at-liberty', phase: 'after entry' }).value,
    ).toBeCloseTo((365 * 3 + 200) / 365.25, 12);
    const calendar = one(rows, { measure: 'change_percent', clock: 'calendar', contrast: RATES });
    expect(calendar.value).toBeCloseTo(100 * (4 / 7 - 1), 10);
    const liberty = one(rows, { measure: 'change_percent', clock: 'at-liberty', contrast: RATES });
    expect(liberty.value).toBeCloseTo(100 * (4 / (365 * 3 + 200) / (6 / (365 * 3 + 300)) - 1), 10);
    expect(one(rows, { measure: 'change_per_100_person_years', clock: 'at-liberty' }).value).toBeCloseTo(
      36525 * (4 / (365 * 3 + 200) - 6 / (365 * 3 + 300)),
      8,
    );
  });

  it('leave out the clock that is not asked for or not known', () => {
    const rows = changeOf(FOUR, ['calendar']);
    expect(rows.some(({ clock }) => clock === 'at-liberty')).toBe(false);
    const liberty = changeOf(FOUR, ['at-liberty']).filter(({ contrast }) => contrast === RATES);
    expect(liberty.map(({ clock }) => clock)).toEqual(['at-liberty']);
  });

  it('say so where the windows are of different length, since counts do not allow for it', () => {
    const rows = changeOf([...FOUR, [1, 1, 365, 90, 1, 1, 365, 90]]);
    for (const row of rows.filter(({ contrast }) => contrast === COUNTS))
      expect(row.note).toContain('time before and after differ: see the change in rates');
    for (const row of changeOf(FOUR).filter(({ contrast }) => contrast === COUNTS))
      expect(row.note ?? '').not.toContain('differ');
  });

  it('give a bootstrap interval of some width or none', () => {
    const bootstrap = (rows: readonly ResultRow[]) =>
      rows.filter(({ method }) => method?.includes('bootstrap'));
    for (const row of bootstrap(changeOf(FOUR))) expect(row.ci_low ?? 0).toBeLessThan(row.ci_high ?? 0);
    const noneLeft = bootstrap(
      changeOf([
        [2, 0, 365, 365, 2, 0, 365, 365],
        [1, 0, 365, 365, 1, 0, 365, 365],
      ]),
    );
    const percent = one(noneLeft, { measure: 'change_percent' });
    expect([percent.value, percent.ci_low, percent.ci_high]).toEqual([-100, null, null]);
    expect(percent.note).toBe('all replicates are alike: no interval');
    const noBase = bootstrap(changeOf([[0, 2, 365, 365, 0, 2, 365, 365]]));
    expect(one(noBase, { measure: 'change_percent' })).toMatchObject({
      status: 'not-estimable',
      value: null,
    });
  });

  it('name the confidence level where it is not 95 %', () => {
    const methods = new Set(
      changeOf(FOUR, ['calendar'], 0.9)
        .filter((row) => row.ci_low !== null)
        .map(({ method }) => method),
    );
    for (const method of methods) expect(method).toMatch(/, 90 % interval$/);
    expect(levelled('exact', 0.95)).toBe('exact');
    expect(levelled('exact', 0.999)).toBe('exact, 99.9 % interval');
  });

  it('put one test beside a stratum, and call a level without events by its absence', () => {
    const rows = fitChange(
      [
        moment('all', 'all', [...FOUR, ...FOUR]),
        moment('sex', 'female', FOUR),
        moment(
          'sex',
          'male',
          FOUR.map(([b, a, ...rest]): Person => [b + 1, a + 3, ...rest]),
        ),
        moment('sex', 'not recorded', [[1, 0, 365, 365, 1, 0, 365, 365]]),
      ],
      [],
      [],
      { ...CONTEXT, clocks: ['calendar'], bootstrap: { replicates: 200, seed: 1 } },
    );
    const test = one(rows, { measure: 'equal_change_test' });
    expect(test).toMatchObject({
      stratum: 'sex',
      level: 'all levels',
      method: 'Wald chi-square, 1 d.f.',
      persons: 9,
    });
    expect(test.p_value).toBeGreaterThan(0);
    expect(test.note).toMatch(/^1 level /);
  });

  it('of those who left: the share after leaving, and an exact interval for who came back', () => {
    const leaver = {
      exit_group: 'all',
      persons: 10,
      returned: 3,
      events: 12,
      events_after_leaving: 9,
      ee: 40,
      el: 28,
      ll: 23,
    };
    const rows = fitChange([moment('all', 'all', FOUR)], [], [leaver], {
      ...CONTEXT,
      clocks: ['calendar'],
      bootstrap: { replicates: 200, seed: 1 },
    });
    expect(one(rows, { measure: 'share_after_leaving' })).toMatchObject({
      value: 75,
      persons: 10,
      events: 12,
    });
    const back = one(rows, { measure: 're_entry' });
    // R: binom.test(3, 10)
    expect(back.value).toBe(30);
    expect(back.ci_low).toBeCloseTo(6.67395, 4);
    expect(back.ci_high).toBeCloseTo(65.24529, 4);
  });
});

describe('the rows of rates', () => {
  // Three persons: events 2, 1, 0 in years 0.5, 0.5, 1.
  const cell = {
    stratum: 'all',
    level: 'all',
    divided_by: 'phase',
    division: 'in',
    clock: 'calendar',
    persons: 3,
    events: 3,
    person_years: 2,
    ee: 5,
    et: 1.5,
    tt: 1.5,
  };
  const GARWOOD = 'exact Poisson (Garwood)';
  const CLUSTERED = 'rate, clustered by person (CR1 / sandwich)';

  it('have the exact interval of a Poisson count, and none without time', () => {
    const rows = fitRates([cell], CONTEXT);
    const rate = one(rows, { measure: 'rate', method: GARWOOD });
    // R: poisson.test(3, 2)
    expect([rate.value, rate.phase]).toEqual([1.5, 'in']);
    expect(rate.ci_low).toBeCloseTo(0.309336, 5);
    expect(rate.ci_high).toBeCloseTo(4.383637, 5);
    for (const method of [GARWOOD, CLUSTERED]) {
      const none = one(fitRates([{ ...cell, person_years: 0 }], CONTEXT), { measure: 'rate', method });
      expect(none).toMatchObject({
        status: 'not-estimable',
        note: 'no time at risk',
        value: null,
        ci_low: null,
      });
    }
  });

  it('have the interval of persons who differ beside it', () => {
    const rate = one(fitRates([cell], CONTEXT), { measure: 'rate', method: CLUSTERED });
    expect(rate.value).toBe(1.5);
    // By hand: residuals 2 - 0.75, 1 - 0.75, 0 - 1.5; 3/2 of the sum of their squares over 3 squared.
    expect(rate.std_error).toBeCloseTo(Math.sqrt((1.5 * (1.25 ** 2 + 0.25 ** 2 + 1.5 ** 2)) / 9), 12);
    expect(Math.log((rate.ci_high ?? 0) / 1.5)).toBeCloseTo(Math.log(1.5 / (rate.ci_low ?? 0)), 12);
  });

  it('say why persons give no interval', () => {
    const noteOf = (own: Partial<typeof cell>): string | null =>
      one(fitRates([{ ...cell, ...own }], CONTEXT), { measure: 'rate', method: CLUSTERED }).note;
    expect(noteOf({ events: 0, ee: 0, et: 0 })).toMatch(/^no events/);
    expect(noteOf({ persons: 1, ee: 9, et: 6, tt: 4 })).toMatch(/^one person/);
    expect(noteOf({ ee: 3, et: 2, tt: 4 / 3 })).toMatch(/^all persons have the same rate/);
  });

  it('tell the windows from the phases of the same name', () => {
    const rows = fitRates(
      [
        { ...cell, division: 'before', events: 1 },
        { ...cell, divided_by: 'window', division: 'before', events: 2 },
      ],
      CONTEXT,
    );
    expect(one(rows, { measure: 'events', phase: 'before' }).value).toBe(1);
    expect(one(rows, { measure: 'events', phase: 'before entry' }).value).toBe(2);
  });
});

describe('the rows of a retention curve', () => {
  const rows = fitSurvival(
    [
      { stratum: 'all', level: 'all', time: 10, events: 2, censored: 0 },
      { stratum: 'all', level: 'all', time: 20, events: 1, censored: 1 },
      { stratum: 'all', level: 'all', time: 40, events: 0, censored: 4 },
      { stratum: 'clinic', level: 'one', time: 10, events: 2, censored: 0 },
      { stratum: 'clinic', level: 'one', time: 40, events: 0, censored: 2 },
      { stratum: 'clinic', level: 'two', time: 20, events: 1, censored: 1 },
      { stratum: 'clinic', level: 'two', time: 40, events: 0, censored: 2 },
    ],
    { ...CONTEXT, interval: 'log', times: [10, 20, 90] },
  );

  it('count who is at risk just before a day, and end where nobody is followed', () => {
    const at = (measure: string, time: number) => one(rows, { stratum: 'all', measure, time });
    expect([0, 10, 20].map((time) => at('at_risk', time).value)).toEqual([8, 8, 6]);
    expect(at('survival_at', 10).value).toBeCloseTo(6 / 8, 12);
    expect(at('survival_at', 20).value).toBeCloseTo((6 / 8) * (5 / 6), 12);
    expect(at('survival_at', 90)).toMatchObject({ status: 'not-estimable', value: null });
  });

  it('have no median where the curve stays above one half', () => {
    expect(one(rows, { stratum: 'all', measure: 'median' })).toMatchObject({
      status: 'not-estimable',
      value: null,
    });
  });

  it('have one log-rank test a stratum', () => {
    const test = one(rows, { measure: 'log_rank' });
    expect(test).toMatchObject({
      stratum: 'clinic',
      level: 'all levels',
      persons: 8,
      method: 'log-rank test, 1 d.f.',
    });
    // By hand: O - E of clinic one is 2 - (2 * 4/8 + 1 * 2/6); V = 2 * 6/7 * 1/4 + 1/3 * 2/3.
    const [difference, variance] = [2 - (1 + 1 / 3), (2 * 6) / 7 / 4 + 2 / 9];
    expect(test.value).toBeCloseTo(difference ** 2 / variance, 10);
  });
});

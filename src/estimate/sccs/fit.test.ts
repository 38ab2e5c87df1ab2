import { describe, expect, it } from 'vitest';
import { exponential, poisson, seededGenerator, uniformInteger } from '../../stats/random.ts';
import type { ResultRow } from '../tables.ts';
import { fitSccs } from './fit.ts';
import type { SccsContext } from './series.ts';

/** Relative incidences of made-up case series: closed forms, the tests of assumptions, and what has no answer. */

const CONTEXT: SccsContext = {
  ...{ estimate_id: 's', population: 'all', variant: 'protocol', confidence: 0.95, clock: 'at-liberty' },
  exposures: ['baseline', 'pre-exposure', 'exposed'],
  reference: 'baseline',
  ages: ['young', 'old'],
  calendar: ['all'],
};

interface Cell {
  readonly exposure: string;
  readonly days: number;
  readonly events: number;
  readonly first_events?: number;
  readonly age?: number;
}

interface Case {
  readonly cells: readonly Cell[];
  readonly departed?: boolean;
}

function columns(cases: readonly Case[]) {
  const rows = cases.flatMap(({ cells, departed = false }, person) =>
    cells.map((cell) => ({ person: person + 1, departed: departed ? 1 : 0, ...cell })),
  );
  const pick = (of: (row: (typeof rows)[number]) => number): Float64Array => Float64Array.from(rows, of);
  return {
    stratum: rows.map(() => 'all'),
    level: rows.map(() => 'all'),
    person: pick((row) => row.person),
    exposure: rows.map((row) => row.exposure),
    age: pick((row) => row.age ?? 0),
    calendar: pick(() => 0),
    departed: pick((row) => row.departed),
    days: pick((row) => row.days),
    events: pick((row) => row.events),
    first_events: pick((row) => row.first_events ?? Math.min(1, row.events)),
  };
}

const fitted = (cases: readonly Case[], own: Partial<SccsContext> = {}): readonly ResultRow[] =>
  fitSccs(columns(cases), { ...CONTEXT, ...own });

function one(rows: readonly ResultRow[], wanted: Partial<ResultRow>): ResultRow {
  const found = rows.filter((row) =>
    Object.entries(wanted).every(([key, value]) => row[key as keyof ResultRow] === value),
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} rows fit ${JSON.stringify(wanted)}`);
  return found[0];
}

function expectNoNonsense(rows: readonly ResultRow[]): void {
  for (const row of rows) {
    const numbers = [row.value, row.ci_low, row.ci_high, row.std_error, row.p_value];
    for (const number of numbers) expect(number === null || Number.isFinite(number)).toBe(true);
    if (row.status === 'not-estimable') expect(numbers.every((number) => number === null)).toBe(true);
  }
}

const ROBUST = 'conditional Poisson, robust by person';
const MODEL = 'conditional Poisson, model-based';
const RATIO = { measure: 'relative_incidence', contrast: 'exposed / baseline' } as const;

const random = seededGenerator(5);
const series: readonly Case[] = Array.from({ length: 80 }, (_, i) => ({
  departed: i % 4 === 0,
  cells: [
    { exposure: 'baseline', days: 300, events: 1 + uniformInteger(random, 3) },
    { exposure: 'pre-exposure', days: 30, events: uniformInteger(random, 2) },
    { exposure: 'exposed', days: 100, events: uniformInteger(random, 3) },
  ],
}));
const events = (exposure: string): number =>
  series
    .flatMap(({ cells }) => cells)
    .reduce((sum, cell) => sum + (cell.exposure === exposure ? cell.events : 0), 0);

describe('a case series', () => {
  it('compares rates where all cases are observed alike, with the interval of two Poisson counts', () => {
    const rows = fitted(series);
    const row = one(rows, { ...RATIO, method: MODEL });
    expect(row.value).toBeCloseTo(events('exposed') / 100 / (events('baseline') / 300), 11);
    expect(row.std_error).toBeCloseTo(Math.sqrt(1 / events('exposed') + 1 / events('baseline')), 11);
    expect(row.persons).toBe(80);
    expectNoNonsense(rows);
  });

  it('has an interval by person: the sandwich of the influences written out', () => {
    const row = one(fitted(series), { ...RATIO, method: ROBUST });
    const square = series.reduce((sum, { cells }) => {
      const count = (exposure: string): number =>
        cells.find((cell) => cell.exposure === exposure)?.events ?? 0;
      return sum + (count('exposed') / events('exposed') - count('baseline') / events('baseline')) ** 2;
    }, 0);
    expect(row.std_error).toBeCloseTo(Math.sqrt(square), 11);
  });

  it('counts cases, their events and their time by level of exposure', () => {
    const rows = fitted(series);
    const place = (phase: string, measure: string) => one(rows, { phase, measure }).value;
    expect(place('cases', 'persons')).toBe(80);
    expect(place('cases: exposed', 'events')).toBe(events('exposed'));
    expect(place('cases: pre-exposure', 'person_years')).toBeCloseTo((80 * 30) / 365.25, 12);
    expect(rows.filter((row) => row.measure === 'rate')).toEqual([]);
  });

  it('tests the time before the exposure, and tells events that make the exposure come', () => {
    const steady = one(fitted(series), { measure: 'pre_exposure_test' });
    const waiting = series.map(({ cells }) => ({
      cells: cells.map((cell) => (cell.exposure === 'pre-exposure' ? { ...cell, events: 2 } : cell)),
    }));
    const moved = one(fitted(waiting), { measure: 'pre_exposure_test' });
    expect(steady.method).toMatch(/^Wald chi-square, 1 d\.f\./);
    expect(moved.p_value ?? 1).toBeLessThan(1e-10);
    expect(moved.value ?? 0).toBeGreaterThan(steady.value ?? 0);
  });

  it('sees when the cases whose observation ended early differ, and leaves them out beside', () => {
    const rows = fitted(series);
    const differing = series.map((one_case) => ({
      ...one_case,
      cells: one_case.cells.map((cell) =>
        cell.exposure === 'exposed' && one_case.departed ? { ...cell, events: cell.events + 4 } : cell,
      ),
    }));
    const again = fitted(differing);
    const test = { measure: 'observation_end_test' };
    expect(one(rows, test).p_value ?? 0).toBeGreaterThan(0.001);
    expect(one(again, test).p_value ?? 1).toBeLessThan(1e-6);
    const method = `${ROBUST}, observation not ended by departure`;
    expect(one(again, { ...RATIO, method }).value).toBeCloseTo(
      one(rows, { ...RATIO, method }).value ?? 0,
      10,
    );
    expect(one(again, { ...RATIO, method }).persons).toBe(60);
  });

  it('says that nobody departed instead of testing nothing', () => {
    const rows = fitted(series.map(({ cells }) => ({ cells })));
    const row = one(rows, { measure: 'observation_end_test' });
    expect([row.status, row.note]).toEqual([
      'not-estimable',
      "no case's observation ended with death or emigration",
    ]);
  });

  it('fits the first event of each person alone beside, where events are rare', () => {
    const pair = (baseline: number, exposed: number, first: 'baseline' | 'exposed'): Case => ({
      cells: [
        { exposure: 'baseline', days: 10, events: baseline, first_events: first === 'baseline' ? 1 : 0 },
        { exposure: 'exposed', days: 10, events: exposed, first_events: first === 'exposed' ? 1 : 0 },
      ],
    });
    const several = [pair(5, 1, 'exposed'), pair(1, 3, 'baseline')];
    const cases = [
      ...Array.from({ length: 30 }, () => pair(1, 0, 'baseline')),
      ...Array.from({ length: 10 }, () => pair(0, 1, 'exposed')),
      ...several,
    ];
    const method = `${ROBUST}, first event of each person`;
    const rows = fitted(cases);
    expect(one(rows, { ...RATIO, method: ROBUST }).value).toBeCloseTo(14 / 36, 11);
    expect(one(rows, { ...RATIO, method }).value).toBeCloseTo(11 / 31, 11);
    expect(one(rows, { measure: 'proportion' }).value).toBeCloseTo(2 / 42, 12);
    const often = one(fitted([...several, ...cases.slice(0, 15)]), { ...RATIO, method });
    expect([often.status, often.note?.split(':')[0]]).toEqual(['not-estimable', 'events are not rare']);
  });

  it('finds the ratio that made the events, whatever persons are like and however they age', () => {
    const draw = seededGenerator(77);
    const truth = 2;
    const cases: Case[] = [];
    for (let i = 0; i < 3000; i += 1) {
      const own = exponential(draw, 500);
      const cells = ['baseline', 'exposed', 'baseline'].map((exposure, k): Cell => {
        const days = 100 + uniformInteger(draw, 100);
        const age = k === 2 ? 1 : 0;
        const mean = own * days * (exposure === 'exposed' ? truth : 1) * (age === 1 ? 0.5 : 1);
        return { exposure, days, events: poisson(draw, mean), age };
      });
      if (cells.some((cell) => cell.events > 0)) cases.push({ cells });
    }
    const rows = fitted(cases);
    const row = one(rows, { ...RATIO, method: ROBUST });
    expect(Math.abs(Math.log((row.value ?? 0) / truth)) / (row.std_error ?? 0)).toBeLessThan(3);
    const age = one(rows, { measure: 'relative_incidence', contrast: 'old / young', method: ROBUST });
    expect(Math.abs(Math.log((age.value ?? 0) / 0.5)) / (age.std_error ?? 0)).toBeLessThan(3);
    expect(one(rows, { measure: 'dispersion' }).value).toBeGreaterThan(0.8);
  });
});

describe('levels too rare to be told', () => {
  const rare = (events_waiting: number, persons_waiting: number): readonly Case[] =>
    series.map(({ cells: own }, i) => ({
      cells: [
        ...own,
        ...(i < persons_waiting
          ? [{ exposure: 'waiting', days: 5, events: i < events_waiting ? 1 : 0 }]
          : []),
      ],
    }));
  const levels = { exposures: [...CONTEXT.exposures, 'waiting'], named_from: 20 };
  const phasesOf = (rows: readonly ResultRow[]) =>
    rows.filter((row) => row.measure === 'events' && row.phase !== null).map((row) => row.phase);

  it('are taken in by the smallest that can be, never by the reference or the time before', () => {
    const rows = fitted(rare(2, 6), levels);
    expect(phasesOf(rows)).toEqual([
      'cases',
      'cases: baseline',
      'cases: pre-exposure',
      'cases: exposed and rare levels',
    ]);
    expect(one(rows, { phase: 'cases: exposed and rare levels', measure: 'events' }).value).toBe(
      events('exposed') + 2,
    );
  });

  it('keep their names from twenty cases and ten events on, and where nothing is withheld', () => {
    expect(phasesOf(fitted(rare(10, 20), levels))).toContain('cases: waiting');
    expect(phasesOf(fitted(rare(1, 1), { exposures: levels.exposures }))).toContain('cases: waiting');
  });
});

describe('a case series without an answer', () => {
  const cells = (baseline: number, exposed: number): Case => ({
    cells: [
      { exposure: 'baseline', days: 50, events: baseline },
      { exposure: 'exposed', days: 50, events: exposed },
    ],
  });

  it.each<readonly [string, readonly Case[], string]>([
    ['no event in the window', [cells(1, 0), cells(2, 0)], 'no events in any other level'],
    ['no event in the reference', [cells(0, 1), cells(0, 2)], 'no events in the reference, baseline'],
    ['one person', [cells(1, 2)], 'no robust interval: no more persons with events than terms'],
    [
      'nobody who is both exposed and not',
      [
        { cells: [{ exposure: 'baseline', days: 9, events: 1 }] },
        { cells: [{ exposure: 'exposed', days: 9, events: 1 }] },
      ],
      'nobody with events has time in two levels',
    ],
    [
      'age and exposure that change together',
      [1, 2, 3].map((n) => ({
        cells: [
          { exposure: 'baseline', days: 20, events: n, age: 0 },
          { exposure: 'exposed', days: 20, events: 1, age: 1 },
        ],
      })),
      'aliased: it cannot be told apart from the other terms',
    ],
    [
      'persons without a birth month alone',
      [{ cells: [{ exposure: 'baseline', days: 9, events: 1, age: Number.NaN }] }],
      'no events in the reference, baseline',
    ],
  ])('says so: %s', (_, cases, note) => {
    const rows = fitted(cases);
    expectNoNonsense(rows);
    expect(
      rows
        .filter((row) => row.measure === 'exposure_test' || row.measure === 'relative_incidence')
        .map((row) => row.note),
    ).toContain(note);
  });

  it('gives exposure no number that age explains as well', () => {
    const confounded = [1, 2, 3].map((n) => ({
      cells: [
        { exposure: 'baseline', days: 20, events: n, age: 0 },
        { exposure: 'exposed', days: 20, events: 1, age: 1 },
      ],
    }));
    expect(one(fitted(confounded), { ...RATIO, method: MODEL }).status).toBe('not-estimable');
  });

  it('is told from one with few answers: a level without events takes no other with it', () => {
    const rows = fitted(
      series.map(({ cells: own }) => ({
        cells: own.map((cell) => (cell.exposure === 'pre-exposure' ? { ...cell, events: 0 } : cell)),
      })),
    );
    expect(one(rows, { ...RATIO, method: MODEL }).value).toBeCloseTo(
      events('exposed') / 100 / (events('baseline') / 300),
      11,
    );
    const none = one(rows, {
      measure: 'relative_incidence',
      contrast: 'pre-exposure / baseline',
      method: MODEL,
    });
    expect([none.status, none.note]).toEqual(['not-estimable', 'no events in this level']);
    expectNoNonsense(rows);
  });

  it('holds at rates of a hundred million a day and in a hundred thousand persons', () => {
    const many = Array.from({ length: 100_000 }, (_, i) => cells(i % 2, 1 - (i % 2)));
    const rows = fitted(many);
    expectNoNonsense(rows);
    expect(one(rows, { ...RATIO, method: ROBUST }).value).toBeCloseTo(1, 10);
    const huge = fitted([cells(1e8, 3e8), cells(2e8, 1e8), cells(1e8, 1e8)]);
    expectNoNonsense(huge);
    expect(one(huge, { ...RATIO, method: ROBUST }).value).toBeCloseTo(5 / 4, 10);
  });
});

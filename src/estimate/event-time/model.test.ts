import { describe, expect, it } from 'vitest';
import { seededGenerator, uniformInteger } from '../../stats/random.ts';
import type { EstimateContext } from '../design.ts';
import type { ResultRow } from '../tables.ts';
import { binOfDay, binsBetween, firstDayOf, widthOf, windowDays } from './bins.ts';
import type { Axis } from './counts.ts';
import { curveRows } from './curve.ts';
import { modelRows } from './model.ts';

/** The rows of a curve and of its model on counts made up here: closed forms, and what has no answer. */

const MONTH = widthOf({ days: 30 });
const AXIS: Axis = { from: -60, to: 60, width: MONTH, model: MONTH, donut: undefined };
const CONTEXT: EstimateContext = {
  estimate_id: 'e',
  population: 'all',
  variant: 'protocol',
  confidence: 0.95,
};
const MODEL = { ...CONTEXT, axis: AXIS, reference: { from: -60, to: -30 } };

/** Persons as lists of [bin, days, events]. */
type Person = readonly (readonly [bin: number, days: number, events: number])[];

function columns(people: readonly Person[]) {
  const rows = people.flatMap((person, i) => person.map((row) => [i, ...row] as const));
  const same = (text: string): string[] => rows.map(() => text);
  return {
    stratum: same('all'),
    level: same('all'),
    clock: same('calendar'),
    person: Float64Array.from(rows, ([person]) => person),
    bin: Float64Array.from(rows, ([, bin]) => bin),
    days: Float64Array.from(rows, ([, , days]) => days),
    events: Float64Array.from(rows, ([, , , events]) => events),
  };
}

const whole = (clock: string) => ({
  ...{ stratum: 'all', level: 'all', clock, persons: 3, events: 2, days: 360, anchors: 3 },
});

function fitted(people: readonly Person[]): readonly ResultRow[] {
  return modelRows(columns(people), [whole('calendar')], MODEL);
}

function one(rows: readonly ResultRow[], wanted: Partial<ResultRow>): ResultRow {
  const found = rows.filter((row) =>
    Object.entries(wanted).every(([key, value]) => row[key as keyof ResultRow] === value),
  );
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} rows`);
  return found[0];
}

const numbers = (row: ResultRow): readonly (number | null)[] => [
  ...[row.value, row.ci_low, row.ci_high, row.std_error, row.p_value],
];

function expectNoNonsense(rows: readonly ResultRow[]): void {
  for (const row of rows) {
    for (const number of numbers(row)) expect(number === null || Number.isFinite(number)).toBe(true);
    if (row.status === 'not-estimable') {
      expect(numbers(row).every((number) => number === null)).toBe(true);
      expect(row.note).not.toBe('');
    }
  }
}

describe('bins around an event', () => {
  it('start at the event, tile the days and are the same for everybody', () => {
    for (const bins of ['day', 'week', 'month', { days: 10 }] as const) {
      const width = widthOf(bins);
      const all = binsBetween(-200, 200, width);
      expect(firstDayOf(0, width)).toBe(0);
      for (const bin of all) {
        expect(binOfDay(firstDayOf(bin, width), width)).toBe(bin);
        expect(binOfDay(firstDayOf(bin + 1, width) - 1, width)).toBe(bin);
      }
    }
  });

  it('are twelve months to a year', () => {
    const year = { months: 12 };
    const { from, to } = windowDays({ before: year, after: year });
    expect([from, to]).toEqual([-365, 366]);
    expect(binsBetween(from, to, widthOf('month')).length).toBe(24);
    expect(firstDayOf(48, widthOf('month'))).toBe(1461);
    const lengths = binsBetween(0, 1461, widthOf('month')).map(
      (bin) => firstDayOf(bin + 1, widthOf('month')) - firstDayOf(bin, widthOf('month')),
    );
    expect(new Set(lengths)).toEqual(new Set([30, 31]));
  });
});

describe('the model within persons', () => {
  const random = seededGenerator(11);
  const equal: readonly Person[] = Array.from({ length: 60 }, () => [
    [-2, 30, uniformInteger(random, 3)],
    [-1, 30, uniformInteger(random, 3)],
    [0, 30, uniformInteger(random, 5)],
    [1, 30, uniformInteger(random, 4)],
  ]);
  const events = (bin: number): number =>
    equal.flat().reduce((sum, [of, , count]) => sum + (of === bin ? count : 0), 0);

  it('compares sums of events where everybody is observed alike', () => {
    const rows = fitted(equal);
    for (const [bin, name] of [
      [-1, 'days -30 to 0'],
      [0, 'days 0 to 30'],
      [1, 'days 30 to 60'],
    ] as const) {
      const row = one(rows, { measure: 'rate_ratio', contrast: `${name} / days -60 to -30` });
      expect(row.value).toBeCloseTo(events(bin) / events(-2), 12);
      expect(row.time).toBe(bin * 30);
    }
    const after = one(rows, { measure: 'rate_ratio', contrast: 'after / days -60 to -30' });
    expect(after.value).toBeCloseTo((events(0) + events(1)) / 2 / events(-2), 12);
    expectNoNonsense(rows);
  });

  it('has an interval by person: the sandwich of the influences written out', () => {
    const row = one(fitted(equal), { measure: 'coefficient', contrast: 'days 0 to 30 / days -60 to -30' });
    const [a, b] = [events(-2), events(0)];
    const square = equal.reduce((sum, person) => {
      const count = (bin: number): number => person.find(([of]) => of === bin)?.[2] ?? 0;
      return sum + (count(0) / b - count(-2) / a) ** 2;
    }, 0);
    expect(row.std_error).toBeCloseTo(Math.sqrt(square), 12);
    expect(row.value).toBeCloseTo(Math.log(b / a), 12);
  });

  it('is not moved by what is fixed in a person, nor by how long a bin was seen', () => {
    const doubled = equal.map((person) =>
      person.map(([bin, days, count]) => [bin, days * 7, count] as const),
    );
    const ratios = (people: readonly Person[]) =>
      fitted(people)
        .filter((row) => row.measure === 'rate_ratio')
        .map((row) => row.value ?? Number.NaN);
    const [before, after] = [ratios(equal), ratios(doubled)];
    for (const [k, value] of before.entries()) expect(after[k]).toBeCloseTo(value, 10);
  });

  it('tests the time before the event by that time alone', () => {
    const rows = fitted(equal);
    const elsewhere = equal.map((person) =>
      person.map(([bin, days, count]) => [bin, days, bin >= 0 ? 50 + count : count] as const),
    );
    const test = one(rows, { measure: 'pre_trend_test' });
    const other = one(fitted(elsewhere), { measure: 'pre_trend_test' });
    expect(test.value).toBeCloseTo(other.value ?? Number.NaN, 10);
    const [a, b] = [events(-2), events(-1)];
    const square = equal.reduce((sum, person) => {
      const count = (bin: number): number => person.find(([of]) => of === bin)?.[2] ?? 0;
      return sum + (count(-1) / b - count(-2) / a) ** 2;
    }, 0);
    expect(test.value).toBeCloseTo(Math.log(b / a) ** 2 / square, 10);
    expect(test.method).toMatch(/^Wald chi-square, 1 d\.f\./);
    // Two bins: the line through them is their ratio, for the months that lie between their middles.
    const line = one(rows, { measure: 'pre_trend_ratio' });
    expect(Math.log(line.value ?? 0)).toBeCloseTo((Math.log(b / a) * 365.25) / 12 / 30, 10);
  });

  it('leaves out a bin without events and says so, without losing the others', () => {
    const rows = fitted(
      equal.map((person) => person.map(([bin, days, n]) => [bin, days, bin === 1 ? 0 : n])),
    );
    const none = one(rows, { measure: 'rate_ratio', contrast: 'days 30 to 60 / days -60 to -30' });
    expect([none.status, none.note]).toEqual(['not-estimable', 'no events in this bin']);
    const kept = one(rows, { measure: 'rate_ratio', contrast: 'days 0 to 30 / days -60 to -30' });
    expect(kept.value).toBeCloseTo(events(0) / events(-2), 12);
  });

  it.each<readonly [string, readonly Person[], string]>([
    ['one person', [equal[0] ?? []], 'no robust interval'],
    [
      'nobody with events in the reference',
      [
        [
          [-2, 30, 0],
          [0, 30, 2],
        ],
        [
          [-2, 30, 0],
          [1, 30, 1],
        ],
      ],
      'nothing to compare with',
    ],
    ['everybody in one bin', [[[0, 30, 2]], [[0, 30, 1]]], 'nothing to compare with'],
    ['bins that share no person', [[[-2, 30, 2]], [[0, 30, 3]]], 'nobody with events has time in two levels'],
    ['nobody', [], 'no events'],
  ])('has no nonsense with %s', (_, people, note) => {
    const rows = fitted(people);
    expect(rows.length).toBeGreaterThan(0);
    expectNoNonsense(rows);
    expect(rows.map((row) => row.note ?? '').join('; ')).toContain(note);
  });

  it('holds at rates from one event in a lifetime to a hundred million a day', () => {
    const many = equal.map((person) => person.map(([bin, days, n]) => [bin, days, n * 1e8] as const));
    const rows = fitted(many);
    expectNoNonsense(rows);
    const row = one(rows, { measure: 'rate_ratio', contrast: 'days 0 to 30 / days -60 to -30' });
    expect(row.value).toBeCloseTo(events(0) / events(-2), 10);
    const rare: readonly Person[] = Array.from({ length: 3 }, () => [
      [-2, 30, 1],
      [0, 1e9, 1],
    ]);
    expectNoNonsense(fitted(rare));
  });
});

describe('the curve', () => {
  const bin = (own: object) => ({
    ...{ stratum: 'all', level: 'all', clock: 'calendar', bin: 0, persons: 3, events: 2, days: 90 },
    ...{ ee: 2, et: 60, tt: 2700 },
    ...own,
  });
  const curve = { ...CONTEXT, around: 'entry', interval: 'clustered' as const, axis: AXIS };

  it('has a row for every bin, one that nobody was seen in says so', () => {
    const rows = curveRows([bin({})], [whole('calendar')], curve).filter(
      (row) => row.measure === 'event_time_rate_curve',
    );
    expect(rows.map((row) => row.time)).toEqual([-60, -30, 0, 30]);
    expect(rows.map((row) => row.note)).toEqual([
      'no time at risk',
      'no time at risk',
      null,
      'no time at risk',
    ]);
    expect(rows[2]?.value).toBeCloseTo((2 * 365.25) / 90, 12);
    expectNoNonsense(rows);
  });

  it('has the exact interval where events do not show how persons differ', () => {
    const rows = curveRows(
      [
        bin({ events: 0, ee: 0, et: 0 }),
        bin({ bin: 1, persons: 1, events: 5, ee: 25, et: 150, tt: 900, days: 30 }),
      ],
      [whole('calendar')],
      curve,
    ).filter((row) => row.time !== null && row.value !== null);
    expect(rows.map((row) => row.method)).toEqual(['exact Poisson (Garwood)', 'exact Poisson (Garwood)']);
    expect(rows[0]?.value).toBe(0);
    expect(rows[0]?.ci_high).toBeGreaterThan(0);
    expect(rows[0]?.note).toBe('exact interval: the events do not show how persons differ');
  });
});

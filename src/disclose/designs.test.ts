import { describe, expect, it } from 'vitest';
import { cell, of, release, rowOf } from '../../test/made-up-results.ts';
import type { ResultRow } from '../estimate/tables.ts';
import { PROFILES } from './index.ts';
import type { ReleasedResultRow } from './tables.ts';

const { ndtms, acro, opensafely } = PROFILES;

const hidden = (rows: readonly ReleasedResultRow[]): (string | null)[] => [
  ...new Set(rows.filter(({ status }) => status === 'suppressed').map(({ level }) => level)),
];

const arm = (level: string): Partial<ResultRow> => ({ stratum: 'arm', level });
const LARGE = [...cell({}, 140, 90), ...cell(arm('a'), 80, 50), ...cell(arm('b'), 60, 40)];
const model = (some: Partial<ResultRow> = {}): ResultRow =>
  rowOf({
    stratum: 'arm',
    level: 'b',
    contrast: 'b / a',
    measure: 'rate_ratio',
    persons: 140,
    events: 90,
    person_years: 140,
    ...some,
  });

describe('cells of a design that nothing is known of', () => {
  it('are shown where nothing is small', () => {
    const rows = release(LARGE);
    expect(hidden(rows)).toEqual([]);
    expect(rows.map(({ value }) => value)).toEqual(LARGE.map(({ value }) => value));
  });

  it('are withheld with few events, and a second level goes with them', () => {
    const rows = release([
      ...cell({}, 205, 103),
      ...cell(arm('a'), 80, 60),
      ...cell(arm('b'), 65, 40),
      ...cell(arm('c'), 60, 3),
    ]);
    expect(hidden(of(rows, { measure: 'rate' }))).toContain('c');
    expect(hidden(of(rows, { measure: 'events' })).length).toBeGreaterThanOrEqual(2);
    expect(of(rows, { level: 'c', measure: 'rate' })[0]?.value).toBeNull();
  });

  it('are withheld with few persons, whatever the phase is called', () => {
    const rows = release([...cell({}, 80, 60), ...cell({ phase: 'while the moon is full' }, 3, 20)]);
    const small = of(rows, { phase: 'while the moon is full' });
    expect(small.length).toBe(3);
    expect(small.flatMap(({ value, events, person_years }) => [value, events, person_years])).toEqual(
      Array.from({ length: 9 }, () => null),
    );
  });

  it('cannot be had from the other phases of their table', () => {
    const phases = (some: readonly (readonly [string, number])[]): ResultRow[] =>
      some.flatMap(([phase, events]) => cell({ phase }, 70, events, 20));
    const rows = release([
      ...cell({}, 70, 62, 60),
      ...phases([
        ['run-in', 29],
        ['exposed', 31],
        ['wash-out', 2],
      ]),
    ]);
    const gone = of(rows, { measure: 'events' }).filter(({ value }) => value === null);
    expect(gone.map(({ phase }) => phase)).toContain('wash-out');
    expect(gone.length).toBeGreaterThanOrEqual(2);
  });

  it('are parts of a phase by its name, whatever else is printed', () => {
    const rows = release([
      ...cell({ phase: 'cases' }, 50, 83, 100),
      ...cell({ phase: 'cases: run-in' }, 50, 50, 50),
      ...cell({ phase: 'cases: exposed' }, 50, 30, 40),
      ...cell({ phase: 'cases: after' }, 50, 3, 10),
    ]);
    const gone = of(rows, { measure: 'events' }).filter(({ value }) => value === null);
    expect(gone.map(({ phase }) => phase)).toContain('cases: after');
    expect(gone.length).toBeGreaterThanOrEqual(2);
  });

  it('cannot be had from the whole that they lie in', () => {
    // 4 of 64 events fall elsewhere.
    const rows = release([...cell({}, 70, 64), ...cell({ phase: 'exposed' }, 70, 60, 30)]);
    const events = of(rows, { measure: 'events' });
    expect(events.filter(({ value }) => value !== null).length).toBeLessThan(2);
  });

  it('are withheld in both estimates that print the same number', () => {
    const two = (level: string, persons: number, events: number): ResultRow[] => [
      ...cell(arm(level), persons, events),
      ...cell({ ...arm(level), estimate_id: 'other', design: 'rates' }, persons, events),
    ];
    const rows = release(
      [
        ...cell({}, 160, 93),
        ...cell({ estimate_id: 'other', design: 'rates' }, 160, 93),
        ...two('a', 60, 50),
        ...two('b', 60, 40),
        ...two('c', 40, 3),
      ],
      ndtms,
      [
        { id: 'new', design: 'rates', outcome: 'any' },
        { id: 'other', design: 'rates', outcome: 'any' },
      ],
    );
    for (const level of ['a', 'b', 'c']) {
      const [first, second] = of(rows, { level, measure: 'events' }).map(({ value }) => value);
      expect(first, level).toBe(second);
    }
    expect(of(rows, { level: 'c', measure: 'events' })[0]?.value).toBeNull();
  });
});

describe('a number of a model', () => {
  it('is shown where its whole table is, with the counts that a cell prints too', () => {
    const [ratio] = of(release([...LARGE, model()]), { measure: 'rate_ratio' });
    expect(ratio).toMatchObject({ value: 1.5, ci_low: 1, persons: 140, events: 90, status: 'estimated' });
    const [other] = of(release([...LARGE, model({ persons: 139 })]), { measure: 'rate_ratio' });
    expect(other).toMatchObject({ value: 1.5, persons: null, events: 90 });
  });

  it('is withheld with every cell of its table that is withheld', () => {
    const gap = [...cell({}, 180, 93), ...LARGE.slice(3), ...cell(arm('c'), 40, 3)];
    const rows = release([...gap, model(), model({ stratum: 'all', level: 'all', contrast: null })]);
    expect(of(rows, { measure: 'rate_ratio', stratum: 'arm' })[0]?.status).toBe('suppressed');
    expect(of(rows, { measure: 'rate_ratio', stratum: 'all' })[0]?.status).toBe('estimated');
  });

  it('of a table without cells is withheld where another table of the stratum has a gap', () => {
    const lone = model({ estimate_id: 'lone' });
    const gap = [...cell({}, 180, 93), ...LARGE.slice(3), ...cell(arm('c'), 40, 3)];
    expect(of(release([...gap, lone]), { measure: 'rate_ratio' })[0]?.status).toBe('suppressed');
    expect(of(release([...LARGE, lone]), { measure: 'rate_ratio' })[0]?.status).toBe('estimated');
  });

  it('of few persons or events is withheld', () => {
    const few = (some: Partial<ResultRow>) =>
      of(release([...LARGE, model(some)]), { measure: 'rate_ratio' })[0];
    expect(few({ events: 4 })?.status).toBe('suppressed');
    expect(few({ persons: 4 })?.status).toBe('suppressed');
    expect(few({ events: 4 })?.value).toBeNull();
  });

  it('on the calendar clock does not mind gaps at liberty', () => {
    const clocks = (level: string, persons: number, events: number, free: number): ResultRow[] => [
      ...cell({ ...arm(level), clock: 'calendar' }, persons, events),
      ...cell({ ...arm(level), clock: 'at-liberty' }, persons, free, persons - 1),
    ];
    const results = [...clocks('a', 80, 50, 49), ...clocks('b', 70, 40, 38)];
    const ratio = (clock: 'calendar' | 'at-liberty' | null) =>
      of(release([...results, model({ clock })]), { measure: 'rate_ratio' })[0]?.status;
    expect(ratio('calendar')).toBe('estimated');
    expect(ratio('at-liberty')).toBe('suppressed');
    expect(ratio(null)).toBe('suppressed');
  });

  it('needs ten residual degrees of freedom under acro', () => {
    const results = [...cell({}, 35, 60), ...cell(arm('a'), 18, 35), ...cell(arm('b'), 17, 25)];
    const fitted = (count: number): ResultRow[] =>
      Array.from({ length: count }, (_, i) =>
        model({ measure: 'coefficient', contrast: `x${i}`, persons: 35 }),
      );
    const statuses = (count: number): (string | null)[] =>
      of(release([...results, ...fitted(count)], acro), { measure: 'coefficient' }).map(
        ({ status }) => status,
      );
    expect(new Set(statuses(24))).toEqual(new Set(['estimated']));
    expect(new Set(statuses(25))).toEqual(new Set(['suppressed']));
    expect(
      new Set(
        of(release([...results, ...fitted(25)]), { measure: 'coefficient' }).map(({ status }) => status),
      ),
    ).toEqual(new Set(['estimated']));
  });

  it('that is a count under another name is one', () => {
    const count = (persons: number): ReleasedResultRow | undefined =>
      of(
        release([
          ...LARGE,
          model({
            measure: 'persons_in_model',
            method: 'count',
            value: persons,
            persons,
            level: 'all',
            stratum: 'all',
          }),
        ]),
        { measure: 'persons_in_model' },
      )[0];
    expect(count(140)).toMatchObject({ value: 140, status: 'estimated' });
    expect(count(137)).toMatchObject({ value: null, persons: null, status: 'suppressed' });
  });

  it('of all levels is a test: withheld with a gap in its table', () => {
    const test = model({ level: 'all levels', measure: 'joint_wald', contrast: null });
    const gap = [...cell({}, 180, 93), ...LARGE.slice(3), ...cell(arm('c'), 40, 3)];
    expect(of(release([...gap, test]), { measure: 'joint_wald' })[0]?.status).toBe('suppressed');
    expect(of(release([...LARGE, test]), { measure: 'joint_wald' })[0]).toMatchObject({
      value: 1.5,
      persons: 140,
    });
  });

  it('keeps two figures, its interval too, where counts are rounded', () => {
    const exact = { value: 1.2345, ci_low: 1.0456, ci_high: 1.4567 };
    const [ratio] = of(release([...LARGE, model(exact)], opensafely), { measure: 'rate_ratio' });
    expect(ratio).toMatchObject({ value: 1.2, ci_low: 1, ci_high: 1.5, persons: 140 });
  });
});

describe('a proportion', () => {
  const share = (persons: number, events: number, some: Partial<ResultRow> = {}): ResultRow =>
    rowOf({ measure: 'proportion', value: (100 * events) / persons, persons, events, ...some });
  const shown = (rows: readonly ResultRow[], profile = ndtms) =>
    of(release(rows, profile), { measure: 'proportion' })[0];

  it('is shown where many have the outcome and many have not', () => {
    expect(shown([share(60, 20)])).toMatchObject({ status: 'estimated', persons: 60, events: 20 });
  });

  it('is withheld where few have the outcome, and where few have not', () => {
    for (const events of [2, 58])
      expect(shown([share(60, events)])).toMatchObject({ status: 'suppressed', value: null, events: null });
  });

  it('names its events once: the same persons in a row of events are withheld too', () => {
    const rows = release([
      share(60, 3),
      rowOf({ measure: 'events', persons: 60, events: 3, value: 3 }),
      rowOf({ measure: 'persons', persons: 60, events: 3, value: 60 }),
    ]);
    expect(rows.filter(({ events }) => events !== null)).toEqual([]);
  });

  it('of the levels cannot be had from the whole', () => {
    const rows = release([
      share(205, 63),
      share(70, 33, arm('a')),
      share(70, 28, arm('b')),
      share(65, 2, arm('c')),
    ]);
    const gone = of(rows, { measure: 'proportion' }).filter(({ events }) => events === null);
    expect(gone.map(({ level }) => level)).toContain('c');
    expect(gone.length).toBeGreaterThanOrEqual(2);
  });

  it('is computed again from rounded persons', () => {
    expect(shown([share(61, 22)], opensafely)).toMatchObject({ persons: 60, events: 20 });
    expect(shown([share(61, 22)], opensafely)?.value).toBeCloseTo(100 / 3, 10);
  });
});

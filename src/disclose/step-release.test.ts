import { describe, expect, it } from 'vitest';
import { cell, of, release, rowOf } from '../../test/made-up-results.ts';
import type { ResultRow } from '../estimate/tables.ts';
import { PROFILES } from './index.ts';
import type { ReleasedResultRow } from './tables.ts';

const { ndtms, acro } = PROFILES;

/** [day, at risk, events so far] */
type Day = readonly [number, number, number];

const curve = (days: readonly Day[], some: Partial<ResultRow> = {}): ResultRow[] =>
  days.map(([time, persons, events]) =>
    rowOf({ measure: 'mcf_curve', time, persons, events, value: events / 60, ...some }),
  );
const shown = (rows: readonly ReleasedResultRow[], some: Partial<ResultRow> = {}) =>
  of(rows, { measure: 'mcf_curve', status: 'estimated', ...some }).map(({ time, persons, events }) => [
    time,
    persons,
    events,
  ]);
const arm = (level: string): Partial<ResultRow> => ({ stratum: 'arm', level });
const SLOW: readonly Day[] = [
  [10, 60, 2],
  [20, 58, 5],
  [30, 58, 6],
  [40, 57, 9],
  [50, 55, 12],
  [60, 50, 17],
];

describe('a curve of events so far', () => {
  it('steps only where five more events have happened', () => {
    expect(shown(release(curve(SLOW))).map(([time, , events]) => [time, events])).toEqual([
      [20, 5],
      [50, 12],
      [60, 17],
    ]);
  });

  it('ends where the rest up to the last event is five or none', () => {
    const rows = release(curve([...SLOW, [70, 48, 19]]));
    expect(shown(rows).at(-1)?.[2]).toBeLessThanOrEqual(14);
  });

  it('tells how many are at risk only where five have gone since', () => {
    expect(shown(release(curve(SLOW)))).toEqual([
      [20, null, 5],
      [50, 55, 12],
      [60, 50, 17],
    ]);
  });

  it('stops where few are left at risk', () => {
    const rows = release(
      curve([
        [10, 40, 10],
        [20, 4, 20],
        [30, 3, 20],
      ]),
    );
    expect(shown(rows)).toEqual([[10, 40, 10]]);
    const soon = release(curve([[10, 4, 10]]));
    expect(of(soon, { measure: 'mcf_curve' })).toMatchObject([{ status: 'suppressed', value: null }]);
  });

  it('has all levels on the same days, each with five more events', () => {
    const rows = release([
      ...curve([
        [10, 120, 6],
        [20, 120, 12],
        [30, 120, 24],
      ]),
      ...curve(
        [
          [10, 60, 5],
          [20, 60, 6],
          [30, 60, 12],
        ],
        arm('a'),
      ),
      ...curve(
        [
          [10, 60, 1],
          [20, 60, 6],
          [30, 60, 12],
        ],
        arm('b'),
      ),
    ]);
    expect(shown(rows, { level: 'all' }).map(([time]) => time)).toEqual([10, 20, 30]);
    expect(shown(rows, { level: 'a' }).map(([time]) => time)).toEqual([20, 30]);
    expect(shown(rows, { level: 'b' }).map(([time]) => time)).toEqual([20, 30]);
  });

  it('shows none of its levels where one has few events in all', () => {
    const level = (name: string, events: number): ResultRow[] => curve([[30, 60, events]], arm(name));
    const rows = release([...curve([[30, 180, 43]]), ...level('a', 20), ...level('b', 20), ...level('c', 3)]);
    expect(shown(rows, { stratum: 'arm' })).toEqual([]);
    expect(of(rows, { stratum: 'arm', measure: 'mcf_curve' }).every(({ events }) => events === null)).toBe(
      true,
    );
  });

  it('of a subset steps only where those outside it do too', () => {
    const everyone = curve([
      [10, 120, 10],
      [20, 120, 20],
      [30, 120, 40],
    ]);
    const known = curve(
      [
        [10, 60, 5],
        [20, 60, 13],
        [30, 60, 20],
      ],
      { population: 'known' },
    );
    const rows = release([...everyone, ...known]);
    expect(shown(rows, { population: 'known' }).map(([time]) => time)).toEqual([10, 30]);
  });

  it('of a variant is not shown', () => {
    const rows = release([...curve(SLOW), ...curve(SLOW, { variant: 'wider' })]);
    expect(shown(rows, { variant: 'wider' })).toEqual([]);
    expect(shown(rows).length).toBe(3);
  });

  it('in two estimates steps on the same days', () => {
    const monthly = SLOW.filter(([time]) => time % 30 === 0);
    const rows = release([...curve(SLOW), ...curve(monthly, { estimate_id: 'again' })], ndtms, [
      { id: 'new', design: 'rates', outcome: 'any' },
      { id: 'again', design: 'rates', outcome: 'any' },
    ]);
    const days = (estimate_id: string) => shown(rows, { estimate_id }).map(([time]) => time);
    for (const day of days('again')) expect(days('new')).toContain(day);
  });

  it('takes the models of its table with it when it cannot be shown', () => {
    const hazard = rowOf({ measure: 'hazard_ratio', persons: 60, events: 17 });
    const few = curve([
      [10, 60, 3],
      [20, 60, 4],
    ]);
    expect(of(release([...few, hazard]), { measure: 'hazard_ratio' })[0]?.status).toBe('suppressed');
    expect(of(release([...curve(SLOW), hazard]), { measure: 'hazard_ratio' })[0]?.status).toBe('estimated');
  });
});

describe('a curve at days of a table', () => {
  const mark = (measure: string, time: number, value: number): ResultRow =>
    rowOf({ measure, time, value, persons: 60 });

  it('is told as of the last day it is shown', () => {
    const rows = release([
      ...curve(SLOW),
      mark('mcf_at', 5, 0),
      mark('mcf_at', 20, 5 / 60),
      mark('mcf_at', 31, 6 / 60),
      mark('mcf_at', 60, 17 / 60),
    ]);
    const at = of(rows, { measure: 'mcf_at' }).map(({ time, value, status }) => [time, value, status]);
    // Day 31 has had one event since day 20, so it stands where day 20 stood.
    expect(at).toEqual([
      [5, null, 'suppressed'],
      [20, 5 / 60, 'estimated'],
      [31, 5 / 60, 'estimated'],
      [60, 17 / 60, 'estimated'],
    ]);
  });

  it('tells the number at risk only where five have gone since the start', () => {
    const rows = release([...curve(SLOW), mark('at_risk', 20, 58), mark('at_risk', 60, 50)]);
    expect(of(rows, { measure: 'at_risk' }).map(({ value }) => value)).toEqual([null, 50]);
  });

  it('has no number at risk without a curve, and none of a few', () => {
    expect(of(release([mark('at_risk', 20, 3)]), { measure: 'at_risk' })[0]?.value).toBeNull();
    expect(of(release([mark('at_risk', 20, 30)]), { measure: 'at_risk' })[0]?.value).toBeNull();
  });
});

describe('the same curve on two clocks', () => {
  it('steps at liberty only where five more events have happened in custody', () => {
    const rows = release([
      ...curve(
        [
          [10, 60, 10],
          [20, 60, 20],
          [30, 60, 40],
        ],
        { clock: 'calendar' },
      ),
      ...curve(
        [
          [10, 55, 8],
          [20, 55, 15],
          [30, 55, 30],
        ],
        { clock: 'at-liberty' },
      ),
    ]);
    expect(shown(rows, { clock: 'calendar' }).map(([time]) => time)).toEqual([10, 20, 30]);
    expect(shown(rows, { clock: 'at-liberty' }).map(([time]) => time)).toEqual([20, 30]);
  });

  it('in two drawings steps on the same days', () => {
    const ending = SLOW.map(([time, persons, events]): Day => [time, persons - (time > 30 ? 6 : 0), events]);
    const rows = release([...curve(SLOW), ...curve(ending, { measure: 'mcf_with_death_curve' })]);
    const days = (measure: string) => of(rows, { measure }).map(({ time }) => time);
    expect(days('mcf_with_death_curve')).toEqual(days('mcf_curve'));
  });
});

describe('a curve in bins of time', () => {
  const bins = (events: readonly number[], some: Partial<ResultRow> = {}): ResultRow[] =>
    events.map((count, i) =>
      rowOf({
        measure: 'event_time_rate_curve',
        time: i - events.length / 2,
        persons: 80,
        events: count,
        person_years: 80 / 12,
        value: (12 * count) / 80,
        ...some,
      }),
    );
  const counts = (rows: readonly ReleasedResultRow[]) =>
    of(rows, { measure: 'event_time_rate_curve' }).map(({ events }) => events);

  it('is shown where every bin has many events or none', () => {
    const rows = release([...cell({}, 80, 46, 160), ...bins([10, 0, 12, 24])]);
    expect(counts(rows)).toEqual([10, 0, 12, 24]);
  });

  it('loses a bin of few events, and another if the sum is printed', () => {
    const alone = counts(release(bins([10, 3, 12, 24])));
    expect(alone).toEqual([10, null, 12, 24]);
    const summed = counts(release([...cell({}, 80, 49, 160), ...bins([10, 3, 12, 24])]));
    expect(summed.filter((count) => count === null).length).toBeGreaterThanOrEqual(2);
  });

  it('is closed whole where it has hundreds of bins, some of them small', () => {
    const days = (count: number): ReleasedResultRow[] =>
      of(
        release([
          ...cell({}, 80, 9000, 160),
          ...bins(Array.from({ length: 240 }, (_, i) => (i === 7 ? count : 30))),
        ]),
        {
          measure: 'event_time_rate_curve',
        },
      );
    expect(days(2)).toMatchObject([{ status: 'suppressed', value: null, events: null, persons: null }]);
    expect(days(30).filter(({ status }) => status === 'estimated').length).toBe(240);
  });

  it('is not shown at liberty where a bin has few events in custody, and the models at liberty stay', () => {
    const ratio = rowOf({ measure: 'rate_ratio', clock: 'at-liberty', persons: 80, events: 44 });
    const free = (events: readonly number[]): readonly ReleasedResultRow[] =>
      release([
        ...bins([10, 0, 12, 24], { clock: 'calendar' }),
        ...bins(events, { clock: 'at-liberty' }),
        ratio,
      ]);
    const near = free([10, 0, 11, 19]);
    expect(
      of(near, { measure: 'event_time_rate_curve', clock: 'calendar' }).map(({ events }) => events),
    ).toEqual([10, 0, 12, 24]);
    expect(of(near, { measure: 'event_time_rate_curve', clock: 'at-liberty' })).toMatchObject([
      { status: 'suppressed', value: null, events: null },
    ]);
    expect(of(free([10, 0, 6, 19]), { clock: 'at-liberty', status: 'suppressed' })).toEqual([]);
  });

  it('shows no empty bin where zeros are hidden', () => {
    const rows = release([...cell({}, 80, 46, 160), ...bins([10, 0, 12, 24])], acro);
    expect(counts(rows)[1]).toBeNull();
  });
});

describe('a cumulative incidence', () => {
  it('steps on days of the survival curve of the same estimate', () => {
    const place = { design: 'survival', estimate_id: 'first' };
    const days: readonly Day[] = [
      [10, 100, 10],
      [20, 90, 16],
      [30, 84, 19],
      [35, 81, 22],
      [40, 78, 29],
    ];
    const survival = days.map(([time, persons, events]) =>
      rowOf({ ...place, measure: 'survival', time, persons, events, value: 1 - events / 100 }),
    );
    const incidence = days.slice(1).map(([time, persons, events]) =>
      rowOf({
        ...place,
        measure: 'cumulative_incidence_curve',
        phase: 'offence',
        time,
        persons,
        events: events - 2,
      }),
    );
    const rows = release([...cell(place, 100, 29).slice(0, 2), ...survival, ...incidence], ndtms, [
      { id: 'first', design: 'survival' },
    ]);
    const daysOf = (measure: string) => of(rows, { measure, status: 'estimated' }).map(({ time }) => time);
    expect(daysOf('survival')).toEqual([10, 20, 40]);
    expect(daysOf('cumulative_incidence_curve')).toEqual([20, 40]);
  });
});

describe('survival to two different ends', () => {
  const end = (estimate_id: string, days: readonly Day[], persons: number, events: number): ResultRow[] => {
    const place = { estimate_id, design: 'survival' };
    return [
      ...cell({ ...place }, persons, events).slice(0, 2),
      ...days.map(([time, at_risk, sofar]) =>
        rowOf({
          ...place,
          measure: 'survival',
          time,
          persons: at_risk,
          events: sofar,
          value: 1 - sofar / persons,
        }),
      ),
    ];
  };

  it('keeps the curves apart', () => {
    const rows = release(
      [...end('left', [[10, 60, 20]], 60, 20), ...end('died', [[15, 60, 12]], 60, 12)],
      ndtms,
      [
        { id: 'left', design: 'survival' },
        { id: 'died', design: 'survival', event: 'departure' },
      ],
    );
    expect(of(rows, { measure: 'survival' })).toMatchObject([
      { estimate_id: 'left', time: 10, events: 20 },
      { estimate_id: 'died', time: 15, events: 12 },
    ]);
  });

  it('keeps apart the same end on clocks that start on different days', () => {
    const first = { design: 'survival', event: 'first-offence', outcome: 'any' } as const;
    const rows = release(
      [...end('entered', [[10, 90, 30]], 90, 30), ...end('released', [[15, 40, 12]], 40, 12)],
      ndtms,
      [
        { id: 'entered', ...first },
        { id: 'released', ...first, from: 'release' },
      ],
    );
    expect(of(rows, { measure: 'survival' })).toMatchObject([
      { estimate_id: 'entered', time: 10, events: 30 },
      { estimate_id: 'released', time: 15, events: 12 },
    ]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Registers } from '../reference/day-walker.ts';
import { type Bench, openBench } from '../reference/day-walker-run.ts';
import {
  covered,
  EMPTY,
  episodeRow,
  type ProtocolChoices,
  personRow,
  protocolOf,
  source,
} from '../reference/day-walker-study.ts';

/** The rules of person-time one by one, each on a case small enough to settle by hand. */

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench.close();
});

const choices: ProtocolChoices = {
  spells: { from: 'episodes' },
  gap: { name: 'ndtms-21d', days: 21 },
  population: { entry: 'first-journey', entry_window: { from: '2004-01-01', to: '2008-01-01' } },
  time_at_risk: { before: { months: 12 }, after: { months: 12 } },
};

function people(given: Readonly<Record<string, readonly (readonly [string, string | null])[]>>): Registers {
  return {
    ...EMPTY,
    person: Object.keys(given).map((person_id) => personRow({ person_id })),
    episode: Object.entries(given).flatMap(([person_id, rows]) =>
      rows.map(([start_date, end_date], i) =>
        episodeRow({ person_id, episode_id: `e${i}`, start_date, end_date, exit_reason: '80' }),
      ),
    ),
    coverage: covered('2003-01-01', '2009-01-01'),
  };
}

async function cohortOf(registers: Registers, more: Partial<ProtocolChoices> = {}) {
  const { persontime } = await bench.run(registers, protocolOf({ ...choices, ...more }));
  const cohort = await bench.read(persontime.cohort);
  const steps = (await bench.read(persontime.attrition)).sort((a, b) => (a.step ?? 0) - (b.step ?? 0));
  return {
    persontime,
    byPerson: Object.fromEntries(cohort.map((row) => [row.person_id ?? '', row])),
    attrition: steps.map((row) => `${row.code} ${row.persons} ${row.events}`),
  };
}

describe('windows', () => {
  it('are calendar months that clip to the end of a short month', async () => {
    const { byPerson } = await cohortOf(
      people({ leap: [['2004-02-29', null]], end: [['2006-08-31', null]] }),
      { time_at_risk: { before: { months: 6 }, after: { months: 12 } } },
    );
    expect(byPerson.leap).toMatchObject({ before_start: '2003-08-29', after_end: '2005-02-28' });
    expect(byPerson.end).toMatchObject({ before_start: '2006-02-28', after_end: '2007-08-31' });
  });

  it('need coverage in full, and one day less excludes; a protocol that allows parts cuts instead', async () => {
    const given = people({
      whole: [['2004-01-01', null]],
      early: [['2003-12-31', null]],
      last: [['2007-12-31', null]],
    });
    const population = {
      entry: 'first-journey',
      entry_window: { from: '2003-01-01', to: '2009-01-01' },
    } as const;
    const full = await cohortOf(given, { population });
    expect(Object.keys(full.byPerson).sort()).toEqual(['last', 'whole']);
    expect(full.attrition).toEqual([
      'all 3 0',
      'link-class 3 0',
      'journey 3 0',
      'entry-window 3 0',
      'present 3 0',
      'coverage 3 0',
      'full-windows 2 0',
    ]);
    const cut = await cohortOf(given, { population: { ...population, require_full_windows: false } });
    expect(cut.byPerson.early).toMatchObject({ before_start: '2003-01-01', before_end: '2003-12-31' });
  });

  it('end at death, emigration and the end of a person’s data, and death excludes nobody', async () => {
    const { byPerson, attrition } = await cohortOf(
      {
        ...people({
          died: [['2006-01-01', null]],
          left: [['2006-01-01', '2006-03-01']],
          dead_before: [['2006-01-01', null]],
          returned: [['2006-01-01', null]],
          away: [['2006-01-01', null]],
          back_that_day: [['2006-01-01', null]],
        }),
        departure: [
          { person_id: 'died', departure_date: '2006-07-01', kind: 'death' },
          { person_id: 'left', departure_date: '2006-05-01', kind: 'emigration' },
          { person_id: 'dead_before', departure_date: '2006-01-01', kind: 'death' },
          { person_id: 'returned', departure_date: '2005-02-01', kind: 'emigration' },
          { person_id: 'returned', departure_date: '2005-11-01', kind: 'immigration' },
          { person_id: 'away', departure_date: '2005-02-01', kind: 'emigration' },
          { person_id: 'back_that_day', departure_date: '2006-01-01', kind: 'emigration' },
          { person_id: 'back_that_day', departure_date: '2006-01-01', kind: 'immigration' },
        ],
      },
      {},
    );
    expect(byPerson.died).toMatchObject({
      after_end: '2006-07-01',
      end_reason: 'death',
      left_treatment: false,
      exit_group: 'open',
      retained_days: 181,
    });
    expect(byPerson.left).toMatchObject({
      after_end: '2006-05-01',
      end_reason: 'emigration',
      left_treatment: true,
      exit_group: 'successful',
      retained_days: 59,
    });
    expect(byPerson.returned).toMatchObject({ before_start: '2005-11-01', end_reason: 'window' });
    expect(byPerson.back_that_day).toMatchObject({ before_start: '2006-01-01', after_end: '2007-01-01' });
    expect(Object.keys(byPerson).sort()).toEqual(['back_that_day', 'died', 'left', 'returned']);
    expect(attrition).toContain('present 4 0');
  });

  it('end with the journey where the protocol says so, and do not end the journey they are ended by', async () => {
    const { byPerson } = await cohortOf(
      people({ short: [['2006-01-01', '2006-02-01']], long: [['2006-01-01', '2008-01-01']] }),
      { time_at_risk: { after: { until: 'journey-end', at_most: { months: 12 } } } },
    );
    expect(byPerson.short).toMatchObject({
      after_end: '2006-02-01',
      end_reason: 'journey-end',
      left_treatment: true,
    });
    expect(byPerson.long).toMatchObject({
      after_end: '2007-01-01',
      end_reason: 'window',
      left_treatment: false,
    });
    expect(byPerson.short).toMatchObject({ before_start: null, before_end: null });
  });
});

describe('retention', () => {
  it('through the whole window is not leaving, even when the journey ends on the window’s last midnight', async () => {
    const { byPerson } = await cohortOf(
      people({
        whole: [['2006-01-01', '2007-01-01']],
        almost: [
          ['2006-01-01', '2006-12-31'],
          ['2007-03-01', null],
        ],
        back: [
          ['2006-01-01', '2006-03-01'],
          ['2006-12-31', null],
        ],
        back_too_late: [
          ['2006-01-01', '2006-03-01'],
          ['2007-01-01', null],
        ],
      }),
    );
    expect(byPerson.whole).toMatchObject({ left_treatment: false, exit_group: 'open', retained_days: 365 });
    expect(byPerson.almost).toMatchObject({ left_treatment: true, retained_days: 364, re_entry_date: null });
    expect(byPerson.back).toMatchObject({ left_treatment: true, re_entry_date: '2006-12-31' });
    expect(byPerson.back_too_late).toMatchObject({ left_treatment: true, re_entry_date: null });
  });
});

describe('eligibility', () => {
  const two = people({
    again: [
      ['2003-06-01', '2005-12-20'],
      ['2006-02-01', null],
    ],
    fresh: [['2006-02-01', null]],
  });
  const entry_window = { from: '2006-01-01', to: '2007-01-01' };

  it('takes the first journey ever, or the first in the window', async () => {
    const ever = await cohortOf(two, { population: { entry: 'first-journey', entry_window } });
    expect(Object.keys(ever.byPerson)).toEqual(['fresh']);
    const inWindow = await cohortOf(two, { population: { entry: 'first-journey-in-window', entry_window } });
    expect(inWindow.byPerson.again).toMatchObject({ journey: 2, entry_date: '2006-02-01' });
  });

  it('refuses treatment in the washout, and a washout that nobody saw', async () => {
    const population = { entry: 'first-journey-in-window', entry_window } as const;
    const days43 = await cohortOf(two, { population: { ...population, washout: { days: 43 } } });
    expect(Object.keys(days43.byPerson).sort()).toEqual(['again', 'fresh']);
    const days44 = await cohortOf(two, { population: { ...population, washout: { days: 44 } } });
    expect(Object.keys(days44.byPerson)).toEqual(['fresh']);
    const unseen = await cohortOf(two, { population: { ...population, washout: { months: 38 } } });
    expect(Object.keys(unseen.byPerson)).toEqual([]);
  });

  it('counts the events of those who remain, whenever these happened', async () => {
    const offence = ['1990-01-01', '2006-06-01', '2030-01-01'].flatMap((offence_date, n) =>
      ['again', 'fresh'].map((person_id) => ({
        person_id,
        event_id: `${person_id}${n}`,
        occasion_id: null,
        offence_date,
        offence_date_to: null,
        disposal_date: null,
        kind: 'conviction',
        code: null,
        offence_group: null,
        severity: null,
      })),
    );
    const { attrition } = await cohortOf(
      { ...two, offence },
      { population: { entry: 'first-journey', entry_window } },
    );
    expect(attrition.slice(0, 4)).toEqual(['all 2 6', 'link-class 2 6', 'journey 2 6', 'entry-window 1 3']);
  });

  it('asks every register needed in the person’s own area, up to the day from which late entries are missing', async () => {
    const given = people({ north: [['2006-01-01', null]], south: [['2006-01-01', null]] });
    const person = given.person.map((row) => ({ ...row, area: row.person_id }));
    const coverage = [
      ...given.coverage.filter((row) => row.register !== 'police'),
      {
        register: 'police',
        area: 'north',
        from_date: '2003-01-01',
        to_date: '2009-01-01',
        complete_to: '2007-01-01',
      },
      {
        register: 'police',
        area: 'south',
        from_date: '2003-01-01',
        to_date: '2009-01-01',
        complete_to: '2006-12-31',
      },
    ];
    const { byPerson, attrition } = await cohortOf({ ...given, person, coverage });
    expect(Object.keys(byPerson)).toEqual(['north']);
    expect(attrition.at(-1)).toBe('full-windows 1 0');
  });
});

describe('the end of a person’s data', () => {
  it('leaves a window unseen, unlike death: one day short excludes', async () => {
    const { byPerson } = await cohortOf({
      ...people({ short: [['2006-01-01', null]], whole: [['2006-01-01', null]] }),
      departure: [
        { person_id: 'short', departure_date: '2006-12-31', kind: 'end-of-data' },
        { person_id: 'whole', departure_date: '2007-01-01', kind: 'end-of-data' },
      ],
    });
    expect(Object.keys(byPerson)).toEqual(['whole']);
  });
});

describe('strata', () => {
  it('take the latest value of a covariate that was known on the day of entry', async () => {
    const { persontime } = await cohortOf(
      {
        ...people({ p: [['2006-01-01', null]], q: [['2006-01-01', null]], r: [['2006-01-01', null]] }),
        covariate: [
          { person_id: 'p', name: 'housing', value: 'none', covariate_date: '2006-01-01' },
          { person_id: 'p', name: 'housing', value: 'own', covariate_date: '2005-12-31' },
          { person_id: 'p', name: 'housing', value: 'rented', covariate_date: '2006-01-02' },
          { person_id: 'q', name: 'housing', value: 'own', covariate_date: null },
          { person_id: 'q', name: 'injecting', value: 'yes', covariate_date: '2005-01-01' },
          { person_id: 'r', name: 'housing', value: 'rented', covariate_date: '2006-01-02' },
        ],
      },
      { strata: { housing: { covariate: 'housing' } } },
    );
    const rows = (await bench.read(persontime.cohortStratum)).map((row) => `${row.person_id} ${row.level}`);
    expect(rows.sort()).toEqual(['p none', 'q own', 'r not recorded']);
  });
});

describe('a register of deaths', () => {
  it('is asked until when it has seen, and not since when: whoever enters treatment was alive until then', async () => {
    const given = people({ p: [['2006-01-01', null]] });
    const others = given.coverage.filter((row) => row.register !== 'deaths');
    const deaths = { register: 'deaths', area: null, complete_to: null };
    const late = [...others, { ...deaths, from_date: '2006-06-01', to_date: '2007-01-01' }];
    expect(Object.keys((await cohortOf({ ...given, coverage: late })).byPerson)).toEqual(['p']);
    const short = [...others, { ...deaths, from_date: '2003-01-01', to_date: '2006-12-31' }];
    expect(Object.keys((await cohortOf({ ...given, coverage: short })).byPerson)).toEqual([]);
  });
});

describe('intervals', () => {
  it('change at New Year, at birthdays and at the prison door', async () => {
    const { persontime } = await cohortOf(
      {
        ...people({ p: [['2006-06-01', '2006-09-01']] }),
        person: [personRow({ birth_month: '1981-08-01' })],
        custody: [
          {
            person_id: 'p',
            start_date: '2006-07-01',
            end_date: '2006-08-15',
            kind: 'remand',
            estimated: false,
          },
        ],
      },
      {
        time_at_risk: {
          before: { days: 10 },
          after: { months: 8 },
          split: { calendar_year: true, age_bands: [18, 25, 35] },
        },
      },
    );
    const rows = (await bench.read(persontime.interval))
      .sort((a, b) => ((a.start_date ?? '') < (b.start_date ?? '') ? -1 : 1))
      .map(
        (row) =>
          `${row.start_date} ${row.end_date} ${row.phase}/${row.treatment_phase} ${row.calendar_year} ${row.age_band} ${row.removed ? 'removed' : 'at liberty'} ${row.days}`,
      );
    expect(rows).toEqual([
      '2006-05-22 2006-06-01 before/before 2006 18-24 at liberty 10',
      '2006-06-01 2006-07-01 in/in 2006 18-24 at liberty 30',
      '2006-07-01 2006-08-01 custody/in 2006 18-24 removed 31',
      '2006-08-01 2006-08-15 custody/in 2006 25-34 removed 14',
      '2006-08-15 2006-09-01 in/in 2006 25-34 at liberty 17',
      '2006-09-01 2007-01-01 after/after 2006 25-34 at liberty 122',
      '2007-01-01 2007-02-01 after/after 2007 25-34 at liberty 31',
    ]);
  });
});

describe('a window that ends at midnight of New Year', () => {
  it('has no interval in the new year', async () => {
    const { persontime } = await cohortOf(people({ p: [['2006-01-01', null]] }), {
      time_at_risk: { after: { months: 12 }, split: { calendar_year: true } },
    });
    expect(await bench.read(persontime.interval)).toMatchObject([
      { start_date: '2006-01-01', end_date: '2007-01-01', calendar_year: 2006, days: 365, age_band: null },
    ]);
  });
});

describe('registers of counts', () => {
  it('give person-time without any treatment register, and a count without exposure is an issue', async () => {
    const sources = [
      source('treatment', ['person_record']),
      source('courts', ['aggregate']),
      source('prison', ['aggregate']),
    ];
    const row = (person_id: string, period: number, events: number | null, exposure: number | null) => ({
      person_id,
      period,
      events,
      exposure,
    });
    const { persontime, attrition } = await cohortOf(
      {
        ...EMPTY,
        person: [
          personRow({}),
          personRow({ person_id: 'q' }),
          personRow({ person_id: 'r', link_class: 'ambiguous' }),
        ],
        aggregate: [
          row('p', 8, 2, null),
          row('p', 8, null, 0.809833798860515),
          row('p', 9, 1, null),
          row('q', 8, 0, 0.1),
          row('q', 8, null, 0.2),
          row('r', 8, 5, 1),
        ],
      },
      { sources },
    );
    const cells = (await bench.read(persontime.aggregateInterval)).sort(
      (a, b) => (a.period ?? 0) - (b.period ?? 0),
    );
    expect(cells.map((cell) => ({ ...cell }))).toEqual(
      expect.arrayContaining([
        { person_id: 'p', period: 8, events: 2, exposure: 0.809833798860515 },
        { person_id: 'p', period: 9, events: 1, exposure: null },
        { person_id: 'q', period: 8, events: 0, exposure: 0.3 },
      ]),
    );
    expect(cells.length).toBe(3);
    expect(attrition).toEqual(['all 3 8', 'link-class 2 3']);
    expect(await bench.read(persontime.persontimeIssue)).toMatchObject([
      { code: 'aggregate-without-exposure', count: 1, of: 3, register: 'courts, prison' },
    ]);
    expect(await bench.read(persontime.cohort)).toEqual([]);
  });
});

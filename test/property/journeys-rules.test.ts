import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Registers } from '../reference/day-walker.ts';
import { type Bench, openBench } from '../reference/day-walker-run.ts';
import { covered, EMPTY, episodeRow, personRow, protocolOf } from '../reference/day-walker-study.ts';

/** The rules of journeys one by one, each on a case small enough to settle by hand. */

const base = {
  spells: { from: 'episodes' as const },
  population: {
    entry: 'first-journey' as const,
    entry_window: { from: '2006-01-01', to: '2007-01-01' },
  },
  time_at_risk: { before: { days: 28 }, after: { days: 28 } },
};

type Episode = Partial<Registers['episode'][number]>;

/** One person a case: `from/to`, episodes of the person; ids follow. */
function cases(given: Readonly<Record<string, readonly Episode[]>>): Registers {
  const episode = Object.entries(given).flatMap(([person_id, rows]) =>
    rows.map((row, i) => episodeRow({ person_id, episode_id: `e${i}`, ...row })),
  );
  const person = Object.keys(given).map((person_id) => personRow({ person_id }));
  return { ...EMPTY, person, episode, coverage: covered('2006-01-01', '2007-01-01') };
}

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench.close();
});

async function journeysOf(registers: Registers, gap: Parameters<typeof protocolOf>[0]['gap']) {
  const { journeys } = await bench.run(registers, protocolOf({ ...base, gap }));
  const rows = await bench.read(journeys.journey);
  const byPerson: Record<string, string[]> = {};
  for (const row of rows.sort((a, b) => (a.journey ?? 0) - (b.journey ?? 0))) {
    const person = row.person_id ?? '';
    byPerson[person] = [...(byPerson[person] ?? []), `${row.start_date} ${row.end_date ?? 'open'}`];
  }
  return { byPerson, rows, journeys };
}

describe('the gap rule', () => {
  it('is a policy on "before" alone: no other relation between spells breaks a journey', async () => {
    const first = { start_date: '2006-03-01', end_date: '2006-03-20' };
    const { byPerson } = await journeysOf(
      cases({
        meets: [first, { start_date: '2006-03-20', end_date: '2006-03-25' }],
        overlaps: [first, { start_date: '2006-03-10', end_date: '2006-03-25' }],
        starts: [first, { start_date: '2006-03-01', end_date: '2006-03-25' }],
        during: [first, { start_date: '2006-03-05', end_date: '2006-03-10' }],
        finishes: [first, { start_date: '2006-03-15', end_date: '2006-03-20' }],
        equals: [first, first],
        before: [first, { start_date: '2006-03-21', end_date: '2006-03-25' }],
      }),
      { name: 'none', days: 0 },
    );
    expect(byPerson).toEqual({
      meets: ['2006-03-01 2006-03-25'],
      overlaps: ['2006-03-01 2006-03-25'],
      starts: ['2006-03-01 2006-03-25'],
      during: ['2006-03-01 2006-03-20'],
      finishes: ['2006-03-01 2006-03-20'],
      equals: ['2006-03-01 2006-03-20'],
      before: ['2006-03-01 2006-03-20', '2006-03-21 2006-03-25'],
    });
  });

  it('counts treatment-free days from the furthest end so far, not from the end of the previous spell', async () => {
    const long = { start_date: '2006-03-01', end_date: '2006-06-01' };
    const short = { start_date: '2006-03-05', end_date: '2006-03-08' };
    const { byPerson } = await journeysOf(
      cases({
        at_limit: [long, short, { start_date: '2006-06-22', end_date: '2006-07-01' }],
        beyond: [long, short, { start_date: '2006-06-23', end_date: '2006-07-01' }],
        open: [{ start_date: '2006-03-01' }, short, { start_date: '2006-11-01', end_date: '2006-11-02' }],
      }),
      { name: 'ndtms-21d', days: 21 },
    );
    expect(byPerson).toEqual({
      at_limit: ['2006-03-01 2006-07-01'],
      beyond: ['2006-03-01 2006-06-01', '2006-06-23 2006-07-01'],
      open: ['2006-03-01 open'],
    });
  });

  it('counts calendar months to the same day, or to the last day of a month that has none', async () => {
    const { byPerson } = await journeysOf(
      cases({
        kept: [
          { start_date: '2006-01-10', end_date: '2006-01-31' },
          { start_date: '2006-02-28', end_date: '2006-03-05' },
        ],
        broken: [
          { start_date: '2006-01-10', end_date: '2006-01-31' },
          { start_date: '2006-03-01', end_date: '2006-03-05' },
        ],
      }),
      { name: 'inline', months: 1 },
    );
    expect(byPerson).toEqual({
      kept: ['2006-01-10 2006-03-05'],
      broken: ['2006-01-10 2006-01-31', '2006-03-01 2006-03-05'],
    });
  });

  it('has another limit after some exits and for a change of service', async () => {
    const left = { start_date: '2006-03-01', end_date: '2006-03-10', service: 'north', exit_reason: '83' };
    const dropped = { ...left, exit_reason: '85' };
    const next = { start_date: '2006-04-01', end_date: '2006-04-05' };
    const { byPerson } = await journeysOf(
      cases({
        dropped: [dropped, { ...next, service: 'south' }],
        transferred: [left, { ...next, service: 'south' }],
        same: [left, { ...next, service: 'north' }],
        unknown: [left, { ...next, service: null }],
      }),
      { name: 'inline', days: 7, transfer_days: 40, by_exit_reason: { '85': 3 } },
    );
    expect(byPerson).toEqual({
      dropped: ['2006-03-01 2006-03-10', '2006-04-01 2006-04-05'],
      transferred: ['2006-03-01 2006-04-05'],
      same: ['2006-03-01 2006-03-10', '2006-04-01 2006-04-05'],
      unknown: ['2006-03-01 2006-03-10', '2006-04-01 2006-04-05'],
    });
  });

  it('counts an episode opened and closed on one day as one day of treatment', async () => {
    const { rows } = await journeysOf(
      cases({ p: [{ start_date: '2006-03-01', end_date: '2006-03-01', exit_reason: '85' }] }),
      { name: 'none', days: 0 },
    );
    expect(rows).toMatchObject([{ start_date: '2006-03-01', end_date: '2006-03-02', treatment_days: 1 }]);
  });
});

describe('the exit of a journey', () => {
  const day = { start_date: '2006-03-01', end_date: '2006-04-01' };

  it('is told by the episodes that end on its last day, and by no other', async () => {
    const { rows } = await journeysOf(
      cases({
        earlier_disagrees: [
          { ...day, exit_reason: '80' },
          { ...day, end_date: '2006-03-31', exit_reason: '85' },
        ],
        disagree: [
          { ...day, exit_reason: '80' },
          { ...day, exit_reason: '85' },
        ],
        same_group_but_disagree: [
          { ...day, exit_reason: '85' },
          { ...day, exit_reason: '88' },
        ],
        completions: [
          { ...day, exit_reason: '80' },
          { ...day, exit_reason: '82' },
        ],
        refusals: [
          { ...day, exit_reason: '88' },
          { ...day, exit_reason: '71' },
        ],
        paid_by_results: [
          { ...day, exit_reason: '92' },
          { ...day, exit_reason: '81' },
        ],
        one_silent: [{ ...day, exit_reason: '83' }, day],
        silent: [day],
        unnamed: [{ ...day, exit_reason: 'moon' }],
        open: [{ ...day, exit_reason: '80' }, { start_date: '2006-03-05' }],
      }),
      { name: 'none', days: 0 },
    );
    const exits = Object.fromEntries(rows.map((row) => [row.person_id, [row.exit_reason, row.exit_group]]));
    expect(exits).toEqual({
      earlier_disagrees: ['80', 'successful'],
      disagree: ['inconsistent', 'inconsistent'],
      same_group_but_disagree: ['inconsistent', 'inconsistent'],
      completions: ['82', 'successful'],
      refusals: ['88', 'unplanned'],
      paid_by_results: ['81', 'successful'],
      one_silent: ['83', 'transferred'],
      silent: [null, 'unknown'],
      unnamed: ['moon', 'unknown'],
      open: [null, 'open'],
    });
  });
});

describe('phases', () => {
  it('tile coverage, with custody on top and waiting only where no journey runs', async () => {
    const registers = {
      ...cases({
        p: [
          { start_date: '2006-03-01', end_date: '2006-06-01', referral_date: '2006-02-01' },
          { start_date: '2006-09-01', end_date: '2006-10-01', referral_date: '2006-05-01' },
        ],
        never: [],
      }),
      custody: [
        {
          person_id: 'p',
          start_date: '2006-05-15',
          end_date: '2006-06-10',
          kind: 'police',
          estimated: false,
        },
        {
          person_id: 'p',
          start_date: '2006-06-10',
          end_date: '2006-06-20',
          kind: 'remand',
          estimated: false,
        },
        { person_id: 'p', start_date: '2006-12-24', end_date: null, kind: 'sentence', estimated: false },
      ],
    };
    const { journeys } = await journeysOf(registers, { name: 'ndtms-21d', days: 21 });
    const rows = (await bench.read(journeys.phase))
      .sort((a, b) => ((a.start_date ?? '') < (b.start_date ?? '') ? -1 : 1))
      .map((row) => [
        row.person_id,
        row.start_date,
        row.end_date,
        row.phase,
        row.treatment_phase,
        row.journey,
      ]);
    expect(rows.filter(([person]) => person === 'p').map((row) => row.slice(1))).toEqual([
      ['2006-01-01', '2006-02-01', 'before', 'before', null],
      ['2006-02-01', '2006-03-01', 'waiting', 'waiting', 1],
      ['2006-03-01', '2006-05-15', 'in', 'in', 1],
      ['2006-05-15', '2006-06-01', 'custody', 'in', 1],
      ['2006-06-01', '2006-06-20', 'custody', 'waiting', 2],
      ['2006-06-20', '2006-09-01', 'waiting', 'waiting', 2],
      ['2006-09-01', '2006-10-01', 'in', 'in', 2],
      ['2006-10-01', '2006-12-24', 'after', 'after', 2],
      ['2006-12-24', '2007-01-01', 'custody', 'after', 2],
    ]);
    expect(rows.filter(([person]) => person === 'never').map((row) => row.slice(1))).toEqual([
      ['2006-01-01', '2007-01-01', 'before', 'before', null],
    ]);
  });
});

describe('journey issues', () => {
  it('count what is wrong, n of N, and never drop it in silence', async () => {
    const registers = {
      ...cases({
        p: [
          { start_date: '2006-03-01', end_date: '2006-06-01' },
          { start_date: '2006-03-05', end_date: '2006-03-09' },
          { start_date: '2006-05-01', end_date: '2006-07-01' },
          { start_date: '2006-08-01', end_date: '2006-07-01' },
          { start_date: null, end_date: '2006-07-01' },
          { start_date: '2006-11-01', end_date: '2006-11-01' },
        ],
      }),
      departure: [{ person_id: 'p', departure_date: '2006-10-31', kind: 'death' }],
      custody: [
        { person_id: 'p', start_date: '2006-10-31', end_date: '2006-10-30', kind: null, estimated: null },
      ],
    };
    const { journeys } = await journeysOf(registers, { name: 'none', days: 0 });
    const issues = (await bench.read(journeys.journeyIssue))
      .map((row) => `${row.code}: ${row.count} of ${row.of}`)
      .sort();
    expect(issues).toEqual([
      'custody-reversed: 1 of 1',
      'spell-after-death: 1 of 4',
      'spell-nested: 1 of 4',
      'spell-of-no-length: 1 of 6',
      'spell-overlapping: 1 of 4',
      'spell-reversed: 1 of 6',
      'spell-without-start: 1 of 6',
    ]);
  });
});

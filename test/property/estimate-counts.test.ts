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
import { changeMoment, changePattern, leaverMoment } from '../../src/estimate/change/counts.ts';
import { countTables, planEstimate } from '../../src/estimate/index.ts';
import { rateCount } from '../../src/estimate/rates/counts.ts';
import { exitCount } from '../../src/estimate/survival/counts.ts';
import { type ResultRow, result } from '../../src/estimate/tables.ts';
import { offence } from '../../src/link/tables.ts';
import { aggregateInterval, cohort, cohortStratum, interval } from '../../src/persontime/tables.ts';
import type { Protocol } from '../../src/protocol/tables.ts';
import { day, iso } from '../reference/day-walker.ts';
import { protocolOf } from '../reference/day-walker-study.ts';

/** The counts that estimates stand on, against a reference that looks at one person, one day and one event at a time. */

const RUNS = Number(process.env.DESIST_PROPERTY_RUNS ?? 5);
const SEED = Number(process.env.DESIST_PROPERTY_SEED ?? 20120502);
const AT_LEAST = 2;
const RARE = 5;

interface Given {
  readonly cohort: RowOf<typeof cohort>[];
  readonly strata: RowOf<typeof cohortStratum>[];
  readonly interval: RowOf<typeof interval>[];
  readonly offence: RowOf<typeof offence>[];
}

// ------------------------------------------------------------------------------------------------------- the cases

const PHASES = ['before', 'waiting', 'in', 'between', 'after'] as const;

const piece = fc.record({
  days: fc.integer({ min: 1, max: 40 }),
  phase: fc.constantFrom(...PHASES),
  custody: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
  year: fc.constantFrom(2005, 2006),
});

const personFacts = fc.record({
  entry: fc.integer({ min: day('2006-01-01'), max: day('2006-03-01') }),
  before: fc.array(piece, { maxLength: 4 }),
  after: fc.array(piece, { minLength: 1, maxLength: 5 }),
  /** Where the journey ends within the later window, in thousandths of it; undefined: still open. */
  leaves: fc.option(fc.integer({ min: 1, max: 999 }), { nil: undefined, freq: 3 }),
  exit: fc.constantFrom('successful', 'unplanned', 'transferred'),
  returns: fc.boolean(),
  reason: fc.constantFrom('window', 'death', 'end-of-data'),
  sex: fc.constantFrom('female', 'male'),
  route: fc.constantFrom('self', 'self', 'self', 'court', 'court', 'street', 'other'),
  /** Days from entry, some right on the edges of windows and pieces. */
  offences: fc.array(
    fc.oneof(
      fc.record({
        edge: fc.constant(true),
        at: fc.integer({ min: 0, max: 20 }),
        off: fc.integer({ min: -1, max: 1 }),
      }),
      fc.record({ edge: fc.constant(false), at: fc.integer({ min: -120, max: 160 }), off: fc.constant(0) }),
    ),
    { maxLength: 9 },
  ),
});

const cases = fc.array(personFacts, { minLength: 18, maxLength: 40 }).map((people): Given => {
  const given: Given = { cohort: [], strata: [], interval: [], offence: [] };
  people.forEach((facts, number) => {
    const person_id = `p${String(number).padStart(2, '0')}`;
    const before = facts.before.reduce((sum, { days }) => sum + days, 0);
    const after = facts.after.reduce((sum, { days }) => sum + days, 0);
    const start = facts.entry - before;
    const end = facts.entry + after;
    const edges = [start];
    for (const [time_window, from, pieces] of [
      ['before', start, facts.before],
      ['after', facts.entry, facts.after],
    ] as const) {
      let reached = from;
      for (const { days, phase, custody, year } of pieces) {
        given.interval.push({
          person_id,
          time_window,
          phase: custody ? 'custody' : phase,
          treatment_phase: phase,
          start_date: iso(reached),
          end_date: iso(reached + days),
          calendar_year: year,
          age_band: null,
          removed: custody,
          days,
        });
        reached += days;
        edges.push(reached);
      }
    }
    const left =
      facts.leaves === undefined ? undefined : Math.max(1, Math.round((facts.leaves * after) / 1000));
    const hasLeft = left !== undefined && left < after;
    const retained = hasLeft ? left : after;
    given.cohort.push({
      person_id,
      entry_date: iso(facts.entry),
      journey: 1,
      age_at_entry: 30,
      sex: facts.sex,
      area: null,
      link_class: 'matched',
      before_start: iso(start),
      before_end: iso(facts.entry),
      after_start: iso(facts.entry),
      after_end: iso(end),
      end_reason: facts.reason,
      journey_end: iso(facts.entry + retained),
      left_treatment: hasLeft,
      exit_group: hasLeft ? facts.exit : 'open',
      retained_days: retained,
      re_entry_date: hasLeft && facts.returns ? iso(facts.entry + retained) : null,
    });
    given.strata.push({ person_id, stratum: 'sex', level: facts.sex });
    given.strata.push({ person_id, stratum: 'route', level: facts.route });
    facts.offences.forEach(({ edge, at, off }, k) => {
      const date = edge ? (edges[at % edges.length] ?? start) + off : facts.entry + at;
      given.offence.push({
        person_id,
        event_id: `${person_id}-${k}`,
        occasion_id: null,
        offence_date: iso(date),
        offence_date_to: null,
        disposal_date: null,
        kind: 'conviction',
        code: 'theft',
        offence_group: null,
        severity: null,
      });
    });
    // Somebody else's offence, and one that cannot be placed.
    given.offence.push({ ...NOBODYS, event_id: `n-${person_id}`, offence_date: iso(facts.entry) });
    given.offence.push({ ...NOBODYS, event_id: `u-${person_id}`, person_id });
  });
  return given;
});

const NOBODYS: RowOf<typeof offence> = {
  person_id: 'not in the cohort',
  event_id: '',
  occasion_id: null,
  offence_date: null,
  offence_date_to: null,
  disposal_date: null,
  kind: 'conviction',
  code: 'theft',
  offence_group: null,
  severity: null,
};

function protocol(variant = 'protocol'): Protocol {
  const base = protocolOf({
    spells: { from: 'episodes' },
    gap: { days: 21 } as Protocol['gap'],
    population: {
      entry: 'first-journey-in-window',
      entry_window: { from: '2006-01-01', to: '2006-04-01' },
      subsets: {
        known: { prior_events: { outcome: 'any', at_least: AT_LEAST } },
        women: { stratum: { name: 'sex', levels: ['female'] } },
        known_women: {
          prior_events: { outcome: 'any', at_least: AT_LEAST },
          stratum: { name: 'sex', levels: ['female'] },
        },
      },
    },
    time_at_risk: { before: { months: 3 }, after: { months: 6 } },
    strata: { sex: 'sex', route: 'referral_route' },
  });
  const bootstrap = { replicates: 200, seed: 1 };
  return {
    ...base,
    variant,
    estimates: [
      {
        id: 'change',
        design: 'change',
        outcome: 'any',
        restricted: 'known',
        strata: ['sex', 'route'],
        bootstrap,
      },
      { id: 'hers', design: 'change', outcome: 'any', population: 'known_women', bootstrap },
      {
        id: 'rates',
        design: 'rates',
        outcome: 'any',
        by: ['window', 'phase', 'calendar_year'],
        population: 'women',
        strata: ['route'],
      },
      { id: 'stay', design: 'survival', strata: ['route'], times: [10, 60] },
      { id: 'alive', design: 'survival', event: 'departure', times: [10] },
    ],
  };
}

// --------------------------------------------------------------------------------------------------- the reference

interface Walked {
  readonly row: RowOf<typeof cohort>;
  readonly b: number;
  readonly a: number;
  readonly tb: number;
  readonly ta: number;
  readonly fb: number;
  readonly fa: number;
  readonly ftb: number;
  readonly fta: number;
  readonly after_leaving: number;
  /** Events and days by division and clock: 'window|before|calendar'. */
  readonly cells: ReadonlyMap<string, { days: number; events: number }>;
}

/** One person: every day of every interval, and on each day every offence. */
function walk(row: RowOf<typeof cohort>, given: Given): Walked {
  const offences = given.offence
    .filter((one) => one.person_id === row.person_id)
    .map((one) => one.offence_date);
  const total = { b: 0, a: 0, tb: 0, ta: 0, fb: 0, fa: 0, ftb: 0, fta: 0, after_leaving: 0 };
  const cells = new Map<string, { days: number; events: number }>();
  for (const one of given.interval.filter((part) => part.person_id === row.person_id)) {
    for (let at = day(one.start_date ?? ''); at < day(one.end_date ?? ''); at += 1) {
      const date = iso(at);
      const events = offences.filter((offended) => offended === date).length;
      const isBefore = one.time_window === 'before';
      total[isBefore ? 'tb' : 'ta'] += 1;
      total[isBefore ? 'b' : 'a'] += events;
      if (one.removed === false) {
        total[isBefore ? 'ftb' : 'fta'] += 1;
        total[isBefore ? 'fb' : 'fa'] += events;
      }
      if (!isBefore && date >= (row.journey_end ?? '')) total.after_leaving += events;
      for (const clock of one.removed === true ? ['calendar'] : ['calendar', 'at-liberty']) {
        for (const division of [
          `window|${one.time_window}`,
          `phase|${one.treatment_phase}`,
          `calendar_year|${one.calendar_year}`,
        ]) {
          const key = `${division}|${clock}`;
          const cell = cells.get(key) ?? { days: 0, events: 0 };
          cells.set(key, { days: cell.days + 1, events: cell.events + events });
        }
      }
    }
  }
  return { row, ...total, cells };
}

/** What a level is called, said slowly: rare levels go together, and while too few even so, with the smallest named one. */
function shownLevel(given: Given, stratum: string, level: string): string {
  const counts = new Map<string, number>();
  for (const one of given.strata) {
    if (one.stratum === stratum) counts.set(one.level ?? '', (counts.get(one.level ?? '') ?? 0) + 1);
  }
  const rare = [...counts].filter(([, persons]) => persons < RARE).map(([name]) => name);
  if (rare.length === 0) return level;
  const pooled = rare.reduce((total, name) => total + (counts.get(name) ?? 0), 0);
  const [smallest] = [...counts]
    .filter(([, persons]) => persons >= RARE)
    .sort(([x, n], [y, m]) => n - m || (x < y ? -1 : 1))
    .map(([name]) => name);
  const isAlone = pooled >= RARE || smallest === undefined;
  if (rare.includes(level)) return isAlone ? 'rare levels together' : `${smallest} and rare levels`;
  return !isAlone && level === smallest ? `${smallest} and rare levels` : level;
}

function levelsOf(given: Given, person_id: string, wanted: readonly string[]): (readonly [string, string])[] {
  return [
    ['all', 'all'],
    ...wanted.map((stratum): readonly [string, string] => {
      const own = given.strata.find((one) => one.person_id === person_id && one.stratum === stratum);
      return [stratum, shownLevel(given, stratum, own?.level ?? '')];
    }),
  ];
}

function groupsOf(given: Given, people: readonly Walked[], wanted: readonly string[]): Map<string, Walked[]> {
  const groups = new Map<string, Walked[]>();
  for (const person of people) {
    for (const [stratum, level] of levelsOf(given, person.row.person_id ?? '', wanted)) {
      const key = `${stratum}|${level}`;
      groups.set(key, [...(groups.get(key) ?? []), person]);
    }
  }
  return groups;
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, one) => total + of(one), 0);

// --------------------------------------------------------------------------------------------------------- the test

let engine: Engine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'desist-counts-'));
  engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function estimate(given: Given, asked: Protocol): Promise<ResultRow[]> {
  await engine.reset();
  await engine.load(cohort, given.cohort);
  await engine.load(cohortStratum, given.strata);
  await engine.load(interval, given.interval);
  await engine.load(offence, given.offence);
  const plan = planEstimate(asked);
  await engine.materialise(plan.tables);
  await plan.make(engine, openStore(folder));
  return engine.rows(
    result.columns,
    sql`SELECT * FROM ${result} ORDER BY estimate_id, population, stratum, level`,
  );
}

/** A table of counts by the start of its name; the columns as they were declared. */
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

describe('the counts of estimates, on generated persons', () => {
  it('are those of a reference that walks day by day, and do not depend on the order of rows', async () => {
    const seen = { rare: 0, known: 0, leavers: 0, custody: 0 };
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const asked = protocol();
        const rows = await estimate(given, asked);
        const everyone = given.cohort.map((row) => walk(row, given));
        const known = everyone.filter(({ b }) => b >= AT_LEAST);
        const isWoman = ({ row }: Walked): boolean => row.sex === 'female';
        seen.known += known.length;
        seen.custody += sum(everyone, ({ b, a, fb, fa }) => b + a - fb - fa);

        const changes: readonly (readonly [string, string, readonly string[], readonly Walked[]])[] = [
          ['change', 'all', ['sex', 'route'], everyone],
          ['change', 'known', ['sex', 'route'], known],
          ['hers', 'known_women', [], known.filter(isWoman)],
          ['hers', 'all', [], everyone],
        ];
        for (const [id, population, wanted, people] of changes) {
          const groups = groupsOf(given, people, wanted);
          seen.rare += [...groups.keys()].filter((key) => /rare levels( together)?$/.test(key)).length;
          const moments = await counted(asked, id, population, 'change_moment_', changeMoment);
          expect(moments.length).toBe(groups.size);
          const patterns = new Map<string, number>();
          for (const moment of moments) {
            const key = `${moment.stratum}|${moment.level}`;
            const own = groups.get(key) ?? [];
            const values = moment as Readonly<Record<string, number | string | null>>;
            expect(moment.persons).toBe(own.length);
            for (const [x, y] of [
              ['b', 'a'],
              ['tb', 'ta'],
              ['fb', 'ftb'],
              ['fa', 'fta'],
              ['b', 'ta'],
              ['fa', 'fa'],
            ] as const) {
              expect(values[x], `${key} ${x}`).toBe(sum(own, (one) => one[x]));
              expect(values[y], `${key} ${y}`).toBe(sum(own, (one) => one[y]));
              expect(values[`${x}_${y}`], `${key} ${x} ${y}`).toBe(sum(own, (one) => one[x] * one[y]));
            }
            for (const one of own) {
              const pattern = `${key}|${one.b}|${one.a}`;
              patterns.set(pattern, (patterns.get(pattern) ?? 0) + 1);
            }
          }
          const pairs = await counted(asked, id, population, 'change_pattern_', changePattern);
          expect(
            new Map(
              pairs.map((one) => [`${one.stratum}|${one.level}|${one.before}|${one.after}`, one.persons]),
            ),
          ).toEqual(patterns);
          const left = people.filter(({ row }) => row.left_treatment === true);
          seen.leavers += left.length;
          const leavers = await counted(asked, id, population, 'leaver_moment_', leaverMoment);
          const exits = new Set(left.flatMap(({ row }) => ['all', row.exit_group ?? '']));
          expect(new Set(leavers.map((one) => one.exit_group))).toEqual(exits);
          for (const line of leavers) {
            const own = left.filter(
              ({ row }) => line.exit_group === 'all' || row.exit_group === line.exit_group,
            );
            expect(line).toEqual({
              exit_group: line.exit_group,
              persons: own.length,
              returned: sum(own, ({ row }) => (row.re_entry_date === null ? 0 : 1)),
              events: sum(own, ({ a }) => a),
              events_after_leaving: sum(own, ({ after_leaving }) => after_leaving),
              ee: sum(own, ({ a }) => a * a),
              el: sum(own, ({ a, after_leaving }) => a * after_leaving),
              ll: sum(own, ({ after_leaving }) => after_leaving ** 2),
            });
          }
        }

        const expected: object[] = [];
        for (const [key, own] of groupsOf(given, everyone.filter(isWoman), ['route'])) {
          const [stratum, level] = key.split('|');
          for (const cell of new Set(own.flatMap(({ cells }) => [...cells.keys()]))) {
            const [divided_by, division, clock] = cell.split('|');
            const some = own.filter(({ cells }) => cells.has(cell));
            expected.push({
              stratum,
              level,
              divided_by,
              division,
              clock,
              persons: some.length,
              events: sum(some, ({ cells }) => cells.get(cell)?.events ?? 0),
              person_years: sum(some, ({ cells }) => cells.get(cell)?.days ?? 0) / 365.25,
              ee: sum(some, ({ cells }) => (cells.get(cell)?.events ?? 0) ** 2),
              et:
                sum(some, ({ cells }) => (cells.get(cell)?.events ?? 0) * (cells.get(cell)?.days ?? 0)) /
                365.25,
              tt: sum(some, ({ cells }) => (cells.get(cell)?.days ?? 0) ** 2) / (365.25 * 365.25),
            });
          }
        }
        expect(text(await counted(asked, 'rates', 'women', 'rate_count_', rateCount))).toEqual(
          text(expected),
        );

        for (const [id, wanted] of [
          ['stay', ['route']],
          ['alive', []],
        ] as const) {
          const exits: object[] = [];
          for (const [key, own] of groupsOf(given, everyone, wanted)) {
            const [stratum, level] = key.split('|');
            const timeOf = ({ row, ta }: Walked): number => (id === 'stay' ? (row.retained_days ?? 0) : ta);
            const hasLeft = ({ row }: Walked): boolean =>
              id === 'stay' ? row.left_treatment === true : row.end_reason === 'death';
            for (const time of new Set(own.map(timeOf))) {
              const then = own.filter((one) => timeOf(one) === time);
              const events = then.filter(hasLeft).length;
              exits.push({ stratum, level, time, events, censored: then.length - events });
            }
          }
          expect(text(await counted(asked, id, 'all', 'exit_count_', exitCount))).toEqual(text(exits));
        }

        // One row a number: nothing is said twice, and an unestimable number is none.
        const keys = rows.map((row) =>
          JSON.stringify([
            row.estimate_id,
            row.population,
            row.stratum,
            row.level,
            row.phase,
            row.clock,
            row.measure,
            row.contrast,
            row.time,
            row.method,
          ]),
        );
        expect(new Set(keys).size).toBe(keys.length);
        for (const row of rows) {
          if (row.status === 'estimated') expect(row.value).not.toBeNull();
          else
            expect([row.value, row.ci_low, row.ci_high, row.std_error, row.note === null]).toEqual([
              null,
              null,
              null,
              null,
              false,
            ]);
          if (
            row.ci_low !== null &&
            row.ci_high !== null &&
            row.measure !== 'survival' &&
            row.measure !== 'survival_at'
          )
            expect(row.ci_low).toBeLessThan(row.ci_high);
          if (row.value !== null && row.ci_low !== null)
            expect(row.ci_low).toBeLessThanOrEqual(row.value + 1e-9);
          if (row.value !== null && row.ci_high !== null)
            expect(row.ci_high).toBeGreaterThanOrEqual(row.value - 1e-9);
        }

        const turned: Given = {
          cohort: [...given.cohort].reverse(),
          strata: [...given.strata].reverse(),
          interval: [...given.interval].reverse(),
          offence: [...given.offence].reverse(),
        };
        expect(text(await estimate(turned, asked))).toEqual(text(rows));
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: process.env.DESIST_PROPERTY_SHRINK === undefined },
    );
    // Properties of nothing are none.
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
  });

  it('of a variant are for the whole only', async () => {
    const [given] = fc.sample(cases, { numRuns: 1, seed: 3 });
    if (given === undefined) throw new Error('no case');
    const rows = await estimate(given, protocol('other'));
    expect(new Set(rows.filter(({ design }) => design === 'change').map(({ stratum }) => stratum))).toEqual(
      new Set(['all', 'leavers']),
    );
  });

  it('of a population without anybody are a row that says so', async () => {
    const [given] = fc.sample(cases, { numRuns: 1, seed: 4 });
    if (given === undefined) throw new Error('no case');
    const rows = await estimate({ ...given, cohort: [], interval: [], strata: [] }, protocol());
    for (const { id } of protocol().estimates) {
      const own = rows.filter((row) => row.estimate_id === id);
      expect(own.some((row) => row.measure === 'persons' && row.value === 0)).toBe(true);
      const main = own.filter((row) => row.measure !== 'persons');
      expect(main.length).toBeGreaterThan(0);
      for (const row of main) expect([row.status, row.value]).toEqual(['not-estimable', null]);
    }
  });

  it('know time at liberty only where a register of custody says so', async () => {
    const [given] = fc.sample(cases, { numRuns: 1, seed: 5 });
    if (given === undefined) throw new Error('no case');
    const asked = protocol();
    const without: Protocol = {
      ...asked,
      sources: asked.sources.filter((source) => source.tables.every(({ table }) => table !== 'custody')),
    };
    const clocks = (rows: readonly ResultRow[]) => new Set(rows.map(({ clock }) => clock));
    expect(clocks(await estimate(given, asked))).toEqual(new Set([null, 'calendar', 'at-liberty']));
    expect(clocks(await estimate(given, without))).toEqual(new Set([null, 'calendar']));
  });

  it('of counts with time at risk have no event without time in a rate, and say where they are', async () => {
    const asked: Protocol = {
      ...protocol(),
      estimates: [
        {
          id: 'counts',
          design: 'rates',
          source: 'aggregate',
          outcome: 'any',
          by: ['period'],
          minimum_exposure: 0.1,
        },
      ],
    };
    const cells = (['p', 'q'] as const).flatMap((person_id, i) =>
      [
        { period: 1, events: 3, exposure: 0.7 + i / 10 },
        { period: 2, events: 2, exposure: 0.05 },
        { period: 3, events: 4, exposure: i === 0 ? null : 0 },
      ].map((cell): RowOf<typeof aggregateInterval> => ({ person_id, ...cell })),
    );
    await engine.reset();
    for (const [table, rows] of [
      [cohort, []],
      [cohortStratum, []],
      [interval, []],
      [offence, []],
    ] as const)
      await engine.load(table as Table, rows);
    await engine.load(aggregateInterval, cells);
    const plan = planEstimate({
      ...asked,
      study: { ...asked.study, population: { ...asked.study.population, subsets: {} } },
    });
    await engine.materialise(plan.tables);
    await plan.make(engine, openStore(folder));
    const rows = await engine.rows(
      result.columns,
      sql`SELECT * FROM ${result} WHERE measure = 'rate' AND method LIKE 'exact%' ORDER BY stratum, level`,
    );
    expect(
      rows.map((row) => [row.stratum, row.level, row.persons, row.events, row.person_years, row.status]),
    ).toEqual([
      ['all', 'all', 2, 10, 1.6, 'estimated'],
      ['exposure', '0.1 years or more at liberty', 2, 6, 1.5, 'estimated'],
      ['exposure', 'no time at liberty', 2, 8, 0, 'not-estimable'],
      ['exposure', 'under 0.1 years at liberty', 2, 4, 0.1, 'estimated'],
      ['period', '1', 2, 6, 1.5, 'estimated'],
      ['period', '2', 2, 4, 0.1, 'estimated'],
    ]);
    expect(rows[0]?.value).toBeCloseTo(10 / 1.6, 12);
  });
});

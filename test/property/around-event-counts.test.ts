import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Columns,
  type Engine,
  openDuckDB,
  type Row,
  type RowOf,
  sql,
  type Table,
} from '../../src/engine/index.ts';
import { binCount, modelRow, wholeCount } from '../../src/estimate/event-time/counts.ts';
import { countTables } from '../../src/estimate/index.ts';
import { caseRow } from '../../src/estimate/sccs/counts.ts';
import { journey } from '../../src/journeys/tables.ts';
import { intervention, offence, person } from '../../src/link/tables.ts';
import { cohort, cohortStratum, interval } from '../../src/persontime/tables.ts';
import type { Estimate, EstimateOf, Protocol } from '../../src/protocol/tables.ts';
import { day, iso } from '../reference/day-walker.ts';
import { protocolOf } from '../reference/day-walker-study.ts';

/** Counts around an event, against a reference that looks at one person and one day at a time. */

const RUNS = Number(process.env.DESIST_PROPERTY_RUNS ?? 3);
const SEED = Number(process.env.DESIST_PROPERTY_SEED ?? 20120503);

interface Given {
  readonly person: RowOf<typeof person>[];
  readonly cohort: RowOf<typeof cohort>[];
  readonly strata: RowOf<typeof cohortStratum>[];
  readonly interval: RowOf<typeof interval>[];
  readonly journey: RowOf<typeof journey>[];
  readonly intervention: RowOf<typeof intervention>[];
  readonly offence: RowOf<typeof offence>[];
}

const stay = fc.record({
  days: fc.integer({ min: 1, max: 40 }),
  gap: fc.integer({ min: 1, max: 50 }),
  service: fc.constantFrom('a', 'b'),
});
const facts = fc.record({
  entry: fc.integer({ min: day('2006-01-01'), max: day('2006-02-01') }),
  before: fc.integer({ min: 0, max: 90 }),
  after: fc.integer({ min: 1, max: 160 }),
  stays: fc.array(stay, { minLength: 1, maxLength: 4 }),
  custody: fc.array(
    fc.record({ from: fc.integer({ min: -80, max: 140 }), days: fc.integer({ min: 1, max: 30 }) }),
    { maxLength: 2 },
  ),
  treated: fc.array(fc.record({ at: fc.integer({ min: -100, max: 150 }), kind: fc.constantFrom('x', 'y') }), {
    maxLength: 3,
  }),
  offences: fc.array(fc.integer({ min: -100, max: 170 }), { maxLength: 8 }),
  died: fc.boolean(),
  born: fc.option(fc.constantFrom('1970-01-01', '1980-02-01', '2005-11-01'), { nil: null, freq: 6 }),
});

const cases = fc.array(facts, { minLength: 12, maxLength: 24 }).map((people): Given => {
  const given: Given = {
    ...{ person: [], cohort: [], strata: [], interval: [], journey: [], intervention: [], offence: [] },
  };
  people.forEach((one, number) => {
    const person_id = `p${String(number).padStart(2, '0')}`;
    // As many of each that no level is too rare to be named.
    const sex = number % 2 === 0 ? 'female' : 'male';
    const start = one.entry - one.before;
    const end = one.entry + one.after;
    given.person.push({ person_id, sex, birth_month: one.born, area: null, link_class: 'matched' });
    given.strata.push({ person_id, stratum: 'sex', level: sex });
    const journeys: { from: number; to: number }[] = [];
    let at = one.entry;
    one.stays.forEach(({ days, gap, service }, k) => {
      journeys.push({ from: at, to: at + days });
      given.journey.push({
        ...{ person_id, journey: k + 1, start_date: iso(at), end_date: iso(at + days), service },
        ...{ exit_reason: null, exit_group: 'unknown', spells: 1, referral_date: null, referral_route: null },
        ...{ substance_group: null, area: null, treatment_days: days },
      });
      at += days + gap;
    });
    given.cohort.push({
      ...{ person_id, entry_date: iso(one.entry), journey: 1, age_at_entry: 30, sex, area: null },
      ...{ link_class: 'matched', before_start: iso(start), before_end: iso(one.entry) },
      ...{ after_start: iso(one.entry), after_end: iso(end), end_reason: one.died ? 'death' : 'window' },
      ...{ journey_end: iso(Math.min(end, one.entry + 1)), left_treatment: false, exit_group: 'open' },
      ...{ retained_days: 1, re_entry_date: null },
    });
    const described = (d: number): string => {
      const phase =
        d < one.entry
          ? 'before'
          : journeys.some(({ from, to }) => d >= from && d < to)
            ? 'in'
            : journeys.some(({ from }) => from > d)
              ? 'between'
              : 'after';
      const removed = one.custody.some(
        ({ from, days }) => d >= one.entry + from && d < one.entry + from + days,
      );
      return `${d < one.entry ? 'before' : 'after'} ${phase} ${removed}`;
    };
    for (let from = start; from < end; ) {
      let to = from + 1;
      while (to < end && described(to) === described(from)) to += 1;
      const [time_window = '', phase = '', removed] = described(from).split(' ');
      given.interval.push({
        ...{
          person_id,
          time_window,
          phase,
          treatment_phase: phase,
          start_date: iso(from),
          end_date: iso(to),
        },
        ...{ calendar_year: null, age_band: null, removed: removed === 'true', days: to - from },
      });
      from = to;
    }
    one.treated.forEach(({ at: when, kind }, k) => {
      given.intervention.push({
        ...{ person_id, intervention_id: `i${k}`, episode_id: null, kind, drug: null, dose: null },
        ...{ supervised: null, start_date: iso(one.entry + when), end_date: null },
      });
    });
    one.offences.forEach((when, k) => {
      given.offence.push({
        ...{
          person_id,
          event_id: `${person_id}-${k}`,
          occasion_id: null,
          offence_date: iso(one.entry + when),
        },
        ...{ offence_date_to: null, disposal_date: null, kind: 'conviction', code: 'theft' },
        ...{ offence_group: null, severity: null },
      });
    });
  });
  return given;
});

function protocol(estimates: readonly Estimate[]): Protocol {
  return {
    ...protocolOf({
      spells: { from: 'episodes' },
      gap: { days: 0 } as Protocol['gap'],
      population: {
        entry: 'first-journey',
        entry_window: { from: '2006-01-01', to: '2006-04-01' },
        require_full_windows: false,
      },
      time_at_risk: { before: { months: 3 }, after: { months: 6 } },
      strata: { sex: 'sex' },
    }),
    estimates,
  };
}

/** A day that somebody was observed on, with what happened on it. */
interface ObservedDay {
  readonly person_id: string;
  readonly at: number;
  readonly removed: boolean;
  readonly phase: string;
  readonly events: number;
}

function observedDays(given: Given): ObservedDay[] {
  return given.interval.flatMap((one) => {
    const from = day(one.start_date ?? '');
    return Array.from({ length: one.days ?? 0 }, (_, k) => ({
      person_id: one.person_id ?? '',
      at: from + k,
      removed: one.removed === true,
      phase: one.treatment_phase ?? '',
      events: given.offence.filter(
        (event) => event.person_id === one.person_id && event.offence_date === iso(from + k),
      ).length,
    }));
  });
}

const CLOCKS = ['calendar', 'at-liberty'] as const;
const levelsOf = (given: Given, person_id: string): (readonly [string, string])[] => [
  ['all', 'all'],
  ['sex', given.strata.find((one) => one.person_id === person_id)?.level ?? ''],
];

let engine: Engine;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'desist-around-'));
  engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function count(
  given: Given,
  estimate: Estimate,
): Promise<(columns: Columns) => Promise<Row<Columns>[]>> {
  await engine.reset();
  await engine.load(person, given.person);
  await engine.load(cohort, given.cohort);
  await engine.load(cohortStratum, given.strata);
  await engine.load(interval, given.interval);
  await engine.load(journey, given.journey);
  await engine.load(intervention, given.intervention);
  await engine.load(offence, given.offence);
  const tables = countTables(protocol([estimate]), estimate.id, 'all');
  await engine.materialise(tables);
  return (columns) => {
    const table: Table | undefined = tables.find((one) => one.columns === columns);
    if (table === undefined) throw new Error('no such table of counts');
    return engine.rows(columns, sql`SELECT * FROM ${table}`);
  };
}

const sorted = (rows: readonly object[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

// ------------------------------------------------------------------------------------------------------ event-time

type EventTime = EstimateOf<'event-time'>;

function anchorsOf(given: Given, estimate: EventTime, person_id: string): number[] {
  const own = given.cohort.find((one) => one.person_id === person_id);
  if (own === undefined) return [];
  const from = day(own.after_start ?? '');
  const to = day(own.after_end ?? '');
  if (estimate.around === 'entry') return [from];
  const all = given.journey
    .filter((one) => one.person_id === person_id && (estimate.around === 'exit' || (one.journey ?? 0) > 1))
    .map((one) => day((estimate.around === 'exit' ? one.end_date : one.start_date) ?? ''))
    .filter((at) => at >= from && at < to)
    .sort((a, b) => a - b);
  return estimate.overlap === 'first' ? all.slice(0, 1) : all;
}

/** The bin of a day by its edges, counted off one after the other. */
function binOf(relative: number, width: number): number {
  let bin = 0;
  while (relative >= Math.ceil((bin + 1) * width - 1e-9)) bin += 1;
  while (relative < Math.ceil(bin * width - 1e-9)) bin -= 1;
  return bin;
}

interface Placed extends ObservedDay {
  readonly bin: number;
  readonly model_bin: number;
  readonly in_donut: boolean;
}

function placed(given: Given, estimate: EventTime, width: number, model: number): Placed[] {
  const { window, donut = { before: 0, after: 0 }, overlap = 'nearest' } = estimate;
  const days = (length: { days: number } | { months: number } | undefined): number =>
    length !== undefined && 'days' in length ? length.days : 0;
  return observedDays(given).flatMap((one) => {
    const anchors = anchorsOf(given, estimate, one.person_id);
    // At the same distance from two events a day belongs to the later one.
    const nearest = Math.min(...anchors.map((at) => Math.abs(one.at - at)));
    const mine =
      overlap === 'nearest' ? anchors.filter((at) => Math.abs(one.at - at) === nearest).slice(-1) : anchors;
    return mine
      .map((at) => one.at - at)
      .filter((relative) => relative >= -days(window?.before) && relative < days(window?.after))
      .map((relative) => ({
        ...one,
        bin: binOf(relative, width),
        model_bin: binOf(relative, model),
        in_donut: relative >= -donut.before && relative < donut.after,
      }));
  });
}

const WINDOW = { before: { days: 70 }, after: { days: 95 } };
const BASE = { design: 'event-time' as const, outcome: 'any', window: WINDOW, strata: ['sex'] };
const MONTH = 365.25 / 12;

describe('counts around an event', () => {
  const asked: readonly (readonly [string, EventTime, number, number])[] = [
    ['entry by day', { ...BASE, id: 'e', around: 'entry', bins: 'day' }, 1, MONTH],
    [
      'every exit by week, the nearest, with a donut',
      {
        ...BASE,
        id: 'x',
        around: 'exit',
        bins: 'week',
        model: { bins: { days: 10 } },
        donut: { before: 9, after: 3 },
      },
      7,
      10,
    ],
    ['the first exit by month', { ...BASE, id: 'f', around: 'exit', overlap: 'first' }, MONTH, MONTH],
    [
      're-entries that share days, by month with a donut',
      { ...BASE, id: 'r', around: 're-entry', overlap: 'stacked', donut: { before: 0, after: 20 } },
      MONTH,
      MONTH,
    ],
  ];

  it.each(asked)('are those of every person-day: %s', async (_, estimate, width, model) => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const rows = await count(given, estimate);
        const days = placed(given, estimate, width, model);
        const people = [...new Set(days.map((one) => one.person_id))].sort();
        const bins: object[] = [];
        const whole: object[] = [];
        const modelled: object[] = [];
        const tally = (own: readonly Placed[]) => ({
          days: own.length,
          events: own.reduce((sum, one) => sum + one.events, 0),
        });
        for (const clock of CLOCKS) {
          const counted = days.filter((one) => clock === 'calendar' || !one.removed);
          const groups = new Map<string, string[]>();
          for (const who of people)
            for (const key of levelsOf(given, who))
              groups.set(JSON.stringify(key), [...(groups.get(JSON.stringify(key)) ?? []), who]);
          for (const [key, members] of groups) {
            const [stratum, level] = JSON.parse(key) as [string, string];
            const own = counted.filter((one) => members.includes(one.person_id));
            const present = members.filter((who) => own.some((one) => one.person_id === who));
            if (present.length > 0) {
              const anchors = present.reduce((sum, who) => sum + anchorsOf(given, estimate, who).length, 0);
              whole.push({ stratum, level, clock, persons: present.length, ...tally(own), anchors });
            }
            for (const bin of new Set(own.map((one) => one.bin))) {
              const parts = present
                .map((who) => tally(own.filter((one) => one.person_id === who && one.bin === bin)))
                .filter((part) => part.days > 0);
              const total = (of: (part: { days: number; events: number }) => number): number =>
                parts.reduce((sum, part) => sum + of(part), 0);
              bins.push({
                ...{ stratum, level, clock, bin, persons: parts.length },
                ...{ days: total((part) => part.days), events: total((part) => part.events) },
                ee: total((part) => part.events ** 2),
                et: total((part) => part.events * part.days),
                tt: total((part) => part.days ** 2),
              });
            }
            for (const who of present) {
              const outside = own.filter((one) => one.person_id === who && !one.in_donut);
              if (outside.every((one) => one.events === 0)) continue;
              for (const bin of new Set(outside.map((one) => one.model_bin)))
                modelled.push({
                  ...{ stratum, level, clock, person: people.indexOf(who), bin },
                  ...tally(outside.filter((one) => one.model_bin === bin)),
                });
            }
          }
        }
        const pick = (wanted: Columns) => (row: object) =>
          Object.fromEntries(Object.keys(wanted).map((key) => [key, (row as Record<string, unknown>)[key]]));
        expect(sorted(await rows(binCount))).toEqual(sorted(bins.map(pick(binCount))));
        expect(sorted(await rows(wholeCount))).toEqual(sorted(whole.map(pick(wholeCount))));
        const numbered = (await rows(modelRow)).map((row) => ({ ...row, person: Number(row.person) - 1 }));
        expect(sorted(numbered.map(pick(modelRow)))).toEqual(sorted(modelled.map(pick(modelRow))));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});

// ------------------------------------------------------------------------------------------------------------ sccs

type Sccs = EstimateOf<'sccs'>;

function levelOn(given: Given, estimate: Sccs, one: ObservedDay): string {
  const isOfInterventions = estimate.exposure === 'interventions';
  const exposures = isOfInterventions
    ? given.intervention
        .filter((row) => row.person_id === one.person_id)
        .map((row) => ({ start: day(row.start_date ?? ''), end: Number.NaN, kind: row.kind }))
    : given.journey
        .filter((row) => row.person_id === one.person_id)
        .map((row) => ({
          start: day(row.start_date ?? ''),
          end: day(row.end_date ?? ''),
          kind: row.service,
        }));
  const named = (kinds: readonly string[] | undefined, kind: string | null): boolean =>
    kinds === undefined || kinds.includes(kind ?? '');
  for (const { label, from, days, kinds } of estimate.windows ?? [])
    for (const exposure of exposures.filter(({ kind }) => named(kinds, kind))) {
      const since = one.at - (from === 'start' ? exposure.start : exposure.end);
      if (since >= days[0] && since < days[1]) return label;
    }
  const waited = exposures.filter(
    ({ kind }) => estimate.windows === undefined || estimate.windows.some(({ kinds }) => named(kinds, kind)),
  );
  const isBefore = waited.some(
    ({ start }) => one.at < start && one.at >= start - (estimate.pre_exposure ?? 0),
  );
  if (isBefore && (isOfInterventions || one.phase !== 'in')) return 'pre-exposure';
  return estimate.phases === true ? one.phase : 'baseline';
}

describe('the case series', () => {
  const asked: readonly (readonly [string, Sccs])[] = [
    [
      'phases with the time before, on the calendar',
      {
        ...{ id: 'p', design: 'sccs', outcome: 'any', strata: ['sex'], phases: true, pre_exposure: 15 },
        ...{ clock: 'calendar', calendar_bands: ['2006-01-15', '2006-03-01'] },
      },
    ],
    [
      'windows around journeys of some services',
      {
        ...{ id: 'w', design: 'sccs', outcome: 'any', phases: true, age_bands: { years: [26, 36] } },
        windows: [
          { label: 'just left', from: 'end', days: [0, 20], kinds: ['a'] },
          { label: 'before leaving', from: 'end', days: [-10, 0] },
        ],
        pre_exposure: 8,
      },
    ],
    [
      'windows after interventions',
      {
        ...{ id: 'i', design: 'sccs', outcome: 'any', exposure: 'interventions', strata: ['sex'] },
        windows: [
          { label: 'y', from: 'start', days: [0, 30], kinds: ['y'] },
          { label: 'x early', from: 'start', days: [0, 10], kinds: ['x'] },
          { label: 'x late', from: 'start', days: [10, 40], kinds: ['x'] },
        ],
        pre_exposure: 12,
        age_bands: { days: [60, 100] },
      },
    ],
  ];

  it.each(asked)('is that of every person-day: %s', async (_, estimate) => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const rows = await count(given, estimate);
        const days = observedDays(given).filter((one) => estimate.clock === 'calendar' || !one.removed);
        const events = (who: string): number =>
          days.filter((one) => one.person_id === who).reduce((sum, one) => sum + one.events, 0);
        const people = [...new Set(days.map((one) => one.person_id))].filter((who) => events(who) > 0).sort();
        const expected: object[] = [];
        for (const who of people) {
          const born = given.person.find((one) => one.person_id === who)?.birth_month ?? null;
          const bands = estimate.age_bands;
          const ageOn = (at: number): number | null => {
            if (bands === undefined) return 0;
            if (born === null) return null;
            const reached =
              'days' in bands
                ? bands.days.map((age) => day(born) + age)
                : bands.years.map((age) => day(`${Number(born.slice(0, 4)) + age}${born.slice(4)}`));
            return reached.filter((from) => at >= from).length;
          };
          const own = days.filter((one) => one.person_id === who).sort((a, b) => a.at - b.at);
          const first = own.find((one) => one.events > 0)?.at;
          const cells = new Map<string, { days: number; events: number; first_events: number }>();
          for (const one of own) {
            const calendar = (estimate.calendar_bands ?? []).filter((from) => one.at >= day(from)).length;
            const key = JSON.stringify([levelOn(given, estimate, one), ageOn(one.at), calendar]);
            const cell = cells.get(key) ?? { days: 0, events: 0, first_events: 0 };
            cells.set(key, {
              days: cell.days + 1,
              events: cell.events + one.events,
              first_events: cell.first_events + (one.at === first ? 1 : 0),
            });
          }
          const departed = given.cohort.find((one) => one.person_id === who)?.end_reason === 'death' ? 1 : 0;
          for (const [stratum, level] of levelsOf(given, who).slice(0, estimate.strata === undefined ? 1 : 2))
            for (const [key, cell] of cells) {
              const [exposure, age, calendar] = JSON.parse(key) as [string, number | null, number];
              expected.push({
                ...{ stratum, level, person: people.indexOf(who) + 1, exposure, age, calendar, departed },
                ...cell,
              });
            }
        }
        expect(sorted(await rows(caseRow))).toEqual(sorted(expected));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});

import type { InternalTables } from '../../src/disclose/tables.ts';
import type { ResultRow } from '../../src/estimate/tables.ts';
import {
  below,
  drawPopulation,
  eventsBefore,
  type Person,
  type Piece,
  type Random,
  randomFrom,
} from './attacker-population.ts';

/** A study's internal tables, counted from a population in the form that estimate and the register stages give them. */

export interface AttackStudy {
  readonly internal: InternalTables;
  readonly persons: readonly Person[];
  readonly at_least: number;
  readonly strata: readonly string[];
}

interface Where {
  readonly estimate_id: string;
  readonly design: string;
  readonly population: string;
  readonly stratum: string;
  readonly level: string;
  readonly phase: string | null;
  readonly clock: string | null;
  readonly variant: string;
  readonly persons: number;
  readonly events: number | null;
  readonly person_years: number | null;
}

type Numbers = Partial<
  Pick<ResultRow, 'value' | 'ci_low' | 'ci_high' | 'std_error' | 'p_value' | 'time' | 'contrast'>
>;

function row(where: Where, measure: string, numbers: Numbers): ResultRow {
  return {
    ...where,
    measure,
    value: null,
    ci_low: null,
    ci_high: null,
    method: 'as counted',
    status: 'estimated',
    note: null,
    unit: 'number',
    contrast: null,
    time: null,
    std_error: null,
    p_value: null,
    null_value: null,
    null_low: null,
    null_high: null,
    ...numbers,
  };
}

const YEAR = 365.25;
type Which = (piece: Piece) => boolean;

interface Sums {
  readonly persons: number;
  readonly events: number;
  readonly days: number;
}

function sums(people: readonly Person[], pick: Which): Sums {
  let persons = 0;
  let events = 0;
  let days = 0;
  for (const { pieces } of people) {
    const own = pieces.filter(pick);
    if (own.length === 0) continue;
    persons += 1;
    for (const piece of own) {
      events += piece.events;
      days += piece.days;
    }
  }
  return { persons, events, days };
}

/** [stratum, level, persons]: everybody, and each level of each stratum. */
function levelsOf(people: readonly Person[], strata: readonly string[]): [string, string, Person[]][] {
  const found: [string, string, Person[]][] = [['all', 'all', [...people]]];
  for (const stratum of strata) {
    const levels = [...new Set(people.map((person) => person.strata[stratum] ?? ''))].sort();
    for (const level of levels)
      found.push([stratum, level, people.filter((person) => person.strata[stratum] === level)]);
  }
  return found;
}

const CLOCKS = ['calendar', 'at-liberty'] as const;
const inClock =
  (clock: string): Which =>
  (piece) =>
    clock === 'calendar' || !piece.removed;

function ratesRows(
  people: readonly Person[],
  context: {
    estimate_id: string;
    population: string;
    variant: string;
    by_year: boolean;
    strata: readonly string[];
  },
): ResultRow[] {
  const rows: ResultRow[] = [];
  for (const [stratum, level, members] of levelsOf(people, context.strata)) {
    for (const clock of CLOCKS) {
      const divisions: [string, string | null, string, Which][] = [
        ...(['before', 'after'] as const).map((window): [string, string | null, string, Which] => [
          'window',
          `${window} entry`,
          window,
          (piece) => piece.window === window,
        ]),
        ...(['before', 'waiting', 'in', 'between', 'after'] as const).map(
          (phase): [string, string | null, string, Which] => [
            'phase',
            phase,
            phase,
            (piece) => piece.phase === phase,
          ],
        ),
        ...(context.by_year ? ['2004', '2005', '2006', '2007'] : []).map(
          (year): [string, string | null, string, Which] => [
            'calendar_year',
            null,
            year,
            (piece) => piece.year === year,
          ],
        ),
      ];
      for (const [divided, phase, division, pick] of divisions) {
        const { persons, events, days } = sums(members, (piece) => pick(piece) && inClock(clock)(piece));
        if (persons === 0) continue;
        const isYear = divided === 'calendar_year';
        const where: Where = {
          estimate_id: context.estimate_id,
          design: 'rates',
          population: context.population,
          stratum: isYear ? (stratum === 'all' ? divided : `${stratum} x ${divided}`) : stratum,
          level: isYear ? (stratum === 'all' ? division : `${level} x ${division}`) : level,
          phase,
          clock,
          variant: context.variant,
          persons,
          events,
          person_years: days / YEAR,
        };
        rows.push(
          row(where, 'events', { value: events }),
          row(where, 'persons', { value: persons }),
          row(where, 'person_years', { value: days / YEAR }),
          row(where, 'rate', { value: (events * YEAR) / days, ci_low: events * 0.9, ci_high: events * 1.1 }),
        );
      }
    }
  }
  return rows;
}

function changeRows(
  people: readonly Person[],
  context: { estimate_id: string; population: string; variant: string; strata: readonly string[] },
): ResultRow[] {
  const rows: ResultRow[] = [];
  const base = {
    estimate_id: context.estimate_id,
    design: 'change',
    population: context.population,
    variant: context.variant,
  };
  const strata = [...new Set([...context.strata, 'exit_group'])];
  for (const [stratum, level, members] of levelsOf(people, strata)) {
    const side = (window: string, clock: string): Sums =>
      sums(members, (piece) => piece.window === window && inClock(clock)(piece));
    const [b, a] = [side('before', 'calendar'), side('after', 'calendar')];
    const n = members.length;
    const cell: Where = {
      ...base,
      stratum,
      level,
      phase: null,
      clock: null,
      persons: n,
      events: b.events + a.events,
      person_years: (b.days + a.days) / YEAR,
    };
    rows.push(row(cell, 'persons', { value: n }));
    for (const clock of CLOCKS) {
      const [before, after] = [side('before', clock), side('after', clock)];
      for (const [phase, one] of [
        ['before entry', before],
        ['after entry', after],
      ] as const) {
        const where = { ...cell, phase, clock, events: one.events, person_years: one.days / YEAR };
        rows.push(
          row(where, 'events', { value: one.events }),
          row(where, 'person_years', { value: one.days / YEAR }),
        );
      }
      const both = {
        ...cell,
        clock,
        events: before.events + after.events,
        person_years: (before.days + after.days) / YEAR,
      };
      const ratio = (after.events / after.days / (before.events / before.days) - 1) * 100;
      rows.push(
        row(both, 'change_percent', {
          value: Number.isFinite(ratio) ? ratio : null,
          contrast: 'rate after / before',
          std_error: 0.3,
        }),
        row(both, 'change_per_100_person_years', {
          value:
            100 * YEAR * (after.events / Math.max(1, after.days) - before.events / Math.max(1, before.days)),
          contrast: 'rate after - before',
          std_error: 0.2,
        }),
      );
    }
    const percent = 100 * (a.events / b.events - 1);
    rows.push(
      row(cell, 'change_percent', {
        value: Number.isFinite(percent) ? percent : null,
        contrast: 'events after / before',
        std_error: 0.4,
      }),
      row(cell, 'change_per_person', { value: (a.events - b.events) / n, contrast: 'events after - before' }),
    );
  }
  for (const stratum of strata) {
    const where: Where = {
      ...base,
      stratum,
      level: 'all levels',
      phase: null,
      clock: null,
      persons: people.length,
      events: null,
      person_years: null,
    };
    rows.push(row(where, 'equal_change_test', { value: 3.1, p_value: 0.2 }));
  }
  const leavers = people.filter(({ left }) => left);
  for (const group of ['all', ...new Set(leavers.map(({ exit_group }) => exit_group))]) {
    const members = leavers.filter(({ exit_group }) => group === 'all' || exit_group === group);
    if (members.length === 0) continue;
    const { events } = sums(members, (piece) => piece.window === 'after');
    const later = members.reduce((sum, { events_after_leaving }) => sum + events_after_leaving, 0);
    const returned = members.filter(({ back }) => back).length;
    const where: Where = {
      ...base,
      stratum: group === 'all' ? 'leavers' : 'leavers by exit_group',
      level: group,
      phase: 'after entry',
      clock: null,
      persons: members.length,
      events,
      person_years: null,
    };
    rows.push(
      row(where, 'persons', { value: members.length }),
      row(where, 'events', { value: events }),
      row(where, 'share_after_leaving', { value: events > 0 ? (100 * later) / events : null }),
      row({ ...where, events: returned }, 're_entry', { value: (100 * returned) / members.length }),
    );
  }
  return rows;
}

const TIMES = [0, 28, 91, 183, 365];

function survivalRows(
  people: readonly Person[],
  context: { estimate_id: string; population: string; variant: string; strata: readonly string[] },
): ResultRow[] {
  const rows: ResultRow[] = [];
  const base = {
    estimate_id: context.estimate_id,
    design: 'survival',
    population: context.population,
    variant: context.variant,
  };
  for (const [stratum, level, members] of levelsOf(people, context.strata)) {
    const events = members.filter(({ left }) => left).length;
    const days = members.reduce((sum, { retained_days }) => sum + retained_days, 0);
    const cell: Where = {
      ...base,
      stratum,
      level,
      phase: null,
      clock: null,
      persons: members.length,
      events,
      person_years: days / YEAR,
    };
    rows.push(row(cell, 'persons', { value: members.length }), row(cell, 'events', { value: events }));
    let survival = 1;
    let sofar = 0;
    const curve: [number, number][] = [];
    for (const time of [...new Set(members.map(({ retained_days }) => retained_days))].sort(
      (x, y) => x - y,
    )) {
      const atRisk = members.filter(({ retained_days }) => retained_days >= time).length;
      const here = members.filter(({ retained_days, left }) => left && retained_days === time).length;
      survival *= 1 - here / atRisk;
      sofar += here;
      curve.push([time, survival]);
      rows.push(
        row({ ...cell, persons: atRisk, events: sofar, person_years: null }, 'survival', {
          value: survival,
          time,
        }),
      );
    }
    for (const time of TIMES) {
      const atRisk = members.filter(({ retained_days }) => retained_days >= time).length;
      const at = curve.filter(([day]) => day <= time).at(-1)?.[1] ?? 1;
      const where = { ...cell, events: null };
      rows.push(
        row(where, 'at_risk', { value: atRisk, time }),
        row(where, 'survival_at', { value: at, time }),
      );
    }
    const median = curve.find(([, value]) => value <= 0.5)?.[0];
    rows.push(row(cell, 'median', { value: median ?? null }));
  }
  for (const stratum of context.strata) {
    const where: Where = {
      ...base,
      stratum,
      level: 'all levels',
      phase: null,
      clock: null,
      persons: people.length,
      events: people.filter(({ left }) => left).length,
      person_years: null,
    };
    rows.push(row(where, 'log_rank', { value: 2.2, p_value: 0.14 }));
  }
  return rows;
}

export function drawStudy(seed: number): AttackStudy {
  const random = randomFrom(seed);
  const shape = {
    persons: Math.round(12 * 30 ** random()),
    areas: 2 + below(random, 4),
    yearly_rate: 0.15 * 12 ** random(),
    variant_only: random() < 0.3 ? 1 + below(random, 8) : 0,
  };
  const everybody = drawPopulation(random, shape);
  const persons = everybody.filter((person) => !person.only_in_variant);
  const at_least = 1 + below(random, 2);
  const isKnown = (person: Person): boolean => eventsBefore(person) >= at_least;
  const known = persons.filter(isKnown);
  const strata = ['sex', 'area', 'service', 'exit_group', 'success_and_return'].filter(() => random() < 0.55);
  const chance = (p: number): boolean => random() < p;
  const results: ResultRow[] = [
    ...ratesRows(persons, {
      estimate_id: 'rates',
      population: 'all',
      variant: 'protocol',
      by_year: chance(0.4),
      strata,
    }),
    ...changeRows(persons, { estimate_id: 'change', population: 'all', variant: 'protocol', strata }),
    ...(known.length > 0
      ? changeRows(known, { estimate_id: 'change', population: 'known', variant: 'protocol', strata })
      : []),
    ...survivalRows(persons, { estimate_id: 'retention', population: 'all', variant: 'protocol', strata }),
  ];
  if (chance(0.4) && known.length > 0)
    results.push(
      ...ratesRows(known, {
        estimate_id: 'rates-known',
        population: 'known',
        variant: 'protocol',
        by_year: false,
        strata,
      }),
    );
  if (chance(0.4) && known.length > 0)
    results.push(
      ...survivalRows(known, {
        estimate_id: 'retention-known',
        population: 'known',
        variant: 'protocol',
        strata,
      }),
    );
  if (shape.variant_only > 0)
    results.push(
      ...changeRows(everybody, { estimate_id: 'change', population: 'all', variant: 'wider', strata }),
    );

  const eventsOf = (people: readonly Person[]): number => sums(people, () => true).events;
  const wide = strata.includes('service') && strata.includes('area');
  return {
    persons,
    at_least,
    strata,
    internal: {
      study: {
        estimates: [
          { id: 'rates', design: 'rates', outcome: 'any' },
          { id: 'rates-known', design: 'rates', outcome: 'any', population: 'known' },
          { id: 'change', design: 'change', outcome: 'any', restricted: 'known' },
          { id: 'retention', design: 'survival' },
          { id: 'retention-known', design: 'survival', population: 'known' },
        ],
        population: {
          entry: 'first-journey',
          entry_window: { from: '2006-01-01', to: '2006-12-31' },
          subsets: { known: { prior_events: { outcome: 'any', at_least } } },
        },
        time_at_risk: { before: { months: 24 }, after: { months: 24 } },
        strata: Object.fromEntries(strata.map((stratum) => [stratum, stratum as 'sex'])),
      },
      results,
      ...registers(random, persons.length, eventsOf(persons)),
      population_steps: [
        { population: 'all', label: 'all', persons: persons.length, events: eventsOf(persons) },
        { population: 'known', label: 'known', persons: known.length, events: eventsOf(known) },
      ],
      nesting: wide
        ? [...new Set(persons.map((person) => person.strata.service ?? ''))].map((service) => ({
            stratum: 'service',
            level: service,
            within_stratum: 'area',
            within_level: service.split(',')[0] ?? '',
          }))
        : [],
    },
  };
}

/** Attrition, linkage and file accounts that end in a cohort of this size. */
function registers(
  random: Random,
  persons: number,
  events: number,
): Pick<InternalTables, 'attrition' | 'link_flow' | 'accounts' | 'issues' | 'profiles'> {
  const few = (): number =>
    random() < 0.2 ? 0 : random() < 0.5 ? 1 + below(random, 6) : 5 + below(random, 60);
  const codes = ['all', 'link-class', 'entry-window', 'age', 'coverage', 'full-windows'];
  const excluded = codes.slice(1).map(() => {
    const count = few();
    return { persons: count, events: count === 0 ? 0 : below(random, 4 * count) };
  });
  let left = {
    persons: persons + excluded.reduce((sum, one) => sum + one.persons, 0),
    events: events + excluded.reduce((sum, one) => sum + one.events, 0),
  };
  const attrition = codes.map((code, i) => {
    const gone = excluded[i - 1] ?? { persons: 0, events: 0 };
    left = { persons: left.persons - gone.persons, events: left.events - gone.events };
    return { step: i + 1, code, label: code, ...left };
  });
  const all = attrition[0]?.persons ?? 0;
  const kept = attrition[1]?.persons ?? 0;
  const absent = below(random, kept + 1);
  const ambiguous = below(random, all - kept + 1);
  const classes = [
    ['matched', kept - absent],
    ['absent', absent],
    ['ambiguous', ambiguous],
    ['unlinkable', all - kept - ambiguous],
  ] as const;
  const link_flow = classes.map(([link_class, count]) => ({
    register: 'treatment',
    link_class,
    records: count + (count === 0 ? 0 : below(random, count + 1)),
    persons: count,
  }));
  const accepted = link_flow.reduce((sum, { records }) => sum + records, 0);
  const quarantined = few();
  const some = (of: number): number => Math.min(of, few());
  return {
    attrition,
    link_flow,
    accounts: [
      {
        register: 'treatment',
        file: 'treatment.csv',
        sha256: '',
        bytes: 0,
        encoding: 'utf-8',
        dialect: ',',
        records_read: accepted + quarantined,
        accepted,
        quarantined,
        blank_lines: 0,
      },
    ],
    issues: ['reversed-spell', 'duplicate-rows'].map((code) => ({
      code,
      register: 'treatment',
      column_name: null,
      severity: 'warning',
      count: some(accepted),
      of: accepted,
      unit: 'records',
      message: 'episodes that end before they start',
    })),
    profiles: ['sex', 'postcode'].map((column_name) => {
      const missing = random() < 0.3 ? Math.max(0, accepted - few()) : some(accepted);
      return {
        register: 'treatment',
        column_name,
        type: 'text',
        records: accepted,
        missing,
        open_ended: 0,
        distinct_values: 3,
      };
    }),
  };
}

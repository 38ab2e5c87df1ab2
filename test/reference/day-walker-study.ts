import fc from 'fast-check';
import type { TableMapping } from '../../src/protocol/source.ts';
import type { Length, Protocol } from '../../src/protocol/tables.ts';
import { day, iso, type Registers } from './day-walker.ts';

/** Generated studies for the day walker: a protocol, and registers with everything that goes wrong in them. */

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Study = Protocol['study'];

const mappingOf = (table: TableMapping['table']): TableMapping => ({ table, columns: {} });

export function source(
  register: string,
  tables: readonly TableMapping['table'][],
): Protocol['sources'][number] {
  return {
    register,
    origin: 'synthetic',
    files: [`${register}.csv`],
    tables: tables.map(mappingOf),
    coverage: [{ from: '2004-01-01', to: '2008-01-01' }],
    path: `sources/${register}.yaml`,
    resolved_files: [],
    dictionary_columns: {},
  };
}

export interface ProtocolChoices {
  readonly spells: Study['definitions']['spells'];
  readonly gap: Protocol['gap'];
  readonly population: Study['population'];
  readonly time_at_risk: Study['time_at_risk'];
  readonly outcomes?: Protocol['outcomes'];
  readonly strata?: Protocol['strata'];
  readonly exit_groups?: Protocol['exit_groups'];
  readonly outcome_date?: 'offence' | 'disposal';
  readonly sources?: Protocol['sources'];
  readonly spine?: string;
  readonly retention_bands?: Protocol['retention_bands'];
}

const EXIT_GROUPS: Protocol['exit_groups'] = {
  '80': 'successful',
  '81': 'successful',
  '82': 'successful',
  '90': 'successful',
  '91': 'successful',
  '92': 'successful',
  '83': 'transferred',
  '84': 'custody',
  '85': 'unplanned',
  '71': 'unplanned',
  '88': 'unplanned',
  '89': 'died',
};

/** A protocol as the loader would hand it over, built by hand. */
export function protocolOf(choices: ProtocolChoices): Protocol {
  const study: Mutable<Study> = {
    schema_version: 1,
    title: 'A study',
    question: 'What happens to offending?',
    sources: ['sources/treatment.yaml'],
    linkage: { method: 'given', spine: choices.spine ?? 'treatment' },
    definitions: {
      spells: choices.spells,
      gap: { days: choices.gap.days ?? 0 },
      outcomes: { any: 'all-recordable' },
      ...(choices.outcome_date === undefined ? {} : { outcome_date: choices.outcome_date }),
    },
    population: choices.population,
    time_at_risk: choices.time_at_risk,
    estimates: [{ id: 'rates', design: 'rates', outcome: 'any' }],
    disclosure: { profile: 'none' },
  };
  return {
    folder: '/study',
    study,
    sources: choices.sources ?? [
      source('treatment', ['person_record', 'episode', 'intervention', 'contact']),
      source('police', ['offence']),
      source('prison', ['custody']),
      source('deaths', ['departure']),
    ],
    hash: '0',
    variant: 'protocol',
    gap: choices.gap,
    exit_groups: choices.exit_groups ?? EXIT_GROUPS,
    exit_groups_name: 'ndtms-2012',
    retention_bands: choices.retention_bands ?? [
      { label: 'under 3 months', from_days: 0, to_days: 91 },
      { label: '3-6 months', from_days: 91, to_days: 182 },
      { label: '6 months and more', from_days: 182 },
    ],
    outcomes: choices.outcomes ?? [
      { name: 'any', label: 'Any offence', definition: 'inline', offence_days: false },
    ],
    strata: choices.strata ?? {},
    estimates: study.estimates,
    headline: 'rates',
    definitions_used: [],
  };
}

/** Rows with what a case does not care about left empty. */
export function episodeRow(row: Partial<Registers['episode'][number]>): Registers['episode'][number] {
  return {
    person_id: 'p',
    episode_id: 'e',
    service: null,
    area: null,
    referral_route: null,
    referral_date: null,
    triage_date: null,
    substances: null,
    substance_group: null,
    start_date: null,
    end_date: null,
    exit_reason: null,
    ...row,
  };
}

export function personRow(row: Partial<Registers['person'][number]>): Registers['person'][number] {
  return {
    person_id: 'p',
    sex: 'female',
    birth_month: '1976-06-01',
    area: null,
    link_class: 'matched',
    ...row,
  };
}

/** Coverage of all registers of `protocolOf`, everywhere. */
export function covered(from_date: string, to_date: string): Registers['coverage'] {
  return ['treatment', 'police', 'prison', 'deaths'].map((register) => ({
    register,
    area: null,
    from_date,
    to_date,
    complete_to: null,
  }));
}

export const EMPTY: Registers = {
  person: [],
  episode: [],
  intervention: [],
  contact: [],
  custody: [],
  departure: [],
  offence: [],
  covariate: [],
  allocation: [],
  aggregate: [],
  coverage: [],
};

// ------------------------------------------------------------------------------------------------------- generators

/** Days on which things go wrong: leap days, year ends, edges of coverage and of the entry window. */
const SPECIAL = [
  '2003-12-31',
  '2004-01-01',
  '2004-02-28',
  '2004-02-29',
  '2004-03-01',
  '2004-12-31',
  '2005-01-01',
  '2005-02-28',
  '2005-04-01',
  '2006-03-31',
  '2006-04-01',
  '2006-04-30',
  '2006-05-31',
  '2006-12-31',
  '2007-01-01',
  '2007-02-28',
  '2007-03-01',
  '2007-12-31',
  '2008-01-01',
  '2008-02-29',
].map(day);

const someDay = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...SPECIAL) },
  { weight: 3, arbitrary: fc.integer({ min: day('2003-10-01'), max: day('2008-03-01') }) },
  { weight: 5, arbitrary: fc.integer({ min: day('2005-12-01'), max: day('2006-06-30') }) },
);

/** A period placed by itself or soon after the end of the one before it. */
const period = fc.record({
  at: someDay,
  soon: fc.option(fc.integer({ min: -12, max: 45 }), { nil: undefined, freq: 2 }),
  days: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1, max: 12 }) },
    { weight: 4, arbitrary: fc.integer({ min: 13, max: 500 }) },
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -20, max: -1 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
});

function placed(periods: readonly { at: number; soon: number | undefined; days: number | undefined }[]) {
  let last: number | undefined;
  return periods.map((one) => {
    const start = one.soon === undefined || last === undefined ? one.at : last + one.soon;
    const end = one.days === undefined ? undefined : start + one.days;
    last = end ?? start;
    return { start, end };
  });
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null, freq: 6 });

const episodeFacts = fc.record({
  service: maybe(fc.constantFrom('north', 'south')),
  area: maybe(fc.constantFrom('A', 'B')),
  referral_route: maybe(fc.constantFrom('self', 'court')),
  substance_group: maybe(fc.constantFrom('opiate', 'other')),
  exit_reason: maybe(fc.constantFrom('80', '81', '82', '90', '91', '83', '85', '88', '71', '99')),
  waited: fc.option(fc.integer({ min: -5, max: 80 }), { nil: undefined, freq: 3 }),
  triage: fc.option(fc.integer({ min: -10, max: 10 }), { nil: undefined, freq: 2 }),
  start_missing: fc.boolean(),
  start_missing_too: fc.boolean(),
});

const personFacts = fc.record({
  sex: maybe(fc.constantFrom('female', 'male')),
  birth: maybe(fc.oneof(fc.integer({ min: 120, max: 360 }), fc.integer({ min: 0, max: 480 }))),
  area: maybe(fc.constantFrom('A', 'B', 'C', 'C', 'C')),
  link_class: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('matched', 'absent') },
    { weight: 1, arbitrary: fc.constantFrom('ambiguous', 'unlinkable') },
  ),
  spells: fc.array(fc.record({ period, facts: episodeFacts }), { minLength: 0, maxLength: 6, size: 'max' }),
  custody: fc.array(period, { maxLength: 5 }),
  departures: fc.array(
    fc.record({
      counts: fc.boolean(),
      at: someDay,
      kind: fc.constantFrom('death', 'death', 'emigration', 'immigration', 'end-of-data'),
    }),
    { maxLength: 2 },
  ),
  offences: fc.array(
    fc.record({
      at: maybe(someDay),
      lag: maybe(fc.integer({ min: 0, max: 400 })),
      code: maybe(fc.constantFrom('theft', 'fraud', 'soliciting')),
      group: maybe(fc.constantFrom('acquisitive', 'drug', 'violence')),
      kind: fc.constantFrom('conviction', 'caution', 'arrest'),
    }),
    { maxLength: 5 },
  ),
  covariates: fc.array(
    fc.record({
      at: maybe(someDay),
      name: fc.constantFrom('housing', 'injecting'),
      value: maybe(fc.constantFrom('yes', 'no')),
    }),
    { maxLength: 3 },
  ),
  arms: fc.array(fc.record({ at: maybe(someDay), arm: maybe(fc.constantFrom('intensive', 'usual')) }), {
    maxLength: 2,
  }),
  aggregates: fc.array(
    fc.record({
      period: fc.integer({ min: 1, max: 3 }),
      events: maybe(fc.nat(3)),
      exposure: maybe(fc.constantFrom(0, 0.25, 1)),
    }),
    { maxLength: 3 },
  ),
});

type PersonFacts = typeof personFacts extends fc.Arbitrary<infer T> ? T : never;

const coverageFacts = fc.record({
  register: fc.constantFrom('treatment', 'police', 'prison', 'deaths'),
  area: fc.constantFrom(null, null, 'A', 'B'),
  from: fc.constantFrom('2004-01-01', '2004-04-01', '2005-01-01', '2006-03-15'),
  to: fc.constantFrom('2006-06-01', '2007-06-01', '2008-01-01', '2008-03-01'),
  complete_to: fc.constantFrom(null, null, '2006-10-01', '2007-12-01'),
});

/** Wide coverage of every register, and sometimes rows that take its place in an area or leave holes. */
const coverage = fc
  .oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(coverageFacts, { minLength: 1, maxLength: 4 }) },
  )
  .chain((rows) =>
    fc.record({
      rows: fc.constant(rows),
      // Now and then a register has no wide coverage at all.
      wide: fc.oneof(
        { weight: 6, arbitrary: fc.constant(['treatment', 'police', 'prison', 'deaths']) },
        {
          weight: 1,
          arbitrary: fc.constantFrom(['treatment', 'police', 'deaths'], ['police', 'prison', 'deaths']),
        },
      ),
      to: fc.constantFrom('2008-01-01', '2009-01-01'),
      complete_to: fc.constantFrom(null, null, '2007-06-01'),
    }),
  );

function isoOrNull(d: number | null | undefined): string | null {
  return d === null || d === undefined ? null : iso(d);
}

function registersOf(
  people: readonly PersonFacts[],
  seen: typeof coverage extends fc.Arbitrary<infer T> ? T : never,
): Registers {
  const registers: { [K in keyof Registers]: Registers[K][number][] } = {
    person: [],
    episode: [],
    intervention: [],
    contact: [],
    custody: [],
    departure: [],
    offence: [],
    covariate: [],
    allocation: [],
    aggregate: [],
    coverage: [],
  };
  people.forEach((facts, i) => {
    const person_id = `p${String(i).padStart(3, '0')}`;
    registers.person.push({
      person_id,
      sex: facts.sex,
      birth_month:
        facts.birth === null
          ? null
          : `${1955 + Math.floor(facts.birth / 12)}-${String((facts.birth % 12) + 1).padStart(2, '0')}-01`,
      area: facts.area,
      link_class: facts.link_class,
    });
    placed(facts.spells.map((one) => one.period)).forEach(({ start, end }, n) => {
      const about = facts.spells[n]?.facts;
      if (about === undefined) return;
      const noStart = about.start_missing && about.start_missing_too;
      const episode_id = `e${n}`;
      registers.episode.push({
        person_id,
        episode_id,
        service: about.service,
        area: about.area,
        referral_route: about.referral_route,
        referral_date: about.waited === undefined ? null : iso(start - about.waited),
        triage_date: about.triage === undefined ? null : iso(start + about.triage),
        substances: null,
        substance_group: about.substance_group,
        start_date: noStart ? null : iso(start),
        end_date: isoOrNull(end),
        exit_reason: about.exit_reason,
      });
      // The same period as doses: one row for a long stretch, single days with gaps and repeats for a short one.
      const dose = (id: string, from: string | null, to: string | null): void => {
        registers.intervention.push({
          person_id,
          intervention_id: `${episode_id}-${id}`,
          episode_id: about.start_missing ? null : episode_id,
          kind: about.service === 'north' ? 'agonist' : 'psychosocial',
          drug: null,
          dose: null,
          supervised: null,
          start_date: from,
          end_date: to,
        });
        registers.contact.push({
          person_id,
          contact_id: `${episode_id}-${id}`,
          contact_date: from,
          kind: about.service === 'north' ? 'medical' : 'key-worker',
        });
      };
      if (end === undefined || end <= start || end - start > 15)
        dose('whole', noStart ? null : iso(start), isoOrNull(end));
      else
        for (let d = start; d < end; d += 1) {
          if ((d - start) % 5 !== 3) dose(`${d - start}`, iso(d), null);
          if ((d - start) % 4 === 1) dose(`${d - start}-again`, iso(d), iso(d + 1));
        }
    });
    for (const { start, end } of placed(facts.custody)) {
      registers.custody.push({
        person_id,
        start_date: start % 17 === 0 ? null : iso(start),
        end_date: isoOrNull(end),
        kind: 'sentence',
        estimated: false,
      });
    }
    for (const one of facts.departures.filter((departure) => departure.counts)) {
      registers.departure.push({ person_id, departure_date: iso(one.at), kind: one.kind });
    }
    facts.offences.forEach((one, n) => {
      registers.offence.push({
        person_id,
        event_id: `o${n}`,
        occasion_id: null,
        offence_date: isoOrNull(one.at),
        offence_date_to: null,
        disposal_date: one.at === null || one.lag === null ? null : iso(one.at + one.lag),
        kind: one.kind,
        code: one.code,
        offence_group: one.group,
        severity: null,
      });
    });
    for (const one of facts.covariates) {
      registers.covariate.push({
        person_id,
        name: one.name,
        value: one.value,
        covariate_date: isoOrNull(one.at),
      });
    }
    for (const one of facts.arms) {
      registers.allocation.push({
        person_id,
        programme: 'hub',
        arm: one.arm,
        allocation_date: isoOrNull(one.at),
      });
    }
    for (const one of facts.aggregates) {
      registers.aggregate.push({ person_id, period: one.period, events: one.events, exposure: one.exposure });
    }
  });
  for (const register of seen.wide) {
    registers.coverage.push({
      register,
      area: null,
      from_date: '2004-01-01',
      to_date: seen.to,
      complete_to: register === 'police' ? seen.complete_to : null,
    });
  }
  for (const row of seen.rows) {
    registers.coverage.push({
      register: row.register,
      area: row.area,
      from_date: row.from,
      to_date: row.to,
      complete_to: row.complete_to,
    });
  }
  return registers;
}

const length: fc.Arbitrary<Length> = fc.oneof(
  fc.record({ days: fc.constantFrom(1, 28, 90, 365, 700) }),
  fc.record({ months: fc.constantFrom(1, 3, 6, 12, 22) }),
);

/** Leaves a key out instead of setting it to undefined. */
function given<K extends string, T>(key: K, value: T | undefined): { [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: T };
}

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

const protocol: fc.Arbitrary<Protocol> = fc
  .record({
    from: fc.constantFrom('episodes' as const, 'episodes' as const, 'doses' as const, 'contacts' as const),
    start: optional(fc.constantFrom('start' as const, 'triage' as const)),
    kinds: optional(fc.constant<string[]>(['agonist', 'medical'])),
    days_per_dose: optional(fc.integer({ min: 1, max: 14 })),
    gap: fc.oneof(
      fc.record({ days: fc.constantFrom(0, 1, 7, 21, 30) }),
      fc.record({ months: fc.constantFrom(1, 3) }),
    ),
    transfer_days: optional(fc.constantFrom(0, 2, 40)),
    by_exit_reason: optional(fc.constant({ '80': 0, '85': 35, '83': 3 })),
    entry: fc.constantFrom('first-journey' as const, 'first-journey-in-window' as const),
    age: optional(fc.record({ at_least: fc.constantFrom(18, 25), below: fc.constantFrom(45, 65) })),
    link_classes: optional(
      fc.constantFrom<('matched' | 'ambiguous')[]>(['matched'], ['matched', 'ambiguous']),
    ),
    washout: optional(length),
    full: optional(fc.boolean()),
    require_exposure: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
    before: fc.option(length, { nil: undefined, freq: 9 }),
    after: fc.option(
      fc.oneof(
        length,
        fc
          .record({
            until: fc.constantFrom('journey-end' as const, 'end-of-data' as const),
            at_most: optional(length),
          })
          .map(({ until, at_most }) => ({ until, ...given('at_most', at_most) })),
      ),
      { nil: undefined, freq: 9 },
    ),
    remove: optional(fc.constantFrom<'custody'[]>(['custody'], [])),
    end_at: optional(
      fc.constantFrom<('death' | 'emigration' | 'end-of-data')[]>(
        ['death'],
        ['death', 'emigration'],
        ['end-of-data'],
        [],
      ),
    ),
    calendar_year: fc.option(fc.boolean(), { nil: undefined, freq: 4 }),
    age_bands: optional(fc.constantFrom<number[]>([25], [18, 25, 26, 35])),
    outcome: fc.constantFrom<Partial<Protocol['outcomes'][number]>>(
      {},
      { groups: ['acquisitive', 'drug'] },
      { exclude_groups: ['violence'], kinds: ['conviction', 'caution'] },
      { offence_days: true },
      {
        codes: [
          { code: 'theft', from_date: null, to_date: null },
          { code: 'theft', from_date: '2006-01-01', to_date: null },
          { code: 'fraud', from_date: '2006-04-01', to_date: '2007-01-01' },
        ],
      },
    ),
    outcome_date: optional(fc.constantFrom('offence' as const, 'disposal' as const)),
    one_group: fc.boolean(),
  })
  .map((one) =>
    protocolOf({
      spells: {
        from: one.from,
        ...given('start', one.start),
        ...(one.from === 'episodes' ? {} : given('kinds', one.kinds)),
        ...given('days_per_dose', one.days_per_dose),
      },
      gap: {
        name: 'inline',
        ...one.gap,
        ...given('transfer_days', one.transfer_days),
        ...given('by_exit_reason', one.by_exit_reason),
      },
      population: {
        entry: one.entry,
        entry_window: { from: '2006-01-01', to: '2007-01-01' },
        ...given('age', one.age),
        ...given('link_classes', one.link_classes),
        ...given('washout', one.washout),
        ...given('require_full_windows', one.full),
        ...given('require_exposure', one.require_exposure ? true : undefined),
      },
      time_at_risk: {
        ...given('before', one.before),
        ...given('after', one.after),
        ...given('remove', one.remove),
        ...given('end_at', one.end_at),
        split: { ...given('calendar_year', one.calendar_year), ...given('age_bands', one.age_bands) },
      },
      outcomes: [
        { name: 'primary', label: 'Primary', definition: 'inline', offence_days: false, ...one.outcome },
      ],
      ...given('outcome_date', one.outcome_date),
      exit_groups: one.one_group ? EXIT_GROUPS : { ...EXIT_GROUPS, '82': 'transferred' },
      strata: {
        sex: 'sex',
        area: 'area',
        age: 'age_band',
        substance: 'substance_group',
        route: 'referral_route',
        service: 'service',
        retained: 'retention_band',
        exit: 'exit_group',
        back: 'success_and_return',
        link: 'link_class',
        housing: { covariate: 'housing' },
        arm: { allocation: 'hub' },
      },
    }),
  );

export interface GeneratedStudy {
  readonly protocol: Protocol;
  readonly registers: Registers;
}

export function studies(people: number): fc.Arbitrary<GeneratedStudy> {
  return fc
    .record({
      protocol,
      people: fc.array(personFacts, { minLength: people, maxLength: people }),
      seen: coverage,
    })
    .map(({ protocol: asked, people: facts, seen }) => ({
      protocol: asked,
      registers: registersOf(facts, seen),
    }));
}

import type { Released, ReleasedResultRow, ReleasedTables } from '../src/disclose/tables.ts';
import type { Protocol } from '../src/protocol/tables.ts';
import type { ReportInput } from '../src/report/tables.ts';

/** A report's input by hand: tests say only what they are about. The numbers are made up and belong to nobody. */

export const SUPPRESSED_NOTE = 'fewer than 5 persons or events, or needed to protect such a count';

export function resultRow(own: Partial<ReleasedResultRow>): ReleasedResultRow {
  return {
    estimate_id: 'change',
    design: 'change',
    population: 'all',
    stratum: 'all',
    level: 'all',
    phase: null,
    measure: 'persons',
    value: null,
    ci_low: null,
    ci_high: null,
    persons: 40,
    events: null,
    person_years: null,
    method: 'count',
    status: 'estimated',
    note: null,
    unit: 'number',
    clock: null,
    contrast: null,
    time: null,
    variant: 'protocol',
    std_error: null,
    p_value: null,
    null_value: null,
    null_low: null,
    null_high: null,
    ...own,
  };
}

/** A change and its persons in one place of the tables. */
export function changeRows(own: Partial<ReleasedResultRow>): readonly ReleasedResultRow[] {
  const { value = null, ci_low = null, ci_high = null, status = 'estimated', note = null, ...place } = own;
  const isSuppressed = status === 'suppressed';
  return [
    resultRow({
      ...place,
      measure: 'persons',
      value: isSuppressed ? null : 40,
      persons: isSuppressed ? null : 40,
      status: isSuppressed ? 'suppressed' : 'estimated',
    }),
    resultRow({
      ...place,
      measure: 'change_percent',
      contrast: 'events after / before',
      method: 'cluster-robust, one cluster a person',
      unit: 'percent',
      value,
      ci_low,
      ci_high,
      status,
      note,
      persons: isSuppressed ? null : 40,
    }),
  ];
}

export function rateRows(own: Partial<ReleasedResultRow>, rate: number): readonly ReleasedResultRow[] {
  const place = { estimate_id: 'rates', design: 'rates', clock: 'at-liberty', ...own };
  return [
    resultRow({ ...place, measure: 'events', value: 30 }),
    resultRow({ ...place, measure: 'persons', value: 40 }),
    resultRow({ ...place, measure: 'person_years', value: 30 / rate }),
    resultRow({ ...place, measure: 'rate', value: rate, ci_low: rate * 0.7, ci_high: rate * 1.4 }),
  ];
}

export function retentionRows(own: Partial<ReleasedResultRow> = {}): readonly ReleasedResultRow[] {
  const place = { estimate_id: 'retention', design: 'survival', ...own };
  return [
    resultRow({ ...place, measure: 'persons', value: 40 }),
    resultRow({ ...place, measure: 'events', value: 25 }),
    resultRow({ ...place, measure: 'median', value: 200, ci_low: 150, ci_high: null }),
    ...[0, 100, 365].flatMap((time) => [
      resultRow({ ...place, measure: 'at_risk', time, value: 40 - time / 20 }),
      resultRow({
        ...place,
        measure: 'survival_at',
        time,
        value: 1 - time / 500,
        ci_low: 0.9 - time / 500,
        ci_high: 1,
      }),
    ]),
    ...[50, 200, 300].map((time) =>
      resultRow({
        ...place,
        measure: 'survival',
        time,
        value: 1 - time / 400,
        ci_low: 0.9 - time / 400,
        ci_high: 1,
      }),
    ),
  ];
}

export function reportInput(
  results: readonly ReleasedResultRow[],
  own: {
    readonly study?: Partial<Protocol['study']>;
    readonly protocol?: Partial<Protocol>;
    readonly released?: Partial<ReleasedTables>;
    readonly provenance?: Partial<ReportInput['provenance']>;
    readonly description?: readonly string[];
  } = {},
): ReportInput {
  const study: Protocol['study'] = {
    schema_version: 1,
    title: 'A small study',
    question: 'What happened?',
    sources: ['sources/clinics.yaml'],
    linkage: { method: 'given', spine: 'clinics' },
    definitions: { spells: { from: 'episodes' }, gap: 'none', outcomes: { convictions: 'all-recordable' } },
    population: {
      entry: 'first-journey',
      entry_window: { from: '2000-01-01', to: '2001-01-01' },
      subsets: { known_offenders: { prior_events: { outcome: 'convictions', at_least: 1 } } },
    },
    time_at_risk: { before: { months: 24 }, after: { months: 24 } },
    estimates: [
      {
        id: 'change',
        design: 'change',
        outcome: 'convictions',
        restricted: 'known_offenders',
        strata: ['sex'],
      },
      { id: 'rates', design: 'rates', outcome: 'convictions', strata: ['sex'] },
      { id: 'retention', design: 'survival', strata: ['sex'] },
    ],
    disclosure: { profile: 'ndtms' },
    ...own.study,
  };
  const protocol: Protocol = {
    folder: '/study',
    study,
    sources: [
      {
        register: 'clinics',
        origin: 'real',
        path: 'sources/clinics.yaml',
        tables: [],
        coverage: [],
      } as unknown as Protocol['sources'][number],
    ],
    hash: 'f'.repeat(64),
    variant: 'protocol',
    gap: { name: 'none', days: 0 },
    exit_groups: {},
    exit_groups_name: 'as-recorded',
    retention_bands: [],
    outcomes: [{ name: 'convictions', label: 'convictions', definition: 'inline', offence_days: false }],
    strata: { sex: 'sex' },
    estimates: study.estimates,
    headline: study.estimates[0]?.id ?? '',
    definitions_used: [
      {
        kind: 'gap rule',
        name: 'none',
        version: '1',
        text: 'Any free day ends a journey.',
        standing: 'verified',
      },
      { kind: 'exit groups', name: 'old', version: '2', text: 'As remembered.', standing: 'provisional' },
    ],
    ...own.protocol,
  };
  const tables: ReleasedTables = {
    disclosure: {
      profile: 'ndtms',
      version: '1',
      threshold: 5,
      rounding: 1,
      source: 'A site.',
      banner: null,
      suppressed_note: SUPPRESSED_NOTE,
      rows: results.length,
      rows_suppressed: results.filter(({ status }) => status === 'suppressed').length,
    },
    results,
    attrition: [
      { step: 1, code: 'all', label: 'Persons of the register', persons: 60, events: 90, status: 'shown' },
      { step: 2, code: 'age', label: 'Age at entry at least 18', persons: 40, events: 70, status: 'shown' },
    ],
    population_steps: [
      { population: 'all', label: 'all', persons: 40, events: 70, status: 'shown' },
      {
        population: 'known_offenders',
        label: 'convicted before',
        persons: null,
        events: null,
        status: 'suppressed',
      },
    ],
    link_flow: [{ register: 'clinics', link_class: 'matched', records: 40, persons: 40, status: 'shown' }],
    accounts: [
      {
        register: 'clinics',
        file: 'clinics.csv',
        sha256: 'a'.repeat(64),
        bytes: 100,
        encoding: 'utf-8',
        dialect: ', separated',
        records_read: 61,
        accepted: 60,
        quarantined: 1,
        blank_lines: 0,
        status: 'shown',
      },
    ],
    issues: [],
    profiles: [],
    ...own.released,
  };
  return {
    // The gate's brand is disclose's own; tests of what is printed need rows that it would not make.
    released: tables as Released<ReleasedTables>,
    protocol,
    description: own.description ?? ['It is asked what happened.'],
    provenance: {
      desist_version: '0.0.0',
      engine: 'duckdb v0',
      protocol_hash: protocol.hash,
      standing: 'The protocol was not frozen before the outcomes were opened.',
      deviations: [],
      outcomes_opened: ['2026-01-02: protocol, protocol ffffffffffff'],
      stages: [
        {
          stage: 'ingest',
          variant: 'protocol',
          key: 'k'.repeat(64),
          version: 1,
          inputs: { 'clinics 1 clinics.csv': 'a'.repeat(64) },
          sql: 'SELECT 1 WHERE 2 < 3',
        },
      ],
      ...own.provenance,
    },
  };
}

/** Everything the small study estimates, with nothing suppressed. */
export function fullResults(): readonly ReleasedResultRow[] {
  return [
    ...changeRows({ value: -12, ci_low: -17, ci_high: -7 }),
    ...changeRows({ population: 'known_offenders', value: -28, ci_low: -33, ci_high: -23 }),
    ...['female', 'male'].flatMap((level) => [
      ...changeRows({ stratum: 'sex', level, value: -10, ci_low: -20, ci_high: 1 }),
      ...changeRows({
        population: 'known_offenders',
        stratum: 'sex',
        level,
        value: -30,
        ci_low: -40,
        ci_high: -19,
      }),
    ]),
    ...rateRows({ phase: 'before entry' }, 0.5),
    ...rateRows({ phase: 'after entry' }, 0.4),
    ...rateRows({ stratum: 'sex', level: 'female', phase: 'before entry' }, 0.3),
    ...retentionRows(),
    ...retentionRows({ stratum: 'sex', level: 'female' }),
  ];
}

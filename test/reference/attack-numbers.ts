import type { ResultRow } from '../../src/estimate/tables.ts';

/**
 * What each printed figure of a study is, as a reader of the report knows it: the attacker's own reading of the tables,
 * which shares no code with src/disclose. The same reading of the tables before disclosure gives the truth.
 */

export type Kind = 'persons' | 'events' | 'days';

export interface Place {
  readonly kind: Kind;
  readonly variant: string;
  readonly population: string;
  readonly stratum: string;
  readonly level: string;
  /** A window, a phase, a year, a day of a curve, or '' for all the time there is. */
  readonly phase: string;
  readonly clock: string;
}

export interface Reading {
  readonly key: string;
  readonly place: Place;
  /** NULL where the figure is withheld: the row still says that the group exists. */
  readonly value: number | null;
}

/** Sum of terms is zero. */
export interface Ratio {
  readonly terms: readonly (readonly [string, number])[];
}

export interface Tables {
  readonly results: readonly ResultRow[];
  readonly attrition: readonly {
    readonly step: number | null;
    readonly persons: number | null;
    readonly events: number | null;
  }[];
  readonly population_steps: readonly {
    readonly population: string | null;
    readonly persons: number | null;
    readonly events: number | null;
  }[];
  readonly link_flow: readonly {
    readonly link_class: string | null;
    readonly records: number | null;
    readonly persons: number | null;
  }[];
  readonly accounts: readonly {
    readonly records_read: number | null;
    readonly accepted: number | null;
    readonly quarantined: number | null;
  }[];
}

const YEAR = 365.25;

export function keyOf(place: Place): string {
  const { kind, variant, population, stratum, level, phase, clock } = place;
  return [kind, variant, population, stratum, level, phase, clock].join('|');
}

type Spot = Omit<Place, 'kind' | 'phase' | 'clock'>;

/** `stratum x calendar_year` divides time: the year is a phase. Leavers are a part of their exit group. */
function spotOf(row: ResultRow): { spot: Spot; year: string | undefined; leavers: boolean } {
  let stratum = row.stratum ?? 'all';
  let level = row.level ?? 'all';
  let year: string | undefined;
  if (stratum === 'calendar_year') {
    year = level;
    stratum = 'all';
    level = 'all';
  } else if (stratum.endsWith(' x calendar_year')) {
    const at = level.lastIndexOf(' x ');
    year = level.slice(at + 3);
    stratum = stratum.slice(0, -' x calendar_year'.length);
    level = level.slice(0, at);
  }
  const leavers = stratum.startsWith('leavers');
  if (stratum === 'leavers') {
    stratum = 'all';
    level = 'all';
  } else if (leavers) stratum = stratum.slice('leavers by '.length);
  if (level === 'all levels') {
    stratum = 'all';
    level = 'all';
  }
  return {
    spot: { variant: row.variant ?? '', population: row.population ?? 'all', stratum, level },
    year,
    leavers,
  };
}

export function readTables(tables: Tables): { readings: Reading[]; ratios: Ratio[] } {
  const readings: Reading[] = [];
  const ratios: Ratio[] = [];
  const add = (place: Place, value: number | null): string => {
    const key = keyOf(place);
    readings.push({ key, place, value });
    return key;
  };
  const same = (...terms: (readonly [string, number])[]): void => {
    ratios.push({ terms });
  };
  for (const row of tables.results) {
    const { spot, year, leavers } = spotOf(row);
    const own = (kind: Kind, phase: string, clock: string): Place => ({ ...spot, kind, phase, clock });
    if (row.design === 'survival') {
      const time = String(row.time ?? '').padStart(6, '0');
      if (row.measure === 'survival') {
        if (row.events !== null) add(own('persons', `left by ${time}`, ''), row.events);
        continue;
      }
      add(own('persons', '', ''), row.persons);
      if (row.measure === 'at_risk') add(own('persons', `at risk ${time}`, ''), row.value);
      else if (row.measure === 'persons' || row.measure === 'events') {
        add(own('persons', 'left', ''), row.events);
        add(
          own('days', 'retained', ''),
          row.person_years === null ? null : Math.round(row.person_years * YEAR),
        );
      } else if (row.measure === 'log_rank') add(own('persons', 'left', ''), row.events);
      continue;
    }
    if (leavers) {
      const n = add(own('persons', 'left', ''), row.persons);
      if (row.measure === 're_entry') {
        const back = add(own('persons', 'back', ''), row.events);
        if (row.value !== null) same([back, 100], [n, -row.value]);
        continue;
      }
      const events = add(own('events', 'of leavers', 'calendar'), row.events);
      if (row.measure === 'share_after_leaving' && row.value !== null) {
        const count = row.events === null ? null : Math.round((row.value * row.events) / 100);
        const later = add(own('events', 'after leaving', 'calendar'), count);
        same([later, 100], [events, -row.value]);
      }
      continue;
    }
    const phase = year ?? row.phase ?? '';
    const clock = row.clock ?? 'calendar';
    if (row.level === 'all levels') {
      add(own('persons', '', ''), row.persons);
      continue;
    }
    const isRates = row.design === 'rates';
    const n = add(isRates ? own('persons', phase, clock) : own('persons', '', ''), row.persons);
    const events = add(own('events', phase, clock), row.events);
    const days = add(
      own('days', phase, clock),
      row.person_years === null ? null : Math.round(row.person_years * YEAR),
    );
    if (row.value === null) continue;
    const of = (kind: Kind, window: string): string => keyOf(own(kind, window, clock));
    const [a, b] = [of('events', 'after entry'), of('events', 'before entry')];
    if (row.measure === 'rate') same([events, YEAR], [days, -row.value]);
    else if (row.measure === 'change_per_person') same([a, 1], [b, -1], [n, -row.value]);
    else if (row.measure === 'change_percent' && row.contrast === 'events after / before')
      same([a, 1], [b, -(1 + row.value / 100)]);
  }
  const whole = { variant: 'protocol', stratum: 'all', level: 'all', phase: '' };
  for (const row of tables.population_steps) {
    const population = row.population ?? 'all';
    add({ ...whole, population, kind: 'persons', clock: '' }, row.persons);
    // Whenever they happened: not only in the windows.
    add({ ...whole, population, phase: 'ever', kind: 'events', clock: '' }, row.events);
  }
  for (const row of tables.attrition) {
    const step = { ...whole, population: 'attrition', level: String(row.step).padStart(2, '0') };
    add({ ...step, kind: 'persons', clock: '' }, row.persons);
    add({ ...step, kind: 'events', clock: 'calendar' }, row.events);
  }
  for (const row of tables.link_flow) {
    const link = { ...whole, population: 'link', level: row.link_class ?? '', clock: '' };
    add({ ...link, kind: 'persons' }, row.persons);
    add({ ...link, kind: 'persons', phase: 'records' }, row.records);
  }
  for (const row of tables.accounts) {
    const account = { ...whole, population: 'account', kind: 'persons', clock: '' } as const;
    add({ ...account, phase: 'read' }, row.records_read);
    add({ ...account, phase: 'accepted' }, row.accepted);
    add({ ...account, phase: 'quarantined' }, row.quarantined);
  }
  return { readings, ratios };
}

import type { ResultRow } from '../estimate/tables.ts';
import type { Estimate } from '../protocol/tables.ts';
import { closedBins, curveName } from './closed-bins.ts';
import { binOf } from './margins.ts';
import { isBin, isProportion, kindOf, type RowKind, telling } from './measures.ts';
import type { Profile } from './profiles.ts';
import type { Description, Origin, Quantities } from './quantities.ts';
import type { SystemBuilder } from './system.ts';
import type { InternalTables } from './tables.ts';

/**
 * Result rows as cells: all rows about the same persons, time and clock. A cell has two units, its persons and the rest
 * (events, time and everything computed from them), so that a number of persons can be withheld to protect another
 * without losing the rate. Of a design that nothing is known of, only the rows of counts are cells.
 */

/** What must be printed for the row's value, and for each of its counts, to be printed. */
export interface RowPlan {
  readonly row: ResultRow;
  readonly kind: RowKind;
  readonly value: readonly number[];
  readonly persons: readonly number[];
  readonly events: readonly number[];
  readonly person_years: readonly number[];
  /** Rows of the same stratum of the same estimate. */
  readonly table: string;
  /** What the curves of this kind draw, so that two estimates of the same curve are known to be the same. */
  readonly curve: string;
}

const DAYS_PER_YEAR = 365.25;
const LEAVERS = 'leavers';
const LEAVERS_BY = 'leavers by ';
const JOURNEY_END = 'journey-end';

interface CellUnits {
  readonly persons: number;
  readonly rest: number;
  /** Units of single rows that say more than the cell's counts. */
  readonly further: number[];
  people: number | undefined;
}

/** What a cell is worth to a reader: wholes before parts, windows before phases before bins, the protocol before its variants. */
function costOf(row: ResultRow, persons: number): number {
  const isWhole = row.stratum === 'all' || row.stratum === LEAVERS;
  const size = 1 + 0.25 * Math.log2(1 + persons);
  const window = row.time !== null ? 0.1 : row.phase === null || row.phase.endsWith(' entry') ? 1 : 0.7;
  const crossed = row.stratum?.includes(' x ') ? 0.6 : 1;
  const whole = isWhole ? (row.population === 'all' ? 12 : 8) : row.population === 'all' ? 1 : 0.9;
  const variant = row.variant === 'protocol' ? 1 : 0.3;
  const clock = row.clock === 'at-liberty' ? 0.5 : 1;
  return size * window * crossed * whole * variant * clock;
}

/** Change and survival describe a whole level in one cell; all other designs have one for each phase, clock and time. */
function cellKey(row: ResultRow): string {
  const place = [row.estimate_id, row.variant, row.population, row.stratum, row.level];
  // The two clocks differ by the events in custody, often too few to show: the at-liberty rows can go alone.
  if (row.design === 'change') return JSON.stringify([...place, row.clock === 'at-liberty']);
  if (row.design === 'survival' && row.time === null) return JSON.stringify(place);
  if (kindOf(row) === 'curve') return JSON.stringify(place);
  if (kindOf(row) === 'steps')
    return JSON.stringify([...place, curveName(row), row.clock, row.measure, row.method]);
  return JSON.stringify([...place, row.phase, row.clock, row.time, row.contrast]);
}

function leaverStratum(row: ResultRow): readonly [string, string] | undefined {
  const stratum = row.stratum ?? 'all';
  if (row.design !== 'change') return undefined;
  if (stratum === LEAVERS) return ['all', 'all'];
  if (stratum.startsWith(LEAVERS_BY)) return [stratum.slice(LEAVERS_BY.length), row.level ?? ''];
  return undefined;
}

/** The part of time that a row is about, in the words of its design. */
function phaseOf(row: ResultRow, around: string | undefined): string {
  const own = isBin(row) ? (row.phase ?? around ?? null) : row.phase;
  const phase = [own, row.contrast].filter((one) => one !== null).join(': ');
  return row.time === null ? phase : binOf(phase, row.time);
}

/** What an estimate counts, as far as its protocol says so. */
interface Counted {
  readonly outcome: string;
  /** Of a survival estimate, what ends it. */
  readonly event: string;
  /** What bins of time are counted from. */
  readonly around: string | undefined;
}

function countedBy(estimate: Estimate | undefined, id: string): Counted {
  if (estimate === undefined) return { outcome: id, event: JOURNEY_END, around: undefined };
  const outcome = 'outcome' in estimate && typeof estimate.outcome === 'string' ? estimate.outcome : '';
  const event = 'event' in estimate && typeof estimate.event === 'string' ? estimate.event : JOURNEY_END;
  const around =
    'around' in estimate && typeof estimate.around === 'string' ? `around ${estimate.around}` : undefined;
  // Another start of the clock is another time, of other people: those who left, or were released.
  const from =
    'from' in estimate && typeof estimate.from === 'string' && estimate.from !== 'entry'
      ? ` from ${estimate.from}`
      : '';
  return { outcome, event: outcome === '' ? event : `${event} of ${outcome}${from}`, around };
}

export function planResults(
  internal: InternalTables,
  system: SystemBuilder,
  quantities: Quantities,
  profile: Profile,
): RowPlan[] {
  const isZeroShown = profile.zero === 'shown';
  const counted = new Map<string, Counted>();
  for (const { estimate_id } of internal.results) {
    const id = estimate_id ?? '';
    if (!counted.has(id))
      counted.set(
        id,
        countedBy(
          internal.study.estimates.find((one) => one.id === id),
          id,
        ),
      );
  }
  const countedIn = (row: ResultRow): Counted =>
    counted.get(row.estimate_id ?? '') ?? countedBy(undefined, '');
  const proportions = new Set(internal.results.filter(isProportion).map(cellKey));
  const cells = new Map<string, CellUnits>();
  const cellOf = (row: ResultRow): CellUnits => {
    const key = cellKey(row);
    const known = cells.get(key);
    if (known !== undefined) return known;
    const persons = row.persons ?? 0;
    const cost = isZeroShown && persons === 0 ? Number.POSITIVE_INFINITY : costOf(row, persons);
    const made: CellUnits = {
      persons: system.addUnit(0.4 * cost),
      rest: system.addUnit(cost),
      further: [],
      people: undefined,
    };
    cells.set(key, made);
    return made;
  };

  /** Records what the row prints of its cell, and says what its value needs. */
  const planCell = (row: ResultRow): Pick<RowPlan, 'value' | 'persons' | 'events' | 'person_years'> => {
    const cell = cellOf(row);
    const { outcome, event, around } = countedIn(row);
    const { design } = row;
    const origin: Origin = {
      variant: row.variant ?? '',
      estimate: row.estimate_id ?? '',
      clock: row.clock ?? 'calendar',
    };
    const leavers = leaverStratum(row);
    const [stratum, level] = leavers ?? [row.stratum ?? 'all', row.level ?? 'all'];
    const isWhole = design === 'change' || design === 'survival';
    const phase = isWhole ? (row.phase ?? '') : phaseOf(row, around);
    const place = { population: row.population ?? 'all', stratum, level, phase };
    const put = (what: Partial<Description>, value: number | null, unit: number): number | undefined => {
      if (value === null) return undefined;
      const isPersons = what.kind === undefined || what.kind === 'persons';
      const variable = quantities.record(
        { kind: 'persons', outcome: '', ...place, ...what },
        isPersons ? { ...origin, clock: row.clock ?? '' } : origin,
        value,
      );
      system.print(variable, unit);
      return variable;
    };
    const personsPhase = leavers !== undefined ? 'left' : isWhole ? '' : phase;
    const people = put({ phase: personsPhase }, row.persons, cell.persons);
    cell.people ??= people;
    const link = (variable: number | undefined): void => {
      if (variable === undefined || cell.people === undefined) return;
      const behind = system.variables[variable]?.persons;
      if (behind !== undefined && !behind.includes(cell.people)) behind.push(cell.people);
    };
    const own = (): number => {
      const unit = system.addUnit(0.8 * costOf(row, row.persons ?? 0));
      cell.further.push(unit);
      return unit;
    };
    const needs = telling(row.measure ?? '');
    const value = [...(needs.persons ? [cell.persons] : []), ...(needs.rest ? [cell.rest] : [])];
    const plan = { value, persons: [cell.persons], events: [cell.rest], person_years: [cell.rest] };
    if (row.person_years !== null) {
      const days = Math.round(row.person_years * DAYS_PER_YEAR);
      const until = event === JOURNEY_END ? 'retained' : `until ${event}`;
      link(
        put(
          design === 'survival' ? { kind: 'days', phase: until } : { kind: 'days', outcome },
          days,
          cell.rest,
        ),
      );
    }
    if (leavers !== undefined && row.measure === 're_entry') {
      const unit = own();
      link(put({ phase: 'back' }, row.events, unit));
      return { ...plan, value: [cell.persons, unit], events: [cell.persons, unit] };
    }
    if (leavers !== undefined) {
      link(put({ kind: 'events', outcome, phase: 'after entry of leavers' }, row.events, cell.rest));
      if (row.measure !== 'share_after_leaving' || row.value === null) return plan;
      const unit = own();
      const later = Math.round((row.value * (row.events ?? 0)) / 100);
      link(put({ kind: 'events', outcome, phase: 'after leaving' }, later, unit));
      return { ...plan, value: [...value, unit] };
    }
    if (design === 'survival' && !proportions.has(cellKey(row))) {
      const cause = [event, row.phase, row.contrast].filter((one) => one !== null).join(': ');
      link(put({ phase: cause === JOURNEY_END ? 'left' : cause }, row.events, cell.rest));
      return plan;
    }
    if (!proportions.has(cellKey(row))) {
      link(put({ kind: 'events', outcome }, row.events, cell.rest));
      return plan;
    }
    // Those with the outcome, and those without, are both persons.
    const having = put({ phase: `${phase} with the outcome` }, row.events, cell.rest);
    link(having);
    if (people !== undefined && having !== undefined) system.atLeast([people], [having], 'count');
    return plan;
  };

  /** A curve of cumulative events: its persons at the start, its events in the end. The days between have rules of their own. */
  const ends = new Map<string, { persons: number; events: number }>();
  for (const row of internal.results) {
    if (kindOf(row) !== 'steps') continue;
    const end = ends.get(cellKey(row)) ?? { persons: 0, events: 0 };
    ends.set(cellKey(row), {
      persons: Math.max(end.persons, row.persons ?? 0),
      events: Math.max(end.events, row.events ?? 0),
    });
  }
  const planSteps = (row: ResultRow): readonly number[] => {
    const cell = cellOf(row);
    if (cell.people === undefined) {
      const { persons = 0, events = 0 } = ends.get(cellKey(row)) ?? {};
      const { variant, population, stratum, level, estimate_id } = row;
      const place = { population: population ?? 'all', stratum: stratum ?? 'all', level: level ?? 'all' };
      const origin = { variant: variant ?? '', estimate: estimate_id ?? '', clock: row.clock ?? 'calendar' };
      const phase = curveName(row);
      cell.people = quantities.record({ kind: 'persons', outcome: '', ...place, phase }, origin, persons);
      const { outcome } = countedIn(row);
      const total = quantities.record({ kind: 'events', outcome, ...place, phase }, origin, events);
      system.print(cell.people, cell.persons);
      system.print(total, cell.rest);
      system.variables[total]?.persons.push(cell.people);
    }
    return [cell.persons, cell.rest];
  };

  const isClosed = closedBins(internal.results, profile);
  const plans = internal.results.map((row): RowPlan => {
    const kind = isClosed(row) ? 'closed' : kindOf(row);
    const table = JSON.stringify([row.estimate_id, row.variant, row.population, row.stratum]);
    const { outcome, event } = countedIn(row);
    const curve = kind === 'steps' ? `${outcome}: ${curveName(row)}` : event;
    const all = (units: readonly number[]): RowPlan => ({
      row,
      kind,
      value: units,
      persons: units,
      events: units,
      person_years: units,
      table,
      curve,
    });
    if (kind === 'test' || kind === 'model' || kind === 'point' || kind === 'closed') return all([]);
    if (kind === 'steps') return all(planSteps(row));
    if (kind === 'curve') {
      const { persons, rest } = cellOf(row);
      return all([persons, rest]);
    }
    return { row, kind, table, curve, ...planCell(row) };
  });
  for (const { persons, rest, further, people } of cells.values())
    if (people !== undefined) system.addCell(people, [persons, rest, ...further]);
  return plans;
}

import type { ResultRow } from '../estimate/tables.ts';
import { ALL_LEVELS, CURVE_MEASURES, telling } from './measures.ts';
import type { Description, Origin, Quantities } from './quantities.ts';
import type { SystemBuilder } from './system.ts';
import type { InternalTables } from './tables.ts';

/**
 * Result rows as cells: all rows about the same persons, time and clock. A cell has two units, its persons and the rest
 * (events, time and everything computed from them), so that a number of persons can be withheld to protect another
 * without losing the rate.
 */

/** What must be printed for the row's value, and for each of its counts, to be printed. */
export interface RowPlan {
  readonly row: ResultRow;
  readonly kind: 'cell' | 'curve' | 'test';
  readonly value: readonly number[];
  readonly persons: readonly number[];
  readonly events: readonly number[];
  readonly person_years: readonly number[];
  /** Rows of the same stratum of the same estimate. */
  readonly table: string;
}

const DAYS_PER_YEAR = 365.25;
const LEAVERS = 'leavers';
const LEAVERS_BY = 'leavers by ';

interface CellUnits {
  readonly persons: number;
  readonly rest: number;
  /** Units of single rows that say more than the cell's counts. */
  readonly further: number[];
  people: number | undefined;
}

/** What a cell is worth to a reader: wholes before parts, windows before phases, the protocol before its variants. */
function costOf(row: ResultRow, persons: number): number {
  const isWhole = row.stratum === 'all' || row.stratum === LEAVERS;
  const size = 1 + 0.25 * Math.log2(1 + persons);
  const window = row.phase === null || row.phase.endsWith(' entry') ? 1 : 0.7;
  const crossed = row.stratum?.includes(' x ') ? 0.6 : 1;
  const whole = isWhole ? (row.population === 'all' ? 12 : 8) : row.population === 'all' ? 1 : 0.9;
  const variant = row.variant === 'protocol' ? 1 : 0.3;
  const clock = row.clock === 'at-liberty' ? 0.5 : 1;
  return size * window * crossed * whole * variant * clock;
}

function cellKey(row: ResultRow): string {
  const place = [row.estimate_id, row.variant, row.population, row.stratum, row.level];
  // The two clocks differ by the events in custody, often too few to show: the at-liberty rows can go alone.
  if (row.design === 'change') return JSON.stringify([...place, row.clock === 'at-liberty']);
  if (row.design === 'survival') return JSON.stringify(place);
  return JSON.stringify([...place, row.phase, row.clock, row.time]);
}

function leaverStratum(row: ResultRow): readonly [string, string] | undefined {
  const stratum = row.stratum ?? 'all';
  if (stratum === LEAVERS) return ['all', 'all'];
  if (stratum.startsWith(LEAVERS_BY)) return [stratum.slice(LEAVERS_BY.length), row.level ?? ''];
  return undefined;
}

export function planResults(
  internal: InternalTables,
  system: SystemBuilder,
  quantities: Quantities,
  isZeroShown: boolean,
): RowPlan[] {
  const outcomes = new Map(
    internal.study.estimates.map((estimate) => [
      estimate.id,
      estimate.design === 'survival' ? '' : estimate.outcome,
    ]),
  );
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
  const plans = internal.results.map((row): RowPlan => {
    const table = JSON.stringify([row.estimate_id, row.variant, row.population, row.stratum]);
    const none: readonly number[] = [];
    if (row.level === ALL_LEVELS)
      return { row, kind: 'test', value: none, persons: none, events: none, person_years: none, table };
    const cell = cellOf(row);
    if (CURVE_MEASURES.has(row.measure ?? '')) {
      const both = [cell.persons, cell.rest];
      return { row, kind: 'curve', value: both, persons: both, events: both, person_years: both, table };
    }
    const origin: Origin = {
      variant: row.variant ?? '',
      estimate: row.estimate_id ?? '',
      clock: row.clock ?? 'calendar',
    };
    const leavers = leaverStratum(row);
    const [stratum, level] = leavers ?? [row.stratum ?? 'all', row.level ?? 'all'];
    const place = { population: row.population ?? 'all', stratum, level, phase: row.phase ?? '' };
    const put = (what: Partial<Description>, value: number | null, unit: number): number | undefined => {
      if (value === null) return undefined;
      const variable = quantities.record(
        { kind: 'persons', outcome: '', ...place, ...what },
        what.kind === undefined || what.kind === 'persons' ? { ...origin, clock: row.clock ?? '' } : origin,
        value,
      );
      system.print(variable, unit);
      return variable;
    };
    const outcome = outcomes.get(row.estimate_id ?? '') ?? row.estimate_id ?? '';
    const personsPhase =
      leavers !== undefined ? 'left' : row.design === 'rates' || row.design === null ? place.phase : '';
    cell.people ??= put({ phase: personsPhase }, row.persons, cell.persons);
    if (row.persons !== null) put({ phase: personsPhase }, row.persons, cell.persons);
    const link = (variable: number | undefined): void => {
      if (variable !== undefined && cell.people !== undefined) {
        const behind = system.variables[variable]?.persons;
        if (behind !== undefined && !behind.includes(cell.people)) behind.push(cell.people);
      }
    };
    const needs = telling(row.measure ?? '');
    const value = [...(needs.persons ? [cell.persons] : []), ...(needs.rest ? [cell.rest] : [])];
    const plan = {
      row,
      kind: 'cell' as const,
      persons: [cell.persons],
      events: [cell.rest],
      person_years: [cell.rest],
      table,
    };
    if (row.person_years !== null) {
      const phase = row.design === 'survival' ? 'retained' : place.phase;
      const days = Math.round(row.person_years * DAYS_PER_YEAR);
      const counted = row.design === 'survival' ? '' : outcome;
      link(put({ kind: 'days', outcome: counted, phase }, days, cell.rest));
    }
    if (leavers !== undefined && row.measure === 're_entry') {
      const own = system.addUnit(0.8 * costOf(row, row.persons ?? 0));
      cell.further.push(own);
      link(put({ phase: 'back' }, row.events, own));
      return { ...plan, value: [cell.persons, own], events: [cell.persons, own] };
    }
    if (leavers !== undefined) {
      link(put({ kind: 'events', outcome, phase: 'after entry of leavers' }, row.events, cell.rest));
      if (row.measure === 'share_after_leaving' && row.value !== null) {
        const own = system.addUnit(0.8 * costOf(row, row.persons ?? 0));
        cell.further.push(own);
        const later = Math.round((row.value * (row.events ?? 0)) / 100);
        link(put({ kind: 'events', outcome, phase: 'after leaving' }, later, own));
        return { ...plan, value: [...value, own] };
      }
      return { ...plan, value };
    }
    if (row.design === 'survival') link(put({ phase: 'left' }, row.events, cell.rest));
    else link(put({ kind: 'events', outcome }, row.events, cell.rest));
    return { ...plan, value };
  });
  for (const { persons, rest, further, people } of cells.values())
    if (people !== undefined) system.addCell(people, [persons, rest, ...further]);
  return plans;
}

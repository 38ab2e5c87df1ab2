import { binned, PHASES, parted, WINDOWS } from './margins.ts';
import type { Quantity } from './quantities.ts';
import {
  groupBy,
  personsOf,
  placesOf,
  type RelationInput,
  restRole,
  slopOf,
  sourcesOf,
} from './relation-input.ts';
import type { SystemBuilder } from './system.ts';
import { windowDays } from './window-days.ts';

/** Relations from what time is divided into: windows of a known length, calendar years, phases and bins of any design. */

/** Nobody has more time than the windows are long, and where they are full, nobody has less. */
export function addTime({ system, quantities, study }: RelationInput): void {
  const lengths = windowDays(study.time_at_risk);
  if (lengths === undefined) return;
  for (const source of sourcesOf(quantities)) {
    if (source[0]?.kind !== 'days') continue;
    const cells = source.flatMap((one) => {
      const people = personsOf(quantities, one);
      return people === undefined || one.phase === 'retained' ? [] : [{ one, people }];
    });
    const persons = (id: number): number => system.variables[id]?.value ?? 0;
    for (const { one, people } of cells) {
      const limit = lengths[one.phase] ?? lengths[''];
      if (limit !== undefined) system.atLeast([people], [one.variable], 'slack', { whole: limit.most });
    }
    for (const phase of WINDOWS) {
      const limit = lengths[phase];
      const own = cells.filter(({ one }) => one.phase === phase);
      if (limit === undefined || !own.every(({ one, people }) => one.value >= limit.least * persons(people)))
        continue;
      for (const { one, people } of own)
        system.atLeast([one.variable], [people], 'slack', { parts: limit.least });
    }
  }
}

/** Parts of journeys, not of time. */
const JOURNEY_PHASES = new Set(['left', 'back', 'after entry of leavers', 'after leaving']);

const CALENDAR_YEAR = 'calendar_year';

/** The whole and its parts, all of one kind: some windows or bins, and what they make up. */
interface Division {
  readonly whole: Quantity;
  readonly parts: readonly Quantity[];
}

const total = (parts: readonly Quantity[]): number => parts.reduce((sum, { value }) => sum + value, 0);
const ids = (parts: readonly Quantity[]): number[] => parts.map(({ variable }) => variable);

/** Whether the parts are the whole in every place; then a reader knows it, or could find out. */
function addUpEverywhere(divisions: readonly Division[]): boolean {
  return (
    divisions.length > 0 &&
    divisions.every(
      ({ whole, parts }) => Math.abs(whole.value - total(parts)) <= slopOf(whole.kind, parts.length + 1),
    )
  );
}

/** Years before the first possible entry lie before entry, years after the last possible entry after it. */
export function addYears({ system, quantities, study }: RelationInput): void {
  const { from, to } = study.population.entry_window ?? {};
  const [first, last] = [Number(from?.slice(0, 4)), Number(to?.slice(0, 4))];
  for (const source of sourcesOf(quantities)) {
    if (source[0]?.kind === 'persons') continue;
    const years = groupBy(
      source.flatMap((one) => {
        const crossed = parted(one.stratum);
        if (one.phase !== '') return [];
        if (one.stratum === CALENDAR_YEAR)
          return [{ one, stratum: 'all', level: 'all', year: Number(one.level) }];
        if (crossed?.[1] !== CALENDAR_YEAR) return [];
        const [level, year] = parted(one.level) ?? ['', ''];
        return [{ one, stratum: crossed[0], level, year: Number(year) }];
      }),
      ({ one, stratum, level }) => [one.population, stratum, level],
    ).map((group) => [...group].sort((a, b) => a.year - b.year));
    const wholeOf = (group: (typeof years)[number], phase: string): Quantity | undefined =>
      source.find(
        (one) =>
          one.population === group[0]?.one.population &&
          one.stratum === group[0].stratum &&
          one.level === group[0].level &&
          one.phase === phase,
      );
    for (const [phase, isIn] of [
      ['before entry', (year: number, edge: number) => year < edge],
      ['after entry', (year: number, edge: number) => year > edge],
    ] as const) {
      const divide = (edge: number): Division[] =>
        years.flatMap((group) => {
          const whole = wholeOf(group, phase);
          const parts = group.filter(({ year }) => isIn(year, edge)).map(({ one }) => one);
          return whole === undefined || parts.length === 0 ? [] : [{ whole, parts }];
        });
      for (const edge of new Set(years.flat().map(({ year }) => year))) {
        const divisions = divide(edge);
        if (!addUpEverywhere(divisions)) continue;
        for (const { whole, parts } of divisions)
          system.sum([whole.variable], ids(parts), slopOf(whole.kind, parts.length + 1));
      }
      const edge = phase === 'before entry' ? first : last;
      if (!Number.isFinite(edge)) continue;
      for (const { whole, parts } of divide(edge))
        system.atLeast([whole.variable], ids(parts), restRole(whole));
    }
  }
}

/**
 * Phases that the margins do not name, and bins of time: of any design, without knowing what they are. Each lies within
 * its wholes; together they are a whole or lie within it too, where the true numbers say so. A phase `cases: exposed` is a
 * part of `cases`, and all of them parts of whatever adds up.
 */
export function addDivisions(input: RelationInput): void {
  for (const source of sourcesOf(input.quantities)) {
    const divisions = placesOf(source).flatMap(divisionsOf);
    for (const { parts, wholes } of divisions) {
      const first = parts[0];
      if (first === undefined) continue;
      const found = [
        ...wholes,
        ...elsewhere(input, first, binned(first.phase)?.[0] ?? ''),
        ...elsewhere(input, first, ''),
      ];
      for (const whole of found) addParts(input.system, whole, parts);
    }
    if (source[0]?.kind === 'persons') continue;
    // Bins on either side of entry: the nearest so many of them may be a window.
    for (const window of WINDOWS) {
      const sides = divisions.map(({ parts }) => {
        const side = parts.filter(({ phase }) => {
          const time = binned(phase)?.[1];
          return time !== undefined && (window === 'before entry' ? time < 0 : time >= 0);
        });
        return window === 'before entry' ? side.reverse() : side;
      });
      const longest = sides.reduce((most, side) => Math.max(most, side.length), 0);
      for (let count = 1; count <= longest; count += 1) {
        const found = sides.flatMap((side): Division[] => {
          const parts = side.slice(0, count);
          return parts[0] === undefined
            ? []
            : elsewhere(input, parts[0], window).map((whole) => ({ whole, parts }));
        });
        if (!addUpEverywhere(found)) continue;
        for (const { whole, parts } of found)
          input.system.sum([whole.variable], ids(parts), slopOf(whole.kind, parts.length + 1));
      }
    }
  }
}

const NAMED = new Set<string>(['', ...WINDOWS, ...PHASES]);
const PART_OF = ': ';

/** The unnamed phases of a place, by what they may be parts of; its bins, of every unnamed phase. */
function divisionsOf(place: readonly Quantity[]): { parts: Quantity[]; wholes: readonly Quantity[] }[] {
  const unnamed = place.filter(({ phase }) => !NAMED.has(phase) && !JOURNEY_PHASES.has(phase));
  const phases = unnamed.filter(({ phase }) => binned(phase) === undefined);
  const bins = groupBy(
    unnamed.filter(({ phase }) => binned(phase) !== undefined),
    ({ phase }) => [binned(phase)?.[0] ?? ''],
  );
  const tops = phases.filter(({ phase }) => !phase.includes(PART_OF));
  return [
    { parts: tops, wholes: [] },
    ...tops.map((top) => ({
      parts: phases.filter(({ phase }) => phase.startsWith(top.phase + PART_OF)),
      wholes: [top],
    })),
    { parts: phases.filter(({ phase }) => phase.includes(PART_OF)), wholes: [] },
    // One phase may be all the others together.
    ...phases.map((whole) => ({ parts: phases.filter((one) => one !== whole), wholes: [whole] })),
    ...bins.map((parts) => ({
      parts: [...parts].sort((a, b) => (binned(a.phase)?.[1] ?? 0) - (binned(b.phase)?.[1] ?? 0)),
      wholes: phases,
    })),
  ].filter(({ parts }) => parts.length > 0);
}

/** The number of the same place and another phase, whichever estimate prints it. */
function elsewhere({ system, quantities }: RelationInput, one: Quantity, phase: string): Quantity[] {
  const variable = quantities.find({ ...one, phase }, one);
  return variable === undefined
    ? []
    : [{ ...one, phase, variable, value: system.variables[variable]?.value ?? 0 }];
}

/** Whatever of it holds: the parts are the whole, one of them is, all lie within it, each lies within it. */
function addParts(system: SystemBuilder, whole: Quantity, parts: readonly Quantity[]): void {
  const slop = slopOf(whole.kind, parts.length + 1);
  if (whole.kind !== 'persons' && system.sum([whole.variable], ids(parts), slop)) return;
  for (const part of parts)
    if (!system.sum([whole.variable], [part.variable]))
      system.atLeast([whole.variable], [part.variable], restRole(whole));
  system.atLeast([whole.variable], ids(parts), restRole(whole));
}

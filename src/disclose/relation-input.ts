import type { LevelNestingRow } from '../estimate/tables.ts';
import type { Study } from '../protocol/tables.ts';
import type { Description, Quantities, Quantity } from './quantities.ts';
import type { SystemBuilder } from './system.ts';

/** What relations are made from, and how the numbers of a study are looked up. */

export interface RelationInput {
  readonly system: SystemBuilder;
  readonly quantities: Quantities;
  readonly study: Pick<Study, 'population' | 'time_at_risk' | 'strata'>;
  readonly nesting: readonly LevelNestingRow[];
  readonly threshold: number;
}

/** Whether a difference of two of its numbers is itself a number of persons or events. */
export function restRole(quantity: Quantity): 'count' | 'slack' {
  return quantity.kind === 'days' ? 'slack' : 'count';
}

/** Days come as rounded years: a sum of n of them may be off by n. */
export function slopOf(kind: Quantity['kind'], terms: number): number {
  return kind === 'days' ? terms : 0;
}

export function groupBy<T>(
  items: readonly T[],
  keyOf: (item: T) => readonly (string | number | null)[],
): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = JSON.stringify(keyOf(item));
    const group = groups.get(key) ?? [];
    group.push(item);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Numbers of one kind from one estimate and clock. */
export function sourcesOf(quantities: Quantities): Quantity[][] {
  return groupBy(quantities.all, (one) => [one.variant, one.estimate, one.clock, one.kind, one.outcome]);
}

export function placesOf(source: readonly Quantity[]): Quantity[][] {
  return groupBy(source, (one) => [one.population, one.stratum, one.level]);
}

/** The persons whom a number is about: those of its phase, or of the whole cell. */
export function personsOf(quantities: Quantities, one: Quantity): number | undefined {
  const persons: Description = { ...one, kind: 'persons', outcome: '' };
  return quantities.find(persons, one) ?? quantities.find({ ...persons, phase: '' }, one);
}

import { type Alternative, extent, findAlternative, type Position, type Scope } from './alternative.ts';
import type { Profile } from './profiles.ts';
import { leastValues, type System } from './system.ts';

/**
 * Suppression with a proof. Primary: what counts few persons or events is withheld wherever it is printed. Then, for every
 * protected number, alternatives are found that take it to both ends of the range a reader must be left with, withholding
 * what that needs, cheapest first. An alternative found for one number counts for all others that it moves. What is
 * withheld only grows, so a proof once found stays valid.
 */

export interface Protection {
  /** 1 for a unit that is withheld. */
  readonly withheld: Uint8Array;
  readonly primary: number;
  readonly complementary: number;
  /** Protected numbers for which a neighbourhood had to be withheld whole, since no cheaper proof was found. */
  readonly withheld_whole: number;
  readonly targets: number;
}

interface Target {
  readonly variable: number;
  readonly low: number;
  readonly high: number;
}

const SCOPES: readonly Scope[] = [
  { partners: 2, more: false, totals: false, depth: 2, other_groups: false },
  { partners: 1, more: true, totals: false, depth: 2, other_groups: false },
  { partners: 1, more: true, totals: false, depth: 2, other_groups: true },
  { partners: 2, more: true, totals: false, depth: 3, other_groups: true },
  { partners: 1, more: true, totals: true, depth: 2, other_groups: true },
  { partners: 3, more: true, totals: true, depth: 3, other_groups: true },
  { partners: 20, more: true, totals: true, depth: 4, other_groups: true },
];
/** A number of person-days of few persons stays uncertain by at least this share, both ways. */
const AMOUNT_SHARE = 0.1;
const TOLERANCE = 1e-6;

export function isSmall(count: number, profile: Profile): boolean {
  return count < profile.threshold && (count > 0 || profile.zero === 'hidden');
}

/** What a reader knows of a printed count: itself, or the values that round to it. */
export function printedRange(value: number, profile: Profile): readonly [number, number] {
  if (profile.rounding === 1) return [value, value];
  const half = Math.floor(profile.rounding / 2);
  const shown = roundCount(value, profile);
  return shown === 0 ? [0, 0] : [Math.max(profile.threshold, shown - half), shown + half];
}

export function roundCount(value: number, profile: Profile): number {
  return profile.rounding * Math.round(value / profile.rounding);
}

/** The ranges that must stay open. */
export function targetsOf(system: System, least: Float64Array, profile: Profile): Target[] {
  const targets: Target[] = [];
  const add = (variable: number, low: number, high: number): void => {
    targets.push({ variable, low: Math.max(low, least[variable] ?? 0), high });
  };
  const top = profile.threshold - 1;
  system.variables.forEach(({ value, role, units, persons }, variable) => {
    const hasFewPersons = persons.some((id) => isSmall(system.variables[id]?.value ?? 0, profile));
    if (role === 'count' || role === 'tally') {
      // A zero that nothing prints says that two printed numbers agree: that must stay possible.
      const hasZeros = role === 'count' && units.length > 0 && profile.zero === 'hidden';
      if (value < profile.threshold && (value > 0 || hasZeros)) {
        add(variable, hasZeros ? 0 : 1, top);
      } else if (hasFewPersons && value > 0) {
        const half = Math.ceil(top / 2);
        add(variable, value - half, value + half);
      }
    }
    if (role === 'amount' && hasFewPersons && value > 0) {
      const part = Math.max(1, Math.ceil(AMOUNT_SHARE * value));
      add(variable, value - part, value + part);
    }
  });
  return targets;
}

export function withholdPrimary(
  system: System,
  targets: readonly Target[],
  profile: Profile,
  withheld: Uint8Array,
): void {
  for (const { persons, units } of system.cells) {
    if (isSmall(system.variables[persons]?.value ?? 0, profile)) for (const unit of units) withheld[unit] = 1;
  }
  for (const { variable } of targets)
    for (const unit of system.variables[variable]?.units ?? []) withheld[unit] = 1;
}

/** Withholds everything within `distance` relations of the variable; returns whether that was anything. */
function withholdAround(position: Position, variable: number, distance: number): boolean {
  const { system, relationsOf, withheld } = position;
  const found = new Set<number>([variable]);
  let edge = [variable];
  for (let step = 0; step < distance; step += 1) {
    const next: number[] = [];
    for (const id of edge) {
      for (const relation of relationsOf[id] ?? []) {
        for (const other of system.relations[relation]?.variables ?? []) {
          if (found.has(other)) continue;
          found.add(other);
          next.push(other);
        }
      }
    }
    edge = next;
  }
  let changed = false;
  for (const id of found) {
    for (const unit of system.variables[id]?.units ?? []) {
      if (withheld[unit] === 1) continue;
      withheld[unit] = 1;
      changed = true;
    }
  }
  return changed;
}

export function protect(system: System, profile: Profile, given: Uint8Array): Protection {
  const withheld = Uint8Array.from(given);
  const least = leastValues(system);
  const targets = targetsOf(system, least, profile);
  withholdPrimary(system, targets, profile, withheld);
  const primary = withheld.reduce((sum, one) => sum + one, 0);
  const relationsOf: number[][] = system.variables.map(() => []);
  system.relations.forEach(({ variables }, relation) => {
    for (const variable of variables) relationsOf[variable]?.push(relation);
  });
  const members = new Map<string, number[]>();
  system.variables.forEach(({ block }, variable) => {
    const list = members.get(block) ?? [];
    members.set(block, list);
    list.push(variable);
  });
  const position: Position = {
    system,
    relationsOf,
    withheld,
    least,
    printedRange: (value) => printedRange(value, profile),
  };

  const reachedLow = new Map(
    targets.map(({ variable }) => [variable, system.variables[variable]?.value ?? 0]),
  );
  const reachedHigh = new Map(reachedLow);
  /** Every number along the line through the true numbers and the alternative is possible too. */
  const learn = ({ changes, withhold }: Alternative): void => {
    for (const unit of withhold) withheld[unit] = 1;
    for (const end of [1, ...extent(position, changes)]) {
      for (const [variable, change] of changes) {
        const low = reachedLow.get(variable);
        const high = reachedHigh.get(variable);
        if (low === undefined || high === undefined) continue;
        const value = (system.variables[variable]?.value ?? 0) + end * change;
        if (value < low) reachedLow.set(variable, value);
        if (value > high) reachedHigh.set(variable, value);
      }
    }
  };
  const isOpen = ({ variable, low, high }: Target): boolean =>
    (reachedLow.get(variable) ?? 0) <= low + TOLERANCE &&
    (reachedHigh.get(variable) ?? 0) >= high - TOLERANCE;
  /** What the numbers not yet proved open still need, upward first. */
  const wishes = (but: Target): Map<number, number> => {
    const wanted = new Map<number, number>();
    for (const target of targets) {
      if (target === but || isOpen(target)) continue;
      const value = system.variables[target.variable]?.value ?? 0;
      const isHighOpen = (reachedHigh.get(target.variable) ?? 0) >= target.high - TOLERANCE;
      wanted.set(target.variable, (isHighOpen ? target.low : target.high) - value);
    }
    return wanted;
  };
  const open = (target: Target, scopes: readonly Scope[]): boolean => {
    const value = system.variables[target.variable]?.value ?? 0;
    for (const goal of [target.high, target.low]) {
      for (const scope of scopes) {
        if (
          goal > value
            ? (reachedHigh.get(target.variable) ?? 0) >= goal - TOLERANCE
            : (reachedLow.get(target.variable) ?? 0) <= goal + TOLERANCE
        )
          break;
        const found = findAlternative(
          position,
          members,
          target.variable,
          goal - value,
          scope,
          wishes(target),
        );
        if (found !== undefined) learn(found);
      }
    }
    return isOpen(target);
  };

  let withheld_whole = 0;
  for (const target of targets) {
    if (isOpen(target) || open(target, SCOPES)) continue;
    withheld_whole += 1;
    for (let distance = 1; distance <= 20; distance += 1) {
      if (withholdAround(position, target.variable, distance) && open(target, SCOPES.slice(-1))) break;
    }
    if (isOpen(target)) continue;
    // Nothing is left that could be withheld around it: a release of anything could not be justified.
    withheld.fill(1);
    break;
  }
  const all = withheld.reduce((sum, one) => sum + one, 0);
  return { withheld, primary, complementary: all - primary, withheld_whole, targets: targets.length };
}

import { invariant } from '../errors.ts';
import { findMove, type Move, type Position } from './move.ts';
import type { Profile } from './profiles.ts';
import type { System } from './system.ts';

/**
 * Suppression with a proof. Primary: what counts few persons or events is withheld wherever it is printed. Then, for every
 * protected number, moves are searched that take it through the whole range a reader must be left with, each move
 * withholding what it needs, cheapest first. What is withheld only grows, so a proof once found stays valid.
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

const EFFORTS = [150, 1500] as const;
/** A number of person-days of few persons stays uncertain by at least this share, both ways. */
const AMOUNT_SHARE = 0.1;

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
function targetsOf(system: System, profile: Profile): Target[] {
  const targets: Target[] = [];
  const top = profile.threshold - 1;
  system.variables.forEach(({ value, role, units, persons }, variable) => {
    const hasFewPersons = persons.some((id) => isSmall(system.variables[id]?.value ?? 0, profile));
    if (role === 'count' || role === 'tally') {
      // A zero that nothing prints says that two printed numbers agree: that must stay possible.
      const hasZeros = role === 'count' && units.length > 0 && profile.zero === 'hidden';
      if (value < profile.threshold && (value > 0 || hasZeros)) {
        targets.push({ variable, low: hasZeros ? 0 : 1, high: top });
      } else if (hasFewPersons && value > 0) {
        const half = Math.ceil(top / 2);
        targets.push({ variable, low: Math.max(0, value - half), high: value + half });
      }
    }
    if (role === 'amount' && hasFewPersons && value > 0) {
      const part = Math.max(1, Math.ceil(AMOUNT_SHARE * value));
      targets.push({ variable, low: value - part, high: value + part });
    }
  });
  return targets;
}

function withholdPrimary(
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

/** Takes the target to `goal` by moves, from the true numbers; returns whether it got there. */
function reach(position: Position, { variable }: Target, goal: number, effort: number): boolean {
  const { at, withheld, system } = position;
  const touched = new Set<number>();
  let last: Move | undefined;
  const restore = (): void => {
    for (const id of touched) at[id] = system.variables[id]?.value ?? 0;
  };
  for (;;) {
    const rest = goal - (at[variable] ?? 0);
    if (rest === 0) break;
    let step = rest;
    let move: Move | undefined;
    if (last !== undefined) move = repeated(position, last, variable, rest);
    while (move === undefined && step !== 0) {
      move = findMove(position, variable, step, effort);
      if (move === undefined) step = Math.trunc(step / 2);
    }
    if (move === undefined) {
      restore();
      return false;
    }
    for (const unit of move.withhold) withheld[unit] = 1;
    for (const [id, change] of move.changes) {
      at[id] = (at[id] ?? 0) + change;
      touched.add(id);
    }
    assertConsistent(position, move);
    last = move;
  }
  restore();
  return true;
}

/** The same move once more, where there is room for it. */
function repeated(position: Position, move: Move, variable: number, rest: number): Move | undefined {
  const step = move.changes.get(variable) ?? 0;
  if (step === 0 || Math.abs(step) > Math.abs(rest) || Math.sign(step) !== Math.sign(rest)) return undefined;
  const { system, at, withheld } = position;
  for (const [id, change] of move.changes) {
    const one = system.variables[id];
    if (one === undefined) return undefined;
    const after = (at[id] ?? 0) + change;
    if (after < one.floor) return undefined;
    if (one.units.some((unit) => withheld[unit] === 0)) {
      const [low, high] = position.printedRange(one.value);
      if (after < low || after > high) return undefined;
    }
  }
  return { changes: move.changes, withhold: [], cost: 0 };
}

/** The proof itself, checked apart from the search that found it. */
function assertConsistent(position: Position, move: Move): void {
  const { system, at, withheld, relationsOf } = position;
  for (const [id] of move.changes) {
    const one = system.variables[id];
    invariant(one !== undefined, 'a move changed an unknown number');
    const where = at[id] ?? 0;
    invariant(where >= one.floor, 'a move went below what a number can be');
    if (one.units.some((unit) => withheld[unit] === 0)) {
      const [low, high] = position.printedRange(one.value);
      invariant(where >= low && where <= high, 'a move changed a printed number');
    }
    for (const relation of relationsOf[id] ?? []) {
      const { variables, coefficients } = system.relations[relation] ?? { variables: [], coefficients: [] };
      const residual = variables.reduce(
        (sum, other, i) =>
          sum + (coefficients[i] ?? 0) * ((at[other] ?? 0) - (system.variables[other]?.value ?? 0)),
        0,
      );
      invariant(residual === 0, 'a move broke a relation');
    }
  }
}

/** Withholds everything within `distance` relations of the variable that can be withheld; returns whether that was anything. */
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

function open(position: Position, target: Target): boolean {
  return EFFORTS.some(
    (effort) => reach(position, target, target.high, effort) && reach(position, target, target.low, effort),
  );
}

export function protect(system: System, profile: Profile, given: Uint8Array): Protection {
  const withheld = Uint8Array.from(given);
  const targets = targetsOf(system, profile);
  withholdPrimary(system, targets, profile, withheld);
  const primary = withheld.reduce((sum, one) => sum + one, 0);
  const relationsOf: number[][] = system.variables.map(() => []);
  system.relations.forEach(({ variables }, relation) => {
    for (const variable of variables) relationsOf[variable]?.push(relation);
  });
  const position: Position = {
    system,
    relationsOf,
    withheld,
    at: Float64Array.from(system.variables, ({ value }) => value),
    printedRange: (value) => printedRange(value, profile),
  };
  let withheld_whole = 0;
  for (const target of targets) {
    if (open(position, target)) continue;
    withheld_whole += 1;
    for (let distance = 1; ; distance += 1) {
      const changed = withholdAround(position, target.variable, distance);
      if (changed && open(position, target)) break;
      if (!changed && distance > relationsOf.length) break;
      if (!changed && distance > 12) break;
    }
  }
  const all = withheld.reduce((sum, one) => sum + one, 0);
  return { withheld, primary, complementary: all - primary, withheld_whole, targets: targets.length };
}

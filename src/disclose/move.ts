import type { System } from './system.ts';

/**
 * A move: whole-number changes of some variables that keep every relation true and stay within what the print allows.
 * From the true numbers, a move of a protected variable by k shows a second set of numbers, just as consistent with the
 * release, in which it is k higher. So a move proves safety against every attacker who knows no more than the relations.
 *
 * The search is best-first over partial moves: take a relation that a partial move has broken, mend it by changing one
 * more of its variables, at the price of withholding what prints that variable.
 */

export interface Move {
  readonly changes: ReadonlyMap<number, number>;
  /** Units that must be withheld for the move to be possible, beyond those that are. */
  readonly withhold: readonly number[];
  readonly cost: number;
}

export interface Position {
  readonly system: System;
  /** Relations of each variable, as indices. */
  readonly relationsOf: readonly (readonly number[])[];
  readonly withheld: Uint8Array;
  /** Where the numbers stand; the true values, or after earlier moves. */
  readonly at: Float64Array;
  /** What a reader of the printed number knows: it lies in [low, high]. */
  readonly printedRange: (value: number) => readonly [number, number];
}

interface Partial {
  readonly changes: ReadonlyMap<number, number>;
  /** Broken relations and by how much. */
  readonly residuals: ReadonlyMap<number, number>;
  readonly withhold: readonly number[];
  readonly cost: number;
  readonly rank: number;
  readonly order: number;
}

interface Option {
  readonly variable: number;
  readonly change: number;
  readonly withhold: readonly number[];
  readonly cost: number;
}

/** Weight of a broken relation against the cost of withholding: how greedily the search goes deep. */
const BROKEN = 1.2;
const OPTIONS = 8;
const RELATIONS_COMPARED = 4;

/** What the change would cost, or undefined where it is impossible. */
function priceOf(
  position: Position,
  variable: number,
  change: number,
  already: readonly number[],
): { withhold: readonly number[]; cost: number } | undefined {
  const { system, withheld, at } = position;
  const one = system.variables[variable];
  if (one === undefined) return undefined;
  const after = (at[variable] ?? 0) + change;
  const printing = one.units.filter((unit) => withheld[unit] === 0 && !already.includes(unit));
  if (printing.length === 0) return after >= one.floor ? { withhold: [], cost: 0 } : undefined;
  const [low, high] = position.printedRange(one.value);
  if (after >= low && after <= high) return { withhold: [], cost: 0 };
  if (after < one.floor) return undefined;
  const cost = printing.reduce((sum, unit) => sum + (system.units[unit]?.cost ?? 0), 0);
  return Number.isFinite(cost) ? { withhold: printing, cost } : undefined;
}

/** The change that mends this relation, and those that mend other broken relations of the same variable instead. */
function changesThatMend(
  position: Position,
  partial: Partial,
  variable: number,
  change: number,
): readonly number[] {
  const changes = Number.isInteger(change) ? [change] : [];
  if (partial.residuals.size === 1) return changes;
  for (const relation of position.relationsOf[variable] ?? []) {
    const residual = partial.residuals.get(relation);
    if (residual === undefined) continue;
    const other = -residual / coefficientOf(position, relation, variable);
    // Of another sign it would make this relation worse.
    if (Number.isInteger(other) && other * change > 0 && !changes.includes(other)) changes.push(other);
  }
  return changes;
}

function coefficientOf(position: Position, relation: number, variable: number): number {
  const one = position.system.relations[relation];
  return one?.coefficients[one.variables.indexOf(variable)] ?? 0;
}

function optionsFor(position: Position, partial: Partial, relation: number, residual: number): Option[] {
  const { variables, coefficients } = position.system.relations[relation] ?? {
    variables: [],
    coefficients: [],
  };
  const options: Option[] = [];
  variables.forEach((variable, i) => {
    if (partial.changes.has(variable)) return;
    for (const change of changesThatMend(position, partial, variable, -residual / (coefficients[i] ?? 1))) {
      const price = priceOf(position, variable, change, partial.withhold);
      if (price !== undefined) options.push({ variable, change, ...price });
    }
  });
  return options;
}

function residualsAfter(
  position: Position,
  residuals: ReadonlyMap<number, number>,
  variable: number,
  change: number,
): Map<number, number> {
  const next = new Map(residuals);
  for (const relation of position.relationsOf[variable] ?? []) {
    const residual = (next.get(relation) ?? 0) + coefficientOf(position, relation, variable) * change;
    if (residual === 0) next.delete(relation);
    else next.set(relation, residual);
  }
  return next;
}

class Heap {
  readonly #items: Partial[] = [];

  static #before(a: Partial, b: Partial): boolean {
    return a.rank < b.rank || (a.rank === b.rank && a.order > b.order);
  }

  push(item: Partial): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = items[parent];
      if (above === undefined || !Heap.#before(item, above)) break;
      items[i] = above;
      i = parent;
    }
    items[i] = item;
  }

  pop(): Partial | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      const left = items[child];
      if (left === undefined) break;
      const right = items[child + 1];
      let best = left;
      if (right !== undefined && Heap.#before(right, left)) {
        child += 1;
        best = right;
      }
      if (!Heap.#before(best, last)) break;
      items[i] = best;
      i = child;
    }
    items[i] = last;
    return first;
  }
}

/** A cheap move of `target` by `change`, or undefined where `effort` partial moves did not lead to one. */
export function findMove(
  position: Position,
  target: number,
  change: number,
  effort: number,
): Move | undefined {
  const start = priceOf(position, target, change, []);
  if (start === undefined) return undefined;
  const heap = new Heap();
  let order = 0;
  const add = (
    changes: ReadonlyMap<number, number>,
    residuals: ReadonlyMap<number, number>,
    withhold: readonly number[],
    cost: number,
  ): void => {
    order += 1;
    heap.push({ changes, residuals, withhold, cost, rank: cost + BROKEN * residuals.size, order });
  };
  add(
    new Map([[target, change]]),
    residualsAfter(position, new Map(), target, change),
    start.withhold,
    start.cost,
  );
  for (let spent = 0; spent < effort; spent += 1) {
    const partial = heap.pop();
    if (partial === undefined) return undefined;
    if (partial.residuals.size === 0)
      return { changes: partial.changes, withhold: partial.withhold, cost: partial.cost };
    let fewest: Option[] | undefined;
    let compared = 0;
    for (const [relation, residual] of partial.residuals) {
      const options = optionsFor(position, partial, relation, residual);
      if (fewest === undefined || options.length < fewest.length) fewest = options;
      compared += 1;
      if (fewest.length <= 1 || compared >= RELATIONS_COMPARED) break;
    }
    const children = (fewest ?? []).map((option) => {
      const residuals = residualsAfter(position, partial.residuals, option.variable, option.change);
      return { option, residuals, rank: option.cost + BROKEN * residuals.size };
    });
    children.sort((a, b) => a.rank - b.rank || a.option.variable - b.option.variable);
    for (const { option, residuals } of children.slice(0, OPTIONS).reverse()) {
      const changes = new Map(partial.changes).set(option.variable, option.change);
      add(changes, residuals, [...partial.withhold, ...option.withhold], partial.cost + option.cost);
    }
  }
  return undefined;
}

import { type Bundles, bundle, netTerms } from './bundles.ts';
import { maximise } from './simplex.ts';
import type { System } from './system.ts';

/**
 * Another set of numbers that the release could have come from. From the true numbers, changes are looked for that keep
 * every relation true, leave printed numbers within what the print says, and move one protected number by as much as it
 * must be able to move. Where that takes withholding more, the linear programme weighs what to withhold. Numbers it does
 * not look at stay as they are, so what it finds is an alternative for every attacker who knows no more than the relations.
 */

export interface Position {
  readonly system: System;
  readonly relationsOf: readonly (readonly number[])[];
  readonly withheld: Uint8Array;
  /** See leastValues. */
  readonly least: Float64Array;
  /** What a reader of the printed number knows: it lies in [low, high]. */
  readonly printedRange: (value: number) => readonly [number, number];
}

/** How far around the number the programme looks: how many blocks of each relation, and whether at totals too. */
export interface Scope {
  readonly partners: number;
  /** Whether more may be withheld; otherwise only what is withheld may change. */
  readonly more: boolean;
  readonly totals: boolean;
  /** How many relations away. */
  readonly depth: number;
  /** Whether persons may move to make room for events, and the other way round. */
  readonly other_groups: boolean;
}

export interface Alternative {
  readonly changes: ReadonlyMap<number, number>;
  /** Units that must be withheld for it to be possible, beyond those that are. */
  readonly withhold: readonly number[];
}

const REACH = 1e6;
const NEGLIGIBLE = 1e-7;
const TOLERANCE = 1e-6;
const ITERATIONS = 4000;
const ROUNDS = 30;
/** Less than any withholding costs. */
const WISH = 1e-3;
/** A day is little, a person much. */
const DAYS_PER_PRICE = 365;

const TOTAL_BLOCK = ' all: all';

function printing(position: Position, variable: number): number[] {
  return (position.system.variables[variable]?.units ?? []).filter((unit) => position.withheld[unit] === 0);
}

function priceOf(position: Position, variable: number): number {
  const { system } = position;
  return printing(position, variable).reduce((sum, unit) => sum + (system.units[unit]?.cost ?? 0), 0);
}

/** Blocks around the target: of every relation those that are withheld already, and the cheapest of the others. */
function blocksAround(
  position: Position,
  target: number,
  scope: Scope,
  members: ReadonlyMap<string, readonly number[]>,
): Set<string> {
  const { system, relationsOf } = position;
  // A number that nothing prints stands between others: the search starts from those.
  const isBetween = (relationsOf[target]?.length ?? 0) === 1 && system.variables[target]?.units.length === 0;
  const start = isBetween
    ? (relationsOf[target] ?? []).flatMap((relation) => system.relations[relation]?.variables ?? [])
    : [target];
  const group = system.variables[start.find((variable) => variable !== target) ?? target]?.group ?? '';
  const chosen = new Set([target, ...start].map((variable) => system.variables[variable]?.block ?? ''));
  const prices = new Map<string, number>();
  const blockPrice = (block: string): number => {
    const known = prices.get(block);
    if (known !== undefined) return known;
    const price = (members.get(block) ?? []).reduce((sum, variable) => sum + priceOf(position, variable), 0);
    prices.set(block, price);
    return price;
  };
  let edge = [...chosen];
  for (let depth = 0; depth < scope.depth && edge.length > 0; depth += 1) {
    const next: string[] = [];
    for (const block of edge) {
      const relations = new Set(
        (members.get(block) ?? []).flatMap((variable) => relationsOf[variable] ?? []),
      );
      for (const relation of relations) {
        const others = new Map<string, number>();
        for (const variable of system.relations[relation]?.variables ?? []) {
          const one = system.variables[variable];
          if (one === undefined || chosen.has(one.block)) continue;
          if (one.units.length === 0 && relationsOf[variable]?.length === 1) continue;
          const price = priceOf(position, variable);
          if (price > 0 && !scope.more) continue;
          if (!Number.isFinite(price)) continue;
          if (one.group !== group && one.group !== '' && group !== '' && !scope.other_groups) continue;
          if (one.block.endsWith(TOTAL_BLOCK) && !scope.totals) continue;
          others.set(one.block, (others.get(one.block) ?? 0) + price);
        }
        const ranked = [...others].sort(
          ([a, x], [b, y]) =>
            Number(x > 0) - Number(y > 0) || blockPrice(a) - blockPrice(b) || (a < b ? -1 : 1),
        );
        let free = 0;
        let priced = 0;
        for (const [other, price] of ranked) {
          if (price === 0 ? free >= 2 * scope.partners : priced >= scope.partners) continue;
          if (price === 0) free += 1;
          else priced += 1;
          chosen.add(other);
          next.push(other);
        }
      }
    }
    edge = next;
  }
  return chosen;
}

/** A number in the programme: how far it may go down and up, how far of that for nothing, and the price beyond. */
interface Range {
  readonly down: number;
  readonly up: number;
  readonly free_down: number;
  readonly free_up: number;
  readonly price: number;
}

function rangeOf(position: Position, variable: number, more: boolean): Range {
  const one = position.system.variables[variable];
  if (one === undefined) return { down: 0, up: 0, free_down: 0, free_up: 0, price: 0 };
  const down = Math.max(0, one.value - (position.least[variable] ?? 0));
  if (printing(position, variable).length === 0)
    return { down, up: REACH, free_down: down, free_up: REACH, price: 0 };
  const [low, high] = position.printedRange(one.value);
  const free_down = Math.min(down, one.value - low);
  const free_up = high - one.value;
  const price = priceOf(position, variable) / (one.role === 'amount' ? DAYS_PER_PRICE : 1);
  return more && Number.isFinite(price)
    ? { down, up: REACH, free_down, free_up, price }
    : { down: free_down, up: free_up, free_down, free_up, price: 0 };
}

interface Column {
  readonly root: number;
  readonly sign: 1 | -1;
  readonly upper: number;
  readonly gain: number;
}

/**
 * Changes that move `target` by `change`, or undefined where the scope holds none. `wishes` are changes that other numbers
 * still need: they are granted where that costs nothing.
 */
export function findAlternative(
  position: Position,
  members: ReadonlyMap<string, readonly number[]>,
  target: number,
  change: number,
  scope: Scope,
  wishes: ReadonlyMap<number, number>,
): Alternative | undefined {
  const { system, relationsOf } = position;
  const around = [...blocksAround(position, target, scope, members)].flatMap(
    (block) => members.get(block) ?? [],
  );
  const relations = [...new Set(around.flatMap((variable) => relationsOf[variable] ?? []))];
  // A number that occurs in one relation only and is printed nowhere is that relation's play.
  const play = new Map<number, number>();
  for (const relation of relations) {
    for (const variable of system.relations[relation]?.variables ?? []) {
      const one = system.variables[variable];
      if (variable === target || play.has(relation) || one === undefined) continue;
      if (one.units.length === 0 && relationsOf[variable]?.length === 1) play.set(relation, variable);
    }
  }
  const plays = new Set(play.values());
  const variables = [...new Set([target, ...around])].filter((variable) => !plays.has(variable));
  const equations = relations.filter((relation) => !play.has(relation));
  const bundles = bundle(system, variables, equations);
  const aim = bundles.of(target);
  if (aim.factor === 0) return undefined;

  // Bounds of each bundle: those of its members, and those of relations that hold nothing else.
  const low = new Map<number, number>();
  const high = new Map<number, number>();
  const ranges = new Map<number, Range>();
  for (const [root, own] of bundles.members) {
    let [down, up, freeDown, freeUp, price] = [REACH, REACH, REACH, REACH, 0];
    for (const { variable, factor } of own) {
      const range = rangeOf(position, variable, scope.more);
      const size = Math.abs(factor);
      const [below, above] = factor > 0 ? [range.down, range.up] : [range.up, range.down];
      const [freeBelow, freeAbove] =
        factor > 0 ? [range.free_down, range.free_up] : [range.free_up, range.free_down];
      down = Math.min(down, below / size);
      up = Math.min(up, above / size);
      freeDown = Math.min(freeDown, freeBelow / size);
      freeUp = Math.min(freeUp, freeAbove / size);
      price += range.price * size;
    }
    low.set(root, -down);
    high.set(root, up);
    ranges.set(root, { down, up, free_down: freeDown, free_up: freeUp, price });
  }
  const wide: number[] = [];
  for (const relation of relations) {
    const one = play.get(relation);
    if (one === undefined) continue;
    const terms = [...netTerms(system.relations[relation], bundles.of)];
    const [only] = terms;
    if (only === undefined) continue;
    if (terms.length > 1) {
      wide.push(relation);
      continue;
    }
    const [root, coefficient] = only;
    const [least, most] = playRange(position, relation, one);
    const ends = [least / coefficient, most / coefficient].sort((a, b) => a - b);
    low.set(root, Math.max(low.get(root) ?? 0, ends[0] ?? 0));
    high.set(root, Math.min(high.get(root) ?? 0, ends[1] ?? 0));
  }

  const columns = columnsOf(bundles, ranges, low, high, { target, change, aim, wishes });
  const columnsByRoot = new Map<number, number[]>();
  columns.forEach(({ root }, j) => {
    const list = columnsByRoot.get(root) ?? [];
    columnsByRoot.set(root, list);
    list.push(j);
  });
  const objective = Float64Array.from(columns, ({ gain }) => gain);
  const upper = Float64Array.from(columns, (column) => column.upper);

  // Equations first; a relation with play joins when a solution breaks it.
  const active = new Set(
    equations.filter((relation) => netTerms(system.relations[relation], bundles.of).size > 0),
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    const row_low = new Float64Array(active.size);
    const row_high = new Float64Array(active.size);
    const rows = [...active].map((relation, i) => {
      const range = playRange(position, relation, play.get(relation));
      row_low[i] = range[0];
      row_high[i] = range[1];
      const row = new Map<number, number>();
      for (const [root, coefficient] of netTerms(system.relations[relation], bundles.of))
        for (const j of columnsByRoot.get(root) ?? []) row.set(j, (columns[j]?.sign ?? 1) * coefficient);
      return row;
    });
    const solution = maximise(
      { rows, columns: columns.length, row_low, row_high, upper, objective },
      ITERATIONS,
    );
    const moved = new Map<number, number>();
    columns.forEach(({ root, sign }, j) => {
      const amount = solution[j] ?? 0;
      if (amount > NEGLIGIBLE) moved.set(root, (moved.get(root) ?? 0) + sign * amount);
    });
    if (Math.abs(aim.factor * (moved.get(aim.root) ?? 0) - change) > TOLERANCE) return undefined;
    const changes = new Map<number, number>();
    for (const [root, amount] of moved)
      for (const { variable, factor } of bundles.members.get(root) ?? [])
        changes.set(variable, factor * amount);
    const broken = wide.filter(
      (relation) => !active.has(relation) && !holds(position, relation, play.get(relation), changes),
    );
    if (broken.length > 0) {
      for (const relation of broken) active.add(relation);
      continue;
    }
    return prove(position, changes, relations, play);
  }
  return undefined;
}

interface Aim {
  readonly target: number;
  readonly change: number;
  readonly aim: { readonly root: number; readonly factor: number };
  readonly wishes: ReadonlyMap<number, number>;
}

function columnsOf(
  bundles: Bundles,
  ranges: ReadonlyMap<number, Range>,
  low: ReadonlyMap<number, number>,
  high: ReadonlyMap<number, number>,
  { target, change, aim, wishes }: Aim,
): Column[] {
  const dearest = [...ranges.values()].reduce((most, { price }) => Math.max(most, price), 0);
  const prize = 1e4 * (1 + dearest);
  const columns: Column[] = [];
  for (const [root, range] of ranges) {
    for (const sign of [1, -1] as const) {
      const room = Math.min(REACH, sign > 0 ? (high.get(root) ?? 0) : -(low.get(root) ?? 0));
      const free = Math.min(room, sign > 0 ? range.free_up : range.free_down);
      if (root === aim.root) {
        if (Math.sign(change * aim.factor) !== sign) continue;
        const need = Math.abs(change / aim.factor);
        const cheap = Math.min(free, need);
        if (cheap > 0) columns.push({ root, sign, upper: cheap, gain: prize });
        if (room > cheap && need > cheap)
          columns.push({ root, sign, upper: Math.min(room, need) - cheap, gain: prize - range.price });
        continue;
      }
      const wished = (bundles.members.get(root) ?? []).reduce((most, { variable, factor }) => {
        const wish = variable === target ? 0 : (wishes.get(variable) ?? 0) / factor;
        return Math.sign(wish) === sign ? Math.max(most, Math.abs(wish)) : most;
      }, 0);
      // More than is wished for earns nothing, so the wished part is a column of its own.
      const granted = Math.min(free, wished);
      if (granted > 0) columns.push({ root, sign, upper: granted, gain: WISH / wished });
      if (free > granted) columns.push({ root, sign, upper: free - granted, gain: 0 });
      if (room > free) columns.push({ root, sign, upper: room - free, gain: -range.price });
    }
  }
  return columns;
}

/** How far the rest of the relation may go: nowhere, or as far as its play. */
function playRange(
  position: Position,
  relation: number,
  play: number | undefined,
): readonly [number, number] {
  const one = position.system.relations[relation];
  if (play === undefined || one === undefined) return [0, 0];
  const coefficient = one.coefficients[one.variables.indexOf(play)] ?? 0;
  const room = (position.system.variables[play]?.value ?? 0) - (position.least[play] ?? 0);
  // activity + coefficient * (change of the play) = 0, and the play never falls below its least.
  return coefficient < 0
    ? [coefficient * room, Number.POSITIVE_INFINITY]
    : [Number.NEGATIVE_INFINITY, coefficient * room];
}

/** Whether the relation can hold after the changes; notes what its play has to do. */
function holds(
  position: Position,
  relation: number,
  play: number | undefined,
  changes: Map<number, number>,
): boolean {
  const one = position.system.relations[relation];
  if (one === undefined) return false;
  let activity = 0;
  let scale = 1;
  let coefficient = 1;
  one.variables.forEach((variable, i) => {
    if (variable === play) {
      coefficient = one.coefficients[i] ?? 1;
      return;
    }
    const term = (one.coefficients[i] ?? 0) * (changes.get(variable) ?? 0);
    activity += term;
    scale = Math.max(scale, Math.abs(term));
  });
  const [low, high] = playRange(position, relation, play);
  const tolerance = TOLERANCE * scale;
  if (activity < low - tolerance || activity > high + tolerance) return false;
  if (play !== undefined) changes.set(play, -activity / coefficient);
  return true;
}

/** The proof apart from the search: every relation that a changed number occurs in, and every bound. */
function prove(
  position: Position,
  changes: Map<number, number>,
  relations: readonly number[],
  play: ReadonlyMap<number, number>,
): Alternative | undefined {
  const { system, least, printedRange } = position;
  for (const relation of relations)
    if (!holds(position, relation, play.get(relation), changes)) return undefined;
  const withhold = new Set<number>();
  for (const [variable, change] of changes) {
    const one = system.variables[variable];
    if (one === undefined || Math.abs(change) <= NEGLIGIBLE) continue;
    const value = one.value + change;
    const tolerance = TOLERANCE * Math.max(1, one.value);
    if (value < (least[variable] ?? 0) - tolerance) return undefined;
    const shown = printing(position, variable);
    if (shown.length === 0) continue;
    const [lowest, highest] = printedRange(one.value);
    if (value < lowest - tolerance || value > highest + tolerance)
      for (const unit of shown) withhold.add(unit);
  }
  return { changes, withhold: [...withhold] };
}

/** How far one can go from the true numbers along the changes, and against them, with what is withheld now. */
export function extent(position: Position, changes: ReadonlyMap<number, number>): readonly [number, number] {
  const { system, least, printedRange } = position;
  let forth = Number.POSITIVE_INFINITY;
  let back = Number.POSITIVE_INFINITY;
  for (const [variable, change] of changes) {
    const one = system.variables[variable];
    if (one === undefined || Math.abs(change) <= NEGLIGIBLE) continue;
    let [low, high] = [least[variable] ?? 0, Number.POSITIVE_INFINITY];
    if (printing(position, variable).length > 0) {
      const printed = printedRange(one.value);
      low = Math.max(low, printed[0]);
      high = printed[1];
    }
    const [down, up] = [Math.max(0, one.value - low), Math.max(0, high - one.value)];
    const size = Math.abs(change);
    forth = Math.min(forth, (change > 0 ? up : down) / size);
    back = Math.min(back, (change > 0 ? down : up) / size);
  }
  return [-Math.min(back, REACH), Math.min(forth, REACH)];
}

import highsModule from 'highs';
import { type Bound, equationsOf, type Known } from './attack-equations.ts';
import { type Place, readTables, type Tables } from './attack-numbers.ts';

/**
 * The attack: the range of every withheld count, by linear programmes over all that the attacker knows. A solution found
 * for one count is a world the release allows, so it serves as witness for every other count too.
 */

// Its types are written for CommonJS, where the loader is `default`; as an ES module it is the import itself.
const load = highsModule as unknown as typeof highsModule.default;
const highs = await load();
const SLACK = 1e-5;
const MOST = 1e7;

export interface Target {
  readonly key: string;
  readonly low: number;
  readonly high: number;
}

export interface Attack {
  /** Withheld counts that are in truth between 1 and the threshold less one. */
  readonly withheld: number;
  /** Small counts that are printed. */
  readonly printed: readonly string[];
  /** Those whose range leaves out a number from 1 to the threshold less one. */
  readonly narrowed: readonly Target[];
  /** Those whose lower end is as high with no number printed at all: it follows from which rows there are. */
  readonly narrowed_by_layout: readonly Target[];
  /** Reasons of equations that the true numbers break: the attacker is mistaken, and finds nothing by it. */
  readonly false_equations: readonly string[];
}

export interface AttackInput {
  readonly truth: Tables;
  readonly released: Tables;
  readonly known: Known;
  readonly threshold: number;
  /** Printed counts are rounded to a multiple of it. */
  readonly rounding: number;
}

interface Range {
  lo: number;
  hi: number;
}

/** A row of the results is about somebody; nobody leaves, is at risk or comes back may well be. */
function isSomebody({ kind, population, phase }: Place): boolean {
  return (
    kind === 'persons' &&
    (population === 'all' || population === 'known') &&
    /^($|before|after|in$|between|waiting|200)/.test(phase)
  );
}

/** Where nothing happened in custody, a number at liberty is the number by the calendar, with what is known of that. */
function twinOf(key: string, ranges: ReadonlyMap<string, unknown>): string {
  const twin = key.replace(/at-liberty$/, 'calendar');
  return ranges.has(twin) ? twin : key;
}

function valuesOf(tables: Tables): Map<string, number> {
  const values = new Map<string, number>();
  for (const { key, value } of readTables(tables).readings) if (value !== null) values.set(key, value);
  return values;
}

export function attack({ truth, released, known, threshold, rounding }: AttackInput): Attack {
  const trueValues = valuesOf(truth);
  const { readings, ratios } = readTables(released);
  const ranges = new Map<string, Range>();
  const floors = new Map<string, number>();
  const printed: string[] = [];
  for (const { key, place, value } of readings) {
    const floor = isSomebody(place) ? 1 : 0;
    floors.set(key, floor);
    const range = ranges.get(key) ?? { lo: floor, hi: MOST };
    ranges.set(key, range);
    if (value === null) continue;
    if (rounding > 1 && place.kind === 'days') continue;
    const half = rounding === 1 || value === 0 ? 0 : Math.floor(rounding / 2);
    range.lo = Math.max(range.lo, value - half, half > 0 ? threshold : 0);
    range.hi = Math.min(range.hi, value + half);
    const small = trueValues.get(key) ?? 0;
    if (place.kind !== 'days' && small >= 1 && small < threshold) printed.push(key);
  }
  const bounds: Bound[] = equationsOf(readings, known);
  if (rounding === 1)
    for (const { terms } of ratios) {
      const size = Math.max(...terms.map(([key, by]) => Math.abs(by * (trueValues.get(key) ?? 1))), 1);
      bounds.push({ why: 'ratio', terms, lo: -1e-7 * size, hi: 1e-7 * size });
    }
  const false_equations = bounds
    .filter(({ terms }) => terms.every(([key]) => trueValues.has(key)))
    .filter(({ terms, lo, hi }) => {
      const total = terms.reduce((sum, [key, by]) => sum + by * (trueValues.get(key) ?? 0), 0);
      const slack = 1e-6 * Math.max(1, Math.abs(total));
      return total < lo - slack || total > hi + slack;
    })
    .map(({ why, terms }) => `${why}: ${terms.map(([key, by]) => `${by} ${key}`).join(' + ')}`);

  if (rounding === 1)
    for (const { key, value } of readings)
      if (value !== null && trueValues.has(key) && value !== trueValues.get(key))
        false_equations.push(`printed otherwise: ${key} ${value} ${trueValues.get(key)}`);
  const targets = [...ranges].flatMap(([key, { lo, hi }]) => {
    const value = trueValues.get(key) ?? 0;
    return !key.startsWith('days') && lo < hi && hi > 1e6 && value >= 1 && value < threshold ? [key] : [];
  });
  const isNarrow = ({ low, high }: Target): boolean => low > 1 + SLACK || high < threshold - 1 - SLACK;
  const all = solve(targets, ranges, bounds, threshold).filter(isNarrow);
  // The same attack on the layout: every row is there and no number is printed.
  const empty = new Map([...ranges].map(([key]) => [key, { lo: floors.get(key) ?? 0, hi: MOST }]));
  const layout = new Map(
    solve(
      [...new Set(all.flatMap(({ key }) => [key, twinOf(key, ranges)]))],
      empty,
      equationsOf(readings, known),
      threshold,
    ).map((one) => [one.key, one]),
  );
  const isLayout = ({ key, low, high }: Target): boolean =>
    high >= threshold - 1 - SLACK &&
    low <= Math.max(layout.get(key)?.low ?? 0, layout.get(twinOf(key, ranges))?.low ?? 0) + SLACK;
  return {
    withheld: targets.length,
    printed,
    narrowed: all.filter((one) => !isLayout(one)),
    narrowed_by_layout: all.filter(isLayout),
    false_equations,
  };
}

function solve(
  targets: readonly string[],
  ranges: Map<string, Range>,
  bounds: readonly Bound[],
  threshold: number,
): Target[] {
  if (targets.length === 0) return [];
  const free = [...ranges].filter(([, { lo, hi }]) => lo < hi).map(([key]) => key);
  const names = new Map(free.map((key, i) => [key, `x${i}`]));
  const number = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(15));
  const write = (terms: readonly (readonly [string, number])[]): string =>
    terms.map(([key, by]) => `${by < 0 ? '-' : '+'} ${number(Math.abs(by))} ${names.get(key)}`).join(' ');
  const lines = new Set<string>();
  for (const { terms, lo, hi } of bounds) {
    const net = new Map<string, number>();
    let fixed = 0;
    for (const [key, by] of terms) {
      if (names.has(key)) net.set(key, (net.get(key) ?? 0) + by);
      else fixed += by * (ranges.get(key)?.lo ?? 0);
    }
    const left = [...net].filter(([, by]) => by !== 0);
    if (left.length === 0) continue;
    const scale = 1 / Math.max(...left.map(([, by]) => Math.abs(by)));
    const scaled = left.map(([key, by]) => [key, by * scale] as const);
    if (lo === hi) lines.add(`${write(scaled)} = ${number((lo - fixed) * scale)}`);
    else {
      if (lo > -1e9) lines.add(`${write(scaled)} >= ${number((lo - fixed) * scale)}`);
      if (hi < 1e9) lines.add(`${write(scaled)} <= ${number((hi - fixed) * scale)}`);
    }
  }
  const body = `Subject To\n${[...lines].map((line, i) => ` c${i}: ${line}`).join('\n')}\nBounds\n${free
    .map((key) => ` ${ranges.get(key)?.lo ?? 0} <= ${names.get(key)} <= ${ranges.get(key)?.hi ?? MOST}`)
    .join('\n')}\nEnd\n`;
  const found = new Map(
    targets.map((key) => [key, { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY }]),
  );
  const run = (direction: 'Minimize' | 'Maximize', keys: readonly string[]): void => {
    const solution = highs.solve(
      `${direction}\n obj: ${write(keys.map((key) => [key, 1] as const))}\n${body}`,
    );
    if (solution.Status !== 'Optimal') throw new Error(`The attacker's programme is ${solution.Status}.`);
    for (const [key, range] of found) {
      const column = solution.Columns[names.get(key) ?? ''];
      const value = column !== undefined && 'Primal' in column ? column.Primal : Number.NaN;
      // A world between two worlds is a world: whatever lies between the lowest and highest seen is possible.
      range.low = Math.min(range.low, value);
      range.high = Math.max(range.high, value);
    }
  };
  run('Minimize', targets);
  run('Maximize', targets);
  for (const key of targets) {
    if ((found.get(key)?.low ?? 0) > 1 + SLACK) run('Minimize', [key]);
    if ((found.get(key)?.high ?? 0) < threshold - 1 - SLACK) run('Maximize', [key]);
  }
  return [...found].map(([key, range]) => ({ key, ...range }));
}

/**
 * What an attacker can set up from a release: whole numbers, which of them are printed, and linear relations between
 * them. Contract: every `value` is the true whole number, every relation holds on the values to within rounding, and
 * only changes matter: a relation says that the changes of its variables, times their coefficients, sum to zero.
 */

/**
 * `count`: persons or events, protected when small. `tally`: records of a register, protected likewise, except that none
 * says nothing about anybody. `amount`: days, protected when few persons have them.
 */
export type Role = 'count' | 'tally' | 'amount' | 'slack';

export interface Variable {
  readonly value: number;
  readonly role: Role;
  /** Units that print it; none: it is printed nowhere, but may follow from what is. */
  readonly units: number[];
  /** What the number can never be below, as everybody knows. */
  readonly floor: number;
  /** The variables that count the persons behind it, one for each cell that prints it. */
  readonly persons: number[];
  /** Numbers about the same level of the same stratum share a block; the search for alternatives goes block by block. */
  readonly block: string;
  /** Events of one outcome; persons and their time; the registers: what hangs together closely. */
  readonly group: string;
}

/** Numbers that are printed or withheld together. */
export interface Unit {
  /** What withholding it loses. */
  readonly cost: number;
}

export interface Relation {
  readonly variables: readonly number[];
  readonly coefficients: readonly number[];
}

/** Units that go with a count of persons: when it is small, nothing about those persons is printed. */
export interface Cell {
  readonly persons: number;
  readonly units: readonly number[];
}

export interface System {
  readonly variables: readonly Variable[];
  readonly units: readonly Unit[];
  readonly relations: readonly Relation[];
  readonly cells: readonly Cell[];
}

/**
 * The least that each number can be, from what the layout of the tables alone says: a printed group has somebody in it,
 * so a level that holds three printed groups of different persons has at least three. Raised until nothing changes.
 */
export function leastValues({ variables, relations }: System): Float64Array {
  const least = Float64Array.from(variables, ({ floor }) => floor);
  for (let changed = true; changed; ) {
    changed = false;
    for (const relation of relations) {
      for (const sign of [1, -1]) {
        // Exactly one term on this side: it is at least the sum of the least values of the other side.
        const own = relation.variables.filter((_, i) => sign * (relation.coefficients[i] ?? 0) > 0);
        const one = own[0];
        if (own.length !== 1 || one === undefined) continue;
        let sum = 0;
        let factor = 1;
        relation.variables.forEach((variable, i) => {
          const coefficient = sign * (relation.coefficients[i] ?? 0);
          if (variable === one) factor = coefficient;
          else sum -= coefficient * (least[variable] ?? 0);
        });
        const bound = Math.min(Math.ceil(sum / factor - 1e-9), variables[one]?.value ?? 0);
        if (bound > (least[one] ?? 0)) {
          least[one] = bound;
          changed = true;
        }
      }
    }
  }
  return least;
}

export interface SystemBuilder extends System {
  readonly addVariable: (variable: {
    readonly value: number;
    readonly role: Role;
    readonly floor?: number;
    readonly block?: string;
    readonly group?: string;
  }) => number;
  readonly addUnit: (cost: number) => number;
  readonly addCell: (persons: number, units: readonly number[]) => void;
  /** The unit prints the variable. */
  readonly print: (variable: number, unit: number) => void;
  /**
   * `whole` is the sum of the parts: kept once, and only where it holds in the true numbers, since an attacker gains
   * nothing from a relation that is false. `slop` is the rounding of the values. Returns whether it holds.
   */
  readonly sum: (whole: readonly number[], parts: readonly number[], slop?: number) => boolean;
  /**
   * The whole is at least the parts, each side times its factor. The difference is a variable that nothing prints; where
   * it counts persons or events itself (role `count`), it is protected like any other. Returns whether it holds.
   */
  readonly atLeast: (
    whole: readonly number[],
    parts: readonly number[],
    role: 'count' | 'tally' | 'slack',
    factors?: { readonly whole?: number; readonly parts?: number },
  ) => boolean;
}

export function buildSystem(): SystemBuilder {
  const variables: Variable[] = [];
  const units: Unit[] = [];
  const relations: Relation[] = [];
  const cells: Cell[] = [];
  const seen = new Map<string, number>();

  const total = (ids: readonly number[]): number =>
    ids.reduce((sum, id) => sum + (variables[id]?.value ?? 0), 0);

  const addVariable: SystemBuilder['addVariable'] = ({ value, role, floor = 0, block, group = '' }) =>
    variables.push({
      value,
      role,
      units: [],
      floor,
      persons: [],
      block: `${group} ${block ?? `#${variables.length}`}`,
      group,
    }) - 1;

  /** Terms that occur on both sides cancel; the same relation is kept once. */
  const relate = (terms: readonly (readonly [number, number])[], extra?: () => number): void => {
    const net = new Map<number, number>();
    for (const [variable, coefficient] of terms) net.set(variable, (net.get(variable) ?? 0) + coefficient);
    const kept = [...net].filter(([, coefficient]) => coefficient !== 0).sort(([a], [b]) => a - b);
    if (kept.length === 0) return;
    const signature = `${extra === undefined ? '' : '>='}${kept.map(([v, c]) => `${c}*${v}`).join('+')}`;
    if (seen.has(signature)) return;
    seen.set(signature, relations.length);
    if (extra !== undefined) kept.push([extra(), -1]);
    relations.push({
      variables: kept.map(([variable]) => variable),
      coefficients: kept.map(([, coefficient]) => coefficient),
    });
  };

  return {
    variables,
    units,
    relations,
    cells,
    addVariable,
    addUnit: (cost) => units.push({ cost }) - 1,
    addCell: (persons, of) => {
      cells.push({ persons, units: of });
    },
    print: (variable, unit) => {
      const printed = variables[variable]?.units;
      if (printed !== undefined && !printed.includes(unit)) printed.push(unit);
    },
    sum: (whole, parts, slop = 0) => {
      if (Math.abs(total(whole) - total(parts)) > slop) return false;
      relate([...whole.map((id) => [id, 1] as const), ...parts.map((id) => [id, -1] as const)]);
      return true;
    },
    atLeast: (whole, parts, role, factors = {}) => {
      const { whole: up = 1, parts: down = 1 } = factors;
      const rest = up * total(whole) - down * total(parts);
      if (rest < 0) return false;
      relate([...whole.map((id) => [id, up] as const), ...parts.map((id) => [id, -down] as const)], () =>
        addVariable({ value: rest, role }),
      );
      return true;
    },
  };
}

import type { Role, SystemBuilder } from './system.ts';

/**
 * Which number a printed figure is. The same number, printed by two estimates, is one variable: it is withheld in both
 * or in neither. Figures that describe the same persons in the same way and have the same value are the same number.
 */

export type Kind = 'persons' | 'events' | 'days';

/** What is counted, in whom, when. */
export interface Description {
  readonly kind: Kind;
  /** The outcome that is counted; '' for persons. */
  readonly outcome: string;
  readonly population: string;
  readonly stratum: string;
  readonly level: string;
  /** A window, a phase, or '' for all the time there is. */
  readonly phase: string;
}

/** Where it is printed. */
export interface Origin {
  readonly variant: string;
  readonly estimate: string;
  readonly clock: string;
}

export interface Quantity extends Description, Origin {
  readonly variable: number;
  readonly value: number;
}

export interface Quantities {
  readonly all: readonly Quantity[];
  /** The variable of a number, made when it is met for the first time. */
  readonly record: (description: Description, origin: Origin, value: number) => number;
  /** The number that an estimate means by a description: its own, else that of another of the same variant. */
  readonly find: (description: Description, origin: Origin) => number | undefined;
  /** Variables of the same description and of different value: other clocks, estimates or variants. */
  readonly rivals: () => readonly (readonly number[])[];
}

function keyOf(description: Description): string {
  const { kind, outcome, population, stratum, level, phase } = description;
  return JSON.stringify([kind, outcome, population, stratum, level, phase]);
}

const ROLES: Readonly<Record<Kind, Role>> = { persons: 'count', events: 'count', days: 'amount' };

/** A row is about somebody, as every reader knows: where there are persons there is at least one. */
export function collectQuantities(system: SystemBuilder): Quantities {
  const all: Quantity[] = [];
  const byKey = new Map<string, Quantity[]>();
  return {
    all,
    record: (description, origin, value) => {
      const key = keyOf(description);
      const known = byKey.get(key) ?? [];
      byKey.set(key, known);
      const own = known.find(
        (one) =>
          one.value === value &&
          one.variant === origin.variant &&
          one.estimate === origin.estimate &&
          one.clock === origin.clock,
      );
      if (own !== undefined) return own.variable;
      const variable =
        known.find((one) => one.value === value)?.variable ??
        system.addVariable({
          value,
          role: ROLES[description.kind],
          floor: description.kind === 'persons' && value > 0 ? 1 : 0,
          block: `${description.stratum}: ${description.level}`,
          group: description.kind === 'events' ? `events of ${description.outcome}` : 'persons',
        });
      const quantity = { ...description, ...origin, value, variable };
      known.push(quantity);
      all.push(quantity);
      return variable;
    },
    find: (description, origin) => {
      const needsClock = description.kind !== 'persons';
      let best: Quantity | undefined;
      let rank = -1;
      for (const one of byKey.get(keyOf(description)) ?? []) {
        if (one.variant !== origin.variant || (needsClock && one.clock !== origin.clock)) continue;
        const own = (one.estimate === origin.estimate ? 2 : 0) + (one.clock === origin.clock ? 1 : 0);
        if (own > rank) {
          best = one;
          rank = own;
        }
      }
      return best?.variable;
    },
    rivals: () =>
      [...byKey.values()]
        .map((known) => [...new Set(known.map(({ variable }) => variable))])
        .filter((variables) => variables.length > 1),
  };
}

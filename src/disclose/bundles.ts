import type { Relation, System } from './system.ts';

/** What of a linear programme can be solved before it is set up. */

/** Numbers that must change in proportion, because an equation holds nothing else: variable = factor x root. */
export interface Bundles {
  readonly of: (variable: number) => { readonly root: number; readonly factor: number };
  readonly members: ReadonlyMap<number, readonly { readonly variable: number; readonly factor: number }[]>;
}

/** Solves equations in one and two unknowns beforehand. Factor 0: the number cannot change. */
export function bundle(system: System, variables: readonly number[], equations: readonly number[]): Bundles {
  const parent = new Map(variables.map((variable) => [variable, { root: variable, factor: 1 }]));
  const of = (variable: number): { root: number; factor: number } => {
    const up = parent.get(variable);
    if (up === undefined) return { root: variable, factor: 0 };
    if (up.root === variable || up.factor === 0) return up;
    const top = of(up.root);
    const found = { root: top.root, factor: up.factor * top.factor };
    parent.set(variable, found);
    return found;
  };
  let open = [...equations];
  for (let changed = true; changed; ) {
    changed = false;
    const rest: number[] = [];
    for (const relation of open) {
      const terms = netTerms(system.relations[relation], of);
      const [first, second] = [...terms];
      if (terms.size > 2) {
        rest.push(relation);
        continue;
      }
      if (first === undefined) continue;
      changed = true;
      if (second === undefined) parent.set(first[0], { root: first[0], factor: 0 });
      else parent.set(second[0], { root: first[0], factor: -first[1] / second[1] });
    }
    open = rest;
  }
  const members = new Map<number, { variable: number; factor: number }[]>();
  for (const variable of variables) {
    const { root, factor } = of(variable);
    if (factor === 0) continue;
    const list = members.get(root) ?? [];
    members.set(root, list);
    list.push({ variable, factor });
  }
  return { of, members };
}

/** The relation in terms of the roots. */
export function netTerms(relation: Relation | undefined, of: Bundles['of']): Map<number, number> {
  const terms = new Map<number, number>();
  relation?.variables.forEach((variable, i) => {
    const { root, factor } = of(variable);
    if (factor === 0) return;
    const sum = (terms.get(root) ?? 0) + factor * (relation.coefficients[i] ?? 0);
    if (Math.abs(sum) < 1e-9) terms.delete(root);
    else terms.set(root, sum);
  });
  return terms;
}

import { PRIMARY } from './margins.ts';
import type { Quantity } from './quantities.ts';
import { groupBy, type RelationInput, restRole, slopOf } from './relation-input.ts';

/** Relations from how journeys end and from how strata are made of each other. */

/** Whoever is not open has left: an exit group is its leavers, with all their events after entry, and the rest is open. */
export function addLeavers({ system, quantities, study }: RelationInput): void {
  const { success, exits } = strataNames(study);
  for (const one of quantities.all) {
    if (!(one.phase === 'left' || one.phase === 'after entry of leavers')) continue;
    const phase = one.phase === 'left' ? '' : 'after entry';
    const find = (stratum: string, level: string): number | undefined =>
      quantities.find({ ...one, stratum, level, phase }, one);
    if (exits.includes(one.stratum)) {
      const group = find(one.stratum, one.level);
      if (group !== undefined) system.sum([group], [one.variable]);
    }
    if (one.stratum !== 'all') continue;
    const everyone = find('all', 'all');
    for (const stratum of [...success, ...exits]) {
      const open = find(stratum, 'open');
      if (everyone !== undefined && open !== undefined) system.sum([everyone], [one.variable, open]);
    }
  }
}

/** The steps of the population count events whenever they happened: at least those in both windows, also of the rest. */
export function addEver({ system, quantities }: RelationInput): void {
  const ever = quantities.all.filter((one) => one.kind === 'events' && one.outcome === PRIMARY);
  const everyone = ever.find(({ population, stratum }) => population === 'all' && stratum === 'all');
  for (const one of quantities.all) {
    if (one.kind !== 'events' || one.outcome === PRIMARY || one.stratum !== 'all' || one.phase !== '')
      continue;
    if (one.variant !== 'protocol' || one.clock !== 'calendar') continue;
    const whole = ever.find(({ population, stratum }) => population === one.population && stratum === 'all');
    if (whole === undefined) continue;
    system.atLeast([whole.variable], [one.variable], 'slack');
    const all = quantities.find({ ...one, population: 'all' }, one);
    if (one.population !== 'all' && all !== undefined && everyone !== undefined)
      system.atLeast([everyone.variable, one.variable], [whole.variable, all], 'slack');
  }
}

/** Levels that lie within a level of another stratum, declared or known from how a stratum is made. */
export function addNesting({ system, quantities, study, nesting }: RelationInput): void {
  const { success, exits } = strataNames(study);
  const find = (one: Quantity, stratum: string, level: string, phase = one.phase): number | undefined =>
    quantities.find({ ...one, stratum, level, phase }, one);
  for (const one of quantities.all) {
    for (const name of success.filter((stratum) => stratum === one.stratum)) {
      for (const exit of exits) {
        const group = one.level.replace(/, (not )?back$/, '');
        if (one.level === `${group}, back`) {
          const other = find(one, name, `${group}, not back`);
          const whole = find(one, exit, group);
          if (whole !== undefined)
            system.sum([whole], [one.variable, ...(other === undefined ? [] : [other])], slopOf(one.kind, 2));
          const back =
            one.kind === 'persons' && one.phase === '' ? find(one, exit, group, 'back') : undefined;
          if (back !== undefined) system.sum([back], [one.variable]);
        }
      }
    }
  }
  const outer = groupBy(nesting, (row) => [row.stratum, row.within_stratum, row.within_level]);
  for (const rows of outer) {
    const first = rows[0];
    if (first === undefined) continue;
    for (const whole of quantities.all) {
      if (whole.stratum !== first.within_stratum || whole.level !== first.within_level) continue;
      const parts = rows.flatMap(({ stratum, level }) => find(whole, stratum ?? '', level ?? '') ?? []);
      if (parts.length === 0) continue;
      if (!system.sum([whole.variable], parts, slopOf(whole.kind, parts.length)))
        system.atLeast([whole.variable], parts, restRole(whole));
    }
  }
}

/** Names under which the study knows the strata that are made of each other. */
function strataNames(study: RelationInput['study']): { success: string[]; exits: string[] } {
  const named = (kind: string): string[] => [
    ...new Set([
      kind,
      ...Object.entries(study.strata ?? {})
        .filter(([, stratum]) => stratum === kind)
        .map(([name]) => name),
    ]),
  ];
  return { success: named('success_and_return'), exits: named('exit_group') };
}

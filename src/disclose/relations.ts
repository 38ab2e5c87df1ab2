import { addEver, addLeavers, addNesting } from './journey-relations.ts';
import { COVERED, PHASES, parted, TILINGS, WINDOWS, WITHIN } from './margins.ts';
import type { Description, Quantity } from './quantities.ts';
import {
  groupBy,
  personsOf,
  placesOf,
  type RelationInput,
  restRole,
  slopOf,
  sourcesOf,
} from './relation-input.ts';
import { addDivisions, addTime, addYears } from './time-relations.ts';

/** From the margins to relations between the numbers of a study. */

/** A total that no row prints but every reader can add up, so that other divisions have something to sum to. */
function addTotals({ system, quantities }: RelationInput): void {
  for (const source of sourcesOf(quantities)) {
    for (const place of placesOf(source)) {
      const first = place[0];
      if (first === undefined || first.kind === 'persons') continue;
      if (place.some(({ phase }) => phase === '')) continue;
      for (const phases of [WINDOWS, PHASES] as const) {
        const parts = place.filter(({ phase }) => phases.some((one) => one === phase));
        if (parts.length === 0) continue;
        const value = parts.reduce((sum, part) => sum + part.value, 0);
        const total = quantities.record({ ...first, phase: '' }, first, value);
        const ids = parts.map(({ variable }) => variable);
        system.sum([total], ids, slopOf(first.kind, ids.length));
        break;
      }
    }
  }
}

/** The levels of a stratum sum to the whole; of crossed strata, to each level of either. */
function addLevels({ system, quantities }: RelationInput): void {
  const relate = (parts: readonly Quantity[], whole: Partial<Description>): void => {
    const first = parts[0];
    if (first === undefined) return;
    const total = quantities.find({ ...first, ...whole }, first);
    if (total === undefined) return;
    const ids = parts.map(({ variable }) => variable);
    if (system.sum([total], ids, slopOf(first.kind, ids.length))) return;
    // Either levels that are not printed are missing, or a person is in several.
    if (first.kind === 'days' || system.atLeast([total], ids, 'count')) return;
    system.atLeast(ids, [total], 'slack');
    for (const id of ids) system.atLeast([total], [id], 'count');
  };
  for (const source of sourcesOf(quantities)) {
    for (const parts of groupBy(source, (one) => [one.population, one.stratum, one.phase])) {
      const stratum = parts[0]?.stratum ?? 'all';
      if (stratum === 'all') continue;
      const crossed = parted(stratum);
      if (crossed === undefined) {
        relate(parts, { stratum: 'all', level: 'all' });
        continue;
      }
      const [rows, columns] = crossed;
      for (const side of [0, 1] as const) {
        for (const group of groupBy(parts, (one) => [parted(one.level)?.[side] ?? one.level])) {
          const level = parted(group[0]?.level ?? '')?.[side] ?? '';
          relate(group, { stratum: side === 0 ? rows : columns, level });
        }
      }
    }
  }
}

/** Windows and phases. A tiling is used for a source only if it holds in all its cells: then a reader knows it too. */
function addPhases({ system, quantities }: RelationInput): void {
  for (const source of sourcesOf(quantities)) {
    const places = placesOf(source);
    const kind = source[0]?.kind ?? 'persons';
    const pick = (place: readonly Quantity[], phases: readonly string[]): Quantity[] => {
      const first = place[0];
      if (first === undefined) return [];
      const found = place.filter(({ phase }) => phases.includes(phase));
      if (found.length > 0 || phases.length !== 1) return found;
      const elsewhere = quantities.find({ ...first, phase: phases[0] ?? '' }, first);
      const value = elsewhere === undefined ? 0 : (system.variables[elsewhere]?.value ?? 0);
      return elsewhere === undefined
        ? []
        : [{ ...first, phase: phases[0] ?? '', variable: elsewhere, value }];
    };
    const ids = (some: readonly Quantity[]): number[] => some.map(({ variable }) => variable);
    const total = (some: readonly Quantity[]): number => some.reduce((sum, { value }) => sum + value, 0);
    const pairs = (whole: readonly string[], parts: readonly string[]) =>
      places
        .map((place) => [pick(place, whole), place.filter(({ phase }) => parts.includes(phase))] as const)
        .filter(([wholes, found]) => wholes.length > 0 && found.length > 0);
    if (kind !== 'persons') {
      for (const { whole, parts } of TILINGS) {
        const cells = pairs(whole, parts);
        const slop = slopOf(kind, whole.length + parts.length);
        if (!cells.every(([wholes, found]) => Math.abs(total(wholes) - total(found)) <= slop)) continue;
        for (const [wholes, found] of cells) system.sum(ids(wholes), ids(found), slop);
      }
    } else {
      for (const { whole, parts } of COVERED) {
        for (const [wholes, found] of pairs([whole], parts)) system.atLeast(ids(found), ids(wholes), 'slack');
      }
    }
    for (const { whole, part, of_events } of WITHIN) {
      const cells = pairs([whole], [part]);
      if (!cells.every(([wholes, found]) => total(found) <= total(wholes))) continue;
      const role = kind === 'persons' || (kind === 'events' && of_events) ? 'count' : 'slack';
      for (const [wholes, found] of cells) system.atLeast(ids(wholes), ids(found), role);
    }
  }
}

/** A subset and the rest of the population; subsets that are levels of a stratum; subsets within subsets. */
function addPopulations({ system, quantities, study }: RelationInput): void {
  const subsets = study.population.subsets ?? {};
  for (const one of quantities.all) {
    if (one.population === 'all') continue;
    const whole = quantities.find({ ...one, population: 'all' }, one);
    if (whole !== undefined) system.atLeast([whole], [one.variable], restRole(one));
    const own = subsets[one.population];
    if (own === undefined) continue;
    if (own.stratum !== undefined && own.prior_events === undefined) {
      const { name, levels } = own.stratum;
      if (one.stratum === name && levels.includes(one.level) && whole !== undefined)
        system.sum([whole], [one.variable]);
      if (one.stratum === 'all') {
        const parts = levels.flatMap(
          (level) => quantities.find({ ...one, population: 'all', stratum: name, level }, one) ?? [],
        );
        system.sum([one.variable], parts, slopOf(one.kind, parts.length));
      }
    }
    const prior = own.prior_events;
    if (prior === undefined) continue;
    for (const [name, other] of Object.entries(subsets)) {
      const wider = other.prior_events;
      if (name === one.population || wider?.outcome !== prior.outcome || other.stratum !== undefined)
        continue;
      if (wider.at_least > prior.at_least) continue;
      const holds = quantities.find({ ...one, population: name }, one);
      if (holds !== undefined) system.atLeast([holds], [one.variable], restRole(one));
    }
    if (one.kind !== 'events' || one.outcome !== prior.outcome || one.phase !== 'before entry') continue;
    if (one.clock !== 'calendar') continue;
    const people = personsOf(quantities, one);
    if (people === undefined) continue;
    // Each of the subset has at least so many earlier events; each of the rest has fewer.
    system.atLeast([one.variable], [people], 'slack', { parts: prior.at_least });
    const everyone = personsOf(quantities, { ...one, population: 'all' });
    if (everyone === undefined || whole === undefined || own.stratum !== undefined) continue;
    const fewer = prior.at_least - 1;
    const [all, sub] = [system.variables[everyone]?.value ?? 0, system.variables[people]?.value ?? 0];
    const restEvents = (system.variables[whole]?.value ?? 0) - one.value;
    if (fewer === 0) {
      if (restEvents === 0) system.sum([whole], [one.variable]);
    } else if (restEvents <= fewer * (all - sub)) {
      const rest = system.addVariable({ value: all - sub, role: 'slack' });
      const events = system.addVariable({ value: restEvents, role: 'slack' });
      system.sum([everyone], [people, rest]);
      system.sum([whole], [one.variable, events]);
      system.atLeast([rest], [events], 'slack', { whole: fewer });
    }
  }
}

/** Time at liberty is part of all time; the same number by another clock, estimate or variant may differ by a few. */
function addRivals({ system, quantities, threshold }: RelationInput): void {
  for (const one of quantities.all) {
    if (one.clock !== 'at-liberty') continue;
    const calendar = quantities.find(one, { ...one, clock: 'calendar' });
    if (calendar !== undefined && calendar !== one.variable)
      system.atLeast([calendar], [one.variable], restRole(one));
  }
  const amount = (id: number): number => system.variables[id]?.value ?? 0;
  for (const variables of quantities.rivals()) {
    if (system.variables[variables[0] ?? 0]?.role !== 'count') continue;
    for (const large of variables) {
      for (const small of variables) {
        const difference = amount(large) - amount(small);
        if (difference > 0 && difference < threshold) system.atLeast([large], [small], 'count');
      }
    }
  }
}

export function relateResults(input: RelationInput): void {
  addTotals(input);
  addLevels(input);
  addPhases(input);
  addPopulations(input);
  addRivals(input);
  addTime(input);
  addYears(input);
  addDivisions(input);
  addNesting(input);
  addLeavers(input);
  addEver(input);
}

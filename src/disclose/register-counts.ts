import { PRIMARY } from './margins.ts';
import type { Quantities } from './quantities.ts';
import type { SystemBuilder } from './system.ts';
import type { InternalTables } from './tables.ts';

/**
 * Attrition, linkage, file accounts, issues and profiles as numbers and relations. Between two steps of the attrition
 * stands a count of excluded persons; between read and accepted records one of quarantined records; and n of N tells
 * both n and N - n.
 */

/** The unit of each number of each row, in the order of the rows. */
export interface RegisterPlan {
  readonly attrition: readonly { readonly row: number }[];
  readonly population_steps: readonly { readonly row: number }[];
  readonly link_flow: readonly { readonly row: number }[];
  readonly accounts: readonly {
    readonly records_read: number;
    readonly accepted: number;
    readonly quarantined: number;
  }[];
  readonly issues: readonly { readonly count: number; readonly of: number }[];
  readonly profiles: readonly {
    readonly records: number;
    readonly missing: number;
    readonly open_ended: number;
  }[];
}

const ORIGIN = { variant: 'protocol', estimate: '', clock: '' } as const;
const CALENDAR = { ...ORIGIN, clock: 'calendar' } as const;
const EVERYONE = { population: 'all', stratum: 'all', level: 'all', phase: '' } as const;

const COST = { step: 2, first_step: 6, last_step: 20, population: 8, flow: 2, records: 6, part: 1 } as const;

export function planRegisters(
  internal: InternalTables,
  system: SystemBuilder,
  quantities: Quantities,
): RegisterPlan {
  const tallies = new Map<string, Map<number, number>>();
  /** Record totals of a register: those of the same value are the same number. */
  const tally = (register: string | null, value: number): number => {
    const known = tallies.get(register ?? '') ?? new Map<number, number>();
    tallies.set(register ?? '', known);
    const variable = known.get(value) ?? system.addVariable({ value, role: 'tally' });
    known.set(value, variable);
    return variable;
  };
  const own = (value: number, unit: number, role: 'tally' | 'count' = 'tally'): number => {
    const variable = system.addVariable({ value, role });
    system.print(variable, unit);
    return variable;
  };

  const { steps, attrition } = planAttrition(internal, system, quantities);

  const population_steps = internal.population_steps.map((row) => {
    const unit = system.addUnit(COST.population);
    const place = { ...EVERYONE, population: row.population ?? 'all' };
    const persons = quantities.record({ kind: 'persons', outcome: '', ...place }, ORIGIN, row.persons ?? 0);
    const events = quantities.record(
      { kind: 'events', outcome: PRIMARY, ...place },
      CALENDAR,
      row.events ?? 0,
    );
    system.print(persons, unit);
    system.print(events, unit);
    system.addCell(persons, [unit]);
    return { row: unit };
  });

  const flows = new Map<string, { link_class: string; persons: number; records: number }[]>();
  const link_flow = internal.link_flow.map((row) => {
    const unit = system.addUnit(COST.flow + 0.1 * Math.log2(1 + (row.persons ?? 0)));
    const persons = own(row.persons ?? 0, unit, 'count');
    const records = own(row.records ?? 0, unit);
    system.addCell(persons, [unit]);
    system.variables[records]?.persons.push(persons);
    system.atLeast([records], [persons], 'slack');
    const flow = flows.get(row.register ?? '') ?? [];
    flows.set(row.register ?? '', flow);
    flow.push({ link_class: row.link_class ?? '', persons, records });
    return { row: unit };
  });
  const kept = internal.study.population.link_classes ?? ['matched', 'absent'];
  const after = internal.attrition.findIndex(({ code }) => code === 'link-class');
  for (const flow of flows.values()) {
    const [first, second] = [steps[0], after < 0 ? undefined : steps[after]];
    const persons = flow.map((one) => one.persons);
    const included = flow.filter(({ link_class }) => kept.some((one) => one === link_class));
    if (first !== undefined) system.sum([first], persons);
    if (second !== undefined)
      system.sum(
        [second],
        included.map((one) => one.persons),
      );
  }

  const files = new Map<string, { read: number; accepted: number }[]>();
  const accounts = internal.accounts.map((row) => {
    const units = {
      records_read: system.addUnit(COST.records),
      accepted: system.addUnit(COST.records),
      quarantined: system.addUnit(COST.part),
    };
    const ofFile = internal.accounts.filter(({ register }) => register === row.register).length;
    const total = (value: number | null, unit: number): number => {
      if (ofFile > 1) return own(value ?? 0, unit);
      const variable = tally(row.register, value ?? 0);
      system.print(variable, unit);
      return variable;
    };
    const read = total(row.records_read, units.records_read);
    const accepted = total(row.accepted, units.accepted);
    system.sum([read], [accepted, own(row.quarantined ?? 0, units.quarantined)]);
    const list = files.get(row.register ?? '') ?? [];
    files.set(row.register ?? '', list);
    list.push({ read, accepted });
    return units;
  });
  for (const [register, list] of files) {
    if (list.length < 2) continue;
    for (const key of ['read', 'accepted'] as const) {
      const parts = list.map((file) => file[key]);
      const value = parts.reduce((sum, id) => sum + (system.variables[id]?.value ?? 0), 0);
      system.sum([tally(register, value)], parts);
    }
  }

  const issues = internal.issues.map((row) => {
    const units = { count: system.addUnit(COST.part), of: system.addUnit(COST.records) };
    const of = row.unit === 'records' ? tally(row.register, row.of ?? 0) : own(row.of ?? 0, units.of);
    system.print(of, units.of);
    const count = own(row.count ?? 0, units.count);
    system.addCell(of, [units.count, units.of]);
    system.atLeast([of], [count], 'tally');
    return units;
  });

  const profiles = internal.profiles.map((row) => {
    const units = {
      records: system.addUnit(COST.records),
      missing: system.addUnit(COST.part),
      open_ended: system.addUnit(COST.part),
    };
    const records = tally(row.register, row.records ?? 0);
    system.print(records, units.records);
    system.addCell(records, [units.records, units.missing, units.open_ended]);
    const missing = own(row.missing ?? 0, units.missing);
    const open = own(row.open_ended ?? 0, units.open_ended);
    system.atLeast([records], [missing, open], 'tally');
    system.atLeast([records], [missing], 'tally');
    system.atLeast([records], [open], 'tally');
    return units;
  });

  for (const [register, known] of tallies) {
    const flow = flows.get(register);
    const records = flow?.map((one) => one.records) ?? [];
    for (const [large, whole] of known) {
      if (records.length > 0) system.sum([whole], records);
      for (const [small, part] of known) if (large > small) system.atLeast([whole], [part], 'tally');
    }
  }
  return { attrition, population_steps, link_flow, accounts, issues, profiles };
}

/** Steps, and the persons and events that each excludes. */
function planAttrition(
  internal: InternalTables,
  system: SystemBuilder,
  quantities: Quantities,
): { steps: number[]; attrition: { row: number }[] } {
  const last = internal.attrition.length - 1;
  const steps: number[] = [];
  const eventSteps: number[] = [];
  const attrition = internal.attrition.map((row, i) => {
    const unit = system.addUnit(i === last ? COST.last_step : i === 0 ? COST.first_step : COST.step);
    const place = i === last ? EVERYONE : { ...EVERYONE, stratum: '(attrition)', level: String(i) };
    const persons = quantities.record({ kind: 'persons', outcome: '', ...place }, ORIGIN, row.persons ?? 0);
    const events = quantities.record(
      { kind: 'events', outcome: PRIMARY, ...place },
      CALENDAR,
      row.events ?? 0,
    );
    for (const variable of [persons, events]) system.print(variable, unit);
    system.addCell(persons, [unit]);
    system.variables[events]?.persons.push(persons);
    steps.push(persons);
    eventSteps.push(events);
    return { row: unit };
  });
  const value = (id: number | undefined): number => system.variables[id ?? -1]?.value ?? 0;
  for (let i = 0; i < last; i += 1) {
    const [before, next] = [steps[i], steps[i + 1]];
    const [eventsBefore, eventsNext] = [eventSteps[i], eventSteps[i + 1]];
    if (before === undefined || next === undefined || eventsBefore === undefined || eventsNext === undefined)
      continue;
    if (value(before) < value(next) || value(eventsBefore) < value(eventsNext)) continue;
    const excluded = system.addVariable({ value: value(before) - value(next), role: 'count' });
    const events = system.addVariable({ value: value(eventsBefore) - value(eventsNext), role: 'count' });
    system.variables[events]?.persons.push(excluded);
    system.sum([before], [next, excluded]);
    system.sum([eventsBefore], [eventsNext, events]);
  }
  return { steps, attrition };
}

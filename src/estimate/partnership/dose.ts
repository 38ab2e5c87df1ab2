import { fitNbAncova } from '../../stats/regression/nb-ancova.ts';
import type { Clock } from '../clocks.ts';
import { type Cell, DAYS_PER_YEAR, levelled, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { cellRows, countRow } from './arms.ts';
import { ANCOVA } from './contrasts.ts';
import { failed, failureWords, plain, ratio } from './outcome.ts';
import type { ArmData, PartnershipContext } from './people.ts';

/** Contacts until the landmark against events after it, within the treated arm. */

/** Of the treated arm, by contacts: everybody of the arm has one level, so that the levels add up to the arm. */
const NOT_FOLLOWED = 'not followed so long';

export function doseStratum(arms: string): string {
  return `${arms} x contacts`;
}

export interface DoseGroups {
  /** Day on which contacts stop and events begin to count. */
  readonly landmark: number;
  /** Least contacts of each group but the first. */
  readonly from: readonly number[];
}

/** `none`, `1-5`, `6-11`, `12 or more`. */
export function doseLabels(from: readonly number[]): readonly string[] {
  const range = (low: number, high: number): string => (low === high ? `${low}` : `${low}-${high}`);
  return [
    from[0] === 1 ? 'none' : `0-${(from[0] ?? 1) - 1}`,
    ...from.map((least, i) => {
      const next = from[i + 1];
      return next === undefined ? `${least} or more` : range(least, next - 1);
    }),
  ];
}

const CAUTION = 'the dose is what people came to, after they had been allocated: not what it did';

export function doseRows(
  data: ArmData,
  clocks: readonly Clock[],
  groups: DoseGroups,
  context: PartnershipContext,
): ResultRow[] {
  const { confidence } = context;
  const labels = doseLabels(groups.from);
  const groupOf = (contacts: number): number => groups.from.filter((least) => contacts >= least).length;
  const phase = `after day ${groups.landmark}`;
  const stratum = doseStratum(context.arms);
  const levelOf = (group: string): string => `${context.treated} x ${group}`;
  const everyone = [...data.arm.keys()].filter((i) => data.arm[i] === 1);
  const place = {
    estimate_id: context.estimate_id,
    design: 'partnership',
    population: context.population,
    stratum,
    variant: context.variant,
  };
  const persons = context.is_divided
    ? [...labels, NOT_FOLLOWED].flatMap((label, g) => {
        const own = everyone.filter((i) => {
          const contacts = data.contacts[i] as number;
          return Number.isNaN(contacts) ? g === labels.length : groupOf(contacts) === g;
        });
        return own.length === 0
          ? []
          : [countRow({ ...place, level: levelOf(label), persons: own.length }, 'persons', own.length)];
      })
    : [];
  const fitted = clocks.flatMap((clock): ResultRow[] => {
    const isCalendar = clock === 'calendar';
    const days = isCalendar ? data.tl : data.ftl;
    const events = isCalendar ? data.l : data.fl;
    const [before, daysBefore] = isCalendar ? [data.b, data.tb] : [data.fb, data.ftb];
    const own = [...data.arm.keys()].filter((i) => data.arm[i] === 1 && (days[i] as number) > 0);
    const pick = (column: Float64Array, rows: readonly number[], divisor = 1): Float64Array =>
      Float64Array.from(rows, (i) => (column[i] as number) / divisor);
    const base = { ...place, clock };
    const rows = context.is_divided
      ? labels.flatMap((level, g) => {
          const members = own.filter((i) => groupOf(data.contacts[i] as number) === g);
          return members.length === 0
            ? []
            : cellRows(
                { ...base, level: levelOf(level), phase },
                pick(events, members),
                pick(days, members),
                confidence,
              );
        })
      : [];
    const used = own.filter((i) => (daysBefore[i] as number) > 0);
    const cell: Cell = {
      ...base,
      level: 'all levels',
      phase,
      persons: used.length,
      events: pick(events, used).reduce((all, y) => all + y, 0),
      person_years: pick(days, used, DAYS_PER_YEAR).reduce((all, t) => all + t, 0),
    };
    const measured = (measure: string, contrast: string, variance: string, unit: string) => ({
      measure,
      method: levelled(`${ANCOVA}, ${variance}`, confidence),
      unit,
      contrast,
    });
    const common = {
      baseline_events: pick(before, used),
      baseline_exposure: pick(daysBefore, used, DAYS_PER_YEAR),
      events: pick(events, used),
      exposure: pick(days, used, DAYS_PER_YEAR),
    };
    const contacts = pick(data.contacts, used);
    // About the arm as a whole: it stands when a dose group is too small to be shown.
    const whole: Cell = { ...cell, stratum: context.arms };
    const each = measured('rate_ratio', 'each contact more', 'HC0', 'ratio');
    const present = labels.flatMap((_, g) => (contacts.some((n) => groupOf(n) === g) ? [g] : []));
    const [reference, ...others] = present;
    if (present.length < 2 || reference === undefined)
      return [
        ...rows,
        resultRow(
          whole,
          each,
          failed(used.length === 0 ? 'nobody is followed so long' : 'one dose group only'),
        ),
      ];
    const slope = fitNbAncova({ treated: contacts, ...common });
    if (slope.status === 'estimated') {
      const log = { estimate: slope.log_rate_ratio, se: slope.se_log_robust };
      rows.push(
        resultRow(whole, each, ratio(log, confidence, CAUTION)),
        resultRow(
          whole,
          measured('coefficient', 'each contact more', 'HC0', 'log rate ratio'),
          plain(log, confidence),
        ),
      );
    } else rows.push(resultRow(whole, each, failed(failureWords(slope))));
    // The kernel knows one exposure: the first group above the reference stands there, the others beside it.
    const dummy = (g: number | undefined): Float64Array => contacts.map((n) => (groupOf(n) === g ? 1 : 0));
    const [first, ...more] = others;
    const columns = more.map(dummy);
    const grouped = fitNbAncova({
      treated: dummy(first),
      ...common,
      ...(more.length === 0
        ? {}
        : {
            adjustment: {
              rows: used.length,
              columns: more.length,
              x: Float64Array.from({ length: used.length * more.length }, (_, k) => {
                const column = columns[k % more.length] as Float64Array;
                return column[Math.floor(k / more.length)] as number;
              }),
            },
          }),
    });
    others.forEach((g, k) => {
      const contrast = `${labels[g] ?? ''} / ${labels[reference] ?? ''}`;
      const said = measured('rate_ratio', contrast, 'likelihood', 'ratio');
      // Columns: constant, the first group, log earlier rate, the other groups.
      const column = k === 0 ? 1 : k + 2;
      rows.push(
        resultRow(
          cell,
          said,
          grouped.status === 'estimated'
            ? ratio(
                {
                  estimate: grouped.fit.coefficient[column] as number,
                  se: grouped.fit.se[column] as number,
                },
                confidence,
                CAUTION,
              )
            : failed(failureWords(grouped)),
        ),
      );
    });
    return rows;
  });
  return [...persons, ...fitted];
}

import type { EstimateOf } from '../../protocol/tables.ts';
import { adjustPValues } from '../../stats/multiplicity/adjust.ts';
import { funnelOverdispersion, funnelP } from '../../stats/rates/funnel.ts';
import { shrunkenRatios } from '../../stats/rates/shrunken-ratios.ts';
import { jointWaldTest, waldInterval } from '../../stats/regression/wald.ts';
import type { AdjustmentTerm } from '../adjustment.ts';
import type { EstimateContext } from '../design.ts';
import { type Cell, levelled, type Measured, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { expectedEvents } from './expected.ts';
import { type Groups, groupsOf, hindrance, type RowData, referenceOf } from './groups.ts';
import { fitLevels, type LevelFit, type Model } from './model.ts';

/** From rows a person to the rows of a comparison; see docs/methods/compare.md. */

export interface CompareContext extends EstimateContext {
  readonly model: Model;
  readonly adjust: NonNullable<EstimateOf<'compare'>['adjust']>;
  readonly divide: NonNullable<EstimateOf<'compare'>['divide']>;
  readonly reference: Readonly<Record<string, string>>;
  /** What the clusters are: person, or the name of a stratum. */
  readonly unit: string;
  /** `after entry`, or a phase. */
  readonly phase: string;
}

interface Asked {
  readonly stratum: string;
  readonly column: string;
  readonly clock: 'calendar' | 'at-liberty';
  readonly days: string;
  readonly events: string;
}

const ALL = 'all levels';
/** Satterthwaite's degrees of freedom of a contrast below which the joint F test is not to be trusted. */
const FEW_FREEDOM = 30;

/** `, adjusted for sex and age_at_entry, within calendar year`. */
function termsName({ adjust, divide }: CompareContext): string {
  const names = adjust.map((term) => (typeof term === 'string' ? term : term.number));
  return [
    names.length === 0 ? '' : `, adjusted for ${names.join(' and ')}`,
    divide.length === 0 ? '' : `, within ${divide.map((one) => one.replace('_', ' ')).join(' and ')}`,
  ].join('');
}

/** Contrasts, their p-values for many of them, and the joint test of one model. */
function modelRows(
  groups: Groups,
  cell: (level: string) => Cell,
  context: CompareContext,
  asked: { readonly reference: string; readonly note: string | undefined; readonly withTerms: boolean },
): ResultRow[] {
  const { reference } = asked;
  const fit = fitLevels(groups, reference, context.model, { withTerms: asked.withTerms, unit: context.unit });
  const name = `${fit.method}${asked.withTerms ? termsName(context) : ', crude'}`;
  const method = levelled(name, context.confidence);
  const said = (...notes: readonly (string | undefined)[]): { readonly note?: string } => {
    const all = notes.filter((note) => note !== undefined && note !== '');
    return all.length === 0 ? {} : { note: all.join('; ') };
  };
  const incomplete =
    asked.withTerms && groups.is_incomplete ? 'persons without a value of a term are left out' : undefined;
  const common = fit.status === 'estimated' ? [fit.note, incomplete, asked.note] : [];
  const contrasts = groups.levels
    .filter(({ level }) => level !== reference)
    .map((own) => {
      const contrast = `${own.level} / ${reference}`;
      if (fit.status === 'failed') return { own, contrast, why: fit.note } as const;
      const column = fit.column.get(own.level);
      if (column === undefined) return { own, contrast, why: hindrance(own) ?? 'not in the model' } as const;
      const variance = fit.covariance[column * fit.coefficient.length + column] ?? Number.NaN;
      const df = fit.df?.[column];
      const wald = waldInterval(fit.coefficient[column] ?? Number.NaN, Math.sqrt(variance), {
        level: context.confidence,
        ...(df === undefined ? {} : { df }),
      });
      const isNumber = [wald.estimate, wald.se, wald.p, Math.exp(wald.lower), Math.exp(wald.upper)].every(
        Number.isFinite,
      );
      if (!isNumber || !(wald.se > 0))
        return { own, contrast, why: 'the error of this level cannot be seen' } as const;
      return { own, contrast, wald } as const;
    });
  const p = contrasts.map((one) => one.wald?.p ?? Number.NaN);
  const adjusted = {
    p_value_holm: adjustPValues(p, 'holm'),
    p_value_bh: adjustPValues(p, 'benjamini-hochberg'),
  };
  const rows = contrasts.flatMap(({ own, contrast, wald, why }, i) => {
    const outcomeOf = (turn: (value: number) => number): Outcome =>
      wald === undefined
        ? { status: 'not-estimable', note: why }
        : {
            status: 'estimated',
            value: turn(wald.estimate),
            ci_low: turn(wald.lower),
            ci_high: turn(wald.upper),
            std_error: wald.se,
            p_value: wald.p,
            ...said(...common),
          };
    const at = cell(own.level);
    const measured = (measure: string, unit: string): Measured => ({ measure, method, unit, contrast });
    const p_of = (values: Float64Array): Outcome =>
      wald === undefined
        ? { status: 'not-estimable', note: why }
        : { status: 'estimated', value: values[i] ?? Number.NaN, p_value: values[i] };
    return [
      resultRow(at, measured('rate_ratio', 'ratio'), outcomeOf(Math.exp)),
      resultRow(
        at,
        measured('coefficient', 'log rate ratio'),
        outcomeOf((value) => value),
      ),
      resultRow(at, measured('p_value_holm', 'probability'), p_of(adjusted.p_value_holm)),
      resultRow(at, measured('p_value_bh', 'probability'), p_of(adjusted.p_value_bh)),
    ];
  });
  return [...rows, ...jointRows(fit, contrasts, cell(ALL), name, said(...common))];
}

function jointRows(
  fit: LevelFit,
  contrasts: readonly { readonly own: { readonly level: string }; readonly wald?: object }[],
  cell: Cell,
  name: string,
  note: { readonly note?: string },
): ResultRow[] {
  const test = (method: string, unit: string, outcome: Outcome): ResultRow =>
    resultRow(cell, { measure: 'equal_rates_test', method: `${method}, ${name}`, unit }, outcome);
  if (fit.status === 'failed')
    return [test('Wald chi-square', 'chi-square', { status: 'not-estimable', note: fit.note })];
  const columns = contrasts.flatMap(({ own, wald }) => {
    const column = wald === undefined ? undefined : fit.column.get(own.level);
    return column === undefined ? [] : [column];
  });
  const made = jointWaldTest(
    fit.coefficient,
    fit.covariance,
    columns,
    fit.df_joint === undefined ? {} : { df_denominator: fit.df_joint },
  );
  const left = contrasts.length - columns.length;
  const fewest = columns.reduce((least, column) => Math.min(least, fit.df?.[column] ?? least), FEW_FREEDOM);
  const notes = [
    note.note,
    left === 0 ? undefined : 'levels that cannot be estimated are left out',
    fewest < FEW_FREEDOM
      ? 'a level has few persons or clusters: the joint test is too easily significant'
      : undefined,
  ].filter((one) => one !== undefined);
  const rows: ResultRow[] = [];
  if (made.status === 'singular') {
    rows.push(
      test('Wald chi-square', 'chi-square', {
        status: 'not-estimable',
        note: 'too few persons or clusters to test all levels together',
      }),
    );
  } else {
    const isF = made.df_denominator !== undefined;
    rows.push(
      test(
        isF ? `Wald F, ${made.df} and ${made.df_denominator} d.f.` : `Wald chi-square, ${made.df} d.f.`,
        isF ? 'F' : 'chi-square',
        {
          status: 'estimated',
          value: made.statistic,
          p_value: made.p,
          ...(notes.length === 0 ? {} : { note: notes.join('; ') }),
        },
      ),
    );
  }
  if (fit.spread !== undefined)
    rows.push(
      resultRow(
        cell,
        { measure: fit.spread.measure, method: name, unit: fit.spread.unit },
        { status: 'estimated', value: fit.spread.value },
      ),
    );
  return rows;
}

/** Observed against expected events: the funnel, and ratios shrunk to the common rate. */
function expectationRows(
  groups: Groups,
  cell: (level: string) => Cell,
  context: CompareContext,
): ResultRow[] {
  const terms = groups.columns > 0 ? termsName(context) : '';
  const common = `at the rate common to all levels${terms}`;
  const made = expectedEvents(groups);
  const fraction = 'observed / expected';
  const funnelMethod = 'funnel, winsorised at 10 %, square-root scale (Spiegelhalter)';
  const shrunkenMethod = levelled('empirical Bayes, gamma-Poisson (Clayton-Kaldor)', context.confidence);
  if (made.status === 'failed')
    return [
      resultRow(
        cell(ALL),
        { measure: 'funnel_overdispersion', method: funnelMethod, unit: 'times Poisson variance' },
        { status: 'not-estimable', note: made.note },
      ),
    ];
  const observed = groups.levels.map(({ events }) => events);
  const { expected, dispersion } = made;
  const funnel = funnelOverdispersion(observed, expected);
  const shrunken = shrunkenRatios(observed, expected, { dispersion, level: context.confidence });
  const few = 'fewer than five levels: their spread cannot be told';
  const rows = groups.levels.flatMap(({ level, events }, k): ResultRow[] => {
    const at = cell(level);
    const e = expected[k] ?? 0;
    const shrink: Outcome =
      shrunken.status === 'estimated'
        ? {
            status: 'estimated',
            value: shrunken.ratio[k] ?? Number.NaN,
            ci_low: shrunken.lower[k],
            ci_high: shrunken.upper[k],
          }
        : shrunken.status === 'no-variance-between'
          ? {
              status: 'estimated',
              value: shrunken.mean,
              note: 'levels differ by no more than chance: all have the common rate, without an interval',
            }
          : { status: 'not-estimable', note: shrunken.status === 'no-events' ? 'no events' : few };
    return [
      resultRow(
        at,
        { measure: 'expected_events', method: common, unit: 'events' },
        { status: 'estimated', value: e },
      ),
      resultRow(
        at,
        { measure: 'observed_expected_ratio', method: common, unit: 'ratio', contrast: fraction },
        {
          status: 'estimated',
          value: events / e,
          ...(funnel.status === 'estimated' ? { p_value: funnelP(funnel.z[k] ?? 0, funnel.applied) } : {}),
          note: funnel.status === 'estimated' ? 'p-value after overdispersion of the funnel' : few,
        },
      ),
      resultRow(
        at,
        {
          measure: 'shrunken_ratio',
          method: `${shrunkenMethod}, ${common}`,
          unit: 'ratio',
          contrast: `${fraction}, shrunken`,
        },
        shrink,
      ),
    ];
  });
  const spread = (measure: string, method: string, outcome: Outcome): ResultRow =>
    resultRow(cell(ALL), { measure, method, unit: 'times Poisson variance' }, outcome);
  return [
    ...rows,
    spread('dispersion', `residuals about each level's rate, within a ${context.unit}`, {
      status: 'estimated',
      value: dispersion,
    }),
    ...(['funnel_overdispersion', 'funnel_widening'] as const).map((measure) =>
      spread(
        measure,
        `${funnelMethod}${terms}`,
        funnel.status === 'estimated'
          ? {
              status: 'estimated',
              value: measure === 'funnel_overdispersion' ? funnel.phi : funnel.applied,
              note:
                funnel.applied > 1
                  ? 'more than chance: the limits are widened by it'
                  : 'no more than chance: the limits are not widened',
            }
          : { status: 'not-estimable', note: few },
      ),
    ),
  ];
}

/** One stratum on one clock. */
function stratumRows(
  data: RowData,
  asked: Asked,
  terms: readonly AdjustmentTerm[],
  context: CompareContext,
): ResultRow[] {
  const crude = groupsOf(data, { level: asked.column, days: asked.days, events: asked.events }, []);
  const cellOf =
    (groups: Groups) =>
    (level: string): Cell => ({
      estimate_id: context.estimate_id,
      design: 'compare',
      population: context.population,
      stratum: asked.stratum,
      level,
      phase: context.phase,
      clock: asked.clock,
      persons: groups.persons,
      events: groups.events,
      person_years: groups.years,
      variant: context.variant,
    });
  const named = Object.hasOwn(context.reference, asked.stratum)
    ? context.reference[asked.stratum]
    : undefined;
  const reference = referenceOf(crude, named);
  const about = {
    reference: reference.level,
    note: reference.isAsked
      ? undefined
      : 'the reference asked for is no level of its own here: compared with the largest',
  };
  if (terms.length === 0)
    return [
      ...modelRows(crude, cellOf(crude), context, { ...about, withTerms: false }),
      ...expectationRows(crude, cellOf(crude), context),
    ];
  const adjusted = groupsOf(data, { level: asked.column, days: asked.days, events: asked.events }, terms);
  return [
    ...modelRows(crude, cellOf(crude), context, { ...about, withTerms: false }),
    ...modelRows(adjusted, cellOf(adjusted), context, { ...about, withTerms: true }),
    ...expectationRows(adjusted, cellOf(adjusted), context),
  ];
}

export function fitCompare(
  data: RowData,
  compared: readonly { readonly stratum: string; readonly column: string }[],
  clocks: readonly Pick<Asked, 'clock' | 'days' | 'events'>[],
  terms: readonly AdjustmentTerm[],
  context: CompareContext,
): ResultRow[] {
  return compared.flatMap((one) =>
    clocks.flatMap((clock) => stratumRows(data, { ...one, ...clock }, terms, context)),
  );
}

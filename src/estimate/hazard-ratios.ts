import { chiSquareUpper } from '../stats/special/chisq.ts';
import { normalQuantile } from '../stats/special/normal.ts';
import type { AdjustmentTerm, DesignMatrix } from './adjustment.ts';
import { type Cell, type Measured, type Outcome, resultRow } from './rows.ts';
import type { ResultRow } from './tables.ts';

/** The rows of a model of hazards: a ratio and its logarithm for each column, or the way in which the fit failed. */

/** A fit as far as its rows need it: coefficients with NaN where a column is aliased, or a failure. */
export type HazardFit =
  | {
      readonly status: 'estimated';
      readonly coefficient: Float64Array;
      /** Standard errors of the coefficients, robust where the method says so. */
      readonly std_error: Float64Array;
    }
  | { readonly status: 'failed'; readonly note: string };

/** Why a maximum of a partial likelihood was not found, in words. */
export function failureNote(
  failure:
    | { readonly status: 'no-events' }
    | { readonly status: 'aliased' }
    | { readonly status: 'separated'; readonly columns: readonly number[] }
    | { readonly status: 'not-converged' },
  names: readonly string[],
): string {
  switch (failure.status) {
    case 'no-events':
      return 'no events';
    case 'aliased':
      return 'aliased: no term varies among the people at risk at the events';
    case 'separated':
      return `separated: the events tell ${failure.columns.map((j) => names[j] ?? '').join(' and ')} apart completely, so that the ratio has no finite estimate`;
    case 'not-converged':
      return 'not converged';
  }
}

/** `clinic: clinic 2 / clinic 1` for a level against the reference, `dose: one more` for a number. */
export function contrastsOf(
  matrix: DesignMatrix,
  terms: readonly AdjustmentTerm[],
  data: Readonly<Record<string, Float64Array | readonly (string | boolean | null)[]>>,
  references: Readonly<Record<string, string>> = {},
): readonly string[] {
  const named = new Set(matrix.names);
  const contrasts = new Map<string, string>();
  for (const { label, column, kind } of terms) {
    if (kind === 'number') {
      contrasts.set(label, `${label}: one more`);
      continue;
    }
    const values = data[column] ?? [];
    const levels = new Set<string>();
    for (let i = 0; i < matrix.rows; i += 1) if (matrix.complete[i] === 1) levels.add(String(values[i]));
    const reference =
      references[label] ?? [...levels].find((level) => !named.has(`${label}: ${level}`)) ?? 'none';
    for (const level of levels) contrasts.set(`${label}: ${level}`, `${label}: ${level} / ${reference}`);
  }
  return matrix.names.map((one) => contrasts.get(one) ?? one);
}

/** The columns of each term, for tests of a term as a whole. */
export function termColumns(
  matrix: DesignMatrix,
  terms: readonly AdjustmentTerm[],
): readonly { readonly label: string; readonly columns: readonly number[] }[] {
  return terms.map(({ label, kind }) => ({
    label,
    columns: matrix.names.flatMap((one, j) =>
      (kind === 'number' ? one === label : one.startsWith(`${label}: `)) ? [j] : [],
    ),
  }));
}

function ratioOutcomes(log_ratio: number, se: number, confidence: number): readonly [Outcome, Outcome] {
  if (Number.isNaN(log_ratio)) {
    const aliased: Outcome = {
      status: 'not-estimable',
      note: 'aliased: without variation among the people at risk, or a combination of the other terms',
    };
    return [aliased, aliased];
  }
  const z = normalQuantile(0.5 + confidence / 2);
  const [low, high] = [log_ratio - z * se, log_ratio + z * se];
  const shared = { std_error: se, p_value: chiSquareUpper((log_ratio / se) ** 2, 1) };
  const ratio = Math.exp(log_ratio);
  return [
    Number.isFinite(ratio) && ratio > 0
      ? { status: 'estimated', value: ratio, ci_low: Math.exp(low), ci_high: Math.exp(high), ...shared }
      : { status: 'not-estimable', note: 'the ratio is beyond what a number can hold; see its logarithm' },
    { status: 'estimated', value: log_ratio, ci_low: low, ci_high: high, ...shared },
  ];
}

/** For each column its ratio (`measure`) and its `coefficient`, the natural logarithm of the ratio. */
export function hazardRows(
  cell: Cell,
  measured: { readonly measure: string; readonly method: string; readonly log_unit?: string },
  contrasts: readonly string[],
  fit: HazardFit,
  confidence: number,
): ResultRow[] {
  return contrasts.flatMap((contrast, j) => {
    const [ratio, log]: readonly [Outcome, Outcome] =
      fit.status === 'failed'
        ? [
            { status: 'not-estimable', note: fit.note },
            { status: 'not-estimable', note: fit.note },
          ]
        : ratioOutcomes(fit.coefficient[j] ?? Number.NaN, fit.std_error[j] ?? Number.NaN, confidence);
    const { measure, method, log_unit = 'log hazard ratio' } = measured;
    const named: Measured = { measure, method, contrast, unit: 'ratio' };
    return [
      resultRow(cell, named, ratio),
      resultRow(cell, { ...named, measure: 'coefficient', unit: log_unit }, log),
    ];
  });
}

/** A chi-square test as a row, or the reason why there is none. */
export function chiSquareRow(
  cell: Cell,
  measure: string,
  name: string,
  test: {
    readonly chi_square: number;
    readonly degrees_of_freedom: number;
    readonly p_value: number;
  },
  contrast?: string,
): ResultRow {
  const measured = {
    measure,
    method: `${name}, ${test.degrees_of_freedom} d.f.`,
    unit: 'chi-square',
    ...(contrast === undefined ? {} : { contrast }),
  };
  return resultRow(
    cell,
    measured,
    Number.isFinite(test.chi_square)
      ? { status: 'estimated', value: test.chi_square, p_value: test.p_value }
      : { status: 'not-estimable', note: 'the test has no finite statistic' },
  );
}

import { fitCox } from '../../stats/survival/cox.ts';
import type { CoxRows } from '../../stats/survival/cox-rows.ts';
import { fitFineGray } from '../../stats/survival/fine-gray.ts';
import { testProportionalHazards } from '../../stats/survival/proportional-hazards.ts';
import { type AdjustmentTerm, adjustmentMatrix, type DesignMatrix } from '../adjustment.ts';
import { chiSquareRow, contrastsOf, failureNote, hazardRows, termColumns } from '../hazard-ratios.ts';
import { type Cell, DAYS_PER_YEAR, levelled, NOBODY, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import type { SurvivalContext } from './fit.ts';

/** Cox and Fine-Gray models of the event, one row a person; see docs/methods/survival.md. */

export interface ModelAsked {
  readonly terms: readonly AdjustmentTerm[];
  /** Terms whose levels have a baseline hazard of their own, by name. */
  readonly strata: readonly AdjustmentTerm[];
  readonly references: Readonly<Record<string, string>>;
  readonly ties: 'efron' | 'breslow';
  readonly robust: boolean;
  readonly ph_test: 'km' | 'rank' | 'identity' | 'log';
  readonly fine_gray: boolean;
}

/** `time`, `ended` and the columns of the adjustment. */
type PersonColumns = Readonly<Record<string, Float64Array | readonly (string | boolean | null)[]>>;

/** Persons of whom everything is known, as the fits take them. */
interface Complete {
  readonly matrix: DesignMatrix;
  readonly contrasts: readonly string[];
  readonly rows: CoxRows;
  /** 0 censored, 1 the event, 2 what competes with it. */
  readonly cause: Uint8Array;
  readonly cell: Cell;
  readonly left_out: number;
}

const CAUSES = ['censored', 'event'];

function completePersons(values: PersonColumns, asked: ModelAsked, context: SurvivalContext): Complete {
  const matrix = adjustmentMatrix(asked.terms, values, asked.references);
  const time = values.time as Float64Array;
  const ended = values.ended as readonly (string | null)[];
  const kept: number[] = [];
  for (let i = 0; i < matrix.rows; i += 1) if (matrix.complete[i] === 1) kept.push(i);
  const p = matrix.columns;
  const x = new Float64Array(kept.length * p);
  kept.forEach((i, k) => {
    x.set(matrix.x.subarray(i * p, (i + 1) * p), k * p);
  });
  const stop = Float64Array.from(kept, (i) => time[i] as number);
  const cause = Uint8Array.from(kept, (i) => {
    const known = CAUSES.indexOf(ended[i] ?? '');
    return known < 0 ? 2 : known;
  });
  const event = Uint8Array.from(cause, (one) => (one === 1 ? 1 : 0));
  const codes = new Map<string, number>();
  const stratum = Int32Array.from(kept, (i) => {
    const key = JSON.stringify(asked.strata.map(({ column }) => values[column]?.[i] ?? null));
    const code = codes.get(key) ?? codes.size;
    codes.set(key, code);
    return code;
  });
  return {
    matrix,
    contrasts: contrastsOf(matrix, asked.terms, values, asked.references),
    rows: {
      rows: kept.length,
      columns: p,
      x,
      stop,
      event,
      ...(asked.strata.length === 0 ? {} : { stratum }),
    },
    cause,
    cell: {
      estimate_id: context.estimate_id,
      design: 'survival',
      population: context.population,
      stratum: 'all',
      level: 'all',
      persons: kept.length,
      events: event.reduce((sum, one) => sum + one, 0),
      person_years: stop.reduce((sum, one) => sum + one, 0) / DAYS_PER_YEAR,
      variant: context.variant,
    },
    left_out: matrix.rows - kept.length,
  };
}

function coxRows(complete: Complete, asked: ModelAsked, confidence: number): ResultRow[] {
  const { matrix, contrasts, rows, cell } = complete;
  const by =
    asked.strata.length === 0
      ? ''
      : `, stratified by ${asked.strata.map(({ label }) => label).join(' and ')}`;
  const method = `Cox, ${asked.ties === 'efron' ? 'Efron' : 'Breslow'} ties${by}${asked.robust ? ', robust variance' : ''}`;
  const measured = { measure: 'hazard_ratio', method: levelled(method, confidence) };
  const fit = fitCox(rows, { ties: asked.ties, ...(asked.robust ? { cluster: 'rows' } : {}) });
  if (fit.status !== 'estimated') {
    const note = failureNote(fit, matrix.names);
    return hazardRows(cell, measured, contrasts, { status: 'failed', note }, confidence);
  }
  const tests: Cell = { ...cell, level: 'all levels' };
  const ph = testProportionalHazards(rows, fit, { transform: asked.ph_test });
  const groups = termColumns(matrix, asked.terms);
  const byTerm = testProportionalHazards(rows, fit, {
    transform: asked.ph_test,
    terms: groups.map(({ columns }) => columns),
  });
  const name = `score test of proportional hazards, ${asked.ph_test} time`;
  return [
    ...hazardRows(
      cell,
      measured,
      contrasts,
      {
        status: 'estimated',
        coefficient: fit.coefficient,
        std_error: fit.robust === null ? fit.se : fit.robust.se,
      },
      confidence,
    ),
    resultRow(
      cell,
      { measure: 'log_likelihood', method, unit: 'log' },
      { status: 'estimated', value: fit.log_likelihood },
    ),
    chiSquareRow(
      tests,
      'likelihood_ratio_test',
      `likelihood ratio test of all terms (${method})`,
      fit.likelihood_ratio,
    ),
    chiSquareRow(tests, 'wald_test', `Wald test of all terms (${method})`, fit.wald),
    ...byTerm.terms.map((test, i) => chiSquareRow(tests, 'ph_test', name, test, groups[i]?.label ?? '')),
    chiSquareRow(tests, 'ph_test', name, ph.global, 'all terms'),
  ];
}

function fineGrayRows(complete: Complete, confidence: number): ResultRow[] {
  const { matrix, contrasts, rows, cause, cell } = complete;
  const measured = {
    measure: 'subdistribution_hazard_ratio',
    method: levelled('Fine-Gray, Breslow ties', confidence),
  };
  const fit = fitFineGray({ rows: rows.rows, columns: rows.columns, x: rows.x, time: rows.stop, cause });
  return hazardRows(
    cell,
    measured,
    contrasts,
    fit.status === 'estimated'
      ? { status: 'estimated', coefficient: fit.coefficient, std_error: fit.se }
      : { status: 'failed', note: failureNote(fit, matrix.names) },
    confidence,
  );
}

export function fitModels(data: PersonColumns, asked: ModelAsked, context: SurvivalContext): ResultRow[] {
  const complete = completePersons(data, asked, context);
  const { cell, left_out } = complete;
  const counted = { method: 'count', unit: 'number' };
  const made = [
    resultRow(
      cell,
      { measure: 'persons_in_model', ...counted },
      {
        status: 'estimated',
        value: cell.persons,
        ...(left_out === 0
          ? {}
          : { note: 'persons without a number that the model adjusts for are left out' }),
      },
    ),
  ];
  if (cell.persons === 0)
    return [
      ...made,
      resultRow(
        cell,
        { measure: 'hazard_ratio', method: 'Cox', unit: 'ratio' },
        { status: 'not-estimable', note: NOBODY },
      ),
    ];
  // One level each: there is nobody to compare.
  if (complete.contrasts.length === 0)
    return [
      ...made,
      resultRow(
        cell,
        { measure: 'hazard_ratio', method: 'Cox', unit: 'ratio' },
        { status: 'not-estimable', note: 'aliased: no term has two levels' },
      ),
    ];
  return [
    ...made,
    ...coxRows(complete, asked, context.confidence),
    ...(asked.fine_gray ? fineGrayRows(complete, context.confidence) : []),
  ];
}

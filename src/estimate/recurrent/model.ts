import { fitCox } from '../../stats/survival/cox.ts';
import type { CoxRows } from '../../stats/survival/cox-rows.ts';
import {
  checkPeriodIdentified,
  type PeriodIdentification,
} from '../../stats/survival/period-identification.ts';
import { type AdjustmentTerm, adjustmentMatrix, type DesignMatrix } from '../adjustment.ts';
import type { Clock } from '../clocks.ts';
import { chiSquareRow, contrastsOf, failureNote, hazardRows } from '../hazard-ratios.ts';
import { type Cell, DAYS_PER_YEAR, levelled, NOBODY, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import type { Division, PersonData, Pieces, RecurrentContext } from './pieces.ts';

/** Andersen-Gill model of every event, with robust standard errors by person; see docs/methods/recurrent.md. */

export interface ModelAsked {
  readonly scale: 'age' | 'calendar' | 'study-time';
  readonly phases: boolean;
  readonly terms: readonly AdjustmentTerm[];
  readonly strata: readonly AdjustmentTerm[];
  readonly references: Readonly<Record<string, string>>;
  readonly ties: 'efron' | 'breslow';
}

const PHASES = ['before', 'waiting', 'in', 'between', 'after'];
const SCALE = { age: 'age', calendar: 'calendar time', 'study-time': 'time since entry' };

/** What all levels of all strata share: each person's covariates, baseline and place on the time scale. */
export interface Prepared {
  readonly asked: ModelAsked;
  readonly matrix: DesignMatrix;
  readonly contrasts: readonly string[];
  /** Days to add to days since entry; NaN where the scale is not known of the person. */
  readonly shift: Float64Array;
  readonly baseline: Int32Array;
}

export function preparePersons(data: PersonData, asked: ModelAsked): Prepared {
  const persons = data.person?.length ?? 0;
  const matrix =
    asked.terms.length === 0
      ? {
          x: new Float64Array(0),
          rows: persons,
          columns: 0,
          names: [],
          complete: new Uint8Array(persons).fill(1),
        }
      : adjustmentMatrix(asked.terms, data, asked.references);
  const codes = new Map<string, number>();
  const baseline = Int32Array.from({ length: persons }, (_, i) => {
    const key = JSON.stringify(asked.strata.map(({ column }) => data[column]?.[i] ?? null));
    const code = codes.get(key) ?? codes.size;
    codes.set(key, code);
    return code;
  });
  const shift = {
    age: data.age_days as Float64Array,
    calendar: data.entry_day as Float64Array,
    'study-time': new Float64Array(persons),
  }[asked.scale];
  return {
    asked,
    matrix,
    contrasts: asked.terms.length === 0 ? [] : contrastsOf(matrix, asked.terms, data, asked.references),
    shift,
    baseline,
  };
}

interface ModelRows {
  readonly rows: CoxRows;
  readonly person: Int32Array;
  /** Place in `phases`. */
  readonly phase: Int32Array;
  readonly phases: readonly string[];
  readonly names: readonly string[];
  readonly contrasts: readonly string[];
  readonly cell: Cell;
  /** Somebody lacks a number of the adjustment, or a date of birth on the scale of age. */
  readonly is_someone_left_out: boolean;
}

function modelRows(
  pieces: Pieces,
  prepared: Prepared,
  division: Division,
  g: number,
  clock: Clock,
  context: RecurrentContext,
): ModelRows {
  const { asked, matrix, shift } = prepared;
  const rows: number[] = [];
  let is_someone_left_out = false;
  for (let i = 0; i < pieces.rows; i += 1) {
    const who = pieces.person[i] as number;
    if (division.level[who] !== g) continue;
    if (!asked.phases && pieces.after[i] === 0) continue;
    if (clock === 'at-liberty' && pieces.removed[i] === true) continue;
    if (matrix.complete[who] === 1 && Number.isFinite(shift[who])) rows.push(i);
    else is_someone_left_out = true;
  }
  const person = Int32Array.from(rows, (i) => pieces.person[i] as number);
  const present = new Set(rows.map((i) => pieces.phase[i] ?? 'before'));
  const wanted = asked.references.phase ?? 'before';
  const known = PHASES.filter((phase) => present.has(phase));
  const reference = known.includes(wanted) ? wanted : (known[0] ?? 'before');
  const phases = [reference, ...known.filter((phase) => phase !== reference)];
  const phase = Int32Array.from(rows, (i) => phases.indexOf(pieces.phase[i] ?? 'before'));
  const shown = asked.phases ? phases.slice(1) : [];
  const p = shown.length + matrix.columns;
  const x = new Float64Array(rows.length * p);
  for (let k = 0; k < rows.length; k += 1) {
    const place = phase[k] as number;
    if (asked.phases && place > 0) x[k * p + place - 1] = 1;
    const who = person[k] as number;
    for (let j = 0; j < matrix.columns; j += 1)
      x[k * p + shown.length + j] = matrix.x[who * matrix.columns + j] as number;
  }
  const at = (column: Float64Array): Float64Array =>
    Float64Array.from(rows, (i, k) => (column[i] as number) + (shift[person[k] as number] as number));
  const start = at(pieces.start);
  const stop = at(pieces.stop);
  // Events of a person on one day are one: the model compares rates day by day.
  const event = Uint8Array.from(rows, (i) => ((pieces.events[i] as number) > 0 ? 1 : 0));
  const days = stop.reduce((sum, one, k) => sum + one - (start[k] as number), 0);
  return {
    rows: {
      rows: rows.length,
      columns: p,
      x,
      start,
      stop,
      event,
      ...(asked.strata.length === 0
        ? {}
        : { stratum: Int32Array.from(person, (who) => prepared.baseline[who] as number) }),
    },
    person,
    phase,
    phases,
    names: [...shown.map((one) => `phase: ${one}`), ...matrix.names],
    contrasts: [...shown.map((one) => `phase: ${one} / ${reference}`), ...prepared.contrasts],
    cell: {
      estimate_id: context.estimate_id,
      design: 'recurrent',
      population: context.population,
      stratum: division.stratum,
      level: division.levels[g] ?? 'all',
      clock,
      persons: new Set(person).size,
      events: event.reduce((sum, one) => sum + one, 0),
      person_years: days / DAYS_PER_YEAR,
      variant: context.variant,
    },
    is_someone_left_out,
  };
}

/** Why phases cannot be told from the baseline on this scale; undefined where they can. */
function refusal(check: PeriodIdentification, phases: readonly string[], scale: string): string | undefined {
  if (check.status !== 'not-identified') return undefined;
  const weak = check.weak_periods.map((period) => phases[period] ?? '').join(' and ');
  const remedy =
    scale === SCALE['study-time']
      ? '; on the scale of age or calendar time people of all phases are at risk together'
      : '';
  return check.reason === 'periods-never-at-risk-together'
    ? `refused: on the scale of ${scale} ${weak} and the other phases are never at risk together, so that the phase is the baseline by another name${remedy}`
    : `refused: on the scale of ${scale} less than ${100 * check.minimum_information} % of what the data know of the phase ${weak} is left beside the baseline${remedy}`;
}

export function modelLevel(
  pieces: Pieces,
  prepared: Prepared,
  division: Division,
  g: number,
  clock: Clock,
  context: RecurrentContext,
): ResultRow[] {
  const { asked } = prepared;
  const made = modelRows(pieces, prepared, division, g, clock, context);
  const { rows, cell, names, contrasts, phases } = made;
  const scale = SCALE[asked.scale];
  const by =
    asked.strata.length === 0
      ? ''
      : `, stratified by ${asked.strata.map(({ label }) => label).join(' and ')}`;
  const method = `Andersen-Gill on ${scale}, ${asked.ties === 'efron' ? 'Efron' : 'Breslow'} ties${by}, robust by person`;
  const measured = {
    measure: 'rate_ratio',
    method: levelled(method, context.confidence),
    log_unit: 'log rate ratio',
  };
  const people = resultRow(
    cell,
    { measure: 'persons_in_model', method: 'count', unit: 'number' },
    {
      status: 'estimated',
      value: cell.persons,
      ...(made.is_someone_left_out
        ? {
            note: 'persons without a number that the model needs, or on the scale of age without a date of birth, are left out',
          }
        : {}),
    },
  );
  const failed = (note: string): ResultRow[] => [
    people,
    ...(contrasts.length === 0
      ? [resultRow(cell, { measure: 'rate_ratio', method, unit: 'ratio' }, { status: 'not-estimable', note })]
      : hazardRows(cell, measured, contrasts, { status: 'failed', note }, context.confidence)),
  ];
  if (cell.persons === 0) return failed(NOBODY);
  // Nothing is left to compare in a level when the stratum itself was all that the model compares.
  if (!asked.phases && asked.terms.length === 0) return [];
  if (names.length === 0)
    return failed(asked.phases ? 'aliased: one phase only' : 'aliased: no term has two levels');
  const information: ResultRow[] = [];
  if (asked.phases && phases.length > 1) {
    const { start, stop, event, stratum } = rows;
    const check = checkPeriodIdentified(
      { start, stop, event, period: made.phase, ...(stratum === undefined ? {} : { stratum }) },
      phases.length,
    );
    if (check.status === 'no-events') return failed('no events');
    check.periods.forEach((period, k) => {
      information.push(
        resultRow(
          cell,
          {
            measure: 'phase_information',
            method: `share left beside the baseline on ${scale}`,
            unit: 'proportion',
            contrast: `phase: ${phases[k] ?? ''}`,
          },
          { status: 'estimated', value: period.information },
        ),
      );
    });
    const why = refusal(check, phases, scale);
    if (why !== undefined) return [...failed(why), ...information];
  }
  const fit = fitCox(rows, { ties: asked.ties, cluster: made.person });
  if (fit.status !== 'estimated') return [...failed(failureNote(fit, names)), ...information];
  return [
    people,
    ...hazardRows(
      cell,
      measured,
      contrasts,
      { status: 'estimated', coefficient: fit.coefficient, std_error: fit.robust?.se ?? fit.se },
      context.confidence,
    ),
    ...information,
    resultRow(
      cell,
      { measure: 'log_likelihood', method, unit: 'log' },
      { status: 'estimated', value: fit.log_likelihood },
    ),
    ...(division.stratum === 'all'
      ? [
          chiSquareRow(
            { ...cell, level: 'all levels' },
            'wald_test',
            'robust Wald test of all terms',
            fit.wald,
          ),
        ]
      : []),
  ];
}

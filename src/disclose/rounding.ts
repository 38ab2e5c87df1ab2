import type { ResultRow } from '../estimate/tables.ts';
import type { Study } from '../protocol/tables.ts';
import { chiSquareQuantile } from '../stats/special/chisq.ts';
import { normalQuantile } from '../stats/special/normal.ts';
import type { CurveRelease } from './curve-release.ts';
import type { Profile } from './profiles.ts';
import { roundCount } from './protect.ts';

/**
 * Profiles that round: every count is rounded, and what is computed from counts is computed again from the rounded ones,
 * since an exact rate beside a rounded count would undo the rounding. Person-years are the rounded persons times the mean
 * time of a person in two significant figures. Numbers with no formula in counts (robust standard errors, bootstrap
 * intervals, test statistics) keep two significant figures; exact intervals of small counts are left out.
 */

const DIGITS = 2;

function significant(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIGITS));
}

function keyOf(row: ResultRow, phase: string | null, clock: string | null): string {
  return JSON.stringify([row.estimate_id, row.variant, row.population, row.stratum, row.level, phase, clock]);
}

interface Side {
  readonly events: number;
  readonly years: number | null;
}

export function roundResults(
  rows: readonly ResultRow[],
  curves: CurveRelease,
  study: Pick<Study, 'estimates'>,
  profile: Profile,
): ResultRow[] {
  const confidence = new Map(study.estimates.map(({ id, confidence: level }) => [id, level ?? 0.95]));
  const zOf = (row: ResultRow): number =>
    normalQuantile(0.5 + (confidence.get(row.estimate_id ?? '') ?? 0.95) / 2);
  const round = (count: number | null): number | null => (count === null ? null : roundCount(count, profile));
  const counted = rows.map((row): ResultRow => {
    const persons = round(row.persons);
    const mean = row.persons === null || row.persons === 0 ? null : (row.person_years ?? 0) / row.persons;
    const person_years =
      row.person_years === null || mean === null || persons === null
        ? null
        : persons * (significant(mean) ?? 0);
    return { ...row, persons, events: round(row.events), person_years };
  });
  const sides = new Map<string, Side>();
  for (const row of counted) {
    if (row.measure === 'events' && row.events !== null)
      sides.set(keyOf(row, row.phase, row.clock), { events: row.events, years: row.person_years });
  }
  return counted.map((row, i) => {
    const exact = rows[i] ?? row;
    if (row.status !== 'estimated' || row.value === null) return { ...row, std_error: null };
    const plain = { ...row, ci_low: null, ci_high: null, std_error: null };
    const clock = row.clock ?? 'calendar';
    const before = sides.get(keyOf(row, 'before entry', clock));
    const after = sides.get(keyOf(row, 'after entry', clock));
    switch (row.measure) {
      case 'persons':
        return { ...plain, value: row.persons };
      case 'events':
        return { ...plain, value: row.events };
      case 'person_years':
        return { ...plain, value: row.person_years };
      case 'rate':
        // Clustered by person: its error is no function of the counts.
        return row.std_error === null
          ? rate(plain, 1 - (confidence.get(row.estimate_id ?? '') ?? 0.95))
          : clusteredRate(row);
      case 'change_percent':
        return change(row, before, after, zOf(row));
      case 'change_per_person':
        return difference(row, before?.events, after?.events, row.persons);
      case 'change_per_100_person_years': {
        const per = (side: Side | undefined): number | undefined =>
          side?.years ? (100 * side.events) / side.years : undefined;
        return difference(row, per(before), per(after), 1);
      }
      case 're_entry':
        return { ...plain, value: row.persons ? (100 * (row.events ?? 0)) / row.persons : null };
      case 'share_after_leaving': {
        const later = round(Math.round(((exact.value ?? 0) * (exact.events ?? 0)) / 100)) ?? 0;
        return { ...plain, value: row.events ? Math.min(100, (100 * later) / row.events) : null };
      }
      case 'at_risk':
        return { ...plain, value: round(exact.value) };
      case 'survival':
      case 'survival_at':
        return survival(plain, curves, profile);
      case 'median':
        return plain;
      case 'proportion':
        return proportion(plain, exact);
      default:
        return {
          ...row,
          value: significant(row.value),
          ci_low: significant(row.ci_low),
          ci_high: significant(row.ci_high),
          std_error: significant(row.std_error),
          p_value: significant(row.p_value),
        };
    }
  });
}

/** Garwood's interval of the rounded number of events. */
function rate(row: ResultRow, alpha: number): ResultRow {
  const { events, person_years } = row;
  if (events === null || person_years === null || person_years === 0) return { ...row, value: null };
  return {
    ...row,
    value: events / person_years,
    ci_low: events === 0 ? 0 : chiSquareQuantile(alpha / 2, 2 * events) / 2 / person_years,
    ci_high: chiSquareQuantile(1 - alpha / 2, 2 * events + 2) / 2 / person_years,
  };
}

/** Of rounded persons, as a share or as a percentage, whichever the exact one was. */
function proportion(row: ResultRow, exact: ResultRow): ResultRow {
  if (row.events === 0) return { ...row, value: 0 };
  if (!row.persons || row.events === null || !exact.persons || !exact.events) return { ...row, value: null };
  const unit = (exact.value ?? 0) / (exact.events / exact.persons) > 10 ? 100 : 1;
  return { ...row, value: unit * Math.min(1, row.events / row.persons) };
}

/** The rate of the rounded counts; the interval as many times wide as it was, to the figures that are shown. */
function clusteredRate(row: ResultRow): ResultRow {
  const { events, person_years, value } = row;
  const half = row.ci_high === null || !value ? null : significant(row.ci_high / value);
  const std_error = significant(row.std_error);
  if (events === null || person_years === null || person_years === 0 || half === null || half <= 0)
    return { ...row, value: null, ci_low: null, ci_high: null, std_error: null };
  const own = events / person_years;
  if (own === 0) return { ...row, value: own, ci_low: null, ci_high: null, std_error: null };
  return { ...row, value: own, ci_low: own / half, ci_high: own * half, std_error };
}

function change(row: ResultRow, before: Side | undefined, after: Side | undefined, z: number): ResultRow {
  const isRate = row.contrast?.startsWith('rate') ?? false;
  const per = (side: Side | undefined): number | undefined =>
    isRate ? (side?.years ? side.events / side.years : undefined) : side?.events;
  const base = per(before);
  const later = per(after);
  const none = { ...row, ci_low: null, ci_high: null, std_error: null };
  if (base === undefined || later === undefined || base === 0) return { ...none, value: null };
  const ratio = later / base;
  const std_error = significant(row.std_error);
  const value = 100 * (ratio - 1);
  if (std_error === null)
    return { ...none, value, ci_low: significant(row.ci_low), ci_high: significant(row.ci_high) };
  const bound = (sign: number): number => 100 * (ratio * Math.exp(sign * z * std_error) - 1);
  return { ...row, value, ci_low: bound(-1), ci_high: bound(1), std_error };
}

function difference(
  row: ResultRow,
  before: number | undefined,
  after: number | undefined,
  persons: number | null,
): ResultRow {
  const value = before === undefined || after === undefined || !persons ? null : (after - before) / persons;
  return {
    ...row,
    value,
    ci_low: significant(row.ci_low),
    ci_high: significant(row.ci_high),
    std_error: significant(row.std_error),
  };
}

/** Kaplan-Meier of the rounded steps: the product over shown days of 1 - events / at risk, all rounded. */
function survival(row: ResultRow, curves: CurveRelease, profile: Profile): ResultRow {
  const steps = curves.steps(row);
  const curve = curves.curve(row);
  if (steps === undefined || curve === undefined) return { ...row, value: null };
  const persons = roundCount(curve.persons, profile);
  let value = 1;
  let last = 0;
  for (const step of steps) {
    if (step.time > (row.time ?? 0)) break;
    const events = roundCount(step.events, profile);
    const at_risk = persons - last - roundCount(step.censored, profile);
    if (at_risk > 0) value *= Math.max(0, 1 - (events - last) / at_risk);
    last = events;
  }
  return { ...row, value };
}

/**
 * Kaplan-Meier estimate of survival from a life table.
 *
 * S(t) = prod_{t_k <= t} (1 - d_k / n_k); Greenwood: Var S = S^2 sum d_k / (n_k (n_k - d_k)).
 * Intervals on three scales: plain S +- z se (cut at 0 and 1), log S exp(+- z se / S) (cut at 1), and
 * log-log S^exp(+- z se / (S log S)). Where S is 0 the standard error and limits are NaN (the variance formula is 0/0);
 * so are the log-log limits where S is still 1.
 * Quantiles: Brookmeyer & Crowley, the first time at which the curve, and each limit's curve, is <= 1 - p; where a curve
 * is flat at exactly 1 - p, the middle of the flat piece. Not reached: NaN. (With late entry and few people at risk at
 * first a limit's curve may rise again; the first crossing is the end of the set of times not rejected, R's may be later.)
 * Sources: Kaplan & Meier 1958 JASA 53:457; Greenwood 1926; Brookmeyer & Crowley 1982 Biometrics 38:29;
 * Kalbfleisch & Prentice 2002, section 1.4.
 */
import { normalQuantile } from '../special/normal.ts';
import type { LifeTable } from './life-table.ts';
import { countUpTo } from './time-order.ts';

export type SurvivalInterval = 'plain' | 'log' | 'log-log';

export interface SurvivalOptions {
  /** Scale of the interval; default 'log-log', which stays inside (0, 1) and covers best in small samples. */
  readonly conf_type?: SurvivalInterval | undefined;
  readonly conf_level?: number | undefined;
}

/** One point per time at which somebody has the event or is censored. */
export interface SurvivalCurve {
  readonly conf_type: SurvivalInterval;
  readonly conf_level: number;
  readonly time: Float64Array;
  readonly at_risk: Float64Array;
  readonly events: Float64Array;
  readonly censored: Float64Array;
  readonly survival: Float64Array;
  /** Greenwood standard error of survival. */
  readonly se: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export function estimateSurvival(table: LifeTable, options: SurvivalOptions = {}): SurvivalCurve {
  const conf_type = options.conf_type ?? 'log-log';
  const conf_level = options.conf_level ?? 0.95;
  const z = normalQuantile(0.5 + conf_level / 2);
  const rows = exitRows(table);
  const pick = (column: Float64Array) => Float64Array.from(rows, (k) => column[k] as number);
  const time = pick(table.time);
  const at_risk = pick(table.at_risk);
  const events = pick(table.events);
  const survival = new Float64Array(rows.length);
  const se = new Float64Array(rows.length);
  const lower = new Float64Array(rows.length);
  const upper = new Float64Array(rows.length);
  let alive = 1;
  let greenwood = 0;
  for (let k = 0; k < rows.length; k++) {
    const n = at_risk[k] as number;
    const d = events[k] as number;
    if (d > 0) {
      alive *= (n - d) / n;
      greenwood += d / (n * (n - d));
    }
    const limits = survivalLimits(alive, Math.sqrt(greenwood), z, conf_type);
    survival[k] = alive;
    se[k] = alive * Math.sqrt(greenwood);
    lower[k] = limits[0];
    upper[k] = limits[1];
  }
  return {
    conf_type,
    conf_level,
    time,
    at_risk,
    events,
    censored: pick(table.censored),
    survival,
    se,
    lower,
    upper,
  };
}

/** Survival, its standard error and limits at chosen times; NaN after the last time anyone was followed (unless S is 0). */
export function survivalAt(
  curve: SurvivalCurve,
  at: ArrayLike<number>,
): Pick<SurvivalCurve, 'survival' | 'se' | 'lower' | 'upper'> {
  const survival = new Float64Array(at.length);
  const se = new Float64Array(at.length);
  const lower = new Float64Array(at.length);
  const upper = new Float64Array(at.length);
  const last = curve.time.length - 1;
  for (let i = 0; i < at.length; i++) {
    const t = at[i] as number;
    const k = countUpTo(curve.time, t) - 1;
    const followed = last >= 0 && (t <= (curve.time[last] as number) || curve.survival[last] === 0);
    const beforeAll = k < 0 && followed;
    const atOne = curve.conf_type === 'log-log' ? Number.NaN : 1;
    survival[i] = !followed ? Number.NaN : beforeAll ? 1 : (curve.survival[k] as number);
    se[i] = !followed ? Number.NaN : beforeAll ? 0 : (curve.se[k] as number);
    lower[i] = !followed ? Number.NaN : beforeAll ? atOne : (curve.lower[k] as number);
    upper[i] = !followed ? Number.NaN : beforeAll ? atOne : (curve.upper[k] as number);
  }
  return { survival, se, lower, upper };
}

/** Time by which a share p has had the event, with the limits of the curve's own interval. p = 0.5: the median. */
export function survivalQuantile(
  curve: SurvivalCurve,
  p: number,
): { time: number; lower: number; upper: number } {
  if (!(p > 0 && p < 1)) return { time: Number.NaN, lower: Number.NaN, upper: Number.NaN };
  return {
    time: crossing(curve.time, curve.survival, 1 - p),
    lower: crossing(curve.time, curve.lower, 1 - p),
    upper: crossing(curve.time, curve.upper, 1 - p),
  };
}

export type RestrictedMean =
  | { readonly status: 'estimated'; readonly tau: number; readonly mean: number; readonly se: number }
  /** Nobody is followed to tau and the curve is not yet 0: the area up to tau is not known. */
  | { readonly status: 'beyond-follow-up'; readonly tau: number; readonly last_time: number };

/**
 * Restricted mean survival time: the area under S from 0 to tau. Var = sum_{t_k <= tau} A_k^2 d_k / (n_k (n_k - d_k)),
 * A_k the area from t_k to tau (Irwin 1949; Klein & Moeschberger 2003, eq. 4.5.2, without their d/(d-1) factor).
 */
export function restrictedMean(curve: SurvivalCurve, tau: number): RestrictedMean {
  const { time, survival, at_risk, events } = curve;
  const last = time.length - 1;
  const last_time = last < 0 ? 0 : (time[last] as number);
  if (!(tau > 0) || last < 0 || (tau > last_time && survival[last] !== 0))
    return { status: 'beyond-follow-up', tau, last_time };
  let area = 0;
  let variance = 0;
  let right = tau;
  for (let k = countUpTo(time, tau) - 1; k >= 0; k--) {
    const t = time[k] as number;
    area += (survival[k] as number) * (right - t);
    right = t;
    const n = at_risk[k] as number;
    const d = events[k] as number;
    // At the last death nobody is left: the area beyond it is 0 and so is its part of the variance.
    // In units of tau: the square of a time of 1e300 days is no number.
    if (d > 0 && n > d) variance += ((area / tau) ** 2 * d) / (n * (n - d));
  }
  return { status: 'estimated', tau, mean: area + right, se: tau * Math.sqrt(variance) };
}

/** Rows of the table at which somebody leaves (a row may hold entries only). */
export function exitRows(table: LifeTable): number[] {
  const rows: number[] = [];
  for (let k = 0; k < table.time.length; k++)
    if ((table.events[k] as number) + (table.censored[k] as number) > 0) rows.push(k);
  return rows;
}

/** Limits of a probability p whose log has standard error `se_log`. */
export function survivalLimits(
  p: number,
  se_log: number,
  z: number,
  type: SurvivalInterval,
): [number, number] {
  if (p === 0 || Number.isNaN(p)) return [Number.NaN, Number.NaN];
  if (type === 'plain') return [Math.max(0, p - z * p * se_log), Math.min(1, p + z * p * se_log)];
  if (type === 'log') return [p * Math.exp(-z * se_log), Math.min(1, p * Math.exp(z * se_log))];
  if (p === 1) return [Number.NaN, Number.NaN];
  const spread = (z * se_log) / Math.log(p);
  return [p ** Math.exp(-spread), p ** Math.exp(spread)];
}

function crossing(time: Float64Array, curve: Float64Array, level: number): number {
  // A product of fractions that should be exactly 1/2 is so only up to rounding.
  const slack = 1.5e-8;
  for (let k = 0; k < time.length; k++) {
    const value = curve[k] as number;
    if (Math.abs(value - level) < slack) {
      let end = k + 1;
      while (end < time.length - 1 && Math.abs((curve[end] as number) - level) < slack) end++;
      if (end >= time.length) return time[k] as number;
      return ((time[k] as number) + (time[end] as number)) / 2;
    }
    if (value < level) return time[k] as number;
  }
  return Number.NaN;
}

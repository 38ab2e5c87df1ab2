/**
 * Event rate with an interval clustered by person, from sums over persons.
 *
 * Contract. Over n persons with e_i events in t_i > 0 of time: E = sum e, T = sum t, and sums of products ee, et, tt.
 * Person i moves log(E / T) by e_i / E - t_i / T; these influences sum to 0, and
 *   var log rate = n / (n - 1) (ee / E^2 - 2 et / (E T) + tt / T^2),
 * the sandwich of an intercept-only Poisson regression with one cluster a person (Liang and Zeger 1986, Biometrika 73:13).
 * The interval is normal for the log rate. Where all events belong to one person the influences say nothing about how
 * persons differ: no interval.
 */
import { normalQuantileUpper } from '../special/normal.ts';
import { DEFAULT_LEVEL } from './interval.ts';

export interface RateMoments {
  readonly persons: number;
  readonly events: number;
  readonly time: number;
  readonly ee: number;
  readonly et: number;
  readonly tt: number;
}

export type ClusteredRate =
  | {
      readonly status: 'estimated';
      readonly rate: number;
      readonly lower: number;
      readonly upper: number;
      readonly se_log: number;
    }
  | { readonly status: 'no-time' }
  /** No event, one person, or all persons alike: the spread between persons cannot be seen. */
  | { readonly status: 'no-spread' };

/** What is left of terms that cancel is rounding, where it is smaller than this part of them. */
const ROUNDING = 1e-12;

export function clusteredRate(moments: RateMoments, level = DEFAULT_LEVEL): ClusteredRate {
  const { persons, events, time, ee, et, tt } = moments;
  if (!(time > 0)) return { status: 'no-time' };
  if (!(events > 0) || persons < 2) return { status: 'no-spread' };
  const own = ee / events ** 2;
  const cross = (2 * et) / (events * time);
  const exposure = tt / time ** 2;
  const square = own - cross + exposure;
  if (square <= ROUNDING * (own + cross + exposure)) return { status: 'no-spread' };
  const se_log = Math.sqrt((persons / (persons - 1)) * square);
  const rate = events / time;
  const half = normalQuantileUpper((1 - level) / 2) * se_log;
  return { status: 'estimated', rate, lower: rate * Math.exp(-half), upper: rate * Math.exp(half), se_log };
}

/**
 * Directly standardised rate whose variance takes persons as independent.
 *
 * R = sum_c w_c y_c / t_c over classes c with weights w_c that sum to 1. A person who has y_ic events in t_ic time in class c moves R by
 * u_i = sum_c (w_c / t_c) (y_ic - r_c t_ic), r_c = y_c / t_c, and V = n / (n - 1) sum_i u_i^2: linearisation of a sum of ratios
 * (Woodruff 1971, JASA 66:411), persons as clusters. A person is in few classes, so the sums over persons of products within pairs of
 * classes are sufficient. Interval on the log scale, Student's t with n - 1 degrees of freedom.
 */
import { studentQuantile } from '../special/student.ts';
import { DEFAULT_LEVEL } from './interval.ts';

/** Sums over persons in class a and class b (both orders of a pair are given): y_a y_b, y_a t_b, t_a t_b. */
export interface ClassPair {
  readonly a: number;
  readonly b: number;
  readonly yy: number;
  readonly yt: number;
  readonly tt: number;
}

export type ClusteredStandardisedRate =
  | {
      readonly status: 'estimated';
      readonly rate: number;
      readonly se_log: number;
      readonly lower: number;
      readonly upper: number;
    }
  | { readonly status: 'class-without-time'; readonly classes: readonly number[] }
  /** No events, one person, or persons who are all alike. */
  | { readonly status: 'no-spread' };

const ROUNDING = 1e-12;

export function clusteredStandardisedRate(
  classes: {
    readonly persons: number;
    readonly events: ArrayLike<number>;
    readonly time: ArrayLike<number>;
    readonly weights: ArrayLike<number>;
  },
  pairs: readonly ClassPair[],
  level = DEFAULT_LEVEL,
): ClusteredStandardisedRate {
  const { persons, events, time, weights } = classes;
  let total = 0;
  for (let c = 0; c < weights.length; c++) total += weights[c] as number;
  if (!(total > 0)) throw new RangeError('clusteredStandardisedRate: the standard population is empty');
  const empty: number[] = [];
  let rate = 0;
  const share = new Float64Array(weights.length);
  const own = new Float64Array(weights.length);
  for (let c = 0; c < weights.length; c++) {
    if (weights[c] === 0) continue;
    const t = time[c] as number;
    if (!(t > 0)) {
      empty.push(c);
      continue;
    }
    share[c] = (weights[c] as number) / total / t;
    own[c] = (events[c] as number) / t;
    rate += (share[c] as number) * (events[c] as number);
  }
  if (empty.length > 0) return { status: 'class-without-time', classes: empty };
  if (!(rate > 0) || persons < 2) return { status: 'no-spread' };
  let squares = 0;
  let terms = 0;
  for (const { a, b, yy, yt, tt } of pairs) {
    const factor = (share[a] as number) * (share[b] as number);
    const [ra, rb] = [own[a] as number, own[b] as number];
    // y_a t_b stands for both mixed products: the pair (b, a) has the other.
    squares += factor * (yy - 2 * rb * yt + ra * rb * tt);
    terms += factor * (yy + 2 * rb * yt + ra * rb * tt);
  }
  if (!(squares > ROUNDING * terms)) return { status: 'no-spread' };
  const se = Math.sqrt((persons / (persons - 1)) * squares) / rate;
  const factor = Math.exp(studentQuantile((1 + level) / 2, persons - 1) * se);
  return { status: 'estimated', rate, se_log: se, lower: rate / factor, upper: rate * factor };
}

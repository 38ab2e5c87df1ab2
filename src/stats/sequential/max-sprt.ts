/**
 * Maximised sequential probability ratio test for a Poisson count watched continuously against its expectation
 * (Kulldorff, Davis, Kolczak, Lewis, Lieu and Platt 2011, Sequential Analysis 30:58).
 *
 * `expected` is the number of events expected so far without an excess. The test signals an excess as soon as at least `minimum_events` have occurred and
 * the log-likelihood ratio reaches the critical value, at the latest when `expected` reaches its planned end.
 */
import { findRoot } from '../optimise/root.ts';
import { poissonProbability } from '../special/poisson.ts';

/** n log(n / mu) - (n - mu) for n > mu, otherwise 0: only an excess is evidence. */
export function poissonLogLikelihoodRatio(events: number, expected: number): number {
  return events > expected ? events * Math.log(events / expected) - (events - expected) : 0;
}

/** The expected number up to which n events signal: mu < n with n log(n / mu) - n + mu = critical value. */
function signalUntil(n: number, criticalValue: number): number {
  // With mu = n e^-s the ratio per event is s - 1 + e^-s, which grows with s.
  const s = findRoot((t) => t + Math.expm1(-t) - criticalValue / n, 0, criticalValue / n + 1);
  return n * Math.exp(-s);
}

/** Exact probability of a signal, when there is no excess, before `plannedExpected` events have been expected. */
export function maxSprtError(criticalValue: number, plannedExpected: number, minimumEvents = 1): number {
  // state[j] = P(no signal so far, j events) at the current expected number; n events signal from here on.
  let state = Float64Array.of(1);
  let now = 0;
  for (let n = minimumEvents; ; n++) {
    const until = Math.min(plannedExpected, signalUntil(n, criticalValue));
    const next = new Float64Array(n);
    const increments = Float64Array.from({ length: n }, (_, k) => poissonProbability(k, until - now));
    for (let j = 0; j < state.length; j++) {
      for (let k = 0; j + k < n; k++) {
        next[j + k] = (next[j + k] as number) + (state[j] as number) * (increments[k] as number);
      }
    }
    state = next;
    now = until;
    if (now === plannedExpected) break;
  }
  let none = 0;
  for (const p of state) none += p;
  return 1 - none;
}

/** Critical value with type I error `alpha` (exact, continuous looks). NaN outside 0 < alpha < 1 or without anything expected. */
export function maxSprtCriticalValue(plannedExpected: number, alpha = 0.05, minimumEvents = 1): number {
  if (
    !(plannedExpected > 0 && alpha > 0 && alpha < 1 && Number.isInteger(minimumEvents) && minimumEvents >= 1)
  )
    return Number.NaN;
  return findRoot((value) => maxSprtError(value, plannedExpected, minimumEvents) - alpha, 1e-3, 40, 1e-13);
}

/**
 * What two arms of a given size can tell: the rate ratio that would be found with a given power, and the power at a ratio.
 *
 * Negative binomial counts, n persons an arm with mean time t, rate r and dispersion alpha (variance mu + alpha mu^2):
 *   V = [1/(t1 r1) + alpha] / n1 + [1/(t0 r0) + alpha] / n0,  r1 = r0 x ratio,
 *   power = Phi(|log ratio| / sqrt V - z),  z the two-sided normal quantile
 * (Zhu and Lakkis 2014, Stat. Med. 33:376, variance under the alternative). The other tail, where the wrong sign is found,
 * is left out: it is below 0.1 % at any power above one half. alpha = 0 is the Poisson case.
 */
import { normalCdf, normalQuantileUpper } from '../special/normal.ts';

export interface TwoArms {
  readonly persons_treated: number;
  readonly persons_comparison: number;
  /** Mean time at risk of a person. */
  readonly time_treated: number;
  readonly time_comparison: number;
  /** Events per unit of that time in the comparison arm. */
  readonly rate: number;
  /** Dispersion alpha = 1 / theta >= 0. */
  readonly dispersion: number;
}

export type Detectable =
  | { readonly status: 'estimated'; readonly fall: number; readonly rise: number }
  /** No fall, however deep, would be found with this power; `rise` would. */
  | { readonly status: 'no-fall'; readonly rise: number }
  | { readonly status: 'nobody' };

/** NaN outside the domain. */
export function powerOfRatio(arms: TwoArms, ratio: number, confidence = 0.95): number {
  if (!isDomain(arms) || !(ratio > 0)) return Number.NaN;
  const distance = Math.abs(Math.log(ratio));
  return normalCdf(distance / Math.sqrt(varianceAt(arms, ratio)) - normalQuantileUpper((1 - confidence) / 2));
}

/** The nearest ratios below and above 1 that are found with this power. */
export function detectableRatio(arms: TwoArms, power = 0.8, confidence = 0.95): Detectable {
  if (!isDomain(arms)) return { status: 'nobody' };
  const z = normalQuantileUpper((1 - confidence) / 2) + normalQuantileUpper(1 - power);
  const reached = (log: number): number => Math.abs(log) / Math.sqrt(varianceAt(arms, Math.exp(log)));
  const meet = (from: number, to: number): number => {
    let [near, far] = [from, to];
    for (let k = 0; k < 200 && near !== far; k++) {
      const middle = (near + far) / 2;
      if (middle === near || middle === far) break;
      if (reached(middle) < z) near = middle;
      else far = middle;
    }
    return Math.exp(far);
  };
  // Upwards the distance grows without bound; downwards the events run out, so that there is a best place.
  let top = 1;
  while (reached(top) < z) top *= 2;
  const rise = meet(0, top);
  const bottom = -deepest(arms);
  return reached(bottom) < z
    ? { status: 'no-fall', rise }
    : { status: 'estimated', fall: meet(0, bottom), rise };
}

/** u = -log ratio at which u / sqrt(A + B exp u) is greatest: (u - 2) exp u = 2 A / B. */
function deepest(arms: TwoArms): number {
  const b = 1 / (arms.time_treated * arms.rate * arms.persons_treated);
  const a = varianceAt(arms, 1) - b;
  let [low, high] = [2, 2 + Math.log1p((2 * a) / b)];
  for (let k = 0; k < 100; k++) {
    const middle = (low + high) / 2;
    if ((middle - 2) * Math.exp(middle) < (2 * a) / b) low = middle;
    else high = middle;
  }
  return high;
}

function varianceAt(arms: TwoArms, ratio: number): number {
  const { persons_treated, persons_comparison, time_treated, time_comparison, rate, dispersion } = arms;
  return (
    (1 / (time_treated * rate * ratio) + dispersion) / persons_treated +
    (1 / (time_comparison * rate) + dispersion) / persons_comparison
  );
}

function isDomain(arms: TwoArms): boolean {
  const { persons_treated, persons_comparison, time_treated, time_comparison, rate, dispersion } = arms;
  return (
    [persons_treated, persons_comparison, time_treated, time_comparison, rate].every(
      (v) => v > 0 && Number.isFinite(v),
    ) &&
    dispersion >= 0 &&
    Number.isFinite(dispersion)
  );
}

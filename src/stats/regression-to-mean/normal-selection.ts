/**
 * Regression to the mean of a normal measurement selected above a cut-off (Davis 1976, Am J Epidemiol 104:493; Yudkin and Stratton 1996, Lancet 347:241).
 *
 * Persons differ with variance `between`, repeated measurements with variance `within`; selection is on the mean of `baselines` measurements at or above
 * `cutoff`. Expected fall: (within / baselines) / s * phi(z) / (1 - Phi(z)), s^2 = within / baselines + between, z = (cutoff - mean) / s. It
 * understates the fall of skewed counts: use the gamma-Poisson or stationary forms for those.
 */
import { normalDensity, normalUpper } from '../special/normal.ts';

export interface NormalSelection {
  z: number;
  /** phi(z) / (1 - Phi(z)). */
  inverse_mills: number;
  /** Expected fall on a new measurement without any effect. */
  regression: number;
}

/** NaN unless variances are >= 0 (not both 0) and at least one baseline measurement. */
export function normalSelection(input: {
  mean: number;
  between: number;
  within: number;
  cutoff: number;
  baselines?: number;
}): NormalSelection {
  const { mean, between, within, cutoff, baselines = 1 } = input;
  const noise = within / baselines;
  if (!(between >= 0 && within >= 0 && noise + between > 0 && baselines >= 1)) {
    return { z: Number.NaN, inverse_mills: Number.NaN, regression: Number.NaN };
  }
  const s = Math.sqrt(noise + between);
  const z = (cutoff - mean) / s;
  const inverseMills = normalDensity(z) / normalUpper(z);
  return { z, inverse_mills: inverseMills, regression: (noise / s) * inverseMills };
}

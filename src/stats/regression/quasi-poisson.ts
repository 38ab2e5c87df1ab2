/**
 * Quasi-Poisson: the Poisson estimate with its covariance multiplied by phi = Pearson chi-square / (n - k).
 * Tests refer to t on n - k degrees of freedom. Wedderburn (1974), Biometrika 61:439; McCullagh and Nelder (1989), 9.2.
 */
import { standardErrors } from './design.ts';
import type { PoissonEstimate } from './poisson.ts';
import type { PoissonStatistics } from './poisson-statistics.ts';

export type QuasiPoisson =
  | {
      readonly status: 'estimated';
      readonly dispersion: number;
      readonly df: number;
      readonly se: Float64Array;
      readonly covariance: Float64Array;
    }
  | { readonly status: 'no-residual-degrees-of-freedom' };

export function quasiPoisson(fit: PoissonEstimate, statistics: PoissonStatistics): QuasiPoisson {
  if (!(statistics.df_residual > 0)) return { status: 'no-residual-degrees-of-freedom' };
  const covariance = fit.covariance.map((v) => v * statistics.dispersion);
  return {
    status: 'estimated',
    dispersion: statistics.dispersion,
    df: statistics.df_residual,
    se: standardErrors(covariance, fit.columns),
    covariance,
  };
}

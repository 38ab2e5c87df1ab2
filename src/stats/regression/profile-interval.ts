/**
 * Profile-likelihood interval of one Poisson coefficient: the values b for which twice the fall of the log-likelihood,
 * maximised over the other coefficients with this one held at b, is at most the chi-square quantile.
 * Better than Wald where events are few. Venzon and Moolgavkar (1988), Applied Statistics 37:87.
 *
 * Holding beta_j at b multiplies the exposure of a cell by exp(b x_j). The signed root of the fall is nearly linear in b,
 * so the limits are found by the secant method from the Wald limits.
 */
import { normalQuantile } from '../special/normal.ts';
import { fitPoisson, type PoissonCells, type PoissonEstimate } from './poisson.ts';

export type ProfileInterval =
  | { readonly status: 'estimated'; readonly lower: number; readonly upper: number }
  | { readonly status: 'aliased' }
  | { readonly status: 'not-converged' };

export function poissonProfileInterval(
  fit: PoissonEstimate,
  cells: PoissonCells,
  column: number,
  level = 0.95,
): ProfileInterval {
  if (!fit.kept.includes(column)) return { status: 'aliased' };
  const z = normalQuantile((1 + level) / 2);
  const lower = profileLimit(fit, cells, column, -z);
  const upper = profileLimit(fit, cells, column, z);
  if (lower === null || upper === null) return { status: 'not-converged' };
  return { status: 'estimated', lower, upper };
}

/** b at which the signed root of the fall equals `target`. */
function profileLimit(
  fit: PoissonEstimate,
  cells: PoissonCells,
  column: number,
  target: number,
): number | null {
  const centre = fit.coefficient[column] as number;
  const se = fit.se[column] as number;
  let previous = { b: centre, root: 0 };
  let b = centre + target * se;
  for (let round = 0; round < 30; round++) {
    const held = heldLogLikelihood(fit, cells, column, b);
    if (held === null) return null;
    const root = Math.sign(b - centre) * Math.sqrt(Math.max(0, 2 * (fit.log_likelihood - held)));
    if (Math.abs(root - target) < 1e-9) return b;
    const slope = (root - previous.root) / (b - previous.b);
    if (!(slope > 0)) return null;
    previous = { b, root };
    b += (target - root) / slope;
  }
  return null;
}

function heldLogLikelihood(
  fit: PoissonEstimate,
  cells: PoissonCells,
  column: number,
  b: number,
): number | null {
  const { rows, columns, x } = cells.design;
  const free = [...fit.kept].filter((k) => k !== column);
  const reduced = new Float64Array(rows * free.length);
  const exposure = new Float64Array(rows);
  let shift = 0;
  for (let i = 0; i < rows; i++) {
    const held = b * (x[i * columns + column] as number);
    free.forEach((k, at) => {
      reduced[i * free.length + at] = x[i * columns + k] as number;
    });
    exposure[i] = (cells.exposure[i] as number) * Math.exp(held);
    shift += (cells.events[i] as number) * held;
  }
  if (free.length === 0) {
    return shift - exposure.reduce((sum, e) => sum + e, 0);
  }
  const design = { rows, columns: free.length, x: reduced };
  const refit = fitPoisson({ design, events: cells.events, exposure });
  return refit.status === 'estimated' ? refit.log_likelihood + shift : null;
}

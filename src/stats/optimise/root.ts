/**
 * Root of a continuous function of one variable between two points where it has opposite signs.
 *
 * Chandrupatla (1997), Advances in Engineering Software 28:145: inverse quadratic interpolation where it is safe, bisection otherwise.
 * Returns NaN when the signs do not differ or the function is NaN at an end.
 */
export function findRoot(
  f: (x: number) => number,
  lower: number,
  upper: number,
  relativeTolerance = 4e-16,
): number {
  let a = upper;
  let b = lower;
  let fa = f(a);
  let fb = f(b);
  if (fa === 0) return a;
  if (fb === 0) return b;
  if (!(fa * fb < 0)) return Number.NaN;
  let c = a;
  let fc = fa;
  let share = 0.5;
  for (let i = 0; i < 500; i++) {
    const x = a + share * (b - a);
    const fx = f(x);
    // c becomes the point that left the bracket; a is the newest point, b the other end.
    if (Math.sign(fx) === Math.sign(fa)) {
      c = a;
      fc = fa;
    } else {
      c = b;
      b = a;
      fc = fb;
      fb = fa;
    }
    a = x;
    fa = fx;
    const best = Math.abs(fa) < Math.abs(fb) ? a : b;
    const width = Math.abs(b - a);
    const smallest = (relativeTolerance * Math.abs(best) + 1e-320) / width;
    if (fa === 0 || smallest >= 0.5) return fa === 0 ? a : best;
    share = interpolatedShare(a, b, c, fa, fb, fc);
    share = Math.min(1 - smallest, Math.max(smallest, share));
  }
  return Math.abs(fa) < Math.abs(fb) ? a : b;
}

/** Position of the next point between a (0) and b (1): inverse quadratic when the three points allow it, else the middle. */
function interpolatedShare(a: number, b: number, c: number, fa: number, fb: number, fc: number): number {
  const xi = (a - b) / (c - b);
  const phi = (fa - fb) / (fc - fb);
  if (!(phi * phi < xi && (1 - phi) ** 2 < 1 - xi)) return 0.5;
  const share =
    (fa / (fb - fa)) * (fc / (fb - fc)) + ((c - a) / (b - a)) * (fa / (fc - fa)) * (fb / (fc - fb));
  return Number.isFinite(share) ? share : 0.5;
}

/**
 * Gamma function family for positive real arguments. A scalar outside the domain gives NaN.
 *
 * Sources: Abramowitz and Stegun, Handbook of Mathematical Functions, 6.1.33 (series at 1), 6.1.40 (Stirling),
 * 6.3.18 and 6.4.12 (digamma, trigamma), 6.1.15, 6.3.5, 6.4.6 (recurrences); Loader (2000), Fast and accurate computation of binomial
 * probabilities (the Stirling error and the deviance term, which keep density factors accurate for large arguments).
 */

const HALF_LOG_2PI = 0.9189385332046728;

/** (zeta(k) - 1) / k for k = 2..30: coefficients of A&S 6.1.33, computed with 30 digits. */
const ZETA_TERMS = [
  0.3224670334241132, 0.06735230105319809, 0.020580808427784546, 0.007385551028673986, 0.0028905103307415234,
  0.001192753911703261, 0.0005096695247430425, 0.00022315475845357939, 0.00009945751278180853,
  0.00004492623673813314, 0.00002050721277567069, 0.000009439488275268397, 0.000004374866789907488,
  0.000002039215753801366, 9.55141213040742e-7, 4.492469198764566e-7, 2.1207184805554667e-7,
  1.00432248239681e-7, 4.7698101693639804e-8, 2.2711094608943164e-8, 1.0838659214896955e-8,
  5.183475041970047e-9, 2.4836745438024785e-9, 1.1921401405860912e-9, 5.731367241678862e-10,
  2.7595228851242334e-10, 1.330476437424449e-10, 6.4229645638381e-11, 3.1044247747322276e-11,
];
const ONE_MINUS_EULER = 0.42278433509846713;

/** log Gamma(2 + z) for |z| <= 1/2, with full relative accuracy at its zero z = 0. */
function logGammaNearTwo(z: number): number {
  let sum = 0;
  for (let k = ZETA_TERMS.length - 1; k >= 0; k--)
    sum = (ZETA_TERMS[k] as number) * (k % 2 === 0 ? 1 : -1) + z * sum;
  return z * (ONE_MINUS_EULER + z * sum);
}

/** Tail of Stirling's series, log n! - log(sqrt(2 pi n) (n/e)^n), for n >= 10. */
function stirlingSeries(n: number): number {
  const r = 1 / (n * n);
  return (
    (1 / 12 -
      r *
        (1 / 360 -
          r *
            (1 / 1260 -
              r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360 - r * (1 / 156 - r * (3617 / 122400)))))))) /
    n
  );
}

/** log Gamma(x), x > 0; relative accuracy also near its zeros at 1 and 2. Infinity at 0. */
export function logGamma(x: number): number {
  if (!(x >= 0)) return Number.NaN;
  if (x === 0 || x === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  if (x >= 10) return (x - 0.5) * Math.log(x) - x + HALF_LOG_2PI + stirlingSeries(x);
  if (x < 0.5) return logGammaOnePlus(x) - Math.log(x);
  if (x < 1.5) return logGammaOnePlus(x - 1);
  let product = 1;
  let y = x;
  while (y > 2.5) {
    y -= 1;
    product *= y;
  }
  return Math.log(product) + logGammaNearTwo(y - 2);
}

/** log Gamma(1 + z) for z > -1, with full relative accuracy for small z. */
export function logGammaOnePlus(z: number): number {
  if (z >= -0.5 && z <= 0.5) return logGammaNearTwo(z) - Math.log1p(z);
  return logGamma(1 + z);
}

/** log n! for real n >= 0. */
export function logFactorial(n: number): number {
  return logGammaOnePlus(n);
}

/** log B(a, b) = log Gamma(a) Gamma(b) / Gamma(a + b), without the cancellation of the three logarithms when a or b is large. */
export function logBeta(a: number, b: number): number {
  if (!(a > 0 && b > 0)) return Number.NaN;
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < 10) return logGamma(a) + logGamma(b) - logGamma(a + b);
  const n = a + b;
  if (small >= 10) {
    return (
      HALF_LOG_2PI +
      0.5 * (Math.log(n) - Math.log(a) - Math.log(b)) +
      small * Math.log(small / n) +
      large * Math.log1p(-small / n) +
      stirlingSeries(a) +
      stirlingSeries(b) -
      stirlingSeries(n)
    );
  }
  // Gamma(large) / Gamma(n) from Stirling: the leading terms combine into log1p.
  return (
    logGamma(small) +
    small -
    small * Math.log(n) +
    (large - 0.5) * Math.log1p(-small / n) +
    stirlingSeries(large) -
    stirlingSeries(n)
  );
}

/** Stirling error delta(n) = log n! - log(sqrt(2 pi n) (n / e)^n), n > 0, absolute error about 1e-16. */
export function stirlingError(n: number): number {
  if (!(n > 0)) return Number.NaN;
  let sum = 0;
  let m = n;
  while (m < 10) {
    sum += (m + 0.5) * Math.log1p(1 / m) - 1;
    m += 1;
  }
  return sum + stirlingSeries(m);
}

/** Deviance term x log(x / m) + m - x (>= 0) for x >= 0, m > 0, without cancellation when x is near m. */
export function devianceTerm(x: number, m: number): number {
  if (x === 0) return m;
  const difference = x - m;
  if (Math.abs(difference) < 0.1 * (x + m)) {
    const v = difference / (x + m);
    const v2 = v * v;
    let sum = difference * v;
    let power = 2 * x * v;
    for (let j = 1; ; j++) {
      power *= v2;
      const next = sum + power / (2 * j + 1);
      if (next === sum) return sum;
      sum = next;
    }
  }
  const ratio = x / m;
  const logRatio = ratio > 0 && Number.isFinite(ratio) ? Math.log(ratio) : Math.log(x) - Math.log(m);
  return x * logRatio + m - x;
}

/** Digamma psi(x) = d log Gamma(x) / dx, x > 0; absolute accuracy near its zero at 1.4616. */
export function digamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  let shift = 0;
  let y = x;
  while (y < 12) {
    shift += 1 / y;
    y += 1;
  }
  const r = 1 / (y * y);
  const series =
    r *
    (1 / 12 -
      r *
        (1 / 120 -
          r *
            (1 / 252 -
              r * (1 / 240 - r * (1 / 132 - r * (691 / 32760 - r * (1 / 12 - r * (3617 / 8160))))))));
  return Math.log(y) - 0.5 / y - series - shift;
}

/** Trigamma psi'(x), x > 0. */
export function trigamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  let shift = 0;
  let y = x;
  while (y < 12) {
    shift += 1 / (y * y);
    y += 1;
  }
  const r = 1 / (y * y);
  const series =
    (1 +
      r *
        (1 / 6 -
          r *
            (1 / 30 -
              r *
                (1 / 42 -
                  r * (1 / 30 - r * (5 / 66 - r * (691 / 2730 - r * (7 / 6 - r * (3617 / 510))))))))) /
    y;
  return series + 0.5 * r + shift;
}

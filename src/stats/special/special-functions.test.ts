import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  betaQuantile,
  betaQuantileUpper,
  logRegularisedBeta,
  regularisedBeta,
  regularisedBetaUpper,
} from './beta.ts';
import { binomialCdf, binomialProbability, binomialUpper } from './binomial.ts';
import { chiSquareQuantileUpper, chiSquareUpper, logChiSquareUpper } from './chisq.ts';
import { erf, erfc } from './error-function.ts';
import { fCdf, fQuantile, fUpper } from './f-distribution.ts';
import { digamma, logBeta, logFactorial, logGamma, stirlingError, trigamma } from './gamma.ts';
import {
  gammaQuantile,
  gammaQuantileUpper,
  logRegularisedGammaP,
  logRegularisedGammaQ,
  regularisedGammaP,
  regularisedGammaQ,
} from './incomplete-gamma.ts';
import { logNegativeBinomial, logRisingFactorialRatio, tailHistogram } from './negative-binomial.ts';
import {
  logNormalCdf,
  logNormalUpper,
  normalCdf,
  normalQuantile,
  normalQuantileLog,
  normalQuantileUpper,
} from './normal.ts';
import { poissonCdf, poissonProbability, poissonUpper } from './poisson.ts';
import { logStudentUpper, studentCdf, studentQuantile, studentUpper } from './student.ts';

type Row = (number | string)[];
const reference = JSON.parse(
  readFileSync(
    new URL('../../../test/fixtures/high-precision/special_functions.json', import.meta.url),
    'utf8',
  ),
) as Record<string, Row[]>;

function rowsOf(name: string): number[][] {
  const rows = reference[name];
  if (rows === undefined || rows.length === 0) throw new Error(`no reference rows for ${name}`);
  return rows.map((row) => row.map(Number));
}

function expectRelative(ours: number, theirs: number, tolerance: number, label: string): void {
  // Below the normal range of doubles a relative comparison has no meaning.
  if (Math.abs(theirs) < 1e-300) {
    expect(Math.abs(ours), label).toBeLessThan(1e-299);
    return;
  }
  expect(
    Math.abs(ours - theirs) / Math.abs(theirs),
    `${label}: ${ours} against ${theirs}`,
  ).toBeLessThanOrEqual(tolerance);
}

describe('special functions against 60-digit arithmetic', () => {
  it('incomplete gamma: both tails and their logarithms to 1e-12 for shapes from 1e-3 to 1e7', () => {
    for (const [a = 0, x = 0, lower = 0, upper = 0, logLower = 0, logUpper = 0] of rowsOf(
      'incomplete_gamma',
    )) {
      const at = `shape ${a}, x ${x}`;
      expectRelative(regularisedGammaP(a, x), lower, 1e-12, `P ${at}`);
      expectRelative(regularisedGammaQ(a, x), upper, 1e-12, `Q ${at}`);
      expectRelative(logRegularisedGammaP(a, x), logLower, 1e-12, `log P ${at}`);
      expectRelative(logRegularisedGammaQ(a, x), logUpper, 1e-12, `log Q ${at}`);
    }
  });

  it('gamma quantiles: undo both tails to 1e-12', () => {
    let checked = 0;
    for (const [a = 0, x = 0, lower = 0, upper = 0] of rowsOf('incomplete_gamma')) {
      // The quantile is only determined where the tail printed with 18 digits is not 1 minus something tiny.
      if (lower > 1e-300 && lower <= 0.5) {
        expectRelative(gammaQuantile(lower, a), x, 1e-12, `lower, shape ${a}`);
        checked++;
      }
      if (upper > 1e-300 && upper <= 0.5) {
        expectRelative(gammaQuantileUpper(upper, a), x, 1e-12, `upper, shape ${a}`);
        checked++;
      }
    }
    expect(checked).toBeGreaterThan(150);
  });

  it('incomplete beta and its quantiles to 1e-12', () => {
    for (const [a = 0, b = 0, x = 0, lower = 0, upper = 0] of rowsOf('incomplete_beta')) {
      const at = `a ${a}, b ${b}, x ${x}`;
      expectRelative(regularisedBeta(x, a, b), lower, 1e-12, `lower ${at}`);
      expectRelative(regularisedBetaUpper(x, a, b), upper, 1e-12, `upper ${at}`);
      if (lower > 1e-280 && lower <= 0.5)
        expectRelative(logRegularisedBeta(x, a, b), Math.log(lower), 1e-12, `log ${at}`);
      if (lower > 1e-280 && lower <= 0.5)
        expectRelative(betaQuantile(lower, a, b), x, 1e-12, `quantile ${at}`);
      if (upper > 1e-280 && upper <= 0.5)
        expectRelative(betaQuantileUpper(upper, a, b), x, 1e-12, `upper quantile ${at}`);
    }
  });

  it("Student's t: upper tail and quantile to 1e-12", () => {
    for (const [df = 0, t = 0, upper = 0] of rowsOf('student_upper')) {
      expectRelative(studentUpper(t, df), upper, 1e-12, `df ${df}, t ${t}`);
      if (upper > 1e-300) {
        expectRelative(logStudentUpper(t, df), Math.log(upper), 1e-12, `log, df ${df}, t ${t}`);
        // Near t = 0 the tail printed is 1/2 minus t times the density: t carries no more digits than that.
        if (t > 1e-8) expectRelative(-studentQuantile(upper, df), t, 1e-12, `quantile, df ${df}, t ${t}`);
      }
    }
  });

  it('normal tails, logarithms, error function and quantiles to 1e-14', () => {
    for (const [x = 0, lower = 0, logUpper = 0, erfOfX = 0, erfcOfX = 0] of rowsOf('normal')) {
      expectRelative(normalCdf(x), lower, 1e-14, `cdf ${x}`);
      expectRelative(logNormalUpper(x), logUpper, 1e-14, `log upper ${x}`);
      expectRelative(logNormalCdf(-x), logUpper, 1e-14, `log cdf ${-x}`);
      expectRelative(erf(x), erfOfX, 1e-14, `erf ${x}`);
      expectRelative(erfc(x), erfcOfX, 1e-14, `erfc ${x}`);
    }
    for (const [p = 0, z = 0] of rowsOf('normal_quantile'))
      expectRelative(normalQuantile(p), z, 1e-15, `quantile ${p}`);
    for (const [logP = 0, z = 0] of rowsOf('normal_quantile_log')) {
      expectRelative(normalQuantileLog(logP), z, 1e-14, `quantile of log ${logP}`);
    }
    expect(normalQuantileUpper(0.025)).toBe(-normalQuantile(0.025));
  });

  it('log gamma, digamma, trigamma, Stirling error and log beta to 5e-15', () => {
    for (const [x = 0, lg = 0, psi = 0, psi1 = 0, stirling = 0] of rowsOf('gamma')) {
      expectRelative(logGamma(x), lg, 5e-15, `log gamma ${x}`);
      expectRelative(digamma(x), psi, 5e-15, `digamma ${x}`);
      expectRelative(trigamma(x), psi1, 5e-15, `trigamma ${x}`);
      expect(Math.abs(stirlingError(x) - stirling)).toBeLessThan(2e-15);
    }
    for (const [a = 0, b = 0, value = 0] of rowsOf('log_beta'))
      expectRelative(logBeta(a, b), value, 5e-15, `log beta ${a} ${b}`);
  });

  it('negative binomial: log probability to 5e-15 for shapes from 1e-3 to 1e12', () => {
    for (const [y = 0, mu = 0, theta = 0, value = 0] of rowsOf('log_negative_binomial')) {
      expectRelative(logNegativeBinomial(y, mu, theta), value, 5e-15, `y ${y}, mu ${mu}, theta ${theta}`);
      const bySum =
        logRisingFactorialRatio(y, theta) -
        logFactorial(y) +
        y * Math.log(mu) -
        (theta + y) * Math.log1p(mu / theta);
      expect(bySum).toBeCloseTo(value, 9);
    }
  });
});

describe('distributions against closed forms', () => {
  it('Poisson: P(X <= 2) with mean 3 is e^-3 (1 + 3 + 9/2), and the tails add to 1', () => {
    expect(poissonCdf(2, 3)).toBeCloseTo(Math.exp(-3) * 8.5, 15);
    expect(poissonUpper(2, 3) + poissonCdf(2, 3)).toBeCloseTo(1, 15);
    expect(poissonProbability(0, 3)).toBeCloseTo(Math.exp(-3), 15);
    expect(poissonProbability(2.5, 3)).toBe(0);
    expect(poissonCdf(-1, 3)).toBe(0);
    expect(poissonUpper(4, 0)).toBe(0);
  });

  it('binomial: 4 heads in 10 tosses has probability 210 / 1024', () => {
    expect(binomialProbability(4, 10, 0.5)).toBeCloseTo(210 / 1024, 15);
    expect(binomialCdf(1, 10, 0.5)).toBeCloseTo(11 / 1024, 15);
    expect(binomialUpper(8, 10, 0.5)).toBeCloseTo(11 / 1024, 15);
    expect(binomialProbability(10, 10, 1)).toBe(1);
    expect(binomialProbability(0, 10, 0)).toBe(1);
    expect(binomialProbability(0, 3, 0.2)).toBeCloseTo(0.512, 15);
    expect(binomialProbability(3, 3, 0.2)).toBeCloseTo(0.008, 15);
  });

  it('chi-square with 2 degrees of freedom is exponential: upper tail e^(-x/2)', () => {
    expect(chiSquareUpper(5, 2)).toBeCloseTo(Math.exp(-2.5), 15);
    expect(logChiSquareUpper(5000, 2)).toBeCloseTo(-2500, 10);
    expect(chiSquareQuantileUpper(0.05, 2)).toBeCloseTo(-2 * Math.log(0.05), 13);
    expect(chiSquareUpper(-1, 2)).toBe(1);
  });

  it('F with 2 and 2 degrees of freedom has cdf f / (1 + f); t with 1 is Cauchy', () => {
    expect(fCdf(3, 2, 2)).toBeCloseTo(0.75, 15);
    expect(fUpper(3, 2, 2)).toBeCloseTo(0.25, 15);
    expect(fQuantile(0.75, 2, 2)).toBeCloseTo(3, 13);
    expect(fUpper(3, 2, Number.POSITIVE_INFINITY)).toBeCloseTo(Math.exp(-3), 15);
    expect(studentCdf(1, 1)).toBeCloseTo(0.75, 15);
    expect(studentQuantile(0.75, 1)).toBeCloseTo(1, 13);
    expect(studentCdf(1.3, Number.POSITIVE_INFINITY)).toBe(normalCdf(1.3));
    expect(studentCdf(1.3, 9e14)).toBeCloseTo(normalCdf(1.3), 13);
  });

  it('the tail histogram of counts 0, 1, 3, 3 is 3, 2, 2', () => {
    expect([...tailHistogram([0, 1, 3, 3])]).toEqual([3, 2, 2]);
    expect([...tailHistogram([1, 2], [5, 7])]).toEqual([12, 7]);
    expect([...tailHistogram([0, 0])]).toEqual([]);
  });

  it('a parameter outside the domain gives NaN', () => {
    for (const value of [
      regularisedGammaP(-1, 2),
      regularisedGammaQ(1, -2),
      gammaQuantile(1.2, 1),
      regularisedGammaQ(1e16, 1e16),
      gammaQuantile(0.5, Number.POSITIVE_INFINITY),
      regularisedBeta(0.5, 1e16, 1e16),
      regularisedBeta(1.5, 1, 1),
      betaQuantile(-0.1, 1, 1),
      normalQuantile(2),
      studentUpper(1, 0),
      fUpper(1, 0, 2),
      poissonCdf(1, -1),
      logGamma(-0.5),
      digamma(0),
      binomialCdf(1, 2, 1.4),
      logNegativeBinomial(1, 1, 0),
    ]) {
      expect(value).toBeNaN();
    }
  });

  it('quantiles at 0 and 1 are the ends of the support', () => {
    expect(gammaQuantile(0, 3)).toBe(0);
    expect(gammaQuantile(1, 3)).toBe(Number.POSITIVE_INFINITY);
    expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(betaQuantile(1, 2, 3)).toBe(1);
    expect(studentQuantile(1, 4)).toBe(Number.POSITIVE_INFINITY);
  });
});

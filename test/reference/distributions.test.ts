import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { betaQuantile } from '../../src/stats/special/beta.ts';
import { chiSquareCdf, chiSquareQuantile, chiSquareUpper } from '../../src/stats/special/chisq.ts';
import { fQuantile } from '../../src/stats/special/f-distribution.ts';
import { digamma, logGamma, trigamma } from '../../src/stats/special/gamma.ts';
import {
  gammaQuantile,
  regularisedGammaP,
  regularisedGammaQ,
} from '../../src/stats/special/incomplete-gamma.ts';
import { logNegativeBinomial } from '../../src/stats/special/negative-binomial.ts';
import { logNormalCdf, normalCdf, normalQuantile, normalUpper } from '../../src/stats/special/normal.ts';
import { logPoisson, poissonCdf, poissonUpper } from '../../src/stats/special/poisson.ts';
import { studentCdf, studentQuantile, studentUpper } from '../../src/stats/special/student.ts';
import { parityCase, parityTable, parityVector, referenceResults } from './parity.ts';

type Table = Record<string, (number | null)[]>;
const r = referenceResults<Record<string, Table>>('distributions');

/** Columns of one table; every one must have the same, positive length. */
function columns(name: string, ...names: string[]): (number | null)[][] {
  const found = names.map((column) => r[name]?.[column] ?? []);
  const length = found[0]?.length ?? 0;
  expect(length).toBeGreaterThan(0);
  expect(found.every((column) => column.length === length)).toBe(true);
  return found;
}

/**
 * Where R 4.2.2 itself does not carry 12 digits, the reference is 60-digit arithmetic instead: dnbinom loses digits as theta grows,
 * qt bisects for df < 1, qf goes through 1 / x - 1. Keys are the table and its inputs.
 */
const exact = new Map<string, number>();
const highPrecision = JSON.parse(
  readFileSync(new URL('../fixtures/high-precision/special_functions.json', import.meta.url), 'utf8'),
) as { log_negative_binomial: (number | string)[][]; exact_quantiles: (number | string)[][] };
for (const row of highPrecision.log_negative_binomial) {
  const [y, mu, theta, value] = row.map(Number);
  if (theta !== undefined && theta >= 1e5) exact.set(`dnbinom_log ${y} ${mu} ${theta}`, value ?? Number.NaN);
}
for (const row of highPrecision.exact_quantiles) exact.set(row.slice(0, -1).join(' '), Number(row.at(-1)));

function check(
  table: string,
  column: string,
  inputs: string[],
  ours: (...values: number[]) => number,
  scale?: number,
): void {
  const [theirs = [], ...given] = columns(table, column, ...inputs);
  theirs.forEach((value, i) => {
    const values = given.map((input) => input[i] as number);
    const result = ours(...values);
    // R writes infinities as null; ours must then be infinite too.
    if (value === null) {
      expect(Math.abs(result)).toBe(Number.POSITIVE_INFINITY);
      return;
    }
    parityCase({
      method: `${table} ${column}`,
      case: inputs.map((input, j) => `${input}=${values[j]}`).join(' '),
      ours: result,
      theirs: exact.get([table, ...values].join(' ')) ?? value,
      tolerance: 1e-12,
      ...(scale === undefined ? {} : { scale }),
    });
  });
}

// Numbers below 1e-290 were printed by the reference as 0 or as denormals.
const FLOOR = 1e-290;

describe('distributions agree with R to 1e-12', () => {
  it('normal', () => {
    check('qnorm', 'q', ['p'], normalQuantile);
    check('pnorm', 'p', ['x'], normalCdf, FLOOR);
    check('pnorm', 'upper', ['x'], normalUpper, FLOOR);
    check('pnorm', 'logp', ['x'], logNormalCdf);
  });

  it('chi-square', () => {
    check('pchisq', 'lower', ['x', 'df'], chiSquareCdf, FLOOR);
    check('pchisq', 'upper', ['x', 'df'], chiSquareUpper, FLOOR);
    check('qchisq', 'q', ['p', 'df'], chiSquareQuantile, FLOOR);
  });

  it('gamma', () => {
    check('pgamma', 'lower', ['x', 'shape'], (x, shape) => regularisedGammaP(shape, x), FLOOR);
    check('pgamma', 'upper', ['x', 'shape'], (x, shape) => regularisedGammaQ(shape, x), FLOOR);
    check('qgamma', 'q', ['p', 'shape'], gammaQuantile, FLOOR);
  });

  it("Student's t, F, beta", () => {
    check('pt', 'p', ['t', 'df'], studentCdf);
    check('pt', 'upper', ['t', 'df'], studentUpper);
    // At p = 1/2 the reference gives 1e-16 where the quantile is 0.
    check('qt', 'q', ['p', 'df'], studentQuantile, 1);
    check('qf', 'q', ['p', 'd1', 'd2'], fQuantile);
    check('qbeta', 'q', ['p', 'a', 'b'], betaQuantile);
  });

  it('log gamma, digamma, trigamma', () => {
    check('lgamma', 'y', ['x'], logGamma);
    // x = 1.4616... is the zero of digamma: the value there is the rounding of x.
    check('digamma', 'y', ['x'], digamma, 1);
    check('trigamma', 'y', ['x'], trigamma);
  });

  it('Poisson and negative binomial', () => {
    check('dpois_log', 'logp', ['y', 'mu'], logPoisson);
    check('ppois', 'lower', ['x', 'mu'], poissonCdf, FLOOR);
    check('ppois', 'upper', ['x', 'mu'], poissonUpper, FLOOR);
    check('dnbinom_log', 'logp', ['y', 'mu', 'theta'], logNegativeBinomial);
  });
});

describe('the parity mechanism', () => {
  it('fails when a number is outside its tolerance, and when one side is undefined', () => {
    const entry = { method: 'mechanism', case: 'must fail', tolerance: 1e-9, listed: false };
    expect(() => parityCase({ ...entry, ours: 1 + 1e-8, theirs: 1 })).toThrow(/relative difference/);
    expect(() => parityCase({ ...entry, ours: Number.NaN, theirs: 1 })).toThrow();
    expect(() => parityCase({ ...entry, ours: 1, theirs: null })).toThrow();
    expect(() => parityVector(entry, [1, 2], [1])).toThrow(/number of values/);
  });

  it('prints one row of the table per case', () => {
    const row = { method: 'rate', case: 'x=1', ours: 2, theirs: 2.5, tolerance: 1e-9, difference: 0.2 };
    expect(parityTable([row])).toBe('| rate | x=1 | 2 | 2.5 | 2.0e-1 | 1e-9 |\n');
  });
});

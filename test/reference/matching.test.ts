import { describe, expect, it } from 'vitest';
import { designFromRows } from '../../src/stats/regression/design.ts';
import { matchPairs } from '../../src/stats/regression/matching.ts';
import { fitPropensity } from '../../src/stats/regression/propensity.ts';
import { externalColumns, numbers, referenceResults, strings } from './parity.ts';

/** Nearest-neighbour pairs on the propensity against MatchIt: which balance they reach. */

const lalonde = externalColumns('lalonde');

describe.skipIf(lalonde === undefined)('Matching in pairs, against MatchIt', () => {
  const columns = lalonde ?? {};
  const { sum_all, sum_matched, nn } = referenceResults<{
    lalonde_matchit: { sum_all: { rows: string[]; smd: number[] }; sum_matched: number[]; nn: number[][] };
  }>('iptw').lalonde_matchit;
  const treated = numbers(columns, 'treat');
  const race = strings(columns, 'race');
  const is = (level: string): Float64Array => Float64Array.from(race, (one) => (one === level ? 1 : 0));
  const covariates: Readonly<Record<string, Float64Array>> = {
    age: numbers(columns, 'age'),
    educ: numbers(columns, 'educ'),
    raceblack: is('black'),
    racehispan: is('hispan'),
    racewhite: is('white'),
    married: numbers(columns, 'married'),
    nodegree: numbers(columns, 'nodegree'),
    re74: numbers(columns, 're74'),
    re75: numbers(columns, 're75'),
  };
  const names = Object.keys(covariates).filter((name) => name !== 'racewhite');
  const fit = fitPropensity(
    designFromRows(
      Array.from(treated, (_, i) => [1, ...names.map((name) => covariates[name]?.[i] ?? Number.NaN)]),
    ),
    treated,
  );
  if (fit.status !== 'estimated') throw new Error(fit.status);
  const distance = fit.probability;
  const pairs = matchPairs({ treated, score: distance });

  /** MatchIt's: over the standard deviation of the treated before matching, p(1 - p) for a 0/1 covariate. */
  const difference = (values: Float64Array, isKept: (i: number) => boolean): number => {
    const mean = (group: number, kept: (i: number) => boolean): number => {
      const own = values.filter((_, i) => treated[i] === group && kept(i));
      return own.reduce((all, v) => all + v, 0) / own.length;
    };
    const all = mean(1, () => true);
    const one = values.filter((_, i) => treated[i] === 1);
    const spread =
      new Set(values).size === 2
        ? all * (1 - all)
        : one.reduce((sum, v) => sum + (v - all) ** 2, 0) / (one.length - 1);
    return (mean(1, isKept) - mean(0, isKept)) / Math.sqrt(spread);
  };
  const chosen = new Set([...pairs.treated, ...pairs.comparison]);

  it('everybody of the smaller arm has a pair', () => {
    expect(pairs.treated.length).toBe(nn[2]?.[0]);
    expect(new Set(pairs.comparison).size).toBe(pairs.comparison.length);
  });

  it('the balance before is that of MatchIt', () => {
    sum_all.rows.forEach((name, k) => {
      const values = name === 'distance' ? distance : (covariates[name] ?? new Float64Array(0));
      expect(
        difference(values, () => true),
        name,
        // MatchIt's glm stops at its default tolerance, so that its distance is known to seven digits.
      ).toBeCloseTo(sum_all.smd[k] ?? Number.NaN, name === 'distance' ? 6 : 9);
    });
  });

  // MatchIt 4.5.1 chooses another set here, of 0.97405 where ours has 0.97394; a search through everybody gives ours, in
  // whatever order the treated choose (src/stats/regression/matching.test.ts has the search). Why is not known.
  it('the pairs are no farther apart than those of MatchIt', () => {
    const ours = difference(distance, (i) => chosen.has(i));
    expect(ours).toBeLessThanOrEqual((sum_matched[0] ?? Number.NaN) + 1e-9);
    expect(ours).toBeGreaterThan((sum_matched[0] ?? Number.NaN) - 0.001);
  });
});

import { describe, it } from 'vitest';
import { fitGee, type GeeEstimate, type GeeOptions } from '../../src/stats/regression/gee.ts';
import type { Correlation } from '../../src/stats/regression/gee-correlation.ts';
import { type PersonRows, personStarts } from '../../src/stats/regression/person-rows.ts';
import { chiSquareUpper } from '../../src/stats/special/chisq.ts';
import { externalColumns, numbers, parityCase, parityVector, referenceResults, strings } from './parity.ts';
import {
  epilepsy,
  matchedComparison,
  sortedRows,
  synthPeriods,
  withIntercept,
} from './regression-designs.ts';

interface GeeReference {
  estimate: number[];
  se_robust: number[];
  se_naive: number[];
  scale: number;
  alpha: number | number[];
  QIC: number[];
  vcov_robust: number[][];
  wald: number[];
  p: number[];
  nClusters: number;
  maxCluster: number;
}

function estimated(data: PersonRows, options: GeeOptions): GeeEstimate {
  const fit = fitGee(data, options);
  if (fit.status !== 'estimated') throw new Error(`status ${fit.status}`);
  return fit;
}

const correlations: readonly Correlation[] = ['independence', 'exchangeable', 'ar1'];

describe('Generalised estimating equations against R geepack', () => {
  const reference = referenceResults<Record<string, GeeReference>>('gee');

  function compare(
    name: string,
    data: PersonRows,
    options: Omit<GeeOptions, 'correlation'>,
    fixed = false,
  ): void {
    for (const correlation of correlations) {
      const theirs = reference[`${name}_${correlation}`] as GeeReference;
      // With scale.fix geepack holds phi at its first value, which it reports.
      const fit = estimated(data, { ...options, correlation, ...(fixed ? { scale: theirs.scale } : {}) });
      const of = (what: string, tolerance: number) => ({
        method: 'GEE',
        case: `${name} ${correlation} ${what}`,
        tolerance,
      });
      parityVector(of('coefficient', 1e-7), fit.coefficient, theirs.estimate);
      parityVector(of('robust se', 1e-7), fit.robust_se, theirs.se_robust);
      parityVector(of('naive se', 1e-6), fit.naive_se, theirs.se_naive);
      parityCase({ ...of('persons', 0), ours: data.start.length - 1, theirs: theirs.nClusters });
      const sizes = Array.from(data.start.subarray(1), (end, i) => end - (data.start[i] as number));
      parityCase({ ...of('most rows', 0), ours: Math.max(...sizes), theirs: theirs.maxCluster });
      const k = fit.rank;
      theirs.vcov_robust.flat().forEach((value, at) => {
        parityCase({
          ...of(`robust covariance ${at}`, 1e-7),
          ours: fit.robust_covariance[at] as number,
          theirs: value,
          scale: (theirs.se_robust[Math.floor(at / k)] as number) * (theirs.se_robust[at % k] as number),
        });
      });
      parityVector(
        of('Wald', 1e-7),
        fit.coefficient.map((b, j) => (b / (fit.robust_se[j] as number)) ** 2),
        theirs.wald,
      );
      const p = theirs.wald.map((chi) => chiSquareUpper(chi, 1));
      // geepack takes p as 1 less the other tail: it is exact to the last digit of 1, not of p.
      parityVector({ ...of("p of R's Wald", 1e-14), scale: 1 }, p, theirs.p);
      parityCase({ ...of('phi', 1e-6), ours: fit.scale, theirs: theirs.scale });
      if (typeof theirs.alpha === 'number') {
        parityCase({ ...of('alpha', 1e-6), ours: fit.alpha, theirs: theirs.alpha });
      }
      const { qic, qicu, quasi_likelihood, cic, qicc } = fit.qic;
      parityVector(of('QIC', 1e-6), [qic, qicu, quasi_likelihood, cic, fit.rank, qicc], theirs.QIC);
    }
  }

  it('periods of a person', () => {
    const data = sortedRows(synthPeriods({ regions: false }), (columns, i) => [
      Number(strings(columns, 'id')[i]),
      ['before', 'during', 'after'].indexOf(strings(columns, 'period')[i] as string),
    ]);
    compare('synth', { ...data, start: personStarts(strings(data.columns, 'id')) }, { family: 'poisson' });
  });

  const epil = epilepsy();
  it.skipIf(epil === undefined)('seizures, epil', () => {
    if (epil)
      compare(
        'epil',
        { ...epil, start: personStarts(strings(epil.columns, 'subject')) },
        { family: 'poisson' },
      );
  });

  const ohio = externalColumns('ohio');
  it.skipIf(ohio === undefined)('yes/no outcome, ohio', () => {
    if (!ohio) return;
    const age = numbers(ohio, 'age');
    const smoke = numbers(ohio, 'smoke');
    const events = numbers(ohio, 'resp');
    const data = {
      design: withIntercept([age, smoke, age.map((a, i) => a * (smoke[i] as number))]),
      events,
      exposure: new Float64Array(events.length).fill(1),
      start: personStarts(strings(ohio, 'id')),
    };
    compare('ohio', data, { family: 'binomial' }, true);
  });

  it('matched pairs before and after', () => {
    const data = sortedRows(matchedComparison(), (columns, i) => [Number(strings(columns, 'pair')[i])]);
    const start = personStarts(strings(data.columns, 'pair'));
    const fit = estimated({ ...data, start }, { family: 'poisson', correlation: 'exchangeable' });
    const theirs = referenceResults<{ gee_pair_exch: { estimate: number[]; se: number[]; alpha: number } }>(
      'did',
    ).gee_pair_exch;
    const of = (what: string, tolerance: number) => ({ method: 'GEE', case: `did pairs ${what}`, tolerance });
    parityVector(of('coefficient', 1e-7), fit.coefficient, theirs.estimate);
    parityVector(of('robust se', 1e-7), fit.robust_se, theirs.se);
    parityCase({ ...of('alpha', 1e-6), ours: fit.alpha, theirs: theirs.alpha });
  });
});

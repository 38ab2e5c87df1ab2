import { describe, expect, it } from 'vitest';
import { type CumulativeIncidence, estimateIncidenceRows } from '../../src/stats/survival/aalen-johansen.ts';
import { fitCox } from '../../src/stats/survival/cox.ts';
import { fitFineGray } from '../../src/stats/survival/fine-gray.ts';
import { testGrayRows } from '../../src/stats/survival/gray.ts';
import { countUpTo } from '../../src/stats/survival/time-order.ts';
import {
  externalColumns,
  numbers,
  parityCase,
  parityVector,
  referenceResults,
  strings,
  vendoredColumns,
} from './parity.ts';
import { codes, designOf } from './survival-data.ts';

interface Regression {
  names: string[];
  estimate: number[];
  se: number[];
  loglik: number[];
}
interface Reference {
  synth_AJ: Record<'pstate' | 'se' | 'lower' | 'upper', number[][]> & { time: number[]; nrisk: number[] };
  synth_AJ_by_sex: { time: number[]; pstate: number[][]; se: number[][] };
  synth_cuminc_gray: { est: number[][]; grayTests: number[][] };
  mgus2_AJ: { time: number[]; pstate: number[][]; se: number[][] };
  synth_cause_specific_1: Regression;
  synth_cause_specific_2: Regression;
  synth_cause_specific_3: Regression;
  synth_finegray_crr: { estimate: number[]; se: number[]; loglik: number };
  synth_finegray_survival: { estimate: number[]; se: number[] };
}

const reference = referenceResults<Reference>('competing_risks');
const synth = vendoredColumns('synth_omt_cr');
const time = numbers(synth, 'time');
const status = numbers(synth, 'status');
const sex = numbers(synth, 'sex');
const x = designOf(
  sex,
  numbers(synth, 'age').map((a) => a - 34),
  numbers(synth, 'prior').map((v) => Math.log1p(v)),
);

/** Survival and incidence (or their standard errors) at one time, in R's order of states. */
function statesAt(curve: CumulativeIncidence, t: number, what: 'value' | 'se' | 'lower' | 'upper'): number[] {
  const k = countUpTo(curve.time, t) - 1;
  const column = what === 'value' ? curve.incidence : curve[what];
  const first = what === 'value' ? curve.survival : curve.se_survival;
  const own = [...column.subarray(k * curve.causes, (k + 1) * curve.causes)];
  return what === 'value' || what === 'se' ? [first[k] as number, ...own] : own;
}

function compareCurves(
  name: string,
  curves: CumulativeIncidence[],
  theirs: { time: number[]; pstate: number[][]; se: number[][] },
): void {
  const times = theirs.time.length / curves.length;
  theirs.time.forEach((t, line) => {
    const curve = curves[Math.floor(line / times)] as CumulativeIncidence;
    const entry = (what: string) => ({
      method: 'Aalen-Johansen',
      case: `${name} ${what} line ${line}`,
      tolerance: 1e-12,
    });
    parityVector(entry('probability'), statesAt(curve, t, 'value'), theirs.pstate[line] ?? []);
    parityVector(entry('se'), statesAt(curve, t, 'se'), theirs.se[line] ?? []);
  });
}

describe('Synthetic treatment: reoffence, drop-out and death compete', () => {
  it('probabilities, standard errors and log intervals as survfit', () => {
    const [curve] = estimateIncidenceRows({ causes: 3, stop: time, cause: status }, { conf_type: 'log' });
    if (!curve) throw new Error('no curve');
    const theirs = reference.synth_AJ;
    compareCurves('synth', [curve], theirs);
    parityVector(
      { method: 'Aalen-Johansen', case: 'synth at risk', tolerance: 0 },
      theirs.time.map((t) => time.filter((end) => end >= t).length),
      theirs.nrisk,
    );
    theirs.time.forEach((t, line) => {
      for (const what of ['lower', 'upper'] as const)
        parityVector(
          { method: 'Aalen-Johansen', case: `synth ${what} line ${line}`, tolerance: 1e-12 },
          statesAt(curve, t, what),
          theirs[what][line]?.slice(1) ?? [],
        );
    });
  });

  it('by sex', () => {
    const curves = estimateIncidenceRows(
      { causes: 3, stop: time, cause: status, stratum: Int32Array.from(sex) },
      { strata: 2 },
    );
    compareCurves('synth by sex', curves, reference.synth_AJ_by_sex);
    // cuminc gives the same probabilities, causes one after the other, men and women in turn.
    const days = [90, 180, 365, 730];
    reference.synth_cuminc_gray.est.forEach((theirs, line) => {
      const curve = curves[line % 2] as CumulativeIncidence;
      const ours = days.map((t) => statesAt(curve, t, 'value')[1 + Math.floor(line / 2)] as number);
      const entry = { method: 'Aalen-Johansen', case: `cuminc line ${line}`, tolerance: 1e-12 };
      parityVector(entry, ours, theirs);
    });
  });

  it("Gray's tests by sex as cuminc", () => {
    reference.synth_cuminc_gray.grayTests.forEach(([chi_square, p_value, df], j) => {
      const rows = { causes: 3, stop: time, cause: status };
      const test = testGrayRows(rows, Int32Array.from(sex), { groups: 2, cause: j + 1 });
      if (test.status !== 'estimated') throw new Error(test.status);
      const entry = { method: "Gray's test", case: `synth cause ${j + 1}`, tolerance: 1e-12 };
      parityCase({ ...entry, ours: test.chi_square, theirs: chi_square as number });
      parityCase({ ...entry, case: `${entry.case} p`, ours: test.p_value, theirs: p_value as number });
      parityCase({ ...entry, case: `${entry.case} df`, ours: test.degrees_of_freedom, theirs: df as number });
    });
  });

  it('cause-specific Cox models as coxph', () => {
    for (const cause of [1, 2, 3] as const) {
      const theirs = reference[`synth_cause_specific_${cause}`];
      const event = status.map((s) => (s === cause ? 1 : 0));
      const fit = fitCox({ rows: time.length, columns: 3, x, stop: time, event });
      if (fit.status !== 'estimated') throw new Error(fit.status);
      const entry = { method: 'cause-specific Cox', case: `synth cause ${cause}`, tolerance: 1e-9 };
      parityVector(entry, fit.coefficient, theirs.estimate);
      parityVector({ ...entry, case: `${entry.case} se` }, fit.se, theirs.se);
      parityVector(
        { ...entry, case: `${entry.case} log L` },
        [fit.log_likelihood_null, fit.log_likelihood],
        theirs.loglik,
      );
    }
  });
});

describe('Fine-Gray model of reoffence', () => {
  const data = { rows: time.length, columns: 3, x, time, cause: status };

  it('as coxph on finegray data, whose convention on ties it shares', () => {
    const fit = fitFineGray(data, { variance: 'fixed-weights' });
    if (fit.status !== 'estimated') throw new Error(fit.status);
    const theirs = reference.synth_finegray_survival;
    const entry = { method: 'Fine-Gray', case: 'synth finegray', tolerance: 1e-9 };
    parityVector(entry, fit.coefficient, theirs.estimate);
    parityVector({ ...entry, case: 'synth finegray se' }, fit.se, theirs.se);
  });

  it('close to crr, whose convention on censorings at the time of an event differs', () => {
    const fit = fitFineGray(data);
    if (fit.status !== 'estimated') throw new Error(fit.status);
    const theirs = reference.synth_finegray_crr;
    fit.coefficient.forEach((b, j) => {
      // A thousandth of a standard error apart.
      expect(Math.abs(b - (theirs.estimate[j] as number)) / (theirs.se[j] as number)).toBeLessThan(1e-3);
      expect((fit.se[j] as number) / (theirs.se[j] as number)).toBeCloseTo(1, 3);
    });
  });
});

const mgus2 = externalColumns('mgus2_cr');
it.skipIf(!mgus2)('Progression and death after MGUS, by sex, as survfit', () => {
  const data = mgus2 ?? {};
  const curves = estimateIncidenceRows(
    {
      causes: 2,
      stop: numbers(data, 'etime'),
      cause: codes(strings(data, 'event'), ['censor', 'pcm', 'death']),
      stratum: codes(strings(data, 'sex'), ['F', 'M']),
    },
    { strata: 2 },
  );
  compareCurves('mgus2', curves, reference.mgus2_AJ);
  expect(curves).toHaveLength(2);
  parityCase({
    method: 'Aalen-Johansen',
    case: 'mgus2 sums to one',
    ours: statesAt(curves[0] as CumulativeIncidence, 60, 'value').reduce((a, b) => a + b),
    theirs: 1,
    tolerance: 1e-12,
  });
});

import { describe, expect, it } from 'vitest';
import {
  type ConditionalEstimate,
  fitConditionalPoisson,
} from '../../src/stats/regression/conditional-poisson.ts';
import { designFromRows } from '../../src/stats/regression/design.ts';
import { type PersonRows, personStarts } from '../../src/stats/regression/person-rows.ts';
import { fitPoissonGamma } from '../../src/stats/regression/poisson-gamma.ts';
import { waldInterval } from '../../src/stats/regression/wald.ts';
import { parityCase, parityExact, parityVector, referenceResults, strings } from './parity.ts';
import {
  epilepsy,
  matchedComparison,
  type RegressionData,
  sortedRows,
  synthPeriods,
} from './regression-designs.ts';

interface Table {
  estimate: number[];
  se: number[];
}

function estimated(data: PersonRows): ConditionalEstimate {
  const fit = fitConditionalPoisson(data);
  if (fit.status !== 'estimated') throw new Error(`status ${fit.status}`);
  return fit;
}

/** The design without its intercept and with the chosen columns only. */
function columnsOf(data: RegressionData, chosen: readonly number[]): RegressionData {
  const { design } = data;
  const rows = Array.from({ length: design.rows }, (_, i) =>
    chosen.map((c) => design.x[i * design.columns + c] as number),
  );
  return { ...data, design: designFromRows(rows) };
}

describe('Conditional Poisson against R', () => {
  const reference = referenceResults<{
    oxford: {
      expanded: { indiv: string; interval: number; event: number; exgr: number; agegr: number }[];
      clogit: Table;
      gnm: Table;
      glm_with_id_factors: Table;
      conditional_loglik: number;
      clogit_loglik: number[];
      IRR: number[];
      IRR_CI: number[];
    };
    synth: {
      fit: Table;
      handInfoSE: number[];
      robustSE_id_CR0: number[];
      conditionalLogLik: number;
      nInformative: number;
    };
    epil_V4: { estimate: number; se: number };
    epil_V4_closedForm: { logIRR: number; se: number };
  }>('sccs_conditional_poisson');
  const of = (what: string, tolerance: number) => ({ method: 'conditional Poisson', case: what, tolerance });

  it('Oxford: aseptic meningitis after MMR, 10 children', () => {
    const { oxford } = reference;
    const rows = oxford.expanded;
    const fit = estimated({
      design: designFromRows(rows.map((r) => [r.exgr, r.agegr])),
      start: personStarts(rows.map((r) => r.indiv)),
      events: Float64Array.from(rows, (r) => r.event),
      exposure: Float64Array.from(rows, (r) => r.interval),
    });
    parityVector(of('Oxford coefficient, clogit', 1e-9), fit.coefficient, oxford.clogit.estimate);
    parityVector(of('Oxford se, clogit', 1e-9), fit.se, oxford.clogit.se);
    parityVector(of('Oxford coefficient, gnm', 1e-7), fit.coefficient, oxford.gnm.estimate);
    parityVector(of('Oxford se, gnm', 1e-7), fit.se, oxford.gnm.se);
    const withFactors = oxford.glm_with_id_factors;
    parityVector(of('Oxford coefficient, children as factors', 1e-7), fit.coefficient, withFactors.estimate);
    parityVector(of('Oxford se, children as factors', 1e-7), fit.se, withFactors.se);
    parityVector(of('Oxford incidence ratios', 1e-7), fit.coefficient.map(Math.exp), oxford.IRR);
    parityCase({
      ...of('Oxford log-likelihood', 1e-12),
      ours: fit.log_likelihood,
      theirs: oxford.conditional_loglik,
    });
    // clogit prints the likelihood without and with the two columns.
    parityCase({
      ...of('Oxford log-likelihood, clogit', 1e-9),
      ours: fit.log_likelihood,
      theirs: oxford.clogit_loglik[1] as number,
    });
    const interval = waldInterval(fit.coefficient[0] as number, fit.se[0] as number);
    parityVector(
      of('Oxford relative incidence', 1e-7),
      [Math.exp(interval.estimate), Math.exp(interval.lower), Math.exp(interval.upper)],
      [oxford.IRR[0] as number, ...oxford.IRR_CI],
    );
    expect(fit.persons_informative).toBe(10);
    // The printed figures.
    expect(Math.exp(interval.estimate)).toBeCloseTo(12.0369, 4);
    expect(Math.exp(interval.lower)).toBeCloseTo(3.002, 3);
    expect(Math.exp(interval.upper)).toBeCloseTo(48.259, 3);
    expect(fit.log_likelihood).toBeCloseTo(-10.088277209715, 12);
  });

  it('periods of a person, with persons without events dropped and counted', () => {
    const data = columnsOf(synthPeriods({ regions: false }), [1, 2]);
    const fit = estimated({ ...data, start: personStarts(strings(data.columns, 'id')) });
    const theirs = reference.synth;
    parityVector(of('synth coefficient', 1e-7), fit.coefficient, theirs.fit.estimate);
    parityVector(of('synth se', 1e-7), fit.se, theirs.handInfoSE);
    parityVector(of('synth robust se', 1e-7), fit.robust_se, theirs.robustSE_id_CR0);
    parityCase({
      ...of('synth log-likelihood', 1e-12),
      ours: fit.log_likelihood,
      theirs: theirs.conditionalLogLik,
    });
    expect(fit.persons).toBe(600);
    const informative = fit.persons - fit.persons_without_events;
    parityExact('conditional Poisson', 'synth informative persons', informative, theirs.nInformative);
    parityVector(of('synth se, gnm', 1e-7), fit.se, theirs.fit.se);
  });

  const epil = epilepsy();
  it.skipIf(epil === undefined)('one binary covariate has a closed form, epil', () => {
    if (!epil) return;
    const data = columnsOf(epil, [4]);
    const fit = estimated({ ...data, start: personStarts(strings(data.columns, 'subject')) });
    parityCase({
      ...of('epil V4', 1e-12),
      ours: fit.coefficient[0] as number,
      theirs: reference.epil_V4_closedForm.logIRR,
    });
    parityCase({
      ...of('epil V4 se', 1e-12),
      ours: fit.se[0] as number,
      theirs: reference.epil_V4_closedForm.se,
    });
    parityCase({
      ...of('epil V4, gnm', 1e-7),
      ours: fit.coefficient[0] as number,
      theirs: reference.epil_V4.estimate,
    });
    parityCase({
      ...of('epil V4 se, gnm', 1e-7),
      ours: fit.se[0] as number,
      theirs: reference.epil_V4.se,
    });
  });

  it('matched comparison: person effects, and pair-by-period effects', () => {
    const did = referenceResults<{ person_FE: Table; pair_period_FE: Table }>('did');
    const all = matchedComparison();
    const byPerson = sortedRows(columnsOf(all, [2, 3]), (c, i) => [Number(strings(c, 'person')[i])]);
    const person = estimated({ ...byPerson, start: personStarts(strings(byPerson.columns, 'person')) });
    parityVector(of('did person effects', 1e-7), person.coefficient, did.person_FE.estimate);
    parityVector(of('did person effects se', 1e-7), person.se, did.person_FE.se);
    const byPair = sortedRows(columnsOf(all, [1, 3]), (c, i) => [
      Number(strings(c, 'pair')[i]),
      Number(strings(c, 'post')[i]),
    ]);
    const strata = strings(byPair.columns, 'pair').map(
      (p, i) => `${p} ${strings(byPair.columns, 'post')[i]}`,
    );
    const pair = estimated({ ...byPair, start: personStarts(strata) });
    parityVector(of('did pair by period', 1e-7), pair.coefficient, did.pair_period_FE.estimate);
    parityVector(of('did pair by period se', 1e-7), pair.se, did.pair_period_FE.se);
  });
});

describe('Poisson-gamma person effect against its likelihood maximised in R', () => {
  const reference = referenceResults<{
    synth_gamma: Table & { logLik: number };
    epil_gamma: Table & { logLik: number };
  }>('poisson_random_effects_exact');

  // Standard errors of the first reference are second differences of the likelihood, noisy to 2e-5: the second has none.
  const settled = referenceResults<{ person_gamma_synth: Table; person_gamma_epil: Table }>(
    'regression_extra',
  );

  function compare(
    name: string,
    data: PersonRows,
    theirs: Table & { logLik: number },
    polished: Table,
  ): void {
    const fit = fitPoissonGamma(data);
    if (fit.status !== 'estimated') throw new Error(`status ${fit.status}`);
    const of = (what: string, tolerance: number) => ({
      method: 'Poisson-gamma',
      case: `${name} ${what}`,
      tolerance,
    });
    parityVector(of('maximum', 1e-6), [...fit.coefficient, fit.log_alpha], theirs.estimate);
    parityVector(of('polished maximum', 1e-9), [...fit.coefficient, fit.log_alpha], polished.estimate);
    parityVector(of('polished se', 1e-8), [...fit.se, fit.se_log_alpha], polished.se);
    parityCase({ ...of('log-likelihood', 1e-9), ours: fit.log_likelihood, theirs: theirs.logLik });
  }

  it('periods of a person', () => {
    const data = synthPeriods({ regions: false, age_unit: 10 });
    compare(
      'synth',
      { ...data, start: personStarts(strings(data.columns, 'id')) },
      reference.synth_gamma,
      settled.person_gamma_synth,
    );
  });
  const epil = epilepsy();
  it.skipIf(epil === undefined)('seizures, epil', () => {
    if (epil)
      compare(
        'epil',
        { ...epil, start: personStarts(strings(epil.columns, 'subject')) },
        reference.epil_gamma,
        settled.person_gamma_epil,
      );
  });
});

import { describe, expect, it } from 'vitest';
import { type CoxOptions, fitCox } from '../../src/stats/survival/cox.ts';
import type { CoxRows } from '../../src/stats/survival/cox-rows.ts';
import {
  estimateMeanCumulativeFunction,
  meanAt,
  type RecurrentRows,
} from '../../src/stats/survival/mean-cumulative-function.ts';
import { checkPeriodIdentified } from '../../src/stats/survival/period-identification.ts';
import {
  externalColumns,
  numbers,
  parityCase,
  parityVector,
  referenceResults,
  strings,
  vendoredColumns,
} from './parity.ts';
import { codes, designOf, indicator } from './survival-data.ts';

interface CoxReference {
  estimate: number[];
  se_model: number[];
  se_robust: number[];
  loglik0: number;
  loglik: number;
  n: number;
  nevent: number;
}

const reference = referenceResults<Record<string, CoxReference>>('recurrent_events');

function compare(name: string, data: CoxRows, options: CoxOptions, tolerance = 1e-9): void {
  const theirs = reference[name] as CoxReference;
  const fit = fitCox(data, options);
  if (fit.status !== 'estimated' || fit.robust === null) throw new Error(fit.status);
  const entry = (what: string) => ({ method: 'recurrent events', case: `${name} ${what}`, tolerance });
  parityVector(entry('coefficient'), fit.coefficient, theirs.estimate);
  parityVector(entry('se'), fit.se, theirs.se_model);
  parityVector(entry('robust se'), fit.robust.se, theirs.se_robust);
  parityCase({ ...entry('log L at 0'), ours: fit.log_likelihood_null, theirs: theirs.loglik0 });
  parityCase({ ...entry('log L'), ours: fit.log_likelihood, theirs: theirs.loglik });
  parityCase({ ...entry('events'), ours: fit.events, theirs: theirs.nevent, tolerance: 0 });
  parityCase({ ...entry('rows'), ours: data.rows, theirs: theirs.n, tolerance: 0 });
}

const bladder2 = externalColumns('bladder2');
describe.skipIf(!bladder2)('Bladder tumours, four ways to count recurrences', () => {
  const data = bladder2 ?? {};
  const column = (name: string) => (bladder2 ? numbers(data, name) : new Float64Array());
  const x = designOf(column('rx'), column('size'), column('number'));
  const base = { rows: column('rx').length, columns: 3, x, stop: column('stop'), event: column('event') };
  const cluster = codes(column('id'));
  const stratum = Int32Array.from(column('enum'));

  it('Andersen-Gill with robust standard errors', () => {
    compare('bladder_AG', { ...base, start: column('start') }, { cluster });
  });

  it('Prentice-Williams-Peterson, total time and gap time', () => {
    compare('bladder_PWPCP', { ...base, start: column('start'), stratum }, { cluster });
    const start = column('start');
    const stop = base.stop.map((t, i) => t - (start[i] as number));
    compare('bladder_PWPGT', { ...base, stop, stratum }, { cluster });
  });

  it('Wei-Lin-Weissfeld', () => {
    const wlw = externalColumns('bladder') ?? {};
    const of = (name: string) => numbers(wlw, name);
    compare(
      'bladder_WLW',
      {
        rows: of('rx').length,
        columns: 3,
        x: designOf(of('rx'), of('size'), of('number')),
        stop: of('stop'),
        event: of('event'),
        stratum: Int32Array.from(of('enum')),
      },
      { cluster: codes(of('id')) },
    );
  });
});

const cgd = externalColumns('cgd');
it.skipIf(!cgd)('Chronic granulomatous disease, Andersen-Gill', () => {
  const data = cgd ?? {};
  const treat = indicator(strings(data, 'treat'), 'rIFN-g');
  const inherit = indicator(strings(data, 'inherit'), 'autosomal');
  compare(
    'cgd_AG',
    {
      rows: treat.length,
      columns: 3,
      x: designOf(treat, inherit, numbers(data, 'steroids')),
      start: numbers(data, 'tstart'),
      stop: numbers(data, 'tstop'),
      event: numbers(data, 'status'),
    },
    { cluster: codes(numbers(data, 'id')) },
  );
});

interface MeanReference {
  time: number[];
  mcf: number[];
  se: number[];
  nrisk: number[];
}

interface HandReference {
  time: number[];
  mcf: number[];
  se_LawlessNadeau: number[];
}

/** The same curve from the formulae written out in R. */
function compareByHand(rows: RecurrentRows): void {
  const curves = estimateMeanCumulativeFunction(rows, { groups: 2 });
  curves.forEach((curve, g) => {
    const theirs = (reference as unknown as Record<string, HandReference>)[
      `bladder_mcf_hand_rx${g + 1}`
    ] as HandReference;
    const ours = meanAt(curve, theirs.time);
    const entry = { method: 'mean cumulative function', case: `by hand group ${g}`, tolerance: 1e-12 };
    parityVector(entry, ours.mean, theirs.mcf);
    parityVector({ ...entry, case: `${entry.case} robust se` }, ours.se, theirs.se_LawlessNadeau);
  });
}

function compareMean(name: string, rows: RecurrentRows): void {
  const theirs = (reference as unknown as Record<string, MeanReference>)[name] as MeanReference;
  const curves = estimateMeanCumulativeFunction(rows, { groups: 2 });
  const times = theirs.time.length / 2;
  curves.forEach((curve, g) => {
    const part = (column: number[]) => column.slice(g * times, (g + 1) * times);
    const ours = meanAt(curve, part(theirs.time));
    const entry = { method: 'mean cumulative function', case: `${name} group ${g}`, tolerance: 1e-12 };
    parityVector(entry, ours.mean, part(theirs.mcf));
    parityVector({ ...entry, case: `${entry.case} robust se` }, ours.se, part(theirs.se));
    // At risk at t: in an interval (start, stop] that holds it.
    const own = [...rows.stop.keys()].filter((i) => rows.group?.[i] === g);
    const risk = part(theirs.time).map(
      (t) => own.filter((i) => (rows.start?.[i] ?? 0) < t && (rows.stop[i] as number) >= t).length,
    );
    parityVector({ ...entry, case: `${entry.case} at risk`, tolerance: 0 }, risk, part(theirs.nrisk));
  });
}

it.skipIf(!bladder2 || !cgd)(
  'Mean number of recurrences by arm, with robust standard errors as survfit',
  () => {
    const tumours = bladder2 ?? {};
    compareByHand({
      person: codes(numbers(tumours, 'id')),
      start: numbers(tumours, 'start'),
      stop: numbers(tumours, 'stop'),
      event: numbers(tumours, 'event'),
      group: Int32Array.from(numbers(tumours, 'rx'), (rx) => rx - 1),
    });
    compareMean('bladder_mcf', {
      person: codes(numbers(tumours, 'id')),
      start: numbers(tumours, 'start'),
      stop: numbers(tumours, 'stop'),
      event: numbers(tumours, 'event'),
      group: Int32Array.from(numbers(tumours, 'rx'), (rx) => rx - 1),
    });
    const infections = cgd ?? {};
    compareMean('cgd_mcf', {
      person: codes(numbers(infections, 'id')),
      start: numbers(infections, 'tstart'),
      stop: numbers(infections, 'tstop'),
      event: numbers(infections, 'status'),
      group: codes(strings(infections, 'treat'), ['placebo', 'rIFN-g']),
    });
  },
);

describe('Synthetic offending before, during and after treatment', () => {
  const data = vendoredColumns('synth_omt_events');
  const column = (name: string) => numbers(data, name);
  const period = strings(data, 'period');
  const during = indicator(period, 'during');
  const after = indicator(period, 'after');
  const sex = column('sex');
  const age = column('age');
  const cluster = codes(column('id'));
  const entryTime = {
    rows: sex.length,
    start: column('start'),
    stop: column('stop'),
    event: column('event'),
  };
  const aged = (t: Float64Array) => t.map((v, i) => (age[i] as number) * 365 + v);
  const ageTime = { ...entryTime, start: aged(entryTime.start), stop: aged(entryTime.stop) };

  it('on time since entry, as coxph finds it (nearly unidentified)', () => {
    const x = designOf(
      during,
      after,
      sex,
      age.map((a) => a - 34),
    );
    compare('synth_AG', { ...entryTime, columns: 4, x }, { cluster });
    compare('synth_AG_breslow', { ...entryTime, columns: 4, x }, { cluster, ties: 'breslow' });
    const stratum = Int32Array.from(sex);
    compare(
      'synth_AG_strata_id_breslow',
      { ...entryTime, columns: 2, x: designOf(during, after), stratum },
      { cluster, ties: 'breslow' },
    );
  });

  it('is refused on time since entry and accepted on age', () => {
    const code = codes(period, ['before', 'during', 'after']);
    const { rows: _, ...onEntry } = entryTime;
    const refused = checkPeriodIdentified({ ...onEntry, period: code }, 3);
    expect(refused).toMatchObject({
      status: 'not-identified',
      reason: 'too-little-information',
      weak_periods: [0],
    });
    const { rows: __, ...onAge } = ageTime;
    const accepted = checkPeriodIdentified({ ...onAge, period: code }, 3);
    expect(accepted).toMatchObject({ status: 'identified', events: 1604, comparable_events: 1581 });
  });

  it('on age, where the period effect is identified', () => {
    const x = designOf(during, after, sex);
    compare('synth_AG_age_timescale', { ...ageTime, columns: 3, x }, { cluster });
    compare('synth_AG_age_timescale_breslow', { ...ageTime, columns: 3, x }, { cluster, ties: 'breslow' });
  });
});

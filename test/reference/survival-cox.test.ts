import { describe, it } from 'vitest';
import { type CoxEstimate, type CoxOptions, fitCox } from '../../src/stats/survival/cox.ts';
import { estimateBaselineHazard } from '../../src/stats/survival/cox-baseline.ts';
import { fitCoxExact } from '../../src/stats/survival/cox-exact.ts';
import {
  dfbetaResiduals,
  martingaleResiduals,
  schoenfeldResiduals,
} from '../../src/stats/survival/cox-residuals.ts';
import type { CoxRows } from '../../src/stats/survival/cox-rows.ts';
import {
  type TimeTransform,
  testProportionalHazards,
} from '../../src/stats/survival/proportional-hazards.ts';
import { countUpTo } from '../../src/stats/survival/time-order.ts';
import { externalColumns, numbers, parityCase, parityVector, referenceResults, strings } from './parity.ts';
import { codes, designOf, indicator, realColumns } from './survival-data.ts';

interface CoxReference {
  estimate: number[];
  se: number[];
  se_robust: number[] | null;
  vcov: number[][];
  loglik0: number;
  loglik: number;
  score: number;
  lrt: number;
  n: number;
  nevent: number;
  wald: number;
}

const reference = referenceResults<Record<string, CoxReference>>('km_cox');
const tolerance = 1e-9;

function estimated(data: CoxRows, options: CoxOptions = {}): CoxEstimate {
  const fit = fitCox(data, options);
  if (fit.status !== 'estimated') throw new Error(fit.status);
  return fit;
}

function compare(name: string, data: CoxRows, options: CoxOptions = {}): void {
  const fit = estimated(data, options);
  const theirs = reference[name] as CoxReference;
  const entry = (what: string) => ({ method: 'Cox', case: `${name} ${what}`, tolerance });
  parityVector(entry('coefficient'), fit.coefficient, theirs.estimate);
  parityVector(entry('se'), fit.se, theirs.se);
  if (theirs.se_robust && fit.robust) parityVector(entry('robust se'), fit.robust.se, theirs.se_robust);
  // An element near 0 is compared on the scale of the standard errors around it.
  const se = theirs.se_robust ?? theirs.se;
  const covariance = fit.robust?.covariance ?? fit.covariance;
  theirs.vcov.forEach((row, j) => {
    row.forEach((value, l) => {
      const scale = (se[j] as number) * (se[l] as number);
      parityCase({
        ...entry(`vcov[${j},${l}]`),
        ours: covariance[j * row.length + l] as number,
        theirs: value,
        scale,
      });
    });
  });
  parityCase({ ...entry('log L at 0'), ours: fit.log_likelihood_null, theirs: theirs.loglik0 });
  parityCase({ ...entry('log L'), ours: fit.log_likelihood, theirs: theirs.loglik });
  parityCase({ ...entry('score test'), ours: fit.score_test.chi_square, theirs: theirs.score });
  parityCase({ ...entry('likelihood ratio'), ours: fit.likelihood_ratio.chi_square, theirs: theirs.lrt });
  // R keeps two decimals of the Wald statistic, which is on the robust covariance where there is one.
  const wald = Math.round(fit.wald.chi_square * 100) / 100;
  parityCase({ ...entry('Wald to two decimals'), ours: wald, theirs: theirs.wald, tolerance: 0 });
  parityCase({ ...entry('events'), ours: fit.events, theirs: theirs.nevent, tolerance: 0 });
  parityCase({ ...entry('rows'), ours: data.rows, theirs: theirs.n, tolerance: 0 });
}

const rossi = externalColumns('rossi');

function rossiRows(): CoxRows {
  const data = rossi ?? {};
  const yes = (name: string) => indicator(strings(data, name), 'yes');
  const columns = [
    yes('fin'),
    numbers(data, 'age'),
    indicator(strings(data, 'race'), 'other'),
    yes('wexp'),
    indicator(strings(data, 'mar'), 'not married'),
    yes('paro'),
    numbers(data, 'prio'),
  ];
  const stop = numbers(data, 'week');
  return { rows: stop.length, columns: 7, x: designOf(...columns), stop, event: numbers(data, 'arrest') };
}

/** One row per person-week, with employment of that week (lag 0) or of the week before (lag 1). */
function rossiWeeks(lag: 0 | 1): CoxRows {
  const base = rossiRows();
  const employment = Array.from({ length: 52 }, (_, w) => strings(rossi ?? {}, `emp${w + 1}`));
  const rows: number[][] = [];
  for (let i = 0; i < base.rows; i++) {
    const weeks = base.stop[i] as number;
    for (let week = 1 + lag; week <= weeks; week++)
      rows.push([
        ...base.x.subarray(i * 7, i * 7 + 7),
        employment[week - 1 - lag]?.[i] === 'yes' ? 1 : 0,
        week,
        week === weeks ? (base.event[i] as number) : 0,
      ]);
  }
  const column = (j: number) => Float64Array.from(rows, (row) => row[j] as number);
  const stop = column(8);
  return {
    rows: rows.length,
    columns: 8,
    x: designOf(...Array.from({ length: 8 }, (_, j) => column(j))),
    start: stop.map((s) => s - 1),
    stop,
    event: column(9),
  };
}

describe.skipIf(!rossi)('Cox model of re-arrest (Rossi)', () => {
  it('Efron and Breslow as coxph', () => {
    compare('rossi_cox_efron', rossiRows());
    compare('rossi_cox_breslow', rossiRows(), { ties: 'breslow' });
    // A Poisson regression of person-weeks with an effect for each week has the coefficients of Breslow's likelihood.
    parityVector(
      { method: 'Cox', case: 'Poisson with an effect a week', tolerance },
      estimated(rossiRows(), { ties: 'breslow' }).coefficient,
      reference.rossi_poisson_week_factors_equals_breslow as unknown as number[],
    );
  });

  it('exact conditional likelihood as coxph(ties = "exact")', () => {
    const fit = fitCoxExact(rossiRows());
    if (fit.status !== 'estimated') throw new Error(fit.status);
    const theirs = reference.rossi_cox_exact as CoxReference;
    const entry = (what: string) => ({ method: 'Cox', case: `rossi_cox_exact ${what}`, tolerance });
    parityVector(entry('coefficient'), fit.coefficient, theirs.estimate);
    parityVector(entry('se'), fit.se, theirs.se);
    parityCase({ ...entry('log L at 0'), ours: fit.log_likelihood_null, theirs: theirs.loglik0 });
    parityCase({ ...entry('log L'), ours: fit.log_likelihood, theirs: theirs.loglik });
    const lrt = 2 * (fit.log_likelihood - fit.log_likelihood_null);
    parityCase({ ...entry('likelihood ratio'), ours: lrt, theirs: theirs.lrt });
    parityCase({ ...entry('rows'), ours: rossiRows().rows, theirs: theirs.n, tolerance: 0 });
    theirs.vcov.flat().forEach((value, at) => {
      const scale = (theirs.se[Math.floor(at / 7)] as number) * (theirs.se[at % 7] as number);
      parityCase({ ...entry(`vcov ${at}`), ours: fit.covariance[at] as number, theirs: value, scale });
    });
  });

  it('robust standard errors as coxph(robust = TRUE)', () => {
    compare('rossi_cox_efron_robust', rossiRows(), { cluster: 'rows' });
  });

  it('employment as a covariate that varies in time, at once and lagged', () => {
    const weeks = rossiWeeks(0);
    parityCase({
      method: 'Cox',
      case: 'person-weeks',
      ours: weeks.rows,
      theirs: reference.rossi_tvc_rows as unknown as number,
      tolerance: 0,
    });
    compare('rossi_tvc_employed', weeks);
    compare('rossi_tvc_employed_lag', rossiWeeks(1));
  });
});

describe.skipIf(!rossi)('Diagnostics of the Cox model of re-arrest', () => {
  const diagnostics = reference as unknown as Record<
    `rossi_zph_${TimeTransform}`,
    { chisq: number[]; df: number[]; p: number[] }
  > & {
    rossi_schoenfeld_head: number[][];
    rossi_martingale_head: number[];
    rossi_dfbeta_head: number[][];
    rossi_basehaz: { time: number[]; hazard: number[] };
  };

  it('proportional hazards test as cox.zph, four transforms of time', () => {
    const data = rossiRows();
    const fit = estimated(data);
    for (const transform of ['km', 'rank', 'identity', 'log'] as const) {
      const theirs = diagnostics[`rossi_zph_${transform}`];
      const test = testProportionalHazards(data, fit, { transform });
      const tests = [...test.terms, test.global];
      const entry = { method: 'cox.zph', case: transform, tolerance };
      parityVector(
        entry,
        tests.map((t) => t.chi_square),
        theirs.chisq,
      );
      parityVector(
        { ...entry, case: `${transform} p` },
        tests.map((t) => t.p_value),
        theirs.p,
      );
      parityVector(
        { ...entry, case: `${transform} df`, tolerance: 0 },
        tests.map((t) => t.degrees_of_freedom),
        theirs.df,
      );
    }
  });

  it('Schoenfeld, martingale and dfbeta residuals, and the baseline hazard', () => {
    const data = rossiRows();
    const fit = estimated(data);
    const entry = (what: string) => ({ method: 'Cox residuals', case: `Rossi ${what}`, tolerance });
    const { residual } = schoenfeldResiduals(data, fit);
    const three = residual.subarray(0, 21);
    parityVector(entry('Schoenfeld'), three, diagnostics.rossi_schoenfeld_head.flat());
    parityVector(
      entry('martingale'),
      martingaleResiduals(data, fit).subarray(0, 5),
      diagnostics.rossi_martingale_head,
    );
    parityVector(
      entry('dfbeta'),
      dfbetaResiduals(data, fit).subarray(0, 21),
      diagnostics.rossi_dfbeta_head.flat(),
    );
    const { time, cumulative_hazard } = estimateBaselineHazard(data, fit);
    const { time: at, hazard } = diagnostics.rossi_basehaz;
    const ours = at.map((t) => cumulative_hazard[countUpTo(time, t) - 1] as number);
    parityVector(entry('baseline hazard'), ours, hazard);
  });
});

const uis = externalColumns('uis');
describe.skipIf(!uis)('Cox model of return to drugs (UIS)', () => {
  const data = uis ?? {};
  /** Complete cases on the columns named. */
  const uisRows = (names: string[], site = false): CoxRows => {
    const all = [...names, 'TIME', 'CENSOR', 'SITE'].map((name) => numbers(data, name));
    const complete = Array.from({ length: all[0]?.length ?? 0 }, (_, i) => i).filter((i) =>
      all.every((column) => !Number.isNaN(column[i])),
    );
    const pick = (column: Float64Array) => Float64Array.from(complete, (i) => column[i] as number);
    const picked = all.map(pick);
    const [stop, event, stratum] = picked.slice(names.length) as [Float64Array, Float64Array, Float64Array];
    const x = designOf(...picked.slice(0, names.length));
    const strata = site ? { stratum: Int32Array.from(stratum) } : {};
    return { rows: complete.length, columns: names.length, x, stop, event, ...strata };
  };

  it('eight covariates, and stratified by site', () => {
    compare('uis_cox', uisRows(['AGE', 'BECK', 'ND1', 'ND2', 'IV3', 'RACE', 'TREAT', 'SITE']));
    compare('uis_cox_strata_site', uisRows(['AGE', 'BECK', 'TREAT'], true));
  });
});

const lung = realColumns('../reference/r/data/lung.csv');
describe.skipIf(!lung)('Cox model of survival in lung cancer', () => {
  it('plain, and with standard errors clustered by institution', () => {
    const data = lung ?? {};
    const rows = (names: string[]) => {
      const all = names.map((name) => data[name] as Float64Array);
      const complete = Array.from({ length: all[0]?.length ?? 0 }, (_, i) => i).filter((i) =>
        all.every((column) => !Number.isNaN(column[i])),
      );
      return all.map((column) => Float64Array.from(complete, (i) => column[i] as number));
    };
    const coxRows = ([time, status, age, sex, ecog]: Float64Array[]): CoxRows => ({
      rows: time?.length ?? 0,
      columns: 3,
      x: designOf(age as Float64Array, sex as Float64Array, ecog as Float64Array),
      stop: time as Float64Array,
      event: (status as Float64Array).map((s) => s - 1),
    });
    compare('lung_cox', coxRows(rows(['time', 'status', 'age', 'sex', 'ph.ecog'])));
    const clustered = rows(['time', 'status', 'age', 'sex', 'ph.ecog', 'inst']);
    compare('lung_cox_cluster_inst', coxRows(clustered), {
      cluster: codes(clustered[5] as Float64Array),
    });
  });
});

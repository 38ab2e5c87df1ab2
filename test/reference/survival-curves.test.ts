import { describe, expect, it } from 'vitest';
import {
  estimateSurvival,
  restrictedMean,
  type SurvivalInterval,
  survivalAt,
  survivalQuantile,
} from '../../src/stats/survival/kaplan-meier.ts';
import { type LifeTable, numbersAtRisk, tabulateRows } from '../../src/stats/survival/life-table.ts';
import { testLogRankRows } from '../../src/stats/survival/log-rank.ts';
import { estimateCumulativeHazard } from '../../src/stats/survival/nelson-aalen.ts';
import { countUpTo } from '../../src/stats/survival/time-order.ts';
import { externalColumns, numbers, parityCase, parityVector, referenceResults, strings } from './parity.ts';
import { codes, realColumns } from './survival-data.ts';

interface LogRankReference {
  chisq: number;
  obs: number[];
  exp: number[];
  var: number[][];
}
interface Reference {
  rossi_km: { time: number[]; nrisk: number[]; cumEvents: number[]; surv: number[]; se: number[] } & Record<
    'lower_log' | 'upper_log' | 'lower_loglog' | 'upper_loglog',
    number[]
  >;
  rossi_na: { cumhaz: number[]; se: number[]; survFH: number[] };
  uis_km_quantiles: Record<'quantile' | 'lower' | 'upper', (number | null)[][]>;
  uis_rmst: { tau: number; rmean: number[]; se: number[] };
  rossi_logrank: LogRankReference;
  rossi_peto: LogRankReference;
  uis_logrank: LogRankReference;
  uis_logrank_strat: number;
  lung_logrank: LogRankReference;
}

const reference = referenceResults<Reference>('km_cox');
const rossi = externalColumns('rossi');
const uis = externalColumns('uis');
const lung = realColumns('../reference/r/data/lung.csv');
const addicts = realColumns('addicts/addicts.csv');
const tolerance = 1e-12;

function compareLogRank(
  name: string,
  rows: Parameters<typeof testLogRankRows>[0],
  group: Int32Array,
  theirs: LogRankReference,
  rho = 0,
): void {
  const test = testLogRankRows(rows, group, { groups: 2, rho });
  if (test.status !== 'estimated') throw new Error(test.status);
  parityCase({
    method: 'log-rank',
    case: `${name} chi-square`,
    ours: test.chi_square,
    theirs: theirs.chisq,
    tolerance,
  });
  parityVector({ method: 'log-rank', case: `${name} observed`, tolerance }, test.observed, theirs.obs);
  parityVector({ method: 'log-rank', case: `${name} expected`, tolerance }, test.expected, theirs.exp);
  parityVector(
    { method: 'log-rank', case: `${name} variance`, tolerance },
    test.covariance,
    theirs.var.flat(),
  );
}

describe.skipIf(!rossi)('Rossi, time to arrest', () => {
  const data = rossi ?? {};
  const stop = rossi ? numbers(data, 'week') : new Float64Array();
  const event = rossi ? numbers(data, 'arrest') : new Float64Array();
  const fin = rossi ? codes(strings(data, 'fin'), ['no', 'yes']) : new Int32Array();
  const tables = tabulateRows({ stop, event, stratum: fin }, 2);
  const at = [10, 20, 30, 40, 52];
  const rows = [...event.keys()].filter((i) => event[i] === 1);

  it('Kaplan-Meier, Greenwood, both intervals and numbers at risk as survfit', () => {
    const km = reference.rossi_km;
    for (const [conf_type, lower, upper] of [
      ['log', km.lower_log, km.upper_log],
      ['log-log', km.lower_loglog, km.upper_loglog],
    ] as [SurvivalInterval, number[], number[]][]) {
      tables.forEach((table, s) => {
        const part = (column: number[]) => column.slice(5 * s, 5 * s + 5);
        const name = `Rossi fin=${s} ${conf_type}`;
        const ours = survivalAt(estimateSurvival(table, { conf_type }), at);
        parityVector({ method: 'Kaplan-Meier', case: `${name} S`, tolerance }, ours.survival, part(km.surv));
        parityVector({ method: 'Kaplan-Meier', case: `${name} se`, tolerance }, ours.se, part(km.se));
        parityVector({ method: 'Kaplan-Meier', case: `${name} lower`, tolerance }, ours.lower, part(lower));
        parityVector({ method: 'Kaplan-Meier', case: `${name} upper`, tolerance }, ours.upper, part(upper));
        const count = { method: 'Kaplan-Meier', tolerance: 0 };
        parityVector({ ...count, case: `${name} at risk` }, numbersAtRisk(table, at), part(km.nrisk));
        const events = at.map((t) => rows.filter((i) => fin[i] === s && (stop[i] as number) <= t).length);
        parityVector({ ...count, case: `${name} events` }, events, part(km.cumEvents));
        parityVector({ ...count, case: `${name} times` }, at, part(km.time));
      });
    }
  });

  it('Nelson-Aalen as survfit', () => {
    tables.forEach((table, s) => {
      const curve = estimateCumulativeHazard(table);
      const index = at.map((t) => countUpTo(curve.time, t) - 1);
      const ours = (column: Float64Array) => index.map((k) => column[k] as number);
      const part = (column: number[]) => column.slice(5 * s, 5 * s + 5);
      parityVector(
        { method: 'Nelson-Aalen', case: `Rossi fin=${s} H`, tolerance },
        ours(curve.cumulative_hazard),
        part(reference.rossi_na.cumhaz),
      );
      parityVector(
        { method: 'Nelson-Aalen', case: `Rossi fin=${s} exp(-H)`, tolerance },
        ours(curve.cumulative_hazard).map((h) => Math.exp(-h)),
        part(reference.rossi_na.survFH),
      );
      parityVector(
        { method: 'Nelson-Aalen', case: `Rossi fin=${s} se`, tolerance },
        ours(curve.se),
        part(reference.rossi_na.se),
      );
    });
  });

  it('log-rank and Peto as survdiff', () => {
    compareLogRank('Rossi', { stop, event }, fin, reference.rossi_logrank);
    compareLogRank('Rossi Peto', { stop, event }, fin, reference.rossi_peto, 1);
  });
});

describe.skipIf(!uis)('UIS, time to return to drugs', () => {
  const data = uis ?? {};
  const column = (name: string) => (uis ? numbers(data, name) : new Float64Array());
  const rows = { stop: column('TIME'), event: column('CENSOR') };
  const treat = Int32Array.from(column('TREAT'));
  const tables = tabulateRows({ ...rows, stratum: treat }, 2);

  it('quartiles with log-log limits as quantile.survfit', () => {
    tables.forEach((table, s) => {
      const curve = estimateSurvival(table, { conf_type: 'log-log' });
      [0.25, 0.5, 0.75].forEach((p, j) => {
        const ours = survivalQuantile(curve, p);
        const { quantile, lower, upper } = reference.uis_km_quantiles;
        for (const [part, mine, theirs] of [
          ['time', ours.time, quantile],
          ['lower', ours.lower, lower],
          ['upper', ours.upper, upper],
        ] as [string, number, (number | null)[][]][])
          parityCase({
            method: 'survival quantile',
            case: `uis TREAT=${s} p=${p} ${part}`,
            ours: mine,
            theirs: theirs[s]?.[j] ?? null,
            tolerance,
          });
      });
    });
  });

  it('restricted mean to 365 days with its standard error as print.survfit', () => {
    const { tau, rmean, se } = reference.uis_rmst;
    tables.forEach((table, s) => {
      const ours = restrictedMean(estimateSurvival(table), tau);
      if (ours.status !== 'estimated') throw new Error(ours.status);
      parityCase({
        method: 'restricted mean',
        case: `uis TREAT=${s}`,
        ours: ours.mean,
        theirs: rmean[s] ?? null,
        tolerance,
      });
      parityCase({
        method: 'restricted mean',
        case: `uis TREAT=${s} se`,
        ours: ours.se,
        theirs: se[s] ?? null,
        tolerance,
      });
    });
  });

  it('log-rank, plain and stratified by site, as survdiff', () => {
    compareLogRank('uis', rows, treat, reference.uis_logrank);
    const stratum = Int32Array.from(column('SITE'));
    const test = testLogRankRows({ ...rows, stratum }, treat, { groups: 2, strata: 2 });
    if (test.status !== 'estimated') throw new Error(test.status);
    parityCase({
      method: 'log-rank',
      case: 'uis stratified by SITE chi-square',
      ours: test.chi_square,
      theirs: reference.uis_logrank_strat,
      tolerance,
    });
  });
});

it.skipIf(!lung)('Lung, log-rank by sex as survdiff', () => {
  const data = lung ?? {};
  const event = data.status?.map((status) => status - 1) ?? new Float64Array();
  const group = codes(data.sex ?? [], [1, 2]);
  compareLogRank('lung', { stop: data.time ?? new Float64Array(), event }, group, reference.lung_logrank);
});

describe.skipIf(!addicts)('Two methadone clinics (Caplehorn & Bell 1991), retention', () => {
  const column = (name: string) => addicts?.[name] ?? new Float64Array();
  const rows = { stop: column('days'), event: column('departed') };
  const clinic = Int32Array.from(column('clinic'), (c) => c - 1);
  const tables = tabulateRows({ ...rows, stratum: clinic }, 2);
  const curve = (s: number, conf_type: SurvivalInterval) =>
    estimateSurvival(tables[s] as LifeTable, { conf_type });

  it('retains 55 % and 72 % at one year, 20 % and 58 % at two', () => {
    const retained = [0, 1].map((s) =>
      [...survivalAt(curve(s, 'log'), [365, 730]).survival].map((v) => v.toFixed(3)),
    );
    expect(retained).toEqual([
      ['0.554', '0.201'],
      ['0.716', '0.575'],
    ]);
  });

  it('has a median of 428 days in clinic 1; clinic 2 does not reach its median', () => {
    expect(survivalQuantile(curve(0, 'log'), 0.5)).toEqual({ time: 428, lower: 348, upper: 514 });
    expect(survivalQuantile(curve(0, 'log-log'), 0.5)).toEqual({ time: 428, lower: 341, upper: 512 });
    expect(survivalQuantile(curve(1, 'log'), 0.5)).toEqual({
      time: Number.NaN,
      lower: 661,
      upper: Number.NaN,
    });
  });

  it('differs between clinics: log-rank 27.89', () => {
    const test = testLogRankRows(rows, clinic, { groups: 2 });
    expect(test.status === 'estimated' && test.chi_square.toFixed(2)).toBe('27.89');
    expect(tables.reduce((sum, table) => sum + table.events.reduce((a, b) => a + b, 0), 0)).toBe(150);
  });
});

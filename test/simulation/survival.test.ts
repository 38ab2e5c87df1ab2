import { describe } from 'vitest';
import { exponential, type Generator, gamma, standardNormal, uniform } from '../../src/stats/random.ts';
import { estimateIncidenceRows } from '../../src/stats/survival/aalen-johansen.ts';
import { type CoxEstimate, type CoxOptions, fitCox } from '../../src/stats/survival/cox.ts';
import { predictSurvival } from '../../src/stats/survival/cox-baseline.ts';
import type { CoxRows } from '../../src/stats/survival/cox-rows.ts';
import { fitFineGray } from '../../src/stats/survival/fine-gray.ts';
import { testGrayRows } from '../../src/stats/survival/gray.ts';
import {
  estimateSurvival,
  restrictedMean,
  type SurvivalInterval,
  survivalAt,
  survivalQuantile,
} from '../../src/stats/survival/kaplan-meier.ts';
import { tabulateRows } from '../../src/stats/survival/life-table.ts';
import { testLogRankRows } from '../../src/stats/survival/log-rank.ts';
import { estimateMeanCumulativeFunction, meanAt } from '../../src/stats/survival/mean-cumulative-function.ts';
import { estimateCumulativeHazard } from '../../src/stats/survival/nelson-aalen.ts';
import { testProportionalHazards } from '../../src/stats/survival/proportional-hazards.ts';
import { countUpTo } from '../../src/stats/survival/time-order.ts';
import { checkWorlds, limitsSample, normalSample, type Sample, testSample, type World } from './harness.ts';

/** Exponential times of rate 1, censored uniformly on (0, 3). */
function times(random: Generator, n: number, rate = 1) {
  const stop = new Float64Array(n);
  const event = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const t = exponential(random, rate);
    const c = 3 * uniform(random);
    stop[i] = Math.min(t, c);
    event[i] = t <= c ? 1 : 0;
  }
  return { stop, event };
}

const tableOf = (random: Generator, n: number) => {
  const [table] = tabulateRows(times(random, n));
  if (table === undefined) throw new Error('no table');
  return table;
};

function survivalWorld(conf_type: SurvivalInterval, n: number, expected: World['expect']): World {
  return {
    estimator: `Kaplan-Meier at a time, ${conf_type}`,
    world: `${n} persons, exponential times, a quarter censored`,
    truth: Math.exp(-0.8),
    expect: expected,
    sample: (random) => {
      const at = survivalAt(estimateSurvival(tableOf(random, n), { conf_type }), [0.8]);
      const [estimate = Number.NaN] = at.survival;
      if (!Number.isFinite(estimate)) return null;
      return { estimate, se: at.se[0] as number, lower: at.lower[0] as number, upper: at.upper[0] as number };
    },
  };
}

describe('Curves', () => {
  checkWorlds([
    survivalWorld('log', 100, 'band'),
    survivalWorld('log-log', 100, 'band'),
    survivalWorld('plain', 100, 'band'),
    survivalWorld('log-log', 25, 'band'),
    survivalWorld('plain', 25, 'reported'),
    {
      estimator: 'median survival, log-log',
      world: '100 persons, exponential times, a quarter censored',
      truth: Math.log(2),
      expect: 'band',
      sample: (random) => {
        const found = survivalQuantile(estimateSurvival(tableOf(random, 100), { conf_type: 'log-log' }), 0.5);
        if (!Number.isFinite(found.lower)) return null;
        const upper = Number.isNaN(found.upper) ? Number.POSITIVE_INFINITY : found.upper;
        return limitsSample(found.time, found.lower, upper);
      },
    },
    {
      estimator: 'restricted mean survival time',
      world: '100 persons, exponential times, to time 1.5',
      truth: 1 - Math.exp(-1.5),
      expect: 'band',
      sample: (random) => {
        const mean = restrictedMean(estimateSurvival(tableOf(random, 100)), 1.5);
        return mean.status === 'estimated' ? normalSample(mean.mean, mean.se) : null;
      },
    },
    {
      estimator: 'Nelson-Aalen at a time',
      world: '100 persons, exponential times, a quarter censored',
      truth: 0.8,
      expect: 'band',
      sample: (random) => {
        const curve = estimateCumulativeHazard(tableOf(random, 100));
        const k = countUpTo(curve.time, 0.8) - 1;
        if (k < 0) return null;
        return {
          estimate: curve.cumulative_hazard[k] as number,
          se: curve.se[k] as number,
          lower: curve.lower[k] as number,
          upper: curve.upper[k] as number,
        };
      },
    },
    {
      estimator: 'log-rank test, size',
      world: '2 groups of 50, equal hazards',
      truth: 0,
      expect: 'band',
      sample: (random) => {
        const group = Int32Array.from({ length: 100 }, (_, i) => i % 2);
        const test = testLogRankRows(times(random, 100), group, { groups: 2 });
        return test.status === 'estimated' ? testSample(test.p_value) : null;
      },
    },
  ]);
});

/** Cause 1 with hazard 0.6, cause 2 with hazard 0.4, censored uniformly on (0, 3). */
function causes(random: Generator, n: number) {
  const { stop, event } = times(random, n);
  return { causes: 2, stop, cause: event.map((e) => (e === 0 ? 0 : uniform(random) < 0.6 ? 1 : 2)) };
}

/** Cumulative incidence of cause 1: 1 - (1 - 0.5 (1 - e^-t))^exp(0.5 x) (Fine and Gray 1999, section 5). */
function subdistributionRows(random: Generator, n: number) {
  const x = new Float64Array(n);
  const time = new Float64Array(n);
  const cause = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    x[i] = i % 2;
    const ratio = Math.exp(0.5 * (x[i] as number));
    const total = 1 - 0.5 ** ratio;
    const u = uniform(random);
    const first = u < total;
    // Inverse of the incidence given that the cause is 1.
    const t = first ? -Math.log(1 - (1 - (1 - u) ** (1 / ratio)) / 0.5) : exponential(random);
    const c = 4 * uniform(random);
    time[i] = Math.min(t, c);
    cause[i] = t <= c ? (first ? 1 : 2) : 0;
  }
  return { rows: n, columns: 1, x, time, cause };
}

describe('Competing causes', () => {
  checkWorlds([
    ...(['log', 'log-log'] as const).map(
      (conf_type): World => ({
        estimator: `Aalen-Johansen at a time, ${conf_type}`,
        world: '150 persons, two causes, a quarter censored',
        truth: 0.6 * (1 - Math.exp(-1)),
        expect: 'band',
        sample: (random) => {
          const [curve] = estimateIncidenceRows(causes(random, 150), { conf_type });
          const k = curve ? countUpTo(curve.time, 1) - 1 : -1;
          if (curve === undefined || k < 0) return null;
          const at = 2 * k;
          return {
            estimate: curve.incidence[at] as number,
            se: curve.se[at] as number,
            lower: curve.lower[at] as number,
            upper: curve.upper[at] as number,
          };
        },
      }),
    ),
    {
      estimator: 'Fine-Gray',
      world: '200 persons in two arms, half with the cause',
      truth: 0.5,
      expect: 'band',
      sample: (random) => {
        const fit = fitFineGray(subdistributionRows(random, 200));
        return fit.status === 'estimated'
          ? normalSample(fit.coefficient[0] as number, fit.se[0] as number)
          : null;
      },
    },
    {
      estimator: "Gray's test, size",
      world: '2 groups of 75, equal incidence',
      truth: 0,
      expect: 'band',
      sample: (random) => {
        const group = Int32Array.from({ length: 150 }, (_, i) => i % 2);
        const test = testGrayRows(causes(random, 150), group, { groups: 2, cause: 1 });
        return test.status === 'estimated' ? testSample(test.p_value) : null;
      },
    },
  ]);
});

const BETA = 0.5;

/** Arm and a normal covariate; hazard exp(0.5 arm + 0.3 z). `grain` rounds times up to make ties. */
function coxRows(random: Generator, n: number, grain = 0): CoxRows {
  const x = new Float64Array(2 * n);
  const stop = new Float64Array(n);
  const event = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const z = standardNormal(random);
    x.set([i % 2, z], 2 * i);
    const t = exponential(random, Math.exp(BETA * (i % 2) + 0.3 * z));
    const c = 3 * uniform(random);
    const end = Math.min(t, c);
    stop[i] = grain > 0 ? grain * Math.ceil(end / grain) : end;
    event[i] = t <= c ? 1 : 0;
  }
  return { rows: n, columns: 2, x, stop, event };
}

function coxWorld(
  name: string,
  world: string,
  make: (random: Generator) => CoxRows,
  options: CoxOptions,
  expect: World['expect'] = 'band',
): World {
  return {
    estimator: `Cox, ${name}`,
    world,
    truth: BETA,
    expect,
    sample: (random) => coxSample(make(random), options),
  };
}

function coxSample(rows: CoxRows, options: CoxOptions, column = 0): Sample | null {
  const fit = fitCox(rows, options);
  if (fit.status !== 'estimated') return null;
  const se = fit.robust ? fit.robust.se : fit.se;
  return normalSample(fit.coefficient[column] as number, se[column] as number);
}

/** A covariate that is 1 from a random time on; hazard exp(0.5 covariate). */
function switching(random: Generator, n: number): CoxRows {
  const rows: [number, number, number, number][] = [];
  for (let i = 0; i < n; i++) {
    const at = exponential(random);
    const end = 3 * uniform(random);
    const first = exponential(random);
    const t = first < at ? first : at + exponential(random, Math.exp(BETA));
    const last = Math.min(t, end);
    const event = t <= end ? 1 : 0;
    if (last <= at) rows.push([0, 0, last, event]);
    else rows.push([0, 0, at, 0], [1, at, last, event]);
  }
  const column = (k: number) => Float64Array.from(rows, (row) => row[k] as number);
  return { rows: rows.length, columns: 1, x: column(0), start: column(1), stop: column(2), event: column(3) };
}

/** Recurrent events of persons whose rates are gamma with the given shape (Infinity: all alike), followed for 1 to 3 years. */
function recurrent(random: Generator, persons: number, shape: number) {
  const rows: [number, number, number, number, number][] = [];
  for (let i = 0; i < persons; i++) {
    const arm = i % 2;
    const effect = Number.isFinite(shape) ? gamma(random, shape, 1 / shape) : 1;
    const rate = effect * Math.exp(BETA * arm);
    const end = 1 + 2 * uniform(random);
    let from = 0;
    for (;;) {
      const t = from + exponential(random, rate);
      if (t >= end) break;
      rows.push([i, arm, from, t, 1]);
      from = t;
    }
    rows.push([i, arm, from, end, 0]);
  }
  const column = (k: number) => Float64Array.from(rows, (row) => row[k] as number);
  const person = Int32Array.from(rows, (row) => row[0]);
  return { person, x: column(1), start: column(2), stop: column(3), event: column(4) };
}

function recurrentWorld(cluster: boolean, shape: number, expect: World['expect']): World {
  return {
    estimator: `Andersen-Gill, ${cluster ? 'robust by person' : 'model'}`,
    world: `100 persons, ${Number.isFinite(shape) ? `gamma rates of shape ${shape}` : 'equal rates'}`,
    truth: BETA,
    expect,
    sample: (random) => {
      const { person, ...rows } = recurrent(random, 100, shape);
      return coxSample({ ...rows, rows: person.length, columns: 1 }, cluster ? { cluster: person } : {});
    },
  };
}

describe('Cox models', () => {
  checkWorlds([
    coxWorld('Efron', '120 persons, times in tenths: many ties', (r) => coxRows(r, 120, 0.1), {}),
    coxWorld('Breslow', '120 persons, no ties', (r) => coxRows(r, 120), { ties: 'breslow' }),
    coxWorld('robust', '200 persons, no ties', (r) => coxRows(r, 200), { cluster: 'rows' }),
    coxWorld(
      'strata',
      '160 persons in 8 strata with their own hazards',
      (random) => {
        const rows = coxRows(random, 160);
        const stratum = Int32Array.from({ length: 160 }, (_, i) => Math.floor(i / 20));
        const stop = rows.stop.map((t, i) => t * (1 + (stratum[i] as number)));
        return { ...rows, stop, stratum };
      },
      {},
    ),
    coxWorld('covariate that varies in time', '150 persons', (r) => switching(r, 150), {}),
    {
      estimator: 'Cox, survival predicted at a time',
      world: '150 persons, arm 1 and covariate 0',
      truth: Math.exp(-0.5 * Math.exp(BETA)),
      expect: 'band',
      sample: (random) => {
        const rows = coxRows(random, 150);
        const fit = fitCox(rows);
        if (fit.status !== 'estimated') return null;
        const curve = predictSurvival(rows, fit as CoxEstimate, Float64Array.of(1, 0));
        const k = countUpTo(curve.time, 0.5) - 1;
        if (k < 0) return null;
        return limitsSample(curve.survival[k] as number, curve.lower[k] as number, curve.upper[k] as number);
      },
    },
    {
      estimator: 'test of proportional hazards, size',
      world: '150 persons, hazards proportional',
      truth: 0,
      expect: 'band',
      sample: (random) => {
        const rows = coxRows(random, 150);
        const fit = fitCox(rows);
        if (fit.status !== 'estimated') return null;
        return testSample(testProportionalHazards(rows, fit, { transform: 'km' }).global.p_value);
      },
    },
    recurrentWorld(false, Number.POSITIVE_INFINITY, 'band'),
    recurrentWorld(true, 1, 'band'),
    recurrentWorld(false, 1, 'reported'),
    {
      estimator: 'mean cumulative function at a time, robust',
      world: '100 persons of arm 0, gamma rates of shape 1',
      truth: 1.5,
      expect: 'band',
      sample: (random) => {
        const all = recurrent(random, 200, 1);
        const own = [...all.person.keys()].filter((i) => all.x[i] === 0);
        const pick = (column: ArrayLike<number>) => Float64Array.from(own, (i) => column[i] as number);
        const [curve] = estimateMeanCumulativeFunction({
          person: Int32Array.from(own, (i) => (all.person[i] as number) / 2),
          start: pick(all.start),
          stop: pick(all.stop),
          event: pick(all.event),
        });
        if (curve === undefined) return null;
        const at = meanAt(curve, [1.5]);
        return {
          estimate: at.mean[0] as number,
          se: at.se[0] as number,
          lower: at.lower[0] as number,
          upper: at.upper[0] as number,
        };
      },
    },
    {
      estimator: 'mean cumulative function with death, robust',
      world: '120 persons, events at rate 1 until death at rate 0.5',
      truth: (1 - Math.exp(-0.5)) / 0.5,
      expect: 'band',
      sample: (random) => {
        const rows: number[][] = [];
        for (let i = 0; i < 120; i++) {
          const death = exponential(random, 0.5);
          const end = Math.min(death, 0.6 + uniform(random));
          let from = 0;
          for (;;) {
            const t = from + exponential(random);
            if (t >= end) break;
            rows.push([i, from, t, 1, 0]);
            from = t;
          }
          rows.push([i, from, end, 0, death <= end ? 1 : 0]);
        }
        const column = (k: number) => Float64Array.from(rows, (row) => row[k] as number);
        const [curve] = estimateMeanCumulativeFunction({
          person: Int32Array.from(column(0)),
          start: column(1),
          stop: column(2),
          event: column(3),
          terminal: column(4),
        });
        if (curve === undefined) return null;
        const at = meanAt(curve, [1]);
        return {
          estimate: at.mean[0] as number,
          se: at.se[0] as number,
          lower: at.lower[0] as number,
          upper: at.upper[0] as number,
        };
      },
    },
  ]);
});

import { describe } from 'vitest';
import {
  exponential,
  type Generator,
  gamma,
  negativeBinomial,
  poisson,
  uniform,
} from '../../src/stats/random.ts';
import { eventRate } from '../../src/stats/rates/rate.ts';
import { rateRatio } from '../../src/stats/rates/rate-ratio.ts';
import { clusterRobust, heteroskedasticityRobust } from '../../src/stats/regression/cluster-robust.ts';
import { countTotals } from '../../src/stats/regression/compress.ts';
import { fitConditionalPoisson } from '../../src/stats/regression/conditional-poisson.ts';
import { fitNegativeBinomial } from '../../src/stats/regression/negative-binomial.ts';
import { tailHistogram } from '../../src/stats/regression/overdispersion.ts';
import { fitPoisson } from '../../src/stats/regression/poisson.ts';
import { fitPoissonGamma } from '../../src/stats/regression/poisson-gamma.ts';
import { poissonStatistics } from '../../src/stats/regression/poisson-statistics.ts';
import { quasiPoisson } from '../../src/stats/regression/quasi-poisson.ts';
import { waldInterval } from '../../src/stats/regression/wald.ts';
import { logFactorial } from '../../src/stats/special/gamma.ts';
import { fitCox } from '../../src/stats/survival/cox.ts';
import { estimateSurvival, survivalAt } from '../../src/stats/survival/kaplan-meier.ts';
import { tabulateRows } from '../../src/stats/survival/life-table.ts';
import { estimateMeanCumulativeFunction, meanAt } from '../../src/stats/survival/mean-cumulative-function.ts';
import { checkWorlds, limitsSample, normalSample, type Sample, type World } from './harness.ts';
import { ARM, armRows, columnsOf, DURING, periodRows, type Rows, SEX, scoresOf } from './people.ts';

/** What intervals do when an assumption fails. Nothing here has a mark: the numbers are the warning. */

type Fit = (rows: Rows) => Sample | null;

const poissonModel: Fit = (rows) => {
  const fit = fitPoisson(rows);
  return fit.status === 'estimated' ? normalSample(fit.coefficient[1] as number, fit.se[1] as number) : null;
};
const hc0: Fit = (rows) => {
  const fit = fitPoisson(rows);
  if (fit.status !== 'estimated') return null;
  const squared = rows.events.map((y, i) => (y - (fit.fitted[i] as number)) ** 2);
  const robust = heteroskedasticityRobust(fit, rows.design, squared, rows.events.length, 'HC0');
  return normalSample(fit.coefficient[1] as number, robust.se[1] as number);
};
const quasi: Fit = (rows) => {
  const fit = fitPoisson(rows);
  if (fit.status !== 'estimated') return null;
  const perRow = rows.events.map((y, i) => (y * y) / (rows.exposure[i] as number));
  const totals = countTotals(rows.events, rows.exposure, logFactorial);
  const scaled = quasiPoisson(fit, poissonStatistics(fit, rows, perRow, totals));
  if (scaled.status !== 'estimated') return null;
  const b = fit.coefficient[1] as number;
  const { se, lower, upper } = waldInterval(b, scaled.se[1] as number, { df: scaled.df });
  return { estimate: b, se, lower, upper };
};
const negativeBinomialModel: Fit = (rows) => {
  const { design, events, exposure } = rows;
  const observations = new Float64Array(events.length).fill(1);
  const fit = fitNegativeBinomial({ design, events, exposure, observations, tail: tailHistogram(events) });
  if (fit.status === 'poisson-boundary')
    return normalSample(fit.poisson.coefficient[1] as number, fit.poisson.se[1] as number);
  return fit.status === 'estimated' ? normalSample(fit.coefficient[1] as number, fit.se[1] as number) : null;
};

const FITS: readonly (readonly [string, Fit])[] = [
  ['Poisson regression, model', poissonModel],
  ['Poisson regression, HC0', hc0],
  ['quasi-Poisson, t', quasi],
  ['negative binomial', negativeBinomialModel],
];

function countWorlds(broken: string, world: string, make: (random: Generator) => Rows): World[] {
  return FITS.map(([estimator, estimate]) => ({
    estimator,
    world,
    broken,
    truth: ARM,
    expect: 'reported' as const,
    small: 40,
    sample: (random: Generator) => estimate(make(random)),
  }));
}

describe('Counts that vary more than Poisson', () => {
  checkWorlds([
    ...countWorlds('overdispersed', '250 persons, gamma rates of shape 0.5', (random) =>
      armRows(random, 250, (r, mean) => negativeBinomial(r, mean, 0.5)),
    ),
    ...countWorlds('40 % zeros beyond Poisson', '250 persons of whom 40 % never offend', (random) =>
      armRows(random, 250, (r, mean) => (uniform(r) < 0.4 ? 0 : poisson(r, mean / 0.6))),
    ),
    {
      estimator: 'rate, exact interval',
      world: '40 persons, gamma rates of shape 0.5, 40 events expected',
      broken: 'overdispersed',
      truth: 1,
      expect: 'reported',
      sample: (random) => {
        let events = 0;
        for (let i = 0; i < 40; i++) events += poisson(random, gamma(random, 0.5, 2));
        const rate = eventRate(events, 40);
        return rate.status === 'estimated' ? limitsSample(rate.rate, rate.lower, rate.upper) : null;
      },
    },
  ]);
});

describe('Rows that belong together, taken as independent', () => {
  const world = '150 persons of 4 rows, gamma effects of shape 1';
  const rows = (random: Generator) => periodRows(random, 150, { shape: 1 });
  checkWorlds([
    {
      estimator: 'Poisson regression, model',
      world,
      broken: 'clustered',
      truth: SEX,
      expect: 'reported',
      sample: (random) => {
        const fit = fitPoisson(rows(random));
        return fit.status === 'estimated'
          ? normalSample(fit.coefficient[2] as number, fit.se[2] as number)
          : null;
      },
    },
    {
      estimator: 'Poisson regression, HC0 by row',
      world,
      broken: 'clustered',
      truth: SEX,
      expect: 'reported',
      sample: (random) => {
        const data = rows(random);
        const fit = fitPoisson(data);
        if (fit.status !== 'estimated') return null;
        const each = Int32Array.from({ length: data.design.rows }, (_, i) => i);
        const robust = clusterRobust(fit, scoresOf(data, fit, each, each.length), 'CR0');
        return robust.status === 'estimated'
          ? normalSample(fit.coefficient[2] as number, robust.se[2] as number)
          : null;
      },
    },
    {
      estimator: 'Poisson-gamma',
      world: '200 persons of 4 rows, two kinds of person instead of a gamma effect',
      broken: 'effects not gamma',
      truth: SEX,
      expect: 'reported',
      small: 40,
      sample: (random) => {
        const fit = fitPoissonGamma(
          periodRows(random, 200, {
            shape: Number.POSITIVE_INFINITY,
            kinds: [0.2, 1.8],
          }),
        );
        return fit.status === 'estimated'
          ? normalSample(fit.coefficient[2] as number, fit.se[2] as number)
          : null;
      },
    },
  ]);
});

/**
 * 200 persons, a year before and a year after entry; the rate at liberty falls to exp(-0.5). After an event a person goes to custody
 * with probability 0.5 for half a year, where nothing can be recorded.
 */
function custody(random: Generator): { events: number; years: number; liberty: number }[] {
  const windows = [0, 1].map(() => ({ events: 0, years: 0, liberty: 0 }));
  for (let i = 0; i < 200; i++) {
    windows.forEach((window, after) => {
      const rate = 1.5 * (after ? Math.exp(-0.5) : 1);
      let t = 0;
      let inside = 0;
      for (;;) {
        t += exponential(random, rate);
        if (t >= 1) break;
        window.events++;
        if (uniform(random) < 0.5) {
          const stay = Math.min(0.5, 1 - t);
          inside += stay;
          t += stay;
        }
        if (t >= 1) break;
      }
      window.years += 1;
      window.liberty += 1 - inside;
    });
  }
  return windows;
}

function custodyWorld(clock: 'years' | 'liberty'): World {
  return {
    estimator: `rate ratio, ${clock === 'years' ? 'days in custody counted as time at risk' : 'time at liberty'}`,
    world: '200 persons, half of the events lead to half a year in custody',
    broken: clock === 'years' ? 'custody ignored' : 'none: custody taken out',
    truth: -0.5,
    expect: 'reported',
    sample: (random) => {
      const [before, after] = custody(random) as [
        ReturnType<typeof custody>[number],
        ReturnType<typeof custody>[number],
      ];
      const fit = rateRatio(
        { events: after.events, person_years: after[clock] },
        { events: before.events, person_years: before[clock] },
      );
      if (fit.status !== 'estimated') return null;
      return {
        estimate: fit.log_rate_ratio,
        se: fit.se_log,
        lower: Math.log(fit.lower),
        upper: Math.log(fit.upper),
      };
    },
  };
}

/** Recurrent events at a person's own rate (gamma, shape 1); death at `death` times that rate; followed to time 2. */
function frail(random: Generator, persons: number, death: (effect: number) => number) {
  const rows: number[][] = [];
  for (let i = 0; i < persons; i++) {
    const effect = gamma(random, 1);
    const end = Math.min(2, exponential(random, death(effect)));
    let from = 0;
    for (;;) {
      const t = from + exponential(random, effect);
      if (t >= end) break;
      rows.push([i, from, t, 1]);
      from = t;
    }
    rows.push([i, from, end, 0]);
  }
  const column = (k: number) => Float64Array.from(rows, (row) => row[k] as number);
  return { person: Int32Array.from(column(0)), start: column(1), stop: column(2), event: column(3) };
}

function deathWorld(informative: boolean): World {
  return {
    estimator: 'mean cumulative function, death as censoring',
    world: `150 persons, gamma rates; death ${informative ? 'half as frequent as their events' : 'at the same rate for all'}`,
    broken: informative ? 'death informative' : 'none: death independent',
    truth: 1.5,
    expect: 'reported',
    sample: (random) => {
      const [curve] = estimateMeanCumulativeFunction(
        frail(random, 150, (effect) => (informative ? 0.5 * effect : 0.5)),
      );
      if (curve === undefined) return null;
      const at = meanAt(curve, [1.5]);
      return {
        estimate: at.mean[0] as number,
        se: at.se[0] as number,
        lower: at.lower[0] as number,
        upper: at.upper[0] as number,
      };
    },
  };
}

/** Treated in the second half of follow-up with rate ratio exp(-0.6); each event kills with the given probability. */
function selfControlled(random: Generator, kill: number): Sample | null {
  const rows: number[][] = [];
  for (let i = 0; i < 250; i++) {
    const effect = gamma(random, 1);
    let alive = true;
    for (const during of [0, 1]) {
      let t = 0;
      let events = 0;
      while (alive) {
        const gap = exponential(random, effect * Math.exp(DURING * during));
        if (t + gap >= 1) {
          t = 1;
          break;
        }
        t += gap;
        events++;
        if (uniform(random) < kill) alive = false;
      }
      rows.push([i, during, events, alive ? 1 : t]);
      if (!alive && during === 0) rows.push([i, 1, 0, 0]);
      if (!alive) break;
    }
  }
  const start = [0];
  rows.forEach((row, r) => {
    if (r > 0 && row[0] !== (rows[r - 1] as number[])[0]) start.push(r);
  });
  start.push(rows.length);
  const column = (k: number) => Float64Array.from(rows, (row) => row[k] as number);
  const fit = fitConditionalPoisson({
    design: columnsOf({ rows: rows.length, columns: 1, x: column(1) }, [0]),
    start: Int32Array.from(start),
    events: column(2),
    exposure: column(3),
  });
  if (fit.status !== 'estimated') return null;
  return normalSample(fit.coefficient[0] as number, fit.robust_se[0] as number);
}

describe('Custody and death', () => {
  checkWorlds([
    custodyWorld('years'),
    custodyWorld('liberty'),
    deathWorld(false),
    deathWorld(true),
    ...(
      [
        [0, 'none: events do not kill'],
        [0.3, 'death depends on the event'],
      ] as const
    ).map(
      ([kill, broken]): World => ({
        estimator: 'conditional Poisson, robust',
        world: `250 persons, ${kill === 0 ? 'all followed to the end' : 'three in ten events end in death'}`,
        broken,
        truth: DURING,
        expect: 'reported',
        sample: (random) => selfControlled(random, kill),
      }),
    ),
    ...([0, 0.8] as const).map(
      (dependence): World => ({
        estimator: 'Kaplan-Meier at a time, log',
        world: `150 persons, ${dependence === 0 ? 'censoring independent' : 'those about to relapse leave first'}`,
        broken: dependence === 0 ? 'none: censoring independent' : 'censoring informative',
        truth: Math.exp(-0.8),
        expect: 'reported',
        sample: (random) => {
          const stop = new Float64Array(150);
          const event = new Float64Array(150);
          for (let i = 0; i < 150; i++) {
            const t = exponential(random);
            const c = uniform(random) < dependence / 2 ? t * uniform(random) : 3 * uniform(random);
            stop[i] = Math.min(t, c);
            event[i] = t <= c ? 1 : 0;
          }
          const [table] = tabulateRows({ stop, event });
          if (table === undefined) return null;
          const at = survivalAt(estimateSurvival(table), [0.8]);
          return {
            estimate: at.survival[0] as number,
            se: at.se[0] as number,
            lower: at.lower[0] as number,
            upper: at.upper[0] as number,
          };
        },
      }),
    ),
    {
      estimator: 'Cox, hazards not proportional',
      world:
        '200 persons, the arm doubles the hazard up to time 0.5 and halves it after; truth: no average effect',
      broken: 'hazards not proportional',
      truth: 0,
      expect: 'reported',
      sample: (random) => {
        const x = Float64Array.from({ length: 200 }, (_, i) => i % 2);
        const stop = x.map((arm) => {
          const u = exponential(random);
          const early = arm === 1 ? 2 : 1;
          const late = arm === 1 ? 0.5 : 1;
          return u < 0.5 * early ? u / early : 0.5 + (u - 0.5 * early) / late;
        });
        const event = stop.map((t) => (t <= 3 ? 1 : 0));
        const fit = fitCox({ rows: 200, columns: 1, x, stop: stop.map((t) => Math.min(t, 3)), event });
        return fit.status === 'estimated'
          ? normalSample(fit.coefficient[0] as number, fit.se[0] as number)
          : null;
      },
    },
  ]);
});

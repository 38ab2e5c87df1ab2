/** Samples of persons and their periods that several worlds share. */
import { type Generator, gamma, poisson, standardNormal, uniform } from '../../src/stats/random.ts';
import type { ClusteredScores } from '../../src/stats/regression/cluster-robust.ts';
import type { Design } from '../../src/stats/regression/design.ts';
import type { PersonRows } from '../../src/stats/regression/person-rows.ts';
import type { PoissonEstimate } from '../../src/stats/regression/poisson.ts';

/** Rows with an intercept, an arm and a standard normal covariate; log rate -0.5 + 0.5 arm + 0.3 covariate, exposure 0.5 to 2. */
export const ARM = 0.5;

export interface Rows {
  readonly design: Design;
  readonly events: Float64Array;
  readonly exposure: Float64Array;
}

/** `draw` makes a count from its mean. */
export function armRows(
  random: Generator,
  n: number,
  draw: (random: Generator, mean: number) => number,
): Rows {
  const x = new Float64Array(3 * n);
  const events = new Float64Array(n);
  const exposure = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const arm = i % 2;
    const z = standardNormal(random);
    x.set([1, arm, z], 3 * i);
    exposure[i] = 0.5 + 1.5 * uniform(random);
    events[i] = draw(random, (exposure[i] as number) * Math.exp(-0.5 + ARM * arm + 0.3 * z));
  }
  return { design: { rows: n, columns: 3, x }, events, exposure };
}

export interface Periods extends PersonRows {
  /** Person of each row. */
  readonly person: Int32Array;
  readonly persons: number;
}

/** Truth of the period column of `periodRows`. */
export const DURING = -0.6;
/** Truth of its arm column. */
export const SEX = -0.4;

export interface PeriodOptions {
  /** Shape of the gamma effect of a person; Infinity for none. */
  readonly shape: number;
  /** Instead of the gamma effect: one of these two, with equal probability. */
  readonly kinds?: readonly [number, number];
}

function effectOf(random: Generator, { shape, kinds }: PeriodOptions): number {
  if (kinds !== undefined) return uniform(random) < 0.5 ? kinds[0] : kinds[1];
  return Number.isFinite(shape) ? gamma(random, shape, 1 / shape) : 1;
}

/** Four rows a person, two of them in treatment; columns intercept, during, sex. */
export function periodRows(random: Generator, persons: number, options: PeriodOptions): Periods {
  const rows = 4 * persons;
  const x = new Float64Array(3 * rows);
  const events = new Float64Array(rows);
  const exposure = new Float64Array(rows);
  const person = new Int32Array(rows);
  for (let i = 0; i < persons; i++) {
    const effect = effectOf(random, options);
    const sex = i % 2;
    // Half of the persons are in treatment in the second half, the others in the first.
    const turn = uniform(random) < 0.5 ? 0 : 2;
    for (let t = 0; t < 4; t++) {
      const r = 4 * i + t;
      const during = t === turn || t === turn + 1 ? 1 : 0;
      x.set([1, during, sex], 3 * r);
      exposure[r] = 0.3 + uniform(random);
      person[r] = i;
      events[r] = poisson(
        random,
        effect * (exposure[r] as number) * Math.exp(0.2 + DURING * during + SEX * sex),
      );
    }
  }
  return {
    design: { rows, columns: 3, x },
    events,
    exposure,
    person,
    persons,
    start: Int32Array.from({ length: persons + 1 }, (_, i) => 4 * i),
  };
}

/** Scores of a Poisson fit by cluster. */
export function scoresOf(
  rows: Rows,
  fit: PoissonEstimate,
  cluster: Int32Array,
  clusters: number,
): ClusteredScores {
  return {
    design: rows.design,
    residual: rows.events.map((y, i) => y - (fit.fitted[i] as number)),
    cluster,
    clusters,
    observations: rows.events.length,
  };
}

/** Some columns of a design. */
export function columnsOf(design: Design, chosen: readonly number[]): Design {
  const x = new Float64Array(design.rows * chosen.length);
  for (let i = 0; i < design.rows; i++)
    chosen.forEach((column, k) => {
      x[i * chosen.length + k] = design.x[i * design.columns + column] as number;
    });
  return { rows: design.rows, columns: chosen.length, x };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { derive, type Engine, explodeRange, openDuckDB, type Sql, sql } from '../engine/index.ts';
import { choose, exponential, hashOf, piecewise, slices, uniform, weibull } from './draw.ts';
import {
  GAMMA_CELLS,
  GREATEST_STEP,
  gammaRows,
  gammaTable,
  LEAST_MEAN,
  poissonRows,
  poissonTable,
  RATIO,
} from './quantiles.ts';

const DRAWS = 100_000;
const folder = mkdtempSync(join(tmpdir(), 'desist-draw-'));
let engine: Engine;
beforeAll(async () => {
  engine = await openDuckDB({ tempFolder: folder, folders: [], threads: 2 });
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const hashed = derive(
  'hashed',
  { i: 'BIGINT', h: 'BIGINT' },
  sql`SELECT i, ${hashOf(7, 'test', sql`i`)} AS h FROM (SELECT ${explodeRange(0, DRAWS)} AS i) AS numbers`,
);

/** Mean and variance of a draw over the hashes. */
async function moments(draw: Sql, from: Sql = sql`${hashed}`): Promise<{ mean: number; variance: number }> {
  await engine.materialise([hashed]);
  const { x } = await engine.columns({ x: 'DOUBLE' }, sql`SELECT CAST(${draw} AS DOUBLE) AS x FROM ${from}`);
  const mean = x.reduce((sum, one) => sum + one, 0) / x.length;
  return { mean, variance: x.reduce((sum, one) => sum + (one - mean) ** 2, 0) / x.length };
}

/** |sample - expected| below five standard errors. */
function expectMean(sample: number, expected: number, sd: number): void {
  expect(Math.abs(sample - expected)).toBeLessThan((5 * sd) / Math.sqrt(DRAWS));
}

describe('draws in SQL', () => {
  it('cuts a hash into uniforms that are uniform and do not know of one another', async () => {
    for (const [offset, bits] of [
      [0, 12],
      [17, 16],
      [52, 8],
      [20, 40],
    ] as const) {
      const { mean, variance } = await moments(uniform(sql`h`, offset, bits));
      expectMean(mean, 0.5, Math.sqrt(1 / 12));
      expectMean(variance, (1 - 4 ** -bits) / 12, Math.sqrt(1 / 180));
    }
    const { mean: product } = await moments(
      sql`a * b`,
      sql`(SELECT ${slices(sql`h`, { a: 15, b: 15 })} FROM ${hashed}) AS cut`,
    );
    expectMean(product, 0.25, Math.sqrt(1 / 9 - 1 / 16));
  });

  it('refuses a slice that the hash does not have', () => {
    expect(() => uniform(sql`h`, 50, 11)).toThrow('beyond the hash');
  });

  it('draws exponential and Weibull times with their own mean and variance', async () => {
    const u = uniform(sql`h`, 0, 20);
    const exponentials = await moments(exponential(u, 95));
    expectMean(exponentials.mean, 95, 95);
    expectMean(exponentials.variance, 95 ** 2, Math.sqrt(8) * 95 ** 2);
    // Weibull with shape 1/2 is the square of an exponential: mean 2 s, variance 20 s^2, fourth central moment 37104 s^4.
    const squares = await moments(weibull(u, 10, 0.5));
    expectMean(squares.mean, 20, Math.sqrt(2000));
  });

  it('draws from bands and choices in their shares', async () => {
    const u = uniform(sql`h`, 30, 20);
    const age = await moments(
      piecewise(u, [
        [10, 20, 0.25],
        [20, 60, 0.75],
      ]),
    );
    expectMean(age.mean, 0.25 * 15 + 0.75 * 40, 15);
    const chosen = await moments(
      choose(u, [
        [1, 2],
        [5, 1],
        [9, 1],
      ]),
    );
    expectMean(chosen.mean, 4, Math.sqrt(11));
  });

  it('draws gamma rates by interpolated quantiles: mean 1 and variance 1 / shape', async () => {
    const shape = 0.4;
    await engine.load(gammaTable, gammaRows(shape));
    const { mean, variance } = await moments(
      sql`g.low + g.width * CASE WHEN d.cell = ${GAMMA_CELLS - 1} THEN -ln(d.cell + 1 - d.u * ${GAMMA_CELLS}) ELSE d.u * ${GAMMA_CELLS} - d.cell END`,
      sql`(SELECT u, CAST(floor(u * ${GAMMA_CELLS}) AS INTEGER) AS cell FROM (SELECT ${slices(sql`h`, { u: 32 })} FROM ${hashed}) AS cut) AS d
        JOIN ${gammaTable} AS g ON g.cell = d.cell`,
    );
    expectMean(mean, 1, Math.sqrt(1 / shape));
    // Fourth central moment of a gamma with mean 1: 3 / k^2 + 6 / k^3.
    expectMean(variance, 1 / shape, Math.sqrt(3 / shape ** 2 + 6 / shape ** 3 - 1 / shape ** 2));
  });

  it('has a gamma table whose own mean and variance miss the exact ones by less than 1 in 10,000 and 1 in 500', () => {
    const shape = 0.4;
    const rows = gammaRows(shape);
    let first = 0;
    let second = 0;
    rows.forEach(({ low, width }, cell) => {
      const low_ = low ?? Number.NaN;
      const width_ = width ?? Number.NaN;
      // Uniform on [low, low + width], or low + an exponential with mean width.
      const isLast = cell === GAMMA_CELLS - 1;
      first += low_ + (isLast ? width_ : width_ / 2);
      second += low_ ** 2 + low_ * width_ * (isLast ? 2 : 1) + width_ ** 2 * (isLast ? 2 : 1 / 3);
    });
    const mean = first / GAMMA_CELLS;
    expect(Math.abs(mean - 1)).toBeLessThan(1e-4);
    expect(Math.abs((second / GAMMA_CELLS - mean ** 2) * shape - 1)).toBeLessThan(2e-3);
  });

  it('has Poisson tables that fill the unit interval and have equal mean and variance', () => {
    const rows = poissonRows();
    for (let step = 0; step <= GREATEST_STEP; step += 19) {
      const mean = LEAST_MEAN * RATIO ** step;
      const mine = rows.filter((row) => row.step === step);
      expect(mine.at(0)?.from_u).toBe(0);
      expect(mine.at(-1)?.to_u).toBe(1);
      let first = 0;
      let second = 0;
      let reached = 0;
      for (const { events, from_u, to_u } of mine) {
        expect(from_u).toBe(reached);
        reached = to_u ?? Number.NaN;
        const share = reached - (from_u ?? Number.NaN);
        first += share * (events ?? Number.NaN);
        second += share * (events ?? Number.NaN) ** 2;
      }
      expect(Math.abs(first / mean - 1)).toBeLessThan(1e-9);
      expect(Math.abs((second - first ** 2) / mean - 1)).toBeLessThan(1e-8);
    }
    expect(poissonTable.name).toBe('synth_poisson');
  });
});

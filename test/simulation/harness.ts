/**
 * Repeated sampling of an estimator in a world whose truth is known.
 *
 * `node scripts/simulate.mjs` (DESIST_SIMULATE=full) runs every world at its full number of runs and writes docs/methods/simulation.md; the
 * ordinary tests run a small seeded part of each. The generator of a world is seeded with its name, so that adding a world
 * changes no other.
 *
 * Coverage is the share of runs whose interval holds the truth, Monte Carlo error sqrt(c (1 - c) / runs). A run without an interval
 * (a status instead of an estimate) is counted and does not cover: an estimator that declines often cannot hide it.
 */
import { expect, it } from 'vitest';
import { type Generator, seededGenerator } from '../../src/stats/random.ts';
import { recordValidation } from '../reference/validation-record.ts';

export const FULL = process.env.DESIST_SIMULATE === 'full';
/** Where a fit is cheap. */
const RUNS = 4000;
const SMALL_RUNS = 120;
const LEVEL = 0.95;

/** One sample: estimate, its standard error where there is one, and the interval, all on the scale of the truth. */
export interface Sample {
  readonly estimate: number;
  readonly se: number;
  readonly lower: number;
  readonly upper: number;
}

export interface World {
  readonly estimator: string;
  /** The world and the size of a sample, in words. */
  readonly world: string;
  readonly truth: number;
  /**
   * 'band': 95 +- (1.5 + 2 Monte Carlo standard errors). 'at-least': an exact or conservative method, not below 95 beyond Monte Carlo
   * error. 'reported': a known under-coverer or a world that breaks an assumption; no mark.
   */
  readonly expect: 'band' | 'at-least' | 'reported';
  /** What the world breaks; absent where the assumptions hold. */
  readonly broken?: string;
  readonly runs?: number;
  readonly small?: number;
  /** null: no interval in this sample. */
  readonly sample: (random: Generator) => Sample | null;
}

export interface Outcome {
  readonly estimator: string;
  readonly world: string;
  readonly broken: string | null;
  readonly truth: number;
  readonly runs: number;
  readonly declined: number;
  readonly coverage: number;
  readonly coverage_error: number;
  readonly bias: number;
  readonly bias_error: number;
  /** Mean standard error over the standard deviation of the estimates; NaN where the method has no standard error. */
  readonly se_ratio: number;
  readonly low: number;
  readonly high: number;
  readonly expect: World['expect'];
  readonly passed: boolean;
}

function seedOf(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}

export function simulate(world: World, runs: number): Outcome {
  const random = seededGenerator(seedOf(`${world.estimator}|${world.world}`));
  let covered = 0;
  let declined = 0;
  const estimates: number[] = [];
  let errors = 0;
  for (let run = 0; run < runs; run++) {
    const sample = world.sample(random);
    if (sample === null) {
      declined++;
      continue;
    }
    if (sample.lower <= world.truth && world.truth <= sample.upper) covered++;
    if (!Number.isFinite(sample.estimate)) continue;
    estimates.push(sample.estimate);
    errors += sample.se;
  }
  const n = estimates.length;
  const mean = estimates.reduce((a, b) => a + b, 0) / n;
  const sd = Math.sqrt(estimates.reduce((sum, e) => sum + (e - mean) ** 2, 0) / (n - 1));
  const coverage = covered / runs;
  const nominal = Math.sqrt((LEVEL * (1 - LEVEL)) / runs);
  const [low, high] =
    world.expect === 'at-least'
      ? [LEVEL - 2 * nominal, 1]
      : [LEVEL - 0.015 - 2 * nominal, LEVEL + 0.015 + 2 * nominal];
  return {
    estimator: world.estimator,
    world: world.world,
    broken: world.broken ?? null,
    truth: world.truth,
    runs,
    declined,
    coverage,
    coverage_error: Math.sqrt((coverage * (1 - coverage)) / runs),
    bias: mean - world.truth,
    bias_error: sd / Math.sqrt(n),
    se_ratio: errors / n / sd,
    low,
    high,
    expect: world.expect,
    passed: world.expect === 'reported' || (coverage >= low && coverage <= high),
  };
}

/** A test a world. */
export function checkWorlds(worlds: readonly World[]): void {
  for (const world of worlds)
    it(`${world.estimator}: ${world.world}`, () => {
      const runs = FULL ? (world.runs ?? RUNS) : (world.small ?? SMALL_RUNS);
      const from = Date.now();
      const outcome = simulate(world, runs);
      if (FULL) {
        const seconds = ((Date.now() - from) / 1000).toFixed(1);
        const percent = (100 * outcome.coverage).toFixed(2);
        process.stderr.write(
          `${percent} %  ${world.estimator}: ${world.world} (${runs} runs, ${seconds} s)\n`,
        );
      }
      recordValidation('simulation', seedOf(`${world.estimator}|${world.world}`).toString(36), outcome);
      expect(outcome.runs - outcome.declined, 'samples with an interval').toBeGreaterThan(runs / 2);
      // Where the report is written a failure stands in its table; here it fails.
      if (!FULL) expect(outcome.passed, JSON.stringify(outcome)).toBe(true);
    }, 7_200_000);
}

const NORMAL_97_5 = 1.959963984540054;

/** Estimate with its normal interval; null where the estimate or its standard error is not a number. */
export function normalSample(estimate: number, se: number): Sample | null {
  if (!Number.isFinite(estimate) || !(se > 0)) return null;
  return { estimate, se, lower: estimate - NORMAL_97_5 * se, upper: estimate + NORMAL_97_5 * se };
}

/** Estimate with limits and no standard error. */
export function limitsSample(estimate: number, lower: number, upper: number): Sample {
  return { estimate, se: Number.NaN, lower, upper };
}

/** A test as a sample: it accepts a true hypothesis (truth 0) in 95 of 100 runs. */
export function testSample(p: number): Sample {
  const rejected = p < 1 - LEVEL;
  return { estimate: Number.NaN, se: Number.NaN, lower: rejected ? 1 : -1, upper: 1 };
}

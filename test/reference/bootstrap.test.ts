import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bootstrapIntervals, jackknifeAcceleration } from '../../src/stats/bootstrap/intervals.ts';
import { bootstrapFromIndices, jackknife } from '../../src/stats/bootstrap/resample.ts';
import { numbers, parityCase, parityVector, referenceResults, vendoredColumns } from './parity.ts';

/** stats.md 1.2: intervals from stored index samples. */
const TOLERANCE = 1e-10;

it('bootstrap intervals of a log rate ratio agree with R on the same 999 index samples', () => {
  const r = referenceResults<{
    t0: number;
    t: number[];
    bias: number;
    se: number;
    normal: number[];
    basic: number[];
    perc: number[];
    bca: number[];
    z0: number;
    a_jack: number;
    jackknife: number[];
  }>('bootstrap');
  const columns = vendoredColumns('boot_pairs');
  const [yBefore, daysBefore, yDuring, daysDuring] = [
    'y.before',
    'days.before',
    'y.during',
    'days.during',
  ].map((name) => numbers(columns, name));
  const total = (values: Float64Array | undefined, indices: Int32Array) =>
    indices.reduce((sum, i) => sum + (values?.[i] ?? Number.NaN), 0);
  const statistic = (indices: Int32Array) =>
    Math.log(
      total(yDuring, indices) /
        total(daysDuring, indices) /
        (total(yBefore, indices) / total(daysBefore, indices)),
    );
  const lines = readFileSync(
    new URL('../fixtures/r/data/bootstrap_indices_999x120.csv', import.meta.url),
    'utf8',
  )
    .trim()
    .split('\n');
  expect(lines.length).toBe(999);
  const samples = Int32Array.from(lines.flatMap((line) => line.split(',').map((index) => Number(index) - 1)));
  expect(samples.length).toBe(999 * 120);

  const replicates = bootstrapFromIndices(statistic, samples, 120, 999);
  const leaveOneOut = jackknife(statistic, 120);
  // R's boot centres the influence values on the estimate; the stored a_jack is centred on their mean.
  const acceleration = jackknifeAcceleration(leaveOneOut, replicates.estimate);
  const result = bootstrapIntervals(replicates, { acceleration });
  if (result.status !== 'estimated' || result.bca?.status !== 'estimated') throw new Error('no interval');
  const entry = { method: 'bootstrap', tolerance: TOLERANCE };
  parityCase({ ...entry, case: 'estimate', ours: result.estimate, theirs: r.t0 });
  parityVector({ ...entry, case: 'replicate' }, replicates.values, r.t);
  parityVector({ ...entry, case: 'jackknife' }, leaveOneOut, r.jackknife);
  parityCase({ ...entry, case: 'bias', ours: result.bias, theirs: r.bias });
  parityCase({ ...entry, case: 'se', ours: result.se, theirs: r.se });
  parityCase({ ...entry, case: 'bias correction', ours: result.bca.bias_correction, theirs: r.z0 });
  parityCase({ ...entry, case: 'acceleration', ours: jackknifeAcceleration(leaveOneOut), theirs: r.a_jack });
  for (const [name, interval, theirs] of [
    ['normal', result.normal, r.normal],
    ['basic', result.basic, r.basic],
    ['percentile', result.percentile, r.perc],
    ['BCa', result.bca, r.bca],
  ] as const) {
    parityVector({ ...entry, case: name }, [interval.lower, interval.upper], theirs);
  }
});

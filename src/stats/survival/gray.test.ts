import { describe, expect, it } from 'vitest';
import { exponential, seededGenerator, uniform } from '../random.ts';
import { testGray, testGrayRows } from './gray.ts';
import { testLogRankRows } from './log-rank.ts';

describe("Gray's test of cumulative incidence", () => {
  it('without other causes counts what the log-rank test counts, with nearly its variance', () => {
    const random = seededGenerator(4);
    // Two estimates of one variance (here from the common incidence, there from the risk sets): they meet as people grow.
    const n = 6000;
    const group = Int32Array.from({ length: n }, (_, r) => r % 3);
    const stop = Float64Array.from({ length: n }, () => 1 + Math.floor(20 * uniform(random)));
    const cause = Array.from({ length: n }, () => (uniform(random) < 0.6 ? 1 : 0));
    const stratum = Int32Array.from({ length: n }, (_, r) => (r % 7 < 3 ? 1 : 0));
    const gray = testGrayRows({ causes: 1, stop, cause, stratum }, group, { groups: 3, cause: 1, strata: 2 });
    const logRank = testLogRankRows({ stop, event: cause, stratum }, group, { groups: 3, strata: 2 });
    if (gray.status !== 'estimated' || logRank.status !== 'estimated') throw new Error('no test');
    gray.score.forEach((z, g) => {
      expect(z).toBeCloseTo((logRank.observed[g] as number) - (logRank.expected[g] as number), 11);
      const ratio = (gray.covariance[4 * g] as number) / (logRank.covariance[4 * g] as number);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
    });
    expect(gray.degrees_of_freedom).toBe(2);
  });

  it('without censoring compares times among people who keep those with other causes in the risk set', () => {
    // Then F is the share of people, 1 - F(t-) over S(t-) restores the others, and only ties of the other cause matter.
    const random = seededGenerator(10);
    const n = 120;
    const group = Int32Array.from({ length: n }, (_, r) => r % 2);
    const stop = Float64Array.from({ length: n }, () => exponential(random));
    const cause = Array.from({ length: n }, () => (uniform(random) < 0.5 ? 1 : 2));
    const gray = testGrayRows({ causes: 2, stop, cause }, group, { groups: 2, cause: 1 });
    const never = stop.map((t, r) => (cause[r] === 1 ? t : 1e6));
    const event = cause.map((c) => (c === 1 ? 1 : 0));
    const logRank = testLogRankRows({ stop: never, event }, group, { groups: 2 });
    if (gray.status !== 'estimated' || logRank.status !== 'estimated') throw new Error('no test');
    expect(gray.score[0]).toBeCloseTo((logRank.observed[0] as number) - (logRank.expected[0] as number), 11);
    expect(gray.chi_square / logRank.chi_square).toBeGreaterThan(0.95);
    expect(gray.chi_square / logRank.chi_square).toBeLessThan(1.05);
  });

  it('is the same from counts with repeated people as from the rows', () => {
    const counts = {
      causes: 2,
      time: Float64Array.of(2, 2, 3, 5, 5, 8),
      events: Float64Array.of(2, 1, 1, 0, 0, 2, 1, 1, 3, 0, 1, 0),
      censored: Float64Array.of(1, 0, 0, 2, 0, 1),
    };
    const group = Int32Array.of(0, 1, 0, 1, 0, 1);
    const rows: { stop: number; cause: number; group: number }[] = [];
    counts.time.forEach((stop, k) => {
      const people = [counts.censored[k], counts.events[2 * k], counts.events[2 * k + 1]] as number[];
      people.forEach((n, cause) => {
        for (let i = 0; i < n; i++) rows.push({ stop, cause, group: group[k] as number });
      });
    });
    const options = { groups: 2, cause: 1 };
    expect(testGray(counts, group, options)).toEqual(
      testGrayRows(
        { causes: 2, stop: Float64Array.from(rows, (r) => r.stop), cause: rows.map((r) => r.cause) },
        Int32Array.from(rows, (r) => r.group),
        options,
      ),
    );
  });

  it('rejects one true hypothesis in twenty, where incidence is equal and the hazards of the cause are not', () => {
    const random = seededGenerator(99);
    const runs = 600;
    let rejected = 0;
    let logRank = 0;
    for (let run = 0; run < runs; run++) {
      const n = 150;
      const group = Int32Array.from({ length: n }, (_, r) => r % 3);
      const stop = new Float64Array(n);
      const cause = new Float64Array(n);
      for (let r = 0; r < n; r++) {
        // Four in ten have cause 1 at a time that is the same in all groups; the others have cause 2 at very different speeds.
        const first = uniform(random) < 0.4;
        const t = first ? exponential(random) : exponential(random, [0.2, 1, 8][r % 3] as number);
        const end = 4 * uniform(random);
        stop[r] = Math.min(t, end);
        cause[r] = t <= end ? (first ? 1 : 2) : 0;
      }
      const test = testGrayRows({ causes: 2, stop, cause }, group, { groups: 3, cause: 1 });
      if (test.status === 'estimated' && test.p_value < 0.05) rejected++;
      const event = cause.map((c) => (c === 1 ? 1 : 0));
      const other = testLogRankRows({ stop, event }, group, { groups: 3 });
      if (other.status === 'estimated' && other.p_value < 0.05) logRank++;
    }
    expect(rejected / runs).toBeGreaterThan(0.025);
    expect(rejected / runs).toBeLessThan(0.08);
    expect(logRank / runs).toBeGreaterThan(0.2);
  });

  it('needs events of the cause in groups that are at risk together', () => {
    const rows = { causes: 2, stop: Float64Array.of(1, 2, 3, 4), cause: [2, 0, 2, 0] };
    expect(testGrayRows(rows, Int32Array.of(0, 0, 1, 1), { groups: 2, cause: 1 })).toEqual({
      status: 'no-events',
    });
    const apart = { ...rows, cause: [1, 0, 1, 0], stratum: Int32Array.of(0, 0, 1, 1) };
    expect(testGrayRows(apart, Int32Array.of(0, 0, 1, 1), { groups: 2, cause: 1, strata: 2 })).toEqual({
      status: 'not-comparable',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { testLogRank, testLogRankRows } from './log-rank.ts';

const f = (...values: number[]) => Float64Array.from(values);
const i = (...values: number[]) => Int32Array.from(values);

describe('the log-rank test', () => {
  it('sums hypergeometric expectations and variances, worked by hand', () => {
    // Times 1 (A event), 2 (B event), 3 (A event), 4 (B censored): at risk A,B = 2,2; 1,2; 1,1.
    const test = testLogRankRows({ stop: f(1, 3, 2, 4), event: [1, 1, 1, 0] }, i(0, 0, 1, 1), { groups: 2 });
    if (test.status !== 'estimated') throw new Error(test.status);
    const expected = 2 / 4 + 1 / 3 + 1 / 2;
    const variance = 1 / 4 + 2 / 9 + 1 / 4;
    expect(test.observed).toEqual(f(2, 1));
    expect(test.expected[0]).toBeCloseTo(expected, 15);
    expect(test.covariance[0]).toBeCloseTo(variance, 15);
    expect(test.covariance[1]).toBeCloseTo(-variance, 15);
    expect(test.chi_square).toBeCloseTo((2 - expected) ** 2 / variance, 14);
    expect(test.degrees_of_freedom).toBe(1);
  });

  it('with rho = 1 weighs by the pooled survival just before', () => {
    const rows = { stop: f(1, 3, 2, 4), event: [1, 1, 1, 0] };
    const test = testLogRankRows(rows, i(0, 0, 1, 1), { groups: 2, rho: 1 });
    if (test.status !== 'estimated') throw new Error(test.status);
    expect(test.observed[0]).toBeCloseTo(1 + 1 / 2, 15);
    expect(test.expected[0]).toBeCloseTo(2 / 4 + (3 / 4) * (1 / 3) + (1 / 2) * (1 / 2), 15);
  });

  it('is the same from counts with repeated people as from the expanded rows', () => {
    const counts = {
      time: f(5, 5, 9, 9, 12),
      events: f(3, 1, 2, 0, 1),
      censored: f(0, 2, 1, 2, 4),
      stratum: i(0, 0, 0, 0, 0),
    };
    const group = i(0, 1, 2, 1, 0);
    const stop: number[] = [];
    const event: number[] = [];
    const who: number[] = [];
    const repeat = (k: number, people: number, isEvent: number): void => {
      for (let n = 0; n < people; n++) {
        stop.push(counts.time[k] as number);
        event.push(isEvent);
        who.push(group[k] as number);
      }
    };
    counts.time.forEach((_, k) => {
      repeat(k, counts.events[k] as number, 1);
      repeat(k, counts.censored[k] as number, 0);
    });
    expect(testLogRank(counts, group, { groups: 3 })).toEqual(
      testLogRankRows({ stop: f(...stop), event }, i(...who), { groups: 3 }),
    );
  });

  it('cannot compare groups that are never at risk together', () => {
    const rows = { stop: f(1, 2, 1, 2), event: [1, 0, 1, 0], stratum: i(0, 0, 1, 1) };
    expect(testLogRankRows(rows, i(0, 0, 1, 1), { groups: 2, strata: 2 })).toEqual({
      status: 'not-comparable',
    });
    expect(testLogRankRows({ stop: f(1, 2), event: [0, 0] }, i(0, 1), { groups: 2 })).toEqual({
      status: 'no-events',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { estimateSurvival, restrictedMean, survivalAt, survivalQuantile } from './kaplan-meier.ts';
import { type LifeTable, tabulateRows } from './life-table.ts';
import { estimateCumulativeHazard } from './nelson-aalen.ts';

const f = (...values: number[]) => Float64Array.from(values);
const tableOf = (stop: number[], event: number[], start?: number[]): LifeTable =>
  tabulateRows({ stop: f(...stop), event, start: start && f(...start) })[0] as LifeTable;

describe('the Kaplan-Meier curve', () => {
  it('is the product of the shares that stay, with Greenwood variance', () => {
    const curve = estimateSurvival(tableOf([1, 2, 3, 4, 5], [0, 1, 1, 0, 1]), { conf_type: 'plain' });
    expect([...curve.survival]).toEqual([1, 0.75, 0.5, 0.5, 0]);
    expect(curve.se[1]).toBeCloseTo(0.75 * Math.sqrt(1 / (4 * 3)), 15);
    expect(curve.se[2]).toBeCloseTo(0.5 * Math.sqrt(1 / (4 * 3) + 1 / (3 * 2)), 15);
    // Cut to the unit interval.
    expect(curve.upper[1]).toBe(1);
    // 0/0 where nobody is left.
    expect(curve.se[4]).toBeNaN();
  });

  it('without censoring is the binomial proportion with its standard error', () => {
    const curve = estimateSurvival(tableOf([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 1, 1]));
    expect(curve.survival[2]).toBeCloseTo(5 / 8, 15);
    expect(curve.se[2]).toBeCloseTo(Math.sqrt(((5 / 8) * (3 / 8)) / 8), 15);
  });

  it('holds the three intervals to their definitions', () => {
    const table = tableOf([1, 2, 3, 4, 5, 6], [1, 0, 1, 0, 1, 0]);
    const s = 5 / 6;
    const seLog = Math.sqrt(1 / (6 * 5));
    const z = 1.959963984540054;
    const at = (conf_type: 'plain' | 'log' | 'log-log') => {
      const curve = estimateSurvival(table, { conf_type });
      return [curve.lower[0], curve.upper[0]];
    };
    const loglog = Math.log(-Math.log(s));
    const half = (z * seLog) / Math.abs(Math.log(s));
    expect(at('plain')[0]).toBeCloseTo(s - z * s * seLog, 14);
    expect(at('log')).toEqual([expect.closeTo(s * Math.exp(-z * seLog), 14), 1]);
    expect(at('log-log')[0]).toBeCloseTo(Math.exp(-Math.exp(loglog + half)), 14);
    expect(at('log-log')[1]).toBeCloseTo(Math.exp(-Math.exp(loglog - half)), 14);
  });

  it('has as median the middle of the piece where it is exactly one half', () => {
    expect(survivalQuantile(estimateSurvival(tableOf([1, 2, 3, 4], [1, 1, 1, 1])), 0.5).time).toBe(2.5);
    expect(survivalQuantile(estimateSurvival(tableOf([1, 2, 3, 4], [1, 1, 0, 0])), 0.5).time).toBe(3);
    expect(survivalQuantile(estimateSurvival(tableOf([1, 2, 3, 4], [1, 0, 0, 0])), 0.5).time).toBeNaN();
  });

  it('says nothing about times after the last follow-up', () => {
    const curve = estimateSurvival(tableOf([2, 4, 6], [1, 0, 0]), { conf_type: 'log' });
    const { survival, se } = survivalAt(curve, [1, 2, 6, 6.5]);
    expect([...survival]).toEqual([1, 2 / 3, 2 / 3, Number.NaN]);
    expect(se[0]).toBe(0);
    expect(restrictedMean(curve, 7)).toEqual({ status: 'beyond-follow-up', tau: 7, last_time: 6 });
  });

  it('has as restricted mean the area under the curve, with the binomial-like variance by hand', () => {
    const curve = estimateSurvival(tableOf([1, 2, 3, 4], [1, 1, 1, 0]));
    // S = 3/4, 1/2, 1/4 from 1, 2, 3; areas to 4 from 1, 2, 3: 1.5, 0.75, 0.25.
    expect(restrictedMean(curve, 4)).toEqual({
      status: 'estimated',
      tau: 4,
      mean: 2.5,
      se: expect.closeTo(Math.sqrt(1.5 ** 2 / 12 + 0.75 ** 2 / 6 + 0.25 ** 2 / 2), 14),
    });
  });

  it('uses only those who have entered, for people who come under observation late', () => {
    const curve = estimateSurvival(tableOf([4, 6, 7, 3, 9], [1, 1, 0, 1, 0], [0, 2, 3, 1, 0]));
    expect([...curve.time]).toEqual([3, 4, 6, 7, 9]);
    expect(curve.survival[0]).toBe(3 / 4);
    expect(curve.survival[1]).toBe((3 / 4) * (3 / 4));
    expect(curve.survival[2]).toBeCloseTo((3 / 4) * (3 / 4) * (2 / 3), 15);
  });
});

describe('the Nelson-Aalen curve', () => {
  it('adds up events over people at risk, with the variance of Aalen', () => {
    const hazard = estimateCumulativeHazard(tableOf([1, 2, 2, 3], [1, 1, 1, 0]));
    expect(hazard.cumulative_hazard[1]).toBeCloseTo(1 / 4 + 2 / 3, 15);
    expect(hazard.se[1]).toBeCloseTo(Math.sqrt(1 / 16 + 2 / 9), 15);
    const factor = Math.exp((1.959963984540054 * Math.sqrt(1 / 16 + 2 / 9)) / (1 / 4 + 2 / 3));
    expect(hazard.upper[1]).toBeCloseTo((1 / 4 + 2 / 3) * factor, 13);
  });
});

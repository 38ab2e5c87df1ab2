import { describe, expect, it } from 'vitest';
import { numbersAtRisk, tabulateCounts, tabulateRows } from './life-table.ts';

const f = (...values: number[]) => Float64Array.from(values);
const i = (...values: number[]) => Int32Array.from(values);

describe('the life table', () => {
  it('counts who is at risk just before each time, events before censorings at a tie', () => {
    const [table] = tabulateRows({ stop: f(3, 1, 3, 5, 3), event: [1, 0, 0, 1, 1] });
    expect(table).toEqual({
      time: f(1, 3, 5),
      at_risk: f(5, 4, 1),
      events: f(0, 2, 1),
      censored: f(1, 1, 0),
      entries: f(0, 0, 0),
      persons: 5,
    });
  });

  it('does not count someone who enters at a time as at risk for an event at that time', () => {
    const [table] = tabulateRows({ start: f(0, 2, 3, 1, 0), stop: f(4, 6, 7, 3, 9), event: [1, 1, 0, 1, 0] });
    // At 3: (0,4], (2,6], (1,3], (0,9]; (3,7] comes in only afterwards.
    expect(numbersAtRisk(table as never, [0, 0.5, 3, 3.5, 9, 10])).toEqual(f(0, 2, 4, 4, 1, 0));
    expect(table?.at_risk[table.time.indexOf(3)]).toBe(4);
  });

  it('gives the same table from rows and from their counts, in any order and with repeated keys', () => {
    const fromRows = tabulateRows(
      { stop: f(2, 2, 4, 4, 4, 9), event: [1, 0, 1, 1, 0, 1], stratum: i(0, 0, 0, 1, 1, 1) },
      2,
    );
    const fromCounts = tabulateCounts(
      {
        stratum: i(1, 0, 0, 1, 0, 1),
        time: f(9, 4, 2, 4, 2, 4),
        events: f(1, 1, 1, 0, 0, 1),
        censored: f(0, 0, 0, 1, 1, 0),
      },
      2,
    );
    expect(fromCounts).toEqual(fromRows);
  });

  it('refuses counts whose entries and exits disagree, and intervals that end before they begin', () => {
    expect(() =>
      tabulateCounts({ time: f(1, 2), events: f(1, 0), censored: f(0, 0), entries: f(0, 1) }),
    ).toThrow(/more exits than people at risk/);
    expect(() => tabulateRows({ start: f(2), stop: f(2), event: [0] })).toThrow(/start is not before stop/);
    expect(() => tabulateCounts({ time: f(Number.NaN), events: f(1), censored: f(0) })).toThrow(
      /not a finite number/,
    );
  });
});

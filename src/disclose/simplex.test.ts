import { describe, expect, it } from 'vitest';
import { maximise } from './simplex.ts';

const INF = Number.POSITIVE_INFINITY;

function rows(...dense: readonly (readonly number[])[]): Map<number, number>[] {
  return dense.map((row) => new Map(row.flatMap((value, j) => (value === 0 ? [] : [[j, value] as const]))));
}

describe('The linear programme', () => {
  it('finds the corner of a textbook problem', () => {
    // max 3x + 5y; x <= 4, 2y <= 12, 3x + 2y <= 18 (Dantzig & Thapa): (2, 6).
    const x = maximise(
      {
        columns: 2,
        rows: rows([0, 2], [3, 2]),
        row_low: Float64Array.of(-INF, -INF),
        row_high: Float64Array.of(12, 18),
        upper: Float64Array.of(4, INF),
        objective: Float64Array.of(3, 5),
      },
      100,
    );
    expect([...x]).toEqual([2, 6]);
  });

  it('keeps equations true and stops at the bound of a column', () => {
    // a = b, b = c, c <= 3: raising a takes the others along.
    const x = maximise(
      {
        columns: 3,
        rows: rows([1, -1, 0], [0, 1, -1]),
        row_low: Float64Array.of(0, 0),
        row_high: Float64Array.of(0, 0),
        upper: Float64Array.of(10, INF, 3),
        objective: Float64Array.of(1, 0, 0),
      },
      100,
    );
    expect([...x]).toEqual([3, 3, 3]);
  });

  it('does not cycle on the classical example', () => {
    // Beale 1955: 3/4 x1 - 150 x2 + 1/50 x3 - 6 x4, optimum 1/20 at (1/25, 0, 1, 0).
    const x = maximise(
      {
        columns: 4,
        rows: rows([0.25, -60, -1 / 25, 9], [0.5, -90, -1 / 50, 3]),
        row_low: Float64Array.of(-INF, -INF),
        row_high: Float64Array.of(0, 0),
        upper: Float64Array.of(INF, INF, 1, INF),
        objective: Float64Array.of(0.75, -150, 1 / 50, -6),
      },
      1000,
    );
    expect(0.75 * (x[0] ?? 0) - 150 * (x[1] ?? 0) + (x[2] ?? 0) / 50 - 6 * (x[3] ?? 0)).toBeCloseTo(0.05, 12);
  });
});

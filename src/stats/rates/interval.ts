/** An interval of confidence `level` (0.95 when left out): lower <= upper, either may be 0 or Infinity; NaN where the input is outside the domain. */
export interface Interval {
  lower: number;
  upper: number;
}

export const DEFAULT_LEVEL = 0.95;

export const UNDEFINED_INTERVAL: Interval = { lower: Number.NaN, upper: Number.NaN };

/** A count: an integer of at least 0. */
export function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

/** A confidence level strictly between 0 and 1. */
export function isLevel(level: number): boolean {
  return level > 0 && level < 1;
}

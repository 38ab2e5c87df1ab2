/** Numbers for people to read: true minus, no minus zero, comma for thousands. Machine output never comes through here. */

const MINUS = '\u2212';
export const SUPPRESSED = '*';

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

export function decimal(value: number, digits: number): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(digits).split('.');
  const text = fraction === undefined ? grouped(whole) : `${grouped(whole)}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? `${MINUS}${text}` : text;
}

/** With its sign, as a change has one: +3.1, \u22124.0, 0.0. */
export function signed(value: number, digits: number): string {
  const text = decimal(value, digits);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

export function count(value: number): string {
  return decimal(value, 0);
}

/** A released count: NULL was withheld. */
export function countOrMark(value: number | null): string {
  return value === null ? SUPPRESSED : count(value);
}

/** Digits that show a rate or a difference with about three figures. */
export function digitsFor(value: number): number {
  const size = Math.abs(value);
  if (size === 0) return 2;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size))));
}

/** Whole percents, unless the interval is so narrow that they would hide it. */
export function percentDigits(low: number | null, high: number | null): number {
  return low !== null && high !== null && high - low < 5 ? 1 : 0;
}

export function probability(value: number): string {
  return value < 0.001 ? 'p\u00a0<\u00a00.001' : `p\u00a0=\u00a0${value.toFixed(value < 0.1 ? 3 : 2)}`;
}

/** `24% fewer`, `3% more`, `unchanged`. */
export function fewerOrMore(percent: number, digits: number): string {
  const text = decimal(Math.abs(percent), digits);
  if (!/[1-9]/.test(text)) return 'unchanged';
  return `${text}% ${percent < 0 ? 'fewer' : 'more'}`;
}

/** `7% to 17% fewer`, `5% fewer to 3% more`. */
export function fewerToMore(low: number, high: number, digits: number): string {
  const [near, far] = high <= 0 ? [high, low] : [low, high];
  const words = [fewerOrMore(near, digits), fewerOrMore(far, digits)] as const;
  if (low < 0 !== high < 0 || words.includes('unchanged')) return words.join(' to ');
  return `${decimal(Math.abs(near), digits)}% to ${words[1]}`;
}

export function containsZero(low: number, high: number): boolean {
  return low <= 0 && high >= 0;
}

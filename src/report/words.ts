import type { Length } from '../protocol/tables.ts';

/** The words of the report for the terms of the protocol. */

/** An identifier as a person would write it: known_offenders -> known offenders. */
export function spoken(identifier: string): string {
  return identifier.replaceAll(/[_-]+/g, ' ').trim();
}

export function capital(text: string): string {
  return text === '' ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

export function and(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

export function lengthWords(length: Length): string {
  const [count, unit] = 'days' in length ? [length.days, 'day'] : [length.months, 'month'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

export const CLOCK: Readonly<Record<string, string>> = {
  calendar: 'calendar time',
  'at-liberty': 'time at liberty',
};

const PHASE: Readonly<Record<string, string>> = {
  'before entry': 'before entry (whole window)',
  'after entry': 'after entry (whole window)',
  before: 'before any treatment',
  waiting: 'waiting for treatment',
  in: 'in treatment',
  between: 'between journeys',
  after: 'after treatment',
  custody: 'in custody',
};
export const PHASES: readonly string[] = Object.keys(PHASE);

export function phaseWords(phase: string): string {
  return PHASE[phase] ?? spoken(phase);
}

/**
 * Event rate: events divided by person-time at risk, with an interval.
 *
 * The interval treats the count as Poisson. Events of the same person cluster: for anything but a description use a person-robust model.
 */
import { DEFAULT_LEVEL, isCount } from './interval.ts';
import { byarInterval, garwoodInterval, midPInterval } from './poisson-interval.ts';

export type RateIntervalMethod = 'exact' | 'mid-p' | 'byar';

export type Rate =
  | {
      status: 'estimated';
      events: number;
      person_years: number;
      /** Events per person-year. */
      rate: number;
      lower: number;
      upper: number;
      level: number;
      method: RateIntervalMethod;
    }
  | { status: 'no-person-time'; events: number };

const INTERVALS = { exact: garwoodInterval, 'mid-p': midPInterval, byar: byarInterval };

/** Rate per person-year. No person-time is a state of the data, not an error; a count that is not one throws. */
export function eventRate(
  events: number,
  personYears: number,
  options: { level?: number; method?: RateIntervalMethod } = {},
): Rate {
  const { level = DEFAULT_LEVEL, method = 'exact' } = options;
  if (!isCount(events) || !(personYears >= 0))
    throw new RangeError('eventRate: events must be a count and person-years >= 0');
  if (personYears === 0) return { status: 'no-person-time', events };
  const { lower, upper } = INTERVALS[method](events, personYears, level);
  return {
    status: 'estimated',
    events,
    person_years: personYears,
    rate: events / personYears,
    lower,
    upper,
    level,
    method,
  };
}

import { describe, expect, it } from 'vitest';
import { checkPeriodIdentified } from './period-identification.ts';

const f = (...values: number[]) => Float64Array.from(values);
const i = (...values: number[]) => Int32Array.from(values);

describe('before, during and after treatment in a Cox model', () => {
  it('is refused on time since entry, where everyone changes period on the same day', () => {
    // Two people: before (0, 10], after (10, 20]; an event of each in each.
    const check = checkPeriodIdentified(
      { start: f(0, 10, 0, 10), stop: f(10, 18, 10, 20), event: [1, 1, 0, 1], period: i(0, 1, 0, 1) },
      2,
    );
    expect(check).toMatchObject({
      status: 'not-identified',
      reason: 'periods-never-at-risk-together',
      weak_periods: [1],
      events: 3,
      comparable_events: 0,
    });
  });

  it('is accepted where people in different periods are at risk together', () => {
    const check = checkPeriodIdentified(
      { start: f(0, 10, 5, 12), stop: f(10, 18, 12, 20), event: [1, 1, 1, 1], period: i(0, 1, 0, 1) },
      2,
    );
    // At risk at 10: 0, 0; at 12: 1, 0; at 18: 1, 1; at 20: 1. Shares of period 1: 0, 1/2, 1, 1.
    const mean = 2.5 / 4;
    expect(check).toMatchObject({
      status: 'identified',
      events: 4,
      comparable_events: 1,
      periods: [
        { events: 2, comparable_events: 1, information: expect.closeTo(0.25 / (4 * mean * (1 - mean)), 12) },
        { events: 2, comparable_events: 1 },
      ],
    });
  });

  it('is refused when one period hangs on a handful of events, and says which', () => {
    const start: number[] = [];
    const stop: number[] = [];
    const period: number[] = [];
    for (let person = 0; person < 100; person++) {
      // Entry on day 100, one person a day late; treatment of very different lengths.
      const entry = person === 0 ? 101 : 100;
      const exit = 110 + person;
      start.push(0, entry, exit);
      stop.push(entry, exit, 300 + person);
      period.push(0, 1, 2);
    }
    const event = stop.map((_, r) => (r % 4 === 0 ? 1 : 0));
    const rows = { start: f(...start), stop: f(...stop), event, period: i(...period) };
    const withEventOnTheDay = { ...rows, event: event.map((e, r) => (r === 0 ? 1 : e)) };
    const check = checkPeriodIdentified(withEventOnTheDay, 3);
    expect(check).toMatchObject({ status: 'not-identified', reason: 'too-little-information' });
    expect(check.status === 'not-identified' && check.weak_periods).toEqual([0]);
    expect(check.status === 'not-identified' && (check.periods[1]?.information ?? 0)).toBeGreaterThan(0.3);
  });

  it('cannot be judged without events', () => {
    expect(checkPeriodIdentified({ stop: f(1, 2), event: [0, 0], period: i(0, 1) }, 2)).toEqual({
      status: 'no-events',
    });
  });
});

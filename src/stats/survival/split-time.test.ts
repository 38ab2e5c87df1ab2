import { describe, expect, it } from 'vitest';
import { seededGenerator, uniform } from '../random.ts';
import { splitTime, tabulatePersonTime } from './split-time.ts';

const f = (...values: number[]) => Float64Array.from(values);

describe('splitting time at risk', () => {
  it('cuts each row where the scale passes a cut; the event stays with the last piece', () => {
    const split = splitTime({ start: f(0, 5), stop: f(12, 10), event: f(1, 1) }, f(5, 10));
    expect(split).toEqual({
      source: Int32Array.of(0, 0, 0, 1),
      start: f(0, 5, 10, 5),
      stop: f(5, 10, 12, 10),
      event: f(0, 0, 1, 1),
      // An event exactly on a cut is in the band that ends there.
      band: Int32Array.of(0, 1, 2, 1),
    });
  });

  it('places a row on the scale by its origin', () => {
    const split = splitTime({ start: f(0), stop: f(3), event: f(0) }, f(40), f(38.5));
    expect([...split.stop]).toEqual([1.5, 3]);
    expect([...split.band]).toEqual([0, 1]);
  });

  it('keeps the totals of person-time and events on two scales', () => {
    const random = seededGenerator(6);
    const n = 200;
    const start = Float64Array.from({ length: n }, () => Math.floor(100 * uniform(random)));
    const rows = {
      start,
      stop: start.map((s) => s + 1 + Math.floor(900 * uniform(random))),
      event: start.map(() => (uniform(random) < 0.5 ? 1 : 0)),
    };
    const age = start.map(() => Math.floor(20000 * uniform(random)));
    const once = splitTime(rows, f(365, 730));
    const origin = Float64Array.from(once.source, (i) => age[i] as number);
    const twice = splitTime(
      once,
      Float64Array.from({ length: 60 }, (_, k) => 365 * k),
      origin,
    );
    const total = (table: { person_time: Float64Array; events: Float64Array }) => [
      table.person_time.reduce((a, b) => a + b, 0),
      table.events.reduce((a, b) => a + b, 0),
    ];
    const whole = tabulatePersonTime(rows, new Int32Array(n), 1);
    expect(total(tabulatePersonTime(twice, twice.band, 61))).toEqual(total(whole));
    expect(twice.start.length).toBeGreaterThan(once.start.length);
  });

  it('refuses rows that end before they begin and cuts out of order', () => {
    expect(() => splitTime({ start: f(2), stop: f(2), event: f(0) }, f(1))).toThrow(
      /start is not before stop/,
    );
    expect(() => splitTime({ start: f(1), stop: f(2), event: f(0) }, f(3, 3))).toThrow(/do not increase/);
  });
});

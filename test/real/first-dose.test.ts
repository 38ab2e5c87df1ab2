import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** Opioid use by day around the first dose of a trial, against R on the same person-days. */

interface Fit {
  readonly names: readonly string[];
  readonly estimate: readonly number[];
  readonly robust: readonly number[];
  readonly persons: number;
  readonly events: number;
}

interface Reference {
  readonly days: number;
  readonly events: number;
  readonly binned: Fit;
  readonly after: Fit;
  readonly pre_trend: { readonly chi_square: number; readonly df: number };
  readonly pre_trend_line: { readonly estimate: number; readonly robust: number };
  readonly curve: readonly {
    readonly day: number;
    readonly persons: number;
    readonly events: number;
    readonly rate: number;
    readonly se_log: number;
  }[];
}

describe.skipIf(!hasData('ctn0030'))('opioid use around the first dose', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/ctn0030-first-dose'));
  });
  afterAll(() => removeFolder(folder));
  const r = (
    JSON.parse(readFileSync(new URL('../fixtures/r/event_time_ctn0030.json', import.meta.url), 'utf8')) as {
      results: Reference;
    }
  ).results;
  const row = (wanted: Readonly<Record<string, string>>): ResultLine =>
    rowOf(results, { estimate_id: 'first_dose', variant: 'protocol', clock: 'calendar', ...wanted });

  it('counts the person-days and use days of R', () => {
    const events = row({ measure: 'events', phase: 'around entry' });
    expect(Number(events.value)).toBe(r.events);
    expect(Math.round(Number(events.person_years) * 365.25)).toBe(r.days);
  });

  it('has the rates of R by day, with the interval of a Poisson regression clustered by person', () => {
    for (const day of r.curve) {
      const own = row({ measure: 'event_time_rate_curve', time: String(day.day) });
      expect([Number(own.persons), Number(own.events)]).toEqual([day.persons, day.events]);
      expect(Number(own.value)).toBeCloseTo(day.rate, 8);
      expect(Number(own.std_error)).toBeCloseTo(day.se_log, 10);
    }
  });

  it('has the rate ratios of R by week within persons, without the days around the first dose', () => {
    r.binned.names.forEach((name, k) => {
      const week = Number(name.replace('x', ''));
      const own = row({ measure: 'coefficient', time: String(7 * week) });
      expect(Number(own.value)).toBeCloseTo(r.binned.estimate[k] ?? Number.NaN, 8);
      expect(Number(own.std_error)).toBeCloseTo(r.binned.robust[k] ?? Number.NaN, 8);
      expect([Number(own.persons), Number(own.events)]).toEqual([r.binned.persons, r.binned.events]);
    });
    const after = row({ measure: 'coefficient', contrast: 'after / days -28 to -14' });
    expect(Number(after.value)).toBeCloseTo(r.after.estimate[1] ?? Number.NaN, 8);
    expect(Number(after.std_error)).toBeCloseTo(r.after.robust[1] ?? Number.NaN, 8);
  });

  it('finds with R that use was not steady before the first dose', () => {
    const test = row({ measure: 'pre_trend_test' });
    expect(Number(test.value)).toBeCloseTo(r.pre_trend.chi_square, 7);
    expect(test.method).toContain(`${r.pre_trend.df} d.f.`);
    const line = row({ measure: 'pre_trend_ratio' });
    expect(Math.log(Number(line.value))).toBeCloseTo(r.pre_trend_line.estimate, 8);
    expect(Number(line.std_error)).toBeCloseTo(r.pre_trend_line.robust, 8);
  });

  it('says what the days around the first dose do to the ratio', () => {
    const ratio = (variant: string) =>
      Number(row({ variant, measure: 'rate_ratio', contrast: 'after / days -28 to -14' }).value);
    expect(ratio('no_donut')).not.toBe(ratio('protocol'));
    expect(ratio('four_weeks_out')).not.toBe(ratio('protocol'));
  });

  it('removes custody on the clock of liberty: never more days, never more events', () => {
    const curve = (clock: string) =>
      results.filter(
        (one) =>
          one.estimate_id === 'first_dose' &&
          one.variant === 'protocol' &&
          one.measure === 'event_time_rate_curve' &&
          one.clock === clock,
      );
    const [calendar, liberty] = [curve('calendar'), curve('at-liberty')];
    expect(liberty.length).toBe(112);
    const total = (rows: readonly ResultLine[], column: string): number =>
      rows.reduce((sum, one) => sum + Number(one[column]), 0);
    expect(total(liberty, 'person_years')).toBeLessThan(total(calendar, 'person_years'));
    expect(total(liberty, 'events')).toBeLessThanOrEqual(total(calendar, 'events'));
  });
});

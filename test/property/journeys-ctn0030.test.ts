import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sql } from '../../src/engine/index.ts';
import { day, iso, type Registers } from '../reference/day-walker.ts';
import { type Bench, openBench } from '../reference/day-walker-run.ts';
import { EMPTY, protocolOf, source } from '../reference/day-walker-study.ts';

/**
 * Real daily doses: the trial CTN-0030, 651 people dosed at home and in clinics. The figures were counted from the file
 * by other means; see the data notes of the trial. Day 0 of everybody is put on an arbitrary date.
 */
const FOLDER = resolve(process.env.DESIST_DATA ?? '../shared/data', 'ctn0030');
const isHere = existsSync(resolve(FOLDER, 'treatment.csv'));
if (!isHere) console.warn(`NOT RUN: real daily doses, because ${FOLDER} is not there (set DESIST_DATA).`);

const ORIGIN = day('2006-03-01');

function doses(): Registers['intervention'] {
  return readFileSync(resolve(FOLDER, 'treatment.csv'), 'utf8')
    .split(/\r?\n/)
    .slice(1)
    .filter((line) => line !== '')
    .map((line, i) => {
      const [who, amount, when] = line.split(',');
      return {
        person_id: who ?? null,
        intervention_id: String(i),
        episode_id: null,
        kind: 'opioid agonist',
        drug: null,
        dose: Number(amount),
        supervised: null,
        start_date: iso(ORIGIN + Number(when)),
        end_date: null,
      };
    });
}

function registers(): Registers {
  const intervention = doses();
  const person = [...new Set(intervention.map((row) => row.person_id))].map((person_id) => ({
    person_id,
    sex: null,
    birth_month: null,
    area: null,
    link_class: 'absent',
  }));
  const coverage = {
    register: 'trial',
    area: null,
    from_date: iso(ORIGIN - 60),
    to_date: iso(ORIGIN + 400),
    complete_to: null,
  };
  return { ...EMPTY, person, intervention, coverage: [coverage] };
}

function protocol(gap_days: number) {
  return protocolOf({
    spells: { from: 'doses' },
    gap: { name: 'inline', days: gap_days },
    population: {
      entry: 'first-journey',
      entry_window: { from: iso(ORIGIN - 60), to: iso(ORIGIN + 400) },
      washout: { days: 28 },
    },
    time_at_risk: { before: { days: 28 }, after: { until: 'journey-end' } },
    sources: [source('trial', ['person_record', 'intervention'])],
    spine: 'trial',
  });
}

describe.skipIf(!isHere)('daily doses of the trial CTN-0030', () => {
  let bench: Bench;
  let given: Registers;
  beforeAll(async () => {
    bench = await openBench();
    given = registers();
  });
  afterAll(async () => {
    await bench.close();
  });

  it('collapse to 50,344 dose days of 651 people, and under the 7-day rule cover what was counted by hand', async () => {
    expect(given.intervention.length).toBe(50_432);
    const { journeys, persontime } = await bench.run(given, protocol(7));
    const totals = await bench.engine.rows(
      { persons: 'BIGINT', journeys: 'BIGINT', dose_days: 'BIGINT' },
      sql`SELECT count(DISTINCT person_id) AS persons, count(*) AS journeys, CAST(sum(treatment_days) AS BIGINT) AS dose_days
        FROM ${journeys.journey}`,
    );
    const issues = await bench.read(journeys.journeyIssue);
    expect(issues).toMatchObject([{ code: 'treatment-day-repeated', count: 88, of: 50_432 }]);
    expect(totals).toEqual([{ persons: 651, journeys: 937, dose_days: 50_344 }]);
    const windows = await bench.engine.rows(
      { time_window: 'VARCHAR', persons: 'BIGINT', days: 'BIGINT' },
      sql`SELECT time_window, count(DISTINCT person_id) AS persons, CAST(sum(days) AS BIGINT) AS days
        FROM ${persontime.interval} GROUP BY time_window ORDER BY time_window`,
    );
    expect(windows).toEqual([
      { time_window: 'after', persons: 651, days: 27_986 },
      { time_window: 'before', persons: 651, days: 18_228 },
    ]);
    expect(await bench.read(persontime.attrition).then((rows) => rows.map((row) => row.persons))).toEqual([
      651, 651, 651, 651, 651, 651, 651, 651,
    ]);
  });

  it.each([
    [14, 820],
    [21, 754],
    [30, 710],
  ])('form %i-day journeys: %i', async (gap_days, expected) => {
    const { journeys } = await bench.run(given, protocol(gap_days));
    expect((await bench.read(journeys.journey)).length).toBe(expected);
  });
});

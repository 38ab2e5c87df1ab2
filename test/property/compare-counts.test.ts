import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openDuckDB, openStore, type RowOf, sql, type Table } from '../../src/engine/index.ts';
import { countTables, planEstimate } from '../../src/estimate/index.ts';
import { classPair } from '../../src/estimate/rates/classes.ts';
import { type ResultRow, result } from '../../src/estimate/tables.ts';
import { covariate, offence } from '../../src/link/tables.ts';
import { cohort, cohortStratum, interval } from '../../src/persontime/tables.ts';
import type { Protocol } from '../../src/protocol/tables.ts';
import { seededGenerator } from '../../src/stats/random.ts';
import { day, iso } from '../reference/day-walker.ts';
import { protocolOf } from '../reference/day-walker-study.ts';

/** The rows of a comparison and the classes of a standardised rate, against a recount that walks day by day. */

const PHASES = ['before', 'waiting', 'in', 'between', 'after'] as const;

interface Given {
  readonly cohort: RowOf<typeof cohort>[];
  readonly strata: RowOf<typeof cohortStratum>[];
  readonly interval: RowOf<typeof interval>[];
  readonly offence: RowOf<typeof offence>[];
  readonly covariate: RowOf<typeof covariate>[];
}

function people(seed: number, persons: number): Given {
  const random = seededGenerator(seed);
  const below = (n: number): number => random.next() % n;
  const pick = <T>(values: readonly [T, ...T[]]): T => values[below(values.length)] ?? values[0];
  const given: Given = { cohort: [], strata: [], interval: [], offence: [], covariate: [] };
  for (let n = 0; n < persons; n += 1) {
    const person_id = `p${String(n).padStart(2, '0')}`;
    const entry = day('2006-01-01') + below(60);
    const start = entry - 40;
    const end = entry + 30 + below(60);
    const sex = pick(['female', 'male', null]);
    given.cohort.push({
      person_id,
      entry_date: iso(entry),
      journey: 1,
      age_at_entry: 20 + below(30),
      sex,
      area: null,
      link_class: 'matched',
      before_start: iso(start),
      before_end: iso(entry),
      after_start: iso(entry),
      after_end: iso(end),
      end_reason: 'window',
      journey_end: iso(end),
      left_treatment: false,
      exit_group: 'open',
      retained_days: end - entry,
      re_entry_date: null,
    });
    for (const [stratum, level] of [
      ['area', pick(['north', 'south', 'south', 'east', 'west'])],
      ['route', pick(['self', 'self', 'court'])],
      ['service', pick(['s1', 's2', 's3', 's4', 'not recorded'])],
    ] as const)
      given.strata.push({ person_id, stratum, level });
    let band = pick(['18-24', '25+']);
    for (const [time_window, from, to] of [
      ['before', start, entry],
      ['after', entry, end],
    ] as const) {
      for (let at = from; at < to; ) {
        const length = Math.min(to - at, 1 + below(25));
        const custody = below(5) === 0;
        const phase = pick(PHASES);
        given.interval.push({
          person_id,
          time_window,
          phase: custody ? 'custody' : phase,
          treatment_phase: phase,
          start_date: iso(at),
          end_date: iso(at + length),
          calendar_year: Number(iso(at).slice(0, 4)),
          age_band: band,
          removed: custody,
          days: length,
        });
        if (below(4) === 0) band = '25+';
        at += length;
      }
    }
    for (let k = below(8); k > 0; k -= 1)
      given.offence.push({
        person_id,
        event_id: `${person_id}-${k}`,
        occasion_id: null,
        offence_date: iso(start - 5 + below(end - start + 10)),
        offence_date_to: null,
        disposal_date: null,
        kind: 'conviction',
        code: 'theft',
        offence_group: null,
        severity: null,
      });
    if (below(6) > 0)
      given.covariate.push({ person_id, name: 'dose', value: String(10 + below(90)), covariate_date: null });
  }
  return given;
}

function protocol(estimates: Protocol['estimates'], variant = 'protocol'): Protocol {
  const base = protocolOf({
    spells: { from: 'episodes' },
    gap: { name: 'inline', days: 21 },
    population: {
      entry: 'first-journey',
      entry_window: { from: '2006-01-01', to: '2006-04-01' },
      subsets: { courted: { stratum: { name: 'route', levels: ['court'] } } },
    },
    time_at_risk: {
      before: { days: 40 },
      after: { days: 90 },
      split: { calendar_year: true, age_bands: [18, 25] },
    },
    strata: { area: 'area', route: 'referral_route', service: 'service' },
  });
  return { ...base, variant, estimates };
}

const COMPARE: Protocol['estimates'][number] = {
  id: 'areas',
  design: 'compare',
  outcome: 'any',
  strata: ['area'],
  window: 'after',
  clock: 'both',
  model: 'poisson-cluster-robust',
  adjust: ['route', { number: 'dose' }],
  divide: ['age_band'],
  cluster: 'service',
};

/** Days and events of a person in the days that count, by a label of the interval. */
function walked(
  given: Given,
  of: (one: RowOf<typeof interval>) => string | undefined,
): Map<string, { days: number; events: number }> {
  const cells = new Map<string, { days: number; events: number }>();
  for (const one of given.interval) {
    const label = of(one);
    if (label === undefined) continue;
    for (let at = day(one.start_date ?? ''); at < day(one.end_date ?? ''); at += 1) {
      const key = `${one.person_id}|${label}`;
      const events = given.offence.filter(
        ({ person_id, offence_date }) => person_id === one.person_id && offence_date === iso(at),
      ).length;
      const cell = cells.get(key) ?? { days: 0, events: 0 };
      cells.set(key, { days: cell.days + 1, events: cell.events + events });
    }
  }
  return cells;
}

describe('the counts of comparisons and of standardised rates, on generated persons', () => {
  let engine: Engine;
  const folder = mkdtempSync(join(tmpdir(), 'desist-compare-'));
  const given = people(7, 60);
  beforeAll(async () => {
    engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function load(): Promise<void> {
    await engine.reset();
    await engine.load(cohort, given.cohort);
    await engine.load(cohortStratum, given.strata);
    await engine.load(interval, given.interval);
    await engine.load(offence, given.offence);
    await engine.load(covariate, given.covariate);
  }

  async function estimated(asked: Protocol): Promise<ResultRow[]> {
    await load();
    const plan = planEstimate(asked);
    await engine.materialise(plan.tables);
    await plan.make(engine, openStore(folder));
    return engine.rows(
      result.columns,
      sql`SELECT * FROM ${result} ORDER BY estimate_id, population, stratum, level`,
    );
  }

  const levelOf = (person_id: string, stratum: string): string =>
    given.strata.find((one) => one.person_id === person_id && one.stratum === stratum)?.level ?? '';

  it.each([
    [{}, (one: RowOf<typeof interval>) => one.time_window === 'after'],
    [{ window: 'before' }, (one: RowOf<typeof interval>) => one.time_window === 'before'],
    [{ phase: 'in' }, (one: RowOf<typeof interval>) => one.treatment_phase === 'in'],
  ] as const)('one row a person and age band, with both clocks: %j', async (own, counts) => {
    await load();
    const asked = protocol([{ ...COMPARE, ...own }]);
    const table = countTables(asked, 'areas', 'all').find(({ name }) => name.startsWith('compare_row_'));
    if (table === undefined) throw new Error('no rows');
    await engine.materialise([table]);
    const rows = await engine.rows(
      table.columns,
      sql`SELECT * FROM ${table as Table} ORDER BY person_id, age_band`,
    );
    const all = walked(given, (one) => (counts(one) ? (one.age_band ?? '') : undefined));
    const free = walked(given, (one) =>
      counts(one) && one.removed === false ? (one.age_band ?? '') : undefined,
    );
    const expected = [...all].map(([key, { days, events }]) => {
      const [person_id = '', age_band = ''] = key.split('|');
      const service = levelOf(person_id, 'service');
      const dose = given.covariate.find((one) => one.person_id === person_id)?.value;
      return {
        cluster: service === 'not recorded' ? `person ${person_id}` : service,
        person_id,
        age_band,
        level_1: levelOf(person_id, 'area'),
        adjust_1: levelOf(person_id, 'route'),
        adjust_2: dose == null ? null : Number(dose),
        days,
        events,
        free_days: free.get(key)?.days ?? 0,
        free_events: free.get(key)?.events ?? 0,
      };
    });
    expected.sort((a, b) => (`${a.person_id}${a.age_band}` < `${b.person_id}${b.age_band}` ? -1 : 1));
    expect(rows).toEqual(expected);
    expect(expected.some(({ days, free_days }) => free_days < days)).toBe(true);
    expect(expected.length).toBeGreaterThan(own === undefined ? 60 : 40);
  });

  it('cells are those of the rates design, and so is the clustered interval', async () => {
    const rows = await estimated(
      protocol([
        COMPARE,
        {
          id: 'rates',
          design: 'rates',
          source: 'intervals',
          outcome: 'any',
          by: ['window'],
          clock: 'both',
          strata: ['area'],
        },
      ]),
    );
    const cells = (id: string) =>
      rows
        .filter(
          (row) =>
            row.estimate_id === id &&
            row.phase === 'after entry' &&
            ['persons', 'events', 'person_years', 'rate'].includes(row.measure ?? ''),
        )
        .map(({ stratum, level, clock, measure, method, value, ci_low, ci_high }) =>
          JSON.stringify([stratum, level, clock, measure, method, value, ci_low, ci_high]),
        )
        .sort();
    expect(cells('areas').length).toBe(2 * 5 * 5);
    expect(cells('areas')).toEqual(cells('rates'));
    expect(rows.some(({ measure, status }) => measure === 'rate_ratio' && status === 'estimated')).toBe(true);
  });

  it('a variant and an empty population compare nothing', async () => {
    const variant = await estimated(protocol([COMPARE], 'other'));
    expect(new Set(variant.map(({ stratum }) => stratum))).toEqual(new Set(['all']));
    expect(variant.some(({ measure }) => measure === 'rate')).toBe(true);
    await engine.reset();
    for (const table of [cohort, cohortStratum, interval, offence, covariate])
      await engine.load(table as Table, []);
    const plan = planEstimate(protocol([COMPARE]));
    await engine.materialise(plan.tables);
    await plan.make(engine, openStore(folder));
    const none = await engine.rows(result.columns, sql`SELECT * FROM ${result}`);
    expect(none.map(({ measure, value }) => [measure, value])).toContainEqual(['persons', 0]);
    expect(none.some(({ status, value }) => status === 'estimated' && value !== 0)).toBe(false);
  });

  it('does not depend on the order of the rows', async () => {
    const asked = protocol([COMPARE, { ...COMPARE, id: 'gamma', model: 'poisson-gamma' }]);
    const text = (rows: readonly ResultRow[]) => rows.map((row) => JSON.stringify(row)).sort();
    const forth = text(await estimated(asked));
    for (const rows of Object.values(given)) rows.reverse();
    expect(text(await estimated(asked))).toEqual(forth);
    for (const rows of Object.values(given)) rows.reverse();
  });

  it('classes of a standardised rate have the sums of products of the persons in both', async () => {
    await load();
    const asked = protocol([
      {
        id: 'standard',
        design: 'rates',
        source: 'intervals',
        outcome: 'any',
        by: ['window'],
        clock: 'both',
        strata: ['area'],
        standardise: { by: ['age_band', 'sex'], weights: 'study' },
      },
    ]);
    const table = countTables(asked, 'standard', 'courted').find(({ name }) =>
      name.startsWith('rate_class_standard_'),
    );
    if (table === undefined) throw new Error('no classes');
    await engine.materialise([table]);
    const rows = await engine.rows(classPair, sql`SELECT * FROM ${table as Table}`);
    const expected = new Map<string, RowOf<Table<typeof classPair>>>();
    const sexOf = (id: string | null): string =>
      given.cohort.find((row) => row.person_id === id)?.sex ?? 'not recorded';
    for (const clock of ['calendar', 'at-liberty'] as const) {
      for (const division of ['before', 'after']) {
        const cells = walked(given, (one) =>
          one.time_window === division && (clock === 'calendar' || one.removed === false)
            ? `${one.age_band} x ${sexOf(one.person_id)}`
            : undefined,
        );
        for (const [key, a] of cells) {
          const [person = '', class_a = ''] = key.split('|');
          if (levelOf(person, 'route') !== 'court') continue;
          for (const [other, b] of cells) {
            const [same, class_b = ''] = other.split('|');
            if (same !== person) continue;
            for (const [stratum, level] of [
              ['all', 'all'],
              ['area', levelOf(person, 'area')],
            ] as const) {
              const place = JSON.stringify([stratum, level, division, clock, class_a, class_b]);
              const old = expected.get(place);
              expected.set(place, {
                stratum,
                level,
                divided_by: 'window',
                division,
                clock,
                class_a,
                class_b,
                persons: 1 + (old?.persons ?? 0),
                events: a.events + (old?.events ?? 0),
                days: a.days + (old?.days ?? 0),
                yy: a.events * b.events + (old?.yy ?? 0),
                yt: a.events * b.days + (old?.yt ?? 0),
                tt: a.days * b.days + (old?.tt ?? 0),
              });
            }
          }
        }
      }
    }
    const text = (some: readonly object[]) =>
      some.map((row) => JSON.stringify(Object.entries(row).sort())).sort();
    expect(rows.some(({ class_a, class_b }) => class_a !== class_b)).toBe(true);
    expect(text(rows)).toEqual(text([...expected.values()]));
  });
});

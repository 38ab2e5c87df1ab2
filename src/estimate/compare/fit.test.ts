import { describe, expect, it } from 'vitest';
import { gamma, poisson, seededGenerator } from '../../stats/random.ts';
import type { AdjustmentTerm } from '../adjustment.ts';
import type { ResultRow } from '../tables.ts';
import { type CompareContext, fitCompare } from './fit.ts';
import type { RowData } from './groups.ts';

/** From rows a person to ratios, tests, funnels; and what is said where there is no number. */

const CONTEXT: CompareContext = {
  estimate_id: 'e',
  population: 'all',
  variant: 'protocol',
  confidence: 0.95,
  model: 'poisson-cluster-robust',
  adjust: [],
  divide: [],
  reference: {},
  unit: 'person',
  phase: 'after entry',
};

interface Row {
  readonly person: string;
  readonly cluster?: string;
  readonly level: string;
  readonly events: number;
  readonly days?: number;
  readonly sex?: string;
  readonly age?: number;
  readonly year?: string;
}

const TERMS: Readonly<Record<string, AdjustmentTerm>> = {
  sex: { column: 'sex', label: 'sex', kind: 'level' },
  age: { column: 'age', label: 'age', kind: 'number' },
  year: { column: 'year', label: 'calendar year', kind: 'level' },
};

function fitted(
  rows: readonly Row[],
  own: Partial<CompareContext> = {},
  terms: readonly string[] = [],
): ResultRow[] {
  const keyOf = (row: Row): string => `${row.cluster ?? row.person} ${row.person} ${row.year ?? ''}`;
  const ordered = [...rows].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const data: RowData = {
    cluster: ordered.map((row) => row.cluster ?? row.person),
    person_id: ordered.map(({ person }) => person),
    year: ordered.map(({ year }) => year ?? null),
    level_1: ordered.map(({ level }) => level),
    sex: ordered.map(({ sex }) => sex ?? null),
    age: Float64Array.from(ordered, ({ age }) => age ?? Number.NaN),
    days: Float64Array.from(ordered, ({ days }) => days ?? 365),
    events: Float64Array.from(ordered, ({ events }) => events),
  };
  const made = fitCompare(
    data,
    [{ stratum: 'area', column: 'level_1' }],
    [{ clock: 'calendar', days: 'days', events: 'events' }],
    terms.flatMap((term) => TERMS[term] ?? []),
    { ...CONTEXT, ...own },
  );
  checkRows(made);
  return made;
}

/** What holds of every result row: a number and its limits are finite, or there is none and a reason. */
function checkRows(rows: readonly ResultRow[]): void {
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) {
    if (row.status === 'estimated') expect(Number.isFinite(row.value), JSON.stringify(row)).toBe(true);
    else
      expect([row.value, row.ci_low, row.std_error, row.note === null], JSON.stringify(row)).toEqual([
        null,
        null,
        null,
        false,
      ]);
    for (const value of [row.ci_low, row.ci_high, row.std_error, row.p_value])
      if (value !== null) expect(Number.isFinite(value), JSON.stringify(row)).toBe(true);
  }
}

function one(rows: readonly ResultRow[], wanted: Partial<ResultRow>): ResultRow {
  const found = rows.filter((row) =>
    Object.entries(wanted).every(([key, value]) => (row as Readonly<Record<string, unknown>>)[key] === value),
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} rows fit ${JSON.stringify(wanted)}`);
  return found[0];
}

/** Areas of gamma-Poisson persons: the rate of area k is `rates[k]` a year. */
function areas(rates: readonly number[], persons: number, seed: number, shape = 0.8): Row[] {
  const random = seededGenerator(seed);
  return rates.flatMap((rate, k) =>
    Array.from({ length: persons }, (_, i): Row => {
      const days = i % 4 === 0 ? 180 : 730;
      const own = gamma(random, shape, rate / shape);
      return {
        person: `${k}-${String(i).padStart(4, '0')}`,
        level: `area ${k + 1}`,
        days,
        events: poisson(random, (own * days) / 365.25),
        sex: i % 3 === 0 ? 'female' : 'male',
        age: 20 + (i % 30),
      };
    }),
  );
}

describe('a comparison of areas', () => {
  const rows = areas([1, 1.5, 0.7, 1, 1], 80, 5);

  it('without terms has the ratio of the rates, and the error of both clustered by person', () => {
    const made = fitted(rows);
    const of = (level: string) => {
      const own = rows.filter((row) => row.level === level);
      const events = own.reduce((sum, row) => sum + row.events, 0);
      const days = own.reduce((sum, row) => sum + (row.days ?? 0), 0);
      const squares = own.reduce(
        (sum, row) => sum + (row.events - (events / days) * (row.days ?? 0)) ** 2,
        0,
      );
      return { rate: events / days, square: squares / events ** 2 };
    };
    const [first, second] = [of('area 1'), of('area 2')];
    const ratio = one(made, { measure: 'rate_ratio', level: 'area 2' });
    expect(ratio).toMatchObject({
      contrast: 'area 2 / area 1',
      phase: 'after entry',
      clock: 'calendar',
      persons: 400,
    });
    expect(ratio.value).toBeCloseTo(second.rate / first.rate, 10);
    // By hand: the two areas share nobody, so that the squares of their errors add up; 400 clusters in all.
    expect(ratio.std_error).toBeCloseTo(Math.sqrt((400 / 399) * (first.square + second.square)), 10);
    const log = one(made, { measure: 'coefficient', level: 'area 2' });
    expect(log.value).toBeCloseTo(Math.log(second.rate / first.rate), 10);
    expect([log.p_value, log.std_error]).toEqual([ratio.p_value, ratio.std_error]);
    expect(ratio.method).toBe('Poisson, cluster-robust (CR1), one cluster a person, crude');
  });

  it('compares with the level asked for, else with the largest', () => {
    const less = rows.filter((row) => !(row.level === 'area 1' && row.person.endsWith('0')));
    const contrasts = (own: Partial<CompareContext>): (string | null)[] =>
      fitted(less, own)
        .filter(({ measure }) => measure === 'rate_ratio')
        .map(({ contrast }) => contrast);
    expect(contrasts({})).toContain('area 1 / area 2');
    expect(contrasts({ reference: { area: 'area 5' } })).toContain('area 1 / area 5');
    const unknown = fitted(less, { reference: { area: 'area 9' } });
    expect(one(unknown, { measure: 'rate_ratio', level: 'area 1' })).toMatchObject({
      contrast: 'area 1 / area 2',
      note: expect.stringMatching(/^the reference asked for is no level/),
    });
  });

  it('does not depend on which level is the reference: joint test, ratios turned round', () => {
    const [a, b] = [fitted(rows), fitted(rows, { reference: { area: 'area 3' } })];
    const test = (made: readonly ResultRow[]) => one(made, { measure: 'equal_rates_test' });
    expect(test(b).value).toBeCloseTo(test(a).value ?? 0, 8);
    expect(test(a).method).toMatch(/^Wald chi-square, 4 d.f./);
    const forth = one(a, { measure: 'coefficient', level: 'area 3' });
    const back = one(b, { measure: 'coefficient', level: 'area 1' });
    expect(back.value).toBeCloseTo(-(forth.value ?? 0), 10);
    expect(back.std_error).toBeCloseTo(forth.std_error ?? 0, 10);
  });

  it('adjusts what the terms explain: women fewer and only in one area', () => {
    const skewed = rows.flatMap((row): Row[] =>
      row.sex === 'female' && row.level !== 'area 2' && Number(row.person.slice(-1)) % 2 === 0
        ? []
        : [{ ...row, events: row.sex === 'female' ? row.events * 3 : row.events }],
    );
    const made = fitted(skewed, { adjust: ['sex', { number: 'age' }], reference: { area: 'area 1' } }, [
      'sex',
      'age',
    ]);
    const name = 'Poisson, cluster-robust (CR1), one cluster a person';
    const crude = one(made, { measure: 'rate_ratio', level: 'area 2', method: `${name}, crude` });
    const adjusted = one(made, {
      measure: 'rate_ratio',
      level: 'area 2',
      method: `${name}, adjusted for sex and age`,
    });
    expect(adjusted.value).toBeLessThan(crude.value ?? 0);
    // Expected events are those of sex and age at the common rates: they add up to what was observed.
    const expected = made.filter(({ measure }) => measure === 'expected_events');
    const total = expected.reduce((sum, row) => sum + (row.value ?? 0), 0);
    expect(total).toBeCloseTo(
      skewed.reduce((sum, row) => sum + row.events, 0),
      6,
    );
  });

  it('leaves persons without a value of a term out, of the adjusted model only, and says so', () => {
    const lacking = rows.map((row, i) => {
      const { age: _, ...rest } = row;
      return i % 10 === 0 ? rest : row;
    });
    const made = fitted(lacking, { adjust: [{ number: 'age' }] }, ['age']);
    const ratios = made.filter(({ measure, level }) => measure === 'rate_ratio' && level === 'area 2');
    expect(ratios.map(({ persons }) => persons)).toEqual([400, 360]);
    expect(ratios[1]?.note).toBe('persons without a value of a term are left out');
  });

  it('takes the small-sample error where a level has few persons', () => {
    const few = rows.filter((row) => row.level !== 'area 3' || Number(row.person.slice(2)) < 8);
    const ratio = one(fitted(few), { measure: 'rate_ratio', level: 'area 3' });
    expect(ratio.method).toMatch(/CR2, Satterthwaite's t/);
    expect(one(fitted(few), { measure: 'equal_rates_test' }).method).toMatch(/^Wald F, 4 and \d+ d.f./);
  });

  it.each([
    ['negative-binomial', rows, 'overdispersion'],
    ['poisson-gamma', rows, 'overdispersion'],
    [
      'gee-exchangeable',
      rows.flatMap((row) => [
        { ...row, year: '2006', events: Math.floor(row.events / 2) },
        { ...row, year: '2007', events: Math.ceil(row.events / 2) },
      ]),
      'working_correlation',
    ],
  ] as const)('with the model %s says how persons differ', (model, people, measure) => {
    const divide = people.some((row) => 'year' in row);
    const made = fitted(people, { model, divide: divide ? ['calendar_year'] : [] }, divide ? ['year'] : []);
    const spread = made.filter((row) => row.measure === measure);
    expect(spread.length).toBe(divide ? 2 : 1);
    for (const row of spread) {
      expect(row.level).toBe('all levels');
      expect(row.value).toBeGreaterThan(measure === 'overdispersion' ? 0.5 : 0.2);
    }
    const ratio = made.filter((row) => row.measure === 'rate_ratio' && row.level === 'area 2');
    for (const row of ratio) expect(row.value).toBeGreaterThan(1);
  });

  it('is a Poisson model where persons differ by no more than chance, and says so', () => {
    const alike = areas([1, 1.5], 60, 9, 1e6).map(
      (row, i): Row => ({ ...row, days: 365, events: 1 + (i % 2) }),
    );
    for (const model of ['negative-binomial', 'poisson-gamma'] as const)
      expect(one(fitted(alike, { model }), { measure: 'rate_ratio' }).note).toMatch(/^no overdispersion/);
  });

  it('counts a cluster once: the same people doubled in clusters have the error of the people', () => {
    const doubled = rows.flatMap((row): Row[] => [
      { ...row, cluster: row.person, person: `${row.person}a` },
      { ...row, cluster: row.person, person: `${row.person}b` },
    ]);
    const [single, twice] = [fitted(rows), fitted(doubled, { unit: 'household' })].map((made) =>
      one(made, { measure: 'coefficient', level: 'area 2' }),
    );
    expect(twice?.value).toBeCloseTo(single?.value ?? 0, 10);
    expect(twice?.std_error).toBeCloseTo(single?.std_error ?? 0, 10);
    expect(twice?.method).toContain('one cluster a household');
  });

  it('has a funnel, and ratios shrunken towards the common rate', () => {
    const made = fitted(rows);
    for (const level of [1, 2, 3, 4, 5].map((k) => `area ${k}`)) {
      const own = one(made, { measure: 'observed_expected_ratio', level }).value ?? 0;
      const shrunken = one(made, { measure: 'shrunken_ratio', level }).value ?? 0;
      expect(Math.abs(shrunken - 1)).toBeLessThanOrEqual(Math.abs(own - 1) + 0.05);
    }
    expect(one(made, { measure: 'dispersion' }).value).toBeGreaterThan(1.5);
    expect(one(made, { measure: 'funnel_overdispersion' }).status).toBe('estimated');
  });
});

describe('a comparison that has no answer says so, and never NaN', () => {
  const some = areas([1, 1.2], 60, 3);
  const nobody = (level: string): Row[] =>
    Array.from({ length: 40 }, (_, i): Row => ({ person: `n${i}`, level, events: 0, sex: 'male', age: 30 }));
  const MODELS = ['poisson-cluster-robust', 'negative-binomial', 'poisson-gamma'] as const;

  it.each(MODELS)('a level without events, %s', (model) => {
    const made = fitted([...some, ...nobody('area 3')], { model });
    expect(one(made, { measure: 'rate_ratio', level: 'area 3' })).toMatchObject({
      status: 'not-estimable',
      note: 'no events at this level',
    });
    expect(one(made, { measure: 'rate_ratio', level: 'area 2' }).status).toBe('estimated');
    expect(one(made, { measure: 'equal_rates_test' }).note).toBe(
      'levels that cannot be estimated are left out',
    );
  });

  it.each(MODELS)('a reference without events, %s', (model) => {
    const made = fitted([...some, ...nobody('area 3')], { model, reference: { area: 'area 3' } });
    for (const row of made.filter(
      ({ measure }) => measure === 'rate_ratio' || measure === 'equal_rates_test',
    ))
      expect(row).toMatchObject({ status: 'not-estimable', note: 'reference: no events at this level' });
  });

  it.each(MODELS)('no events at all, one level, one person, %s', (model) => {
    for (const people of [
      [...nobody('area 1'), ...nobody('area 2').map((row) => ({ ...row, person: `${row.person}x` }))],
      some.filter(({ level }) => level === 'area 1'),
      some.slice(0, 1).map((row) => ({ ...row, events: 2 })),
    ])
      expect(one(fitted(people, { model }), { measure: 'equal_rates_test' }).status).toBe('not-estimable');
  });

  it.each(MODELS)('one person in a level, %s', (model) => {
    const lone: Row = { person: 'zz', level: 'area 3', events: 4 };
    expect(one(fitted([...some, lone], { model }), { measure: 'rate_ratio', level: 'area 3' })).toMatchObject(
      {
        status: 'not-estimable',
        note: expect.stringMatching(/^one person or cluster/),
      },
    );
  });

  it.each(MODELS)('a term that says the same as the levels, %s', (model) => {
    const same = some.map((row) => ({ ...row, sex: row.level }));
    const made = fitted(same, { model, adjust: ['sex'] }, ['sex']);
    const [ratio] = made.filter((row) => row.measure === 'rate_ratio' && row.method?.includes('adjusted'));
    expect(ratio?.note).toMatch(/^(no overdispersion.*; )?left out because other terms say the same: sex/);
  });

  it.each(MODELS)('a term whose level has no events is separated, %s', (model) => {
    const apart = some.map((row) => (row.sex === 'female' ? { ...row, events: 0 } : row));
    const made = fitted(apart, { model, adjust: ['sex'] }, ['sex']);
    const adjusted = made.filter((row) => row.measure === 'rate_ratio' && row.method?.includes('adjusted'));
    expect(adjusted.map(({ note }) => note)).toEqual(['separated: no finite estimate of sex: female']);
  });

  it.each(MODELS)('rates of one in millions of years and of thousands a day, %s', (model) => {
    for (const days of [1e12, 1e-3]) {
      const made = fitted(
        some.map((row, i) => ({ ...row, days: days * (1 + (i % 3)) })),
        { model },
      );
      expect(one(made, { measure: 'rate_ratio', level: 'area 2' }).status).toBe('estimated');
    }
  });

  it('more levels than a regression can hold', () => {
    const many = Array.from(
      { length: 1200 },
      (_, i): Row => ({ person: `p${i}`, level: `area ${i % 600}`, events: 1 + (i % 2) }),
    );
    expect(one(fitted(many), { measure: 'equal_rates_test' }).note).toBe('more than 400 levels and terms');
  });

  it('fewer than five levels have no funnel', () => {
    const made = fitted(some);
    expect(one(made, { measure: 'funnel_overdispersion' })).toMatchObject({
      status: 'not-estimable',
      note: expect.stringMatching(/^fewer than five levels/),
    });
  });
});

import { describe, expect, it } from 'vitest';
import {
  type Generator,
  gamma,
  poisson,
  seededGenerator,
  standardNormal,
  uniform,
} from '../../stats/random.ts';
import type { AdjustmentTerm } from '../adjustment.ts';
import type { ResultRow } from '../tables.ts';
import type { ArmCounts } from './counts.ts';
import { doseLabels } from './dose.ts';
import { type Asked, fitPartnership } from './fit.ts';
import type { ArmData, PartnershipContext } from './people.ts';

/** Fits on made-up persons: what the rows say, what they recover, and what they say when there is no answer. */

interface Person {
  readonly arm: 0 | 1;
  readonly b: number;
  readonly a: number;
  /** Days. */
  readonly tb?: number;
  readonly ta?: number;
  readonly fb?: number;
  readonly fa?: number;
  readonly ftb?: number;
  readonly fta?: number;
  readonly cluster?: string;
  readonly contacts?: number;
  readonly l?: number;
  readonly tl?: number;
  readonly adjust?: Readonly<Record<string, string | number | null>>;
}

const YEAR = 365.25;

function dataOf(people: readonly Person[]): ArmData {
  const number = (of: (person: Person) => number | undefined): Float64Array =>
    Float64Array.from(people, (person) => of(person) ?? Number.NaN);
  const own: Record<string, Float64Array | (string | null)[]> = {};
  for (const column of Object.keys(people[0]?.adjust ?? {})) {
    const values = people.map((person) => person.adjust?.[column] ?? null);
    own[column] = values.some((value) => typeof value === 'string')
      ? values.map((value) => (value === null ? null : String(value)))
      : Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)));
  }
  return {
    ...own,
    person_id: people.map((_, i) => `p${i}`),
    arm: number(({ arm }) => arm),
    b: number(({ b }) => b),
    a: number(({ a }) => a),
    tb: number(({ tb }) => tb ?? YEAR),
    ta: number(({ ta }) => ta ?? YEAR),
    fb: number(({ b, fb }) => fb ?? b),
    fa: number(({ a, fa }) => fa ?? a),
    ftb: number(({ tb, ftb }) => ftb ?? tb ?? YEAR),
    fta: number(({ ta, fta }) => fta ?? ta ?? YEAR),
    cluster: people.map(({ cluster }, i) => cluster ?? `p${i}`),
    contacts: number(({ contacts }) => contacts),
    l: number(({ l }) => l),
    tl: number(({ l, tl }) => tl ?? (l === undefined ? undefined : YEAR)),
    fl: number(({ l }) => l),
    ftl: number(({ l, tl }) => tl ?? (l === undefined ? undefined : YEAR)),
  } as unknown as ArmData;
}

const TERMS: readonly AdjustmentTerm[] = [
  { column: 'sex', label: 'sex', kind: 'level' },
  { column: 'age', label: 'age', kind: 'number' },
];

function countsOf(terms: readonly AdjustmentTerm[] = []): ArmCounts {
  return { adjustment: { terms }, exact: [] } as unknown as ArmCounts;
}

const CONTEXT: PartnershipContext = {
  estimate_id: 'arms',
  population: 'all',
  variant: 'protocol',
  confidence: 0.95,
  arms: 'programme',
  treated: 'intensive',
  comparison: 'usual',
  is_divided: true,
};

const ASKED: Asked = {
  clocks: ['calendar'],
  weighting: 'overlap',
  caliper: 0.2,
  exact_names: [],
  cluster: undefined,
  dose: undefined,
  selected_from: 0,
};

function estimate(
  people: readonly Person[],
  asked: Partial<Asked> = {},
  terms: readonly AdjustmentTerm[] = [],
  context: Partial<PartnershipContext> = {},
): ResultRow[] {
  return fitPartnership(dataOf(people), countsOf(terms), { ...ASKED, ...asked }, { ...CONTEXT, ...context });
}

function one(rows: readonly ResultRow[], wanted: Partial<ResultRow>, method = ''): ResultRow {
  const found = rows.filter(
    (row) =>
      (Object.keys(wanted) as (keyof ResultRow)[]).every((key) => row[key] === wanted[key]) &&
      (row.method ?? '').startsWith(method),
  );
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} rows fit ${JSON.stringify(wanted)} ${method}`);
  return found[0];
}

const PRIMARY = { measure: 'rate_ratio', level: 'all levels', phase: null };

/** No row holds a number that is not one, and a row without an answer holds none. */
function expectSound(rows: readonly ResultRow[]): void {
  const keys = new Set<string>();
  for (const row of rows) {
    for (const column of ['value', 'ci_low', 'ci_high', 'std_error', 'p_value', 'person_years'] as const)
      if (row[column] !== null)
        expect(Number.isFinite(row[column]), `${row.measure} ${row.method} ${column}`).toBe(true);
    if (row.status === 'estimated') expect(row.value, `${row.measure} ${row.method}`).not.toBeNull();
    else {
      expect(row.value).toBeNull();
      expect(row.note ?? '').not.toBe('');
    }
    if (row.ci_low !== null && row.ci_high !== null) {
      expect(row.ci_low).toBeLessThanOrEqual(row.value ?? Number.NaN);
      expect(row.ci_high).toBeGreaterThanOrEqual(row.value ?? Number.NaN);
    }
    const key = JSON.stringify([
      row.stratum,
      row.level,
      row.phase,
      row.clock,
      row.measure,
      row.contrast,
      row.method,
    ]);
    expect(keys.has(key), key).toBe(false);
    keys.add(key);
  }
}

/** A study of `n` persons with their own rates; the arm depends on the earlier count by `slope`. */
function world(
  random: Generator,
  n: number,
  { effect = 1, slope = 0, from = 0, mean = 2.5, shape = 1.2 } = {},
): Person[] {
  const people: Person[] = [];
  while (people.length < n) {
    const rate = gamma(random, shape, mean / shape);
    const b = poisson(random, rate);
    if (b < from) continue;
    const arm = uniform(random) < 1 / (1 + Math.exp(-slope * (b - 4))) ? 1 : 0;
    people.push({ arm, b, a: poisson(random, rate * (arm === 1 ? effect : 1)) });
  }
  return people;
}

describe('Two arms by hand', () => {
  const people: Person[] = [
    { arm: 1, b: 4, a: 1 },
    { arm: 1, b: 2, a: 1, ta: YEAR / 2 },
    { arm: 0, b: 3, a: 2 },
    { arm: 0, b: 1, a: 3, tb: YEAR / 2 },
  ];
  const rows = estimate(people);

  it('the cells are sums over persons', () => {
    expectSound(rows);
    const cell = { stratum: 'programme', level: 'intensive', phase: 'after entry' };
    expect(one(rows, { ...cell, measure: 'events' }).value).toBe(2);
    expect(one(rows, { ...cell, measure: 'person_years' }).value).toBeCloseTo(1.5, 12);
    expect(one(rows, { ...cell, measure: 'rate' }).value).toBeCloseTo(2 / 1.5, 10);
    expect(one(rows, { stratum: 'all', measure: 'persons' }).value).toBe(4);
    expect(one(rows, { stratum: 'programme', level: 'usual', phase: null, measure: 'persons' }).value).toBe(
      2,
    );
  });

  it('the ratio of rate ratios is that of four cells, and so is the difference of rate changes', () => {
    const rrr = one(rows, { measure: 'ratio_of_rate_ratios' }, 'Poisson');
    expect(rrr.value).toBeCloseTo(2 / 1.5 / (6 / 2) / (5 / 2 / (4 / 1.5)), 9);
    expect(one(rows, { measure: 'difference_of_rate_changes' }).value).toBeCloseTo(
      100 * (2 / 1.5 - 6 / 2 - (5 / 2 - 4 / 1.5)),
      8,
    );
    // Four persons are few clusters.
    expect(rrr.method).toContain('CR2 over persons, Satterthwaite');
  });
});

describe('What the comparison recovers', () => {
  it('with no effect, arms by earlier count: ANCOVA keeps its level, before/after does not', () => {
    const random = seededGenerator(2010);
    const runs = 160;
    const found = { robust: 0, likelihood: 0, difference: 0, expected: 0, before_after: 0 };
    for (let run = 0; run < runs; run++) {
      const rows = estimate(world(random, 116, { slope: 0.45, from: 3 }), { selected_from: 3 });
      const rejects = (row: ResultRow): number => ((row.p_value ?? 1) < 0.05 ? 1 : 0);
      found.robust += rejects(one(rows, { ...PRIMARY }, 'negative binomial ANCOVA on the earlier rate, HC0'));
      found.likelihood += rejects(
        one(rows, { ...PRIMARY }, 'negative binomial ANCOVA on the earlier rate, likelihood'),
      );
      const rrr = one(rows, { measure: 'ratio_of_rate_ratios' }, 'Poisson');
      found.difference += rejects(one(rows, { measure: 'difference_of_rate_changes' }));
      found.before_after += Math.log(rrr.value ?? Number.NaN);
      found.expected += Math.log(one(rows, { measure: 'ratio_without_effect' }).value ?? Number.NaN);
      expect(rrr.note).toContain('regression to the mean');
    }
    console.info('rejections of no effect', found);
    expect(found.robust / runs).toBeLessThan(0.12);
    expect(found.likelihood / runs).toBeLessThan(0.12);
    expect(found.difference / runs).toBeGreaterThan(0.15);
    // The shift of the before/after comparison is the one that is printed beside it.
    expect(found.before_after / runs).toBeLessThan(-0.03);
    expect(Math.abs(found.before_after / runs - found.expected / runs)).toBeLessThan(0.04);
  }, 30_000);

  it('the effect of the arm, whoever was chosen, and the interval covers it', () => {
    const random = seededGenerator(116);
    const runs = 100;
    const names = ['negative binomial ANCOVA on the earlier rate, HC0', 'overlap weights', 'matched pairs'];
    const sums = new Map(names.map((name) => [name, { log: 0, covered: 0, made: 0 }]));
    for (let run = 0; run < runs; run++) {
      const rows = estimate(world(random, 300, { slope: 0.35, effect: 0.7 }));
      for (const name of names) {
        const row = one(rows, { ...PRIMARY }, name);
        const sum = sums.get(name);
        if (sum === undefined || row.value === null) continue;
        sum.made++;
        sum.log += Math.log(row.value);
        if ((row.ci_low ?? 1) <= 0.7 && (row.ci_high ?? 0) >= 0.7) sum.covered++;
      }
    }
    console.info('recovery of 0.7', Object.fromEntries(sums));
    for (const [name, { log, covered, made }] of sums) {
      expect(made, name).toBe(runs);
      expect(Math.abs(Math.exp(log / made) - 0.7), name).toBeLessThan(0.07);
      expect(covered / made, name).toBeGreaterThan(0.87);
    }
  }, 60_000);

  it('adjustment removes what decided the arm and drives offending', () => {
    const random = seededGenerator(9);
    let [crude, made_alike] = [0, 0];
    const runs = 30;
    for (let run = 0; run < runs; run++) {
      const people = Array.from({ length: 400 }, (): Person => {
        const age = standardNormal(random);
        const sex = uniform(random) < 0.5 ? 'f' : 'm';
        const rate = gamma(random, 2, 1) * Math.exp(-0.5 * age + (sex === 'm' ? 0.4 : 0));
        const arm = uniform(random) < 1 / (1 + Math.exp(age - (sex === 'm' ? 0.8 : 0))) ? 1 : 0;
        // The earlier rate knows nothing of age and sex: the confounding is left to the adjustment.
        return { arm, b: poisson(random, 2), a: poisson(random, rate * 0.8 ** arm), adjust: { sex, age } };
      });
      const rows = estimate(people, {}, TERMS);
      expectSound(rows);
      crude += Math.log(
        one(rows, { ...PRIMARY }, 'negative binomial ANCOVA on the earlier rate, HC0').value ?? 0,
      );
      made_alike += Math.log(
        one(rows, { ...PRIMARY }, 'negative binomial ANCOVA on the earlier rate, adjusted for sex, age, HC0')
          .value ?? 0,
      );
    }
    expect(Math.exp(crude / runs)).toBeGreaterThan(1.1);
    expect(Math.abs(Math.exp(made_alike / runs) - 0.8)).toBeLessThan(0.05);
  }, 30_000);

  it('weights and pairs leave the arms more alike than they were', () => {
    const rows = estimate(world(seededGenerator(3), 400, { slope: 0.3 }));
    const balance = (method: string): number =>
      Math.abs(
        one(rows, { measure: 'standardised_difference', contrast: 'intensive / usual: earlier rate' }, method)
          .value ?? Number.NaN,
      );
    expect(balance('as they are')).toBeGreaterThan(0.3);
    expect(balance('overlap weights')).toBeLessThan(0.001);
    expect(balance('matched pairs')).toBeLessThan(0.1);
    const pairs = one(rows, { measure: 'proportion', phase: 'matched pairs' });
    expect(pairs.value).toBeCloseTo((pairs.events ?? 0) / (pairs.persons ?? 1), 12);
    expect(pairs.events).toBeLessThan(pairs.persons ?? 0);
  });
});

describe('Dose', () => {
  it('labels say what they hold', () => {
    expect(doseLabels([1, 6, 12])).toEqual(['none', '1-5', '6-11', '12 or more']);
    expect(doseLabels([3])).toEqual(['0-2', '3 or more']);
    expect(doseLabels([1, 2])).toEqual(['none', '1', '2 or more']);
  });

  it('people who would have offended less come more often: a dose-response without any effect of dose', () => {
    const random = seededGenerator(55);
    const people = Array.from({ length: 1200 }, (_, i): Person => {
      const steady = uniform(random);
      const rate = gamma(random, 2, 1);
      const later = rate * Math.exp(-1.2 * (steady - 0.5));
      return {
        arm: i % 3 === 0 ? 0 : 1,
        b: poisson(random, rate),
        a: poisson(random, later),
        contacts: poisson(random, 14 * steady),
        l: poisson(random, later),
      };
    });
    const rows = estimate(people, { dose: { landmark: 91, from: [1, 6, 12] } });
    expectSound(rows);
    const each = one(rows, {
      stratum: 'programme',
      measure: 'rate_ratio',
      contrast: 'each contact more',
    });
    expect(each.ci_high).toBeLessThan(1);
    expect(each.note).toContain('not what it did');
    const groups = ['1-5', '6-11', '12 or more'].map(
      (group) =>
        one(rows, { stratum: 'programme x contacts', measure: 'rate_ratio', contrast: `${group} / none` })
          .value ?? 0,
    );
    expect(groups[2]).toBeLessThan(groups[0] ?? 0);
    const cells = rows.filter(
      ({ stratum, measure, phase }) =>
        stratum === 'programme x contacts' && measure === 'persons' && phase === null,
    );
    expect(cells.reduce((all, { value }) => all + (value ?? 0), 0)).toBe(800);
    // Only the treated arm is in it.
    expect(each.persons).toBe(800);
  });

  it('a true effect of each contact is recovered', () => {
    const random = seededGenerator(56);
    const people = Array.from({ length: 3000 }, (): Person => {
      const rate = gamma(random, 2, 1);
      const contacts = poisson(random, 6);
      return {
        arm: 1,
        b: poisson(random, rate),
        a: 1,
        contacts,
        l: poisson(random, rate * 0.95 ** contacts),
      };
    });
    const rows = estimate([...people, { arm: 0, b: 1, a: 1 }], { dose: { landmark: 91, from: [1, 6] } });
    const each = one(rows, {
      stratum: 'programme',
      measure: 'rate_ratio',
      contrast: 'each contact more',
    });
    expect(Math.abs((each.value ?? 0) - 0.95)).toBeLessThan(0.02);
    expect(each.ci_low).toBeLessThan(0.95);
    expect(each.ci_high).toBeGreaterThan(0.95);
  });
});

describe('When there is no answer', () => {
  const alike = (arm: 0 | 1, n: number, b: number, a: number): Person[] =>
    Array.from({ length: n }, () => ({ arm, b, a }));
  const DOSE = { dose: { landmark: 91, from: [1, 6] } };
  it.each<[string, readonly Person[]]>([
    ['nobody', []],
    ['one person', [{ arm: 1, b: 2, a: 1 }]],
    ['one arm only', alike(1, 30, 2, 1)],
    ['one person an arm', [...alike(1, 1, 2, 1), ...alike(0, 1, 3, 2)]],
    ['no events at all', [...alike(1, 20, 0, 0), ...alike(0, 20, 0, 0)]],
    ['no events after', [...alike(1, 20, 2, 0), ...alike(0, 20, 1, 0)]],
    ['no events after in one arm', [...alike(1, 20, 2, 0), ...alike(0, 20, 1, 2)]],
    ['no events before', [...alike(1, 20, 0, 1), ...alike(0, 20, 0, 2)]],
    ['everybody the same', [...alike(1, 20, 1, 1), ...alike(0, 20, 1, 1)]],
    ['the earlier count tells the arms apart', [...alike(1, 20, 5, 2), ...alike(0, 20, 1, 2)]],
    [
      'nobody at liberty after',
      [...alike(1, 20, 2, 1), ...alike(0, 20, 1, 1)].map((person) => ({ ...person, ta: 0, fta: 0 })),
    ],
    [
      'a moment of time and very many events',
      [...alike(1, 20, 9000, 8000), ...alike(0, 20, 9000, 9500)].map((person) => ({
        ...person,
        tb: 1,
        ta: 1,
      })),
    ],
    [
      'a dose that nobody differs in',
      [...alike(1, 20, 2, 1), ...alike(0, 20, 2, 1)].map((person) => ({ ...person, contacts: 4, l: 1 })),
    ],
    [
      'a dose and no events after it',
      [...alike(1, 20, 2, 1), ...alike(0, 20, 2, 1)].map((person, i) => ({ ...person, contacts: i, l: 0 })),
    ],
  ])('%s', (_, people) => {
    const rows = estimate(people, { clocks: ['calendar', 'at-liberty'], ...DOSE });
    expectSound(rows);
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ measure, phase }) => measure === 'rate_ratio' && phase === null)).toBe(true);
  });

  it('an adjustment that is the arm itself, and one that nobody has, are said to be so', () => {
    const people = Array.from(
      { length: 60 },
      (_, i): Person => ({
        arm: i % 2 === 0 ? 0 : 1,
        b: i % 5,
        a: (i * 7) % 4,
        adjust: { sex: i % 2 === 0 ? 'f' : 'm', age: i },
      }),
    );
    const rows = estimate(people, {}, TERMS);
    expectSound(rows);
    const adjustedRow = one(rows, { ...PRIMARY }, 'negative binomial ANCOVA on the earlier rate, adjusted');
    expect(adjustedRow.status).toBe('not-estimable');
    expect(one(rows, { ...PRIMARY }, 'overlap weights').note).toMatch(/overlap|apart/);
    const unknown = people.map((person) => ({ ...person, adjust: { sex: 'f', age: null } }));
    const none = estimate(unknown, {}, TERMS);
    expectSound(none);
    expect(one(none, { ...PRIMARY }, 'negative binomial ANCOVA on the earlier rate, adjusted').status).toBe(
      'not-estimable',
    );
    // Without the adjustment there is an answer.
    expect(one(none, { ...PRIMARY }, 'negative binomial ANCOVA on the earlier rate, HC0').status).toBe(
      'estimated',
    );
  });

  it('clusters that are few give wider intervals with their own degrees of freedom', () => {
    const people = world(seededGenerator(12), 200).map((person, i) => ({
      ...person,
      cluster: `area ${i % 6}`,
    }));
    const rows = estimate(people, { cluster: 'area' });
    const rrr = one(rows, { measure: 'ratio_of_rate_ratios' }, 'Poisson');
    expect(rrr.method).toBe('Poisson, CR2 over area, Satterthwaite');
    expect(rrr.ci_low).not.toBeNull();
  });

  it('a variant is told without its arms', () => {
    const rows = estimate(world(seededGenerator(13), 100), {}, [], { variant: 'other', is_divided: false });
    expect(rows.filter(({ level, stratum }) => level !== 'all levels' && stratum !== 'all')).toEqual([]);
  });
});

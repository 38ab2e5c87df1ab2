import { describe, expect, it } from 'vitest';
import { protocolOf } from '../../../test/reference/day-walker-study.ts';
import { directlyStandardisedRate } from '../../stats/rates/standardised.ts';
import type { ResultRow } from '../tables.ts';
import { europeanPersons, type Standardise, standardWeights } from './standard.ts';
import { fitStandardised } from './standardised.ts';

const protocol = protocolOf({
  spells: { from: 'episodes' },
  gap: { name: 'inline', days: 21 },
  population: { entry: 'first-journey', entry_window: { from: '2006-01-01', to: '2007-01-01' } },
  time_at_risk: { before: { months: 12 }, after: { months: 12 }, split: { age_bands: [18, 25] } },
});
const CONTEXT = { estimate_id: 'e', population: 'all', variant: 'protocol', confidence: 0.95 };
const YEAR = 365.25;

/** Events and days of each person by class, and the table of pairs that the engine would make of them. */
type Person = Readonly<Record<string, readonly [events: number, days: number]>>;

function pairsOf(level: string, people: readonly Person[]): Parameters<typeof fitStandardised>[0][number][] {
  const pairs = new Map<string, Parameters<typeof fitStandardised>[0][number]>();
  for (const person of people) {
    for (const [a, [ya, ta]] of Object.entries(person)) {
      for (const [b, [yb, tb]] of Object.entries(person)) {
        const old = pairs.get(`${a}/${b}`);
        pairs.set(`${a}/${b}`, {
          stratum: level === 'all' ? 'all' : 'area',
          level,
          divided_by: 'window',
          division: 'after',
          clock: 'calendar',
          class_a: a,
          class_b: b,
          persons: 1 + (old?.persons ?? 0),
          events: ya + (old?.events ?? 0),
          days: ta + (old?.days ?? 0),
          yy: ya * yb + (old?.yy ?? 0),
          yt: ya * tb + (old?.yt ?? 0),
          tt: ta * tb + (old?.tt ?? 0),
        });
      }
    }
  }
  return [...pairs.values()];
}

const NORTH: readonly Person[] = [
  { '18-24': [4, 200], '25+': [1, 165] },
  { '18-24': [0, 365] },
  { '25+': [2, 365] },
  { '25+': [0, 300] },
];
const SOUTH: readonly Person[] = [{ '25+': [3, 365] }, { '25+': [0, 200] }];
const PAIRS = [
  ...pairsOf('all', [...NORTH, ...SOUTH]),
  ...pairsOf('north', NORTH),
  ...pairsOf('south', SOUTH),
];

function rowsOf(standardise: Standardise, pairs = PAIRS): ResultRow[] {
  return fitStandardised(
    pairs,
    protocol,
    standardise,
    ({ level }) => (level === 'north' ? NORTH.length : level === 'south' ? SOUTH.length : 6),
    CONTEXT,
  );
}

function find(rows: readonly ResultRow[], level: string, method: string): ResultRow {
  const found = rows.filter((row) => row.level === level && row.method?.endsWith(method));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} rows ${level} ${method}`);
  return found[0];
}

describe('a standardised rate', () => {
  it('is the crude one in the population whose own time is the standard', () => {
    const row = find(rowsOf({ by: ['age_band'] }), 'all', 'Fay-Feuer');
    const days = 200 + 165 + 365 + 365 + 300 + 365 + 200;
    expect(row.value).toBeCloseTo(10 / (days / YEAR), 12);
    expect(row).toMatchObject({ measure: 'standardised_rate', phase: 'after entry', persons: 6, events: 10 });
    expect(row.person_years).toBeCloseTo(days / YEAR, 12);
  });

  it('is that of Fay and Feuer and of Dobson, with the weights of the whole population', () => {
    const rows = rowsOf({ by: ['age_band'], weights: 'study' });
    for (const [method, words] of [
      ['fay-feuer', 'Fay-Feuer'],
      ['dobson', 'Dobson'],
    ] as const) {
      const asked = directlyStandardisedRate([4, 3], [565 / YEAR, 830 / YEAR], [565, 830 + 565], { method });
      if (asked.status !== 'estimated') throw new Error(asked.status);
      const row = find(rows, 'north', words);
      expect(row.value).toBeCloseTo(asked.rate, 12);
      expect(row.ci_low).toBeCloseTo(Math.max(0, asked.lower), 12);
      expect(row.ci_high).toBeCloseTo(asked.upper, 12);
      expect(row.method).toBe(`directly standardised for age to the whole population, ${words}`);
    }
  });

  it('takes persons as independent, in whichever classes their time is', () => {
    const row = find(rowsOf({ by: ['age_band'] }), 'north', 'clustered by person');
    // By hand, a person at a time: what moving in both classes at once does to the rate.
    const share = [565 / 1960 / (565 / YEAR), 1395 / 1960 / (830 / YEAR)] as const;
    const rate = [4 / (565 / YEAR), 3 / (830 / YEAR)] as const;
    const moved = NORTH.map((person) =>
      (['18-24', '25+'] as const).reduce((sum, label, k) => {
        const [y, t] = person[label] ?? [0, 0];
        return sum + (share[k] ?? 0) * (y - (rate[k] ?? 0) * (t / YEAR));
      }, 0),
    );
    const variance = (4 / 3) * moved.reduce((sum, u) => sum + u * u, 0);
    expect(row.std_error).toBeCloseTo(Math.sqrt(variance) / (row.value ?? 0), 10);
  });

  it('does not exist where a class of the standard has no time, and says which', () => {
    expect(find(rowsOf({ by: ['age_band'] }), 'south', 'Fay-Feuer')).toMatchObject({
      status: 'not-estimable',
      value: null,
      note: 'no time at risk in 18-24, which the standard has',
    });
  });

  it('leaves out what is not recorded, and says so', () => {
    const extra = pairsOf('all', [...NORTH, ...SOUTH, { 'not recorded': [9, 100] }]);
    const row = find(rowsOf({ by: ['age_band'] }, extra), 'all', 'Fay-Feuer');
    expect([row.events, row.note]).toEqual([10, 'time in classes that are not recorded is left out']);
  });

  it('has zero with an upper limit where nothing happened', () => {
    const nothing = pairsOf('all', [{ '18-24': [0, 300], '25+': [0, 100] }, { '25+': [0, 365] }]);
    const rows = rowsOf({ by: ['age_band'] }, nothing);
    expect(find(rows, 'all', 'Fay-Feuer')).toMatchObject({ value: 0, ci_low: 0 });
    expect(find(rows, 'all', 'Fay-Feuer').ci_high).toBeGreaterThan(0);
    expect(find(rows, 'all', 'clustered by person')).toMatchObject({ status: 'not-estimable', value: null });
  });

  it('names weights that leave out a class that people are in', () => {
    expect(find(rowsOf({ by: ['age_band'], weights: { '18-24': 1 } }), 'all', 'Dobson')).toMatchObject({
      status: 'not-estimable',
      note: 'the weights leave out 25+',
    });
    const row = find(rowsOf({ by: ['age_band'], weights: { '18-24': 1, '25+': 3 } }), 'north', 'Fay-Feuer');
    expect(row.value).toBeCloseTo(0.25 * (4 / (565 / YEAR)) + 0.75 * (3 / (830 / YEAR)), 12);
  });
});

describe('a standardised rate of one sex', () => {
  it('has the standard ages of that sex', () => {
    const she: readonly Person[] = [
      { '18-24 x female': [2, 200], '25+ x female': [1, 165] },
      { '25+ x female': [0, 365] },
    ];
    const he: readonly Person[] = [{ '18-24 x male': [4, 365] }, { '25+ x male': [1, 300] }];
    const pairs = [
      ...pairsOf('all', [...she, ...he]),
      ...pairsOf('female', she).map((pair) => ({ ...pair, stratum: 'sex' })),
    ];
    const own = { ...protocol, strata: { sex: 'sex' as const } };
    const rows = fitStandardised(
      pairs,
      own,
      { by: ['age_band', 'sex'], weights: 'esp-2013' },
      () => 2,
      CONTEXT,
    );
    const row = find(rows, 'female', 'Fay-Feuer');
    const young = europeanPersons({ label: '', from: 18, to: 25 });
    const older = europeanPersons({ label: '', from: 25, to: null });
    expect(row.value).toBeCloseTo(
      (young * (2 / (200 / YEAR)) + older * (1 / (530 / YEAR))) / (young + older),
      10,
    );
    expect(row.events).toBe(3);
  });
});

describe('the European standard population of 2013', () => {
  it('is 100,000 persons, however it is cut', () => {
    const all = { label: '', from: null, to: null };
    expect(europeanPersons(all)).toBe(100000);
    expect(
      europeanPersons({ ...all, to: 18 }) +
        europeanPersons({ ...all, from: 18, to: 93 }) +
        europeanPersons({ ...all, from: 93 }),
    ).toBeCloseTo(100000, 8);
    // Ages 15 to 19 are 5,500: three fifths of them are under 18.
    expect(europeanPersons({ ...all, to: 18 })).toBeCloseTo(1000 + 4000 + 5500 + 5500 + 3300, 8);
  });

  it('gives both sexes its ages, and only the ages that are studied', () => {
    const known = standardWeights(
      protocol,
      { by: ['sex', 'age_band'], weights: 'esp-2013' },
      new Map([
        ['female x 18-24', 3],
        ['male x 18-24', 4],
        ['male x 25+', 1],
        ['male x not recorded', 1],
        ['female x under 18', 0],
      ]),
    );
    if (known.status !== 'known') throw new Error(known.status);
    expect([...known.weight.keys()]).toEqual(['female x 18-24', 'male x 18-24', 'male x 25+']);
    expect(known.weight.get('female x 18-24')).toBeCloseTo(8200, 8);
    expect(known.weight.get('male x 18-24')).toBeCloseTo(8200, 8);
  });
});

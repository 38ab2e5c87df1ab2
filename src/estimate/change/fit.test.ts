import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { seededGenerator, uniformInteger } from '../../stats/random.ts';
import type { Outcome } from '../rows.ts';
import {
  bootstrapChange,
  changePercent,
  changePerPerson,
  changePerTime,
  equalChange,
  type LogRatio,
  logRatio,
  type Moments,
  shareOfEvents,
} from './fit.ts';

/** The closed forms against R on the same persons, against the definitions written out person by person, and at the edges. */

interface Pick {
  readonly estimate: number;
  readonly se: number;
}

interface Reference {
  readonly data: {
    readonly level: readonly string[];
    readonly b: readonly number[];
    readonly a: readonly number[];
    readonly tb: readonly number[];
    readonly ta: readonly number[];
  };
  readonly rates: Pick;
  readonly counts: Pick;
  readonly difference_per_day: Pick;
  readonly paired: Pick;
  readonly equal_change: { readonly chi_square: number; readonly df: number; readonly p: number };
  readonly share: Pick & { readonly events: readonly number[]; readonly part: readonly number[] };
}

const reference = (
  JSON.parse(
    readFileSync(new URL('../../../test/fixtures/r/change_clusters.json', import.meta.url), 'utf8'),
  ) as { results: Reference }
).results;

/** Events before and after, days before and after. */
type Person = readonly [number, number, number, number];

function momentsOf(persons: readonly Person[]): Moments {
  const first = new Float64Array(4);
  const second = new Float64Array(16);
  for (const person of persons) {
    person.forEach((x, i) => {
      first[i] = (first[i] ?? 0) + x;
      person.forEach((y, j) => {
        second[i * 4 + j] = (second[i * 4 + j] ?? 0) + x * y;
      });
    });
  }
  return { n: persons.length, first, second };
}

const { data } = reference;
const PERSONS: readonly Person[] = data.b.map(
  (b, i): Person => [b, data.a[i] ?? 0, data.tb[i] ?? 0, data.ta[i] ?? 0],
);
const MOMENTS = momentsOf(PERSONS);
const Z = 1.959963984540054;

function estimated(outcome: Outcome): Extract<Outcome, { status: 'estimated' }> {
  if (outcome.status !== 'estimated') throw new Error(outcome.note);
  return outcome;
}

function ofR(level: string): LogRatio | undefined {
  return logRatio(momentsOf(PERSONS.filter((_, i) => data.level[i] === level)), 'counts');
}

/** Variance of a sum of influences over persons, as the definition has it. */
function spread(influences: readonly number[]): number {
  const n = influences.length;
  const mean = influences.reduce((sum, x) => sum + x, 0) / n;
  return (n / (n - 1)) * influences.reduce((sum, x) => sum + (x - mean) ** 2, 0);
}

describe('the change of rates and counts', () => {
  it('has the estimate and the standard error of a Poisson regression with persons as clusters in R', () => {
    for (const scale of ['rates', 'counts'] as const) {
      const ratio = logRatio(MOMENTS, scale);
      expect(ratio?.log_ratio).toBeCloseTo(reference[scale].estimate, 11);
      expect(Math.sqrt(ratio?.variance ?? 0)).toBeCloseTo(reference[scale].se, 10);
      const percent = estimated(changePercent(MOMENTS, scale, 0.95));
      expect(percent.value).toBeCloseTo(100 * (Math.exp(reference[scale].estimate) - 1), 9);
      const low = 100 * (Math.exp(reference[scale].estimate - Z * reference[scale].se) - 1);
      expect(percent.ci_low).toBeCloseTo(low, 7);
      expect(percent.std_error).toBeCloseTo(reference[scale].se, 10);
    }
  });

  it('has the standard error of a paired t-test, per person', () => {
    const change = estimated(changePerPerson(MOMENTS, 0.95));
    expect(change.value).toBeCloseTo(reference.paired.estimate, 12);
    expect(change.std_error).toBeCloseTo(reference.paired.se, 12);
    expect(change.ci_high).toBeCloseTo(reference.paired.estimate + Z * reference.paired.se, 10);
  });

  it('has the standard error of a clustered Poisson regression with identity link, per 100 person-years', () => {
    const change = estimated(changePerTime(MOMENTS, 365.25, 0.95));
    expect(change.value).toBeCloseTo(36525 * reference.difference_per_day.estimate, 8);
    expect(change.std_error).toBeCloseTo(36525 * reference.difference_per_day.se, 6);
  });

  it('is what the influences of single persons sum to', () => {
    const [B, A, Tb, Ta] = [0, 1, 2, 3].map((i) =>
      PERSONS.reduce((sum, person) => sum + (person[i] ?? 0), 0),
    );
    if (B === undefined || A === undefined || Tb === undefined || Ta === undefined) throw new Error('sums');
    const rates = PERSONS.map(([b, a, tb, ta]) => (a - (A / Ta) * ta) / A - (b - (B / Tb) * tb) / B);
    expect(logRatio(MOMENTS, 'rates')?.variance).toBeCloseTo(spread(rates), 12);
    const difference = PERSONS.map(([b, a, tb, ta]) => (a - (A / Ta) * ta) / Ta - (b - (B / Tb) * tb) / Tb);
    const change = estimated(changePerTime(MOMENTS, 1, 0.95));
    expect(change.std_error).toBeCloseTo(100 * Math.sqrt(spread(difference)), 10);
  });

  it('has a narrower interval at a lower confidence level, on the same estimate', () => {
    const wide = estimated(changePercent(MOMENTS, 'rates', 0.99));
    const narrow = estimated(changePercent(MOMENTS, 'rates', 0.8));
    expect(narrow.value).toBe(wide.value);
    expect(narrow.ci_low ?? 0).toBeGreaterThan(wide.ci_low ?? 0);
    expect(narrow.ci_high ?? 0).toBeLessThan(wide.ci_high ?? 0);
  });
});

describe('the test of equal change across levels', () => {
  it('is the joint Wald test of a clustered Poisson regression with interactions in R', () => {
    // R was asked for the sandwich without n / (n - 1), which is another number in each level.
    const levels = ['a', 'b', 'c'].map((level) => {
      const n = data.level.filter((one) => one === level).length;
      const ratio = ofR(level);
      return ratio && { ...ratio, variance: (ratio.variance * (n - 1)) / n };
    });
    const test = equalChange(levels);
    expect(test.degrees_of_freedom).toBe(reference.equal_change.df);
    expect(estimated(test).value).toBeCloseTo(reference.equal_change.chi_square, 10);
    expect(estimated(test).p_value).toBeCloseTo(reference.equal_change.p, 10);
    expect(estimated(test).note).toBeUndefined();
  });

  it('leaves out levels without events on a side or of one person, and says how many', () => {
    const oneSided = logRatio(momentsOf([[2, 0, 365, 365]]), 'counts');
    const onePerson = logRatio(momentsOf([[2, 1, 365, 365]]), 'counts');
    expect(oneSided).toBeUndefined();
    const test = equalChange([ofR('a'), ofR('b'), oneSided, onePerson]);
    expect(test.degrees_of_freedom).toBe(1);
    expect(test.note).toMatch(/^2 levels/);
    expect(equalChange([ofR('a'), onePerson]).status).toBe('not-estimable');
  });
});

describe('the share of later events that fall after leaving', () => {
  it('has the estimate and standard error of a weighted regression through the origin in R', () => {
    const { events, part } = reference.share;
    const product = (x: readonly number[], y: readonly number[]): number =>
      x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
    const ones = events.map(() => 1);
    const share = estimated(
      shareOfEvents(
        {
          persons: events.length,
          events: product(events, ones),
          part: product(part, ones),
          ee: product(events, events),
          el: product(events, part),
          ll: product(part, part),
        },
        0.95,
      ),
    );
    expect(share.value).toBeCloseTo(100 * reference.share.estimate, 10);
    expect(share.std_error).toBeCloseTo(100 * reference.share.se, 9);
  });

  it('has no interval where all events, or none, came after leaving, and no number without events', () => {
    const all = shareOfEvents({ persons: 4, events: 6, part: 6, ee: 12, el: 12, ll: 12 }, 0.95);
    expect(all).toEqual({
      status: 'estimated',
      value: 100,
      note: 'the same share in every person: no interval',
    });
    const none = estimated(shareOfEvents({ persons: 4, events: 6, part: 0, ee: 12, el: 0, ll: 0 }, 0.95));
    expect(none).not.toHaveProperty('ci_low');
    const single = estimated(shareOfEvents({ persons: 1, events: 3, part: 1, ee: 9, el: 3, ll: 1 }, 0.95));
    expect(single.note).toBe('one person: no interval');
    expect(shareOfEvents({ persons: 3, events: 0, part: 0, ee: 0, el: 0, ll: 0 }, 0.95).status).toBe(
      'not-estimable',
    );
  });
});

describe('a change at the edges', () => {
  const both = (persons: readonly Person[]): Outcome[] => [
    changePercent(momentsOf(persons), 'counts', 0.95),
    changePercent(momentsOf(persons), 'rates', 0.95),
    changePerPerson(momentsOf(persons), 0.95),
    changePerTime(momentsOf(persons), 365.25, 0.95),
  ];

  it('has no percentage without an event before', () => {
    const [counts, rates, person] = both([
      [0, 2, 365, 365],
      [0, 0, 365, 365],
    ]);
    expect(counts?.status).toBe('not-estimable');
    expect(rates?.status).toBe('not-estimable');
    expect(person && estimated(person).value).toBe(1);
  });

  it('is -100 % without an interval when no event is left', () => {
    const [counts] = both([
      [2, 0, 365, 365],
      [1, 0, 365, 365],
    ]);
    expect(counts).toEqual({
      status: 'estimated',
      value: -100,
      note: 'no event after: no interval on the log scale',
    });
  });

  it('has no interval of no width: without events, of one person, or of persons who changed alike', () => {
    const cases: readonly (readonly [string, readonly Person[]])[] = [
      [
        'no event in either window: no interval',
        [
          [0, 0, 365, 365],
          [0, 0, 365, 300],
        ],
      ],
      ['one person: no interval', [[3, 1, 730, 700]]],
      ['every person changed alike: no interval', Array.from({ length: 7 }, (): Person => [3, 1, 730, 701])],
    ];
    for (const [note, persons] of cases) {
      const outcomes = both(persons).filter(({ status }) => status === 'estimated');
      expect(outcomes.length).toBeGreaterThanOrEqual(2);
      for (const outcome of outcomes) {
        expect(outcome.note).toBe(note);
        expect(outcome).not.toHaveProperty('ci_low');
        expect(outcome).not.toHaveProperty('std_error');
      }
    }
  });

  it('of rates needs time on both sides, and of persons needs persons', () => {
    const [counts, rates, , time] = both([
      [2, 1, 365, 0],
      [1, 1, 365, 0],
    ]);
    expect(counts?.status).toBe('estimated');
    expect(rates?.status).toBe('not-estimable');
    expect(time?.status).toBe('not-estimable');
    for (const outcome of both([])) expect(outcome.status).toBe('not-estimable');
  });
});

describe('the bootstrap over persons', () => {
  const options = { replicates: 20_000, seed: 5, confidence: 0.9 };

  it('has the quantiles of all resamples where there are few enough to list', () => {
    // Five persons: 3,125 resamples, each as likely as any other.
    const persons: readonly (readonly [number, number])[] = [
      [4, 1],
      [2, 2],
      [1, 0],
      [7, 3],
      [3, 5],
    ];
    const means: number[] = [];
    const percents: number[] = [];
    for (let code = 0; code < 5 ** 5; code += 1) {
      let before = 0;
      let after = 0;
      for (let k = 0, rest = code; k < 5; k += 1, rest = Math.floor(rest / 5)) {
        const [b, a] = persons[rest % 5] ?? [0, 0];
        before += b;
        after += a;
      }
      means.push((after - before) / 5);
      percents.push(100 * (after / before - 1));
    }
    const boot = bootstrapChange(
      persons.map(([before, after]) => ({ before, after, persons: 1 })),
      options,
    );
    /** Share of all resamples below, and up to, a value: the quantile lies between. */
    const within = (all: readonly number[], value: number, p: number): void => {
      // Three standard errors of a proportion estimated from 20,000 draws.
      const slack = 3 * Math.sqrt((p * (1 - p)) / options.replicates);
      expect(all.filter((x) => x < value - 1e-9).length / all.length).toBeLessThanOrEqual(p + slack);
      expect(all.filter((x) => x <= value + 1e-9).length / all.length).toBeGreaterThanOrEqual(p - slack);
    };
    within(means, boot.per_person[0], 0.05);
    within(means, boot.per_person[1], 0.95);
    within(percents, boot.percent[0], 0.05);
    within(percents, boot.percent[1], 0.95);
    expect(boot.without_base).toBe(0);
  });

  it('is what resampling persons one by one gives', () => {
    const random = seededGenerator(8);
    const n = PERSONS.length;
    const brute: number[] = [];
    for (let replicate = 0; replicate < 4000; replicate += 1) {
      let before = 0;
      let after = 0;
      for (let i = 0; i < n; i += 1) {
        const [b, a] = PERSONS[uniformInteger(random, n)] ?? [0, 0, 0, 0];
        before += b;
        after += a;
      }
      brute.push(100 * (after / before - 1));
    }
    brute.sort((x, y) => x - y);
    const patterns = new Map<string, { before: number; after: number; persons: number }>();
    for (const [before, after] of PERSONS) {
      const key = `${before}/${after}`;
      const pattern = patterns.get(key) ?? { before, after, persons: 0 };
      patterns.set(key, { ...pattern, persons: pattern.persons + 1 });
    }
    const boot = bootstrapChange([...patterns.values()], options);
    [boot.percent[0], boot.percent[1]].forEach((end, k) => {
      const p = k === 0 ? 0.05 : 0.95;
      const slack = 3 * Math.sqrt(p * (1 - p) * (1 / 4000 + 1 / options.replicates));
      expect(brute.filter((x) => x < end - 1e-9).length / 4000).toBeLessThanOrEqual(p + slack);
      expect(brute.filter((x) => x <= end + 1e-9).length / 4000).toBeGreaterThanOrEqual(p - slack);
    });
  });

  it('agrees with the closed form where the mean is nearly normal', () => {
    const boot = bootstrapChange(
      PERSONS.map(([before, after]) => ({ before, after, persons: 40 })),
      { ...options, confidence: 0.95 },
    );
    const closed = estimated(
      changePerPerson(momentsOf(Array.from({ length: 40 }, () => PERSONS).flat()), 0.95),
    );
    const width = (closed.ci_high ?? 0) - (closed.ci_low ?? 0);
    expect(Math.abs(boot.per_person[0] - (closed.ci_low ?? 0))).toBeLessThan(0.03 * width);
    expect(Math.abs(boot.per_person[1] - (closed.ci_high ?? 0))).toBeLessThan(0.03 * width);
  });

  it('gives the same interval for the same seed whatever the order of patterns, and another for another seed', () => {
    const patterns = [0, 1, 2, 3, 4, 5].map((i) => ({ before: 1 + (i % 3), after: i, persons: 1 + i }));
    const few = { replicates: 200, seed: 1, confidence: 0.95 };
    expect(bootstrapChange([...patterns].reverse(), few)).toEqual(bootstrapChange(patterns, few));
    expect(bootstrapChange(patterns, { ...few, seed: 2 })).not.toEqual(bootstrapChange(patterns, few));
  });

  it('has no percentage where many resamples have no event before, and leaves few of them out', () => {
    const rare = bootstrapChange(
      [
        { before: 1, after: 1, persons: 1 },
        { before: 0, after: 0, persons: 9 },
      ],
      { ...options, replicates: 500 },
    );
    // (9/10)^10 of all resamples: about a third.
    expect(rare.without_base / 500).toBeGreaterThan(0.25);
    expect(rare.percent[0]).toBeNaN();
    const some = bootstrapChange(
      [
        { before: 1, after: 1, persons: 4 },
        { before: 0, after: 1, persons: 6 },
      ],
      { ...options, replicates: 5000 },
    );
    expect(some.without_base).toBeGreaterThan(0);
    expect(Number.isFinite(some.percent[1])).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { reportInput, resultRow } from '../../test/small-report.ts';
import type { ReleasedResultRow } from '../disclose/tables.ts';
import type { EstimateOf } from '../protocol/tables.ts';
import { SYSTEM_METRIC_PRESETS } from '../protocol/tables.ts';
import { partnership } from './designs/partnership.ts';
import { systemMetrics } from './designs/system-metrics.ts';
import { ratioDomain, ticksWithin } from './ratio-chart.ts';
import { readingOf } from './reading.ts';

/** How two arms and a system are told: what is first, what is withheld, what stands beside. */

const ARMS: EstimateOf<'partnership'> = {
  id: 'arms',
  design: 'partnership',
  outcome: 'convictions',
  arms: 'arm',
  treated: 'intensive',
  comparison: 'usual',
  dose: { within: { days: 91 } },
};

const ANCOVA = 'negative binomial ANCOVA on the earlier rate';

function arm(own: Partial<ReleasedResultRow>): ReleasedResultRow {
  return resultRow({
    estimate_id: 'arms',
    design: 'partnership',
    stratum: 'arm',
    clock: 'at-liberty',
    ...own,
  });
}

function contrast(own: Partial<ReleasedResultRow>): ReleasedResultRow {
  return arm({
    level: 'all levels',
    measure: 'rate_ratio',
    contrast: 'intensive / usual',
    unit: 'ratio',
    ...own,
  });
}

const ROWS: readonly ReleasedResultRow[] = [
  ...['intensive', 'usual'].flatMap((level) =>
    ['before entry', 'after entry'].flatMap((phase) => [
      arm({ level, phase, measure: 'persons', value: 58 }),
      arm({ level, phase, measure: 'events', value: 120 }),
      arm({ level, phase, measure: 'person_years', value: 56 }),
      arm({ level, phase, measure: 'rate', value: 2.14, ci_low: 1.7, ci_high: 2.6 }),
    ]),
  ),
  contrast({
    method: 'matched pairs, Poisson, cluster-robust over pairs',
    value: 0.8,
    ci_low: 0.5,
    ci_high: 1.28,
  }),
  contrast({
    method: 'overlap weights, Poisson, sandwich with estimated weights',
    value: 0.76,
    ci_low: 0.5,
    ci_high: 1.15,
  }),
  contrast({ method: `${ANCOVA}, HC0`, value: 0.75, ci_low: 0.52, ci_high: 1.08, p_value: 0.12 }),
  contrast({ method: `${ANCOVA}, likelihood`, value: 0.75, ci_low: 0.51, ci_high: 1.1 }),
  contrast({ method: `${ANCOVA}, adjusted for sex, HC0`, value: 0.74, ci_low: 0.51, ci_high: 1.07 }),
  contrast({
    measure: 'ratio_of_rate_ratios',
    contrast: 'intensive / usual, after / before',
    method: 'Poisson, cluster-robust over persons (CR1S)',
    value: 0.6,
    ci_low: 0.4,
    ci_high: 0.9,
    note: 'the arms differed before: regression to the mean moves them apart with no effect',
  }),
  contrast({
    measure: 'standardised_difference',
    method: 'as they are',
    contrast: 'intensive / usual: log earlier rate',
    value: 0.62,
  }),
  contrast({
    measure: 'standardised_difference',
    method: 'overlap weights',
    contrast: 'intensive / usual: log earlier rate',
    value: 0.001,
  }),
  contrast({ measure: 'ratio_without_effect', contrast: 'intensive / usual, after / before', value: 0.84 }),
  contrast({ measure: 'detectable_rate_ratio', contrast: 'intensive / usual, below 1', value: 0.61 }),
  contrast({ measure: 'power', contrast: 'intensive / usual = 0.7', value: 0.48 }),
  ...['12 or more / none', '1-5 / none', 'each contact more'].map((dose) =>
    contrast({
      stratum: dose.startsWith('each') ? 'arm' : 'arm x contacts',
      phase: 'after day 91',
      contrast: dose,
      method: `${ANCOVA}, HC0`,
      value: 0.9,
      ci_low: 0.8,
      ci_high: 1.1,
    }),
  ),
];

describe('The report of two arms', () => {
  const reading = readingOf(reportInput(ROWS, { protocol: { estimates: [ARMS] } }));

  it('opens with the adjusted analysis of covariance and says that 1 lies in its interval', () => {
    const [statement, ...others] = partnership.statements(reading, ARMS);
    expect(others).toEqual([]);
    expect(statement?.figure).toBe('0.740 times');
    expect(statement?.sentence).toContain('it contains 1');
  });

  it('draws the primary comparison first and prints the warning with the picture', async () => {
    const { figures, tables, body } = await partnership.section(reading, ARMS);
    expect(figures.map(({ name }) => name)).toEqual(['arms.arms', 'arms.ratios', 'arms.dose']);
    const [, ratios, dose] = figures;
    expect(ratios?.alt).toMatch(
      /After, given before, adjusted \(primary\): 0\.740 .*After, given before: .*overlap weights.*matched pairs.*Ratio of before\/after ratios/s,
    );
    expect(dose?.alt.indexOf('Each contact more')).toBeLessThan(dose?.alt.indexOf('1-5') ?? 0);
    expect(dose?.alt.indexOf('1-5')).toBeLessThan(dose?.alt.indexOf('12 or more') ?? 0);
    const page = body.markup;
    expect(page).toContain('regression to the mean moves them apart');
    expect(page).toContain('does not say what contacts did');
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['arms.balance', 'arms.without-effect', 'arms.power']),
    );
    expect(page).not.toMatch(/NaN|undefined|null/);
  });

  it('says that a comparison is withheld, or why there is none', () => {
    const told = (row: Partial<ReleasedResultRow>): string =>
      partnership.statements(
        readingOf(
          reportInput([contrast({ method: `${ANCOVA}, HC0`, ...row })], { protocol: { estimates: [ARMS] } }),
        ),
        ARMS,
      )[0]?.sentence ?? '';
    expect(told({ value: null, status: 'suppressed' })).toContain('not shown, to protect people');
    expect(told({ value: null, status: 'not-estimable', note: 'no events' })).toContain(
      'not estimable: no events',
    );
  });
});

describe('Ratios on their scale', () => {
  it('the range ends on round ratios, holds 1, and is never endless', () => {
    const point = { row: '', series: '', text: '' };
    expect(ratioDomain([{ ...point, value: 0.75, low: 0.62, high: 0.91 }])).toEqual([0.6, 1.25]);
    expect(ratioDomain([{ ...point, value: 3, low: 1e-9, high: 1e9 }])).toEqual([0.01, 100]);
    expect(ratioDomain([])).toEqual([0.8, 1.25]);
    for (const [low, high] of [
      [0.6, 1.25],
      [0.01, 100],
      [0.3, 1.25],
      [0.8, 1.25],
    ] as const) {
      const ticks = ticksWithin(low, high);
      expect(ticks).toContain(1);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
    }
  });
});

describe('The report of a system', () => {
  const SYSTEM: EstimateOf<'system-metrics'> = {
    id: 'system',
    design: 'system-metrics',
    metrics: ['release-21d', 'retained-12w', 'cascade-12w'],
    by: ['area'],
  };
  const share = (
    phase: string,
    value: number | null,
    own: Partial<ReleasedResultRow> = {},
  ): ReleasedResultRow =>
    resultRow({
      estimate_id: 'system',
      design: 'system-metrics',
      measure: 'proportion',
      phase,
      value,
      ci_low: value === null ? null : value - 0.05,
      ci_high: value === null ? null : value + 0.05,
      persons: 100,
      events: value === null ? null : Math.round(100 * value),
      ...own,
    });
  const cascade = SYSTEM_METRIC_PRESETS['cascade-12w'];
  const rows = [
    share('released: followed for 21 days', 1),
    share('released: in treatment within 21 days', 0.43),
    share('started: followed for 12 weeks', 0.9),
    share('started: retained 12 weeks', 0.75),
    share('started: retained 12 weeks', 0.7, { stratum: 'area', level: 'north' }),
    share('started: retained 12 weeks', null, {
      stratum: 'area',
      level: 'south',
      status: 'suppressed',
      persons: null,
    }),
    ...cascade.reached.map((words, i) => share(`referred: ${words}`, [0.8, 0.6, 0.4, 0.2][i] ?? 0)),
  ];
  const reading = readingOf(reportInput(rows, { protocol: { estimates: [SYSTEM] } }));

  it('labels a provisional definition wherever it stands', async () => {
    const statements = systemMetrics.statements(reading, SYSTEM);
    expect(statements[0]?.of).toBe('In treatment within 21 days of release (provisional)');
    expect(statements[0]?.figure).toBe('43%');
    expect(statements[1]?.caution).toBeUndefined();
    const { figures } = await systemMetrics.section(reading, SYSTEM);
    expect(figures.map(({ name }) => name)).toEqual(['system', 'system.cascade', 'system.area']);
    expect(figures[0]?.svg).toContain('(provisional)');
    expect(figures[1]?.title).toContain('provisional');
    expect(figures[1]?.alt).toMatch(
      /Assessed: 80%.*Started: 60%.*Retained: 40%.*Completed successfully: 20%/s,
    );
  });

  it('never ranks: levels stand by name, and what is withheld is marked', async () => {
    const { figures, body } = await systemMetrics.section(reading, SYSTEM);
    const area = figures[2];
    expect(area?.alt.indexOf('North')).toBeLessThan(area?.alt.indexOf('South') ?? 0);
    expect(area?.alt).toContain('South, retained: *');
    expect(area?.caption).toContain('no ranking');
    expect(body.markup).not.toMatch(/NaN|undefined/);
  });
});

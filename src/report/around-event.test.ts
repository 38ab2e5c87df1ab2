import { describe, expect, it, vi } from 'vitest';
import { reportInput, resultRow, SUPPRESSED_NOTE } from '../../test/small-report.ts';
import type { ReleasedResultRow } from '../disclose/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import { renderReport } from './index.ts';

/** How curves around an event and case series are told: pictures, sentences, cautions, and what is not shown. */

const ROBUST = 'conditional Poisson, robust by person';
type Estimates = Protocol['study']['estimates'];

function told(estimates: Estimates, results: readonly ReleasedResultRow[]) {
  const base = reportInput([]).protocol.study;
  return renderReport(
    reportInput(results, { study: { ...base, estimates }, protocol: { strata: { sex: 'sex' } } }),
  );
}

// ------------------------------------------------------------------------------------------------------ event-time

const AROUND: Estimates = [
  {
    id: 'around',
    design: 'event-time',
    outcome: 'convictions',
    around: 'exit',
    window: { before: { days: 60 }, after: { days: 60 } },
    bins: { days: 30 },
    donut: { before: 10, after: 5 },
    strata: ['sex'],
  },
];

function aroundRows(own: Partial<ReleasedResultRow> = {}): readonly ReleasedResultRow[] {
  const place = { estimate_id: 'around', design: 'event-time', clock: 'at-liberty', ...own };
  const against = 'days -60 to -30';
  const model = { ...place, method: ROBUST, unit: 'ratio' };
  return [
    resultRow({ ...place, measure: 'persons', phase: 'around exit', value: 40 }),
    ...[-60, -30, 0, 30].map((time, k) =>
      resultRow({
        ...place,
        ...{ measure: 'event_time_rate_curve', time, value: 1 + k, ci_low: 0.5 + k, ci_high: 2 + k },
        ...{
          persons: 40,
          events: 20,
          person_years: 12,
          unit: 'per person-year',
          method: 'clustered by person',
        },
      }),
    ),
    ...[-30, 0, 30].map((time) =>
      resultRow({
        ...model,
        ...{ measure: 'rate_ratio', time, contrast: `days ${time} to ${time + 30} / ${against}` },
        ...{ value: 1.5, ci_low: 1.1, ci_high: 2.1, p_value: 0.01 },
      }),
    ),
    resultRow({
      ...model,
      ...{ measure: 'rate_ratio', contrast: `after / ${against}`, value: 0.8, ci_low: 0.7, ci_high: 0.9 },
    }),
    resultRow({
      ...model,
      ...{ measure: 'pre_trend_test', value: 9.2, p_value: 0.002, unit: 'chi-square' },
      method: `Wald chi-square, 1 d.f., ${ROBUST}`,
    }),
    resultRow({ ...model, measure: 'pre_trend_ratio', value: 1.2, ci_low: 1.1, ci_high: 1.4 }),
  ];
}

describe('a curve around an event', () => {
  it('is drawn with its band, the event, and the days that the model leaves out', async () => {
    const warn = vi.spyOn(console, 'warn');
    const { figures, html } = await told(AROUND, aroundRows());
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
    const [curve, model] = figures.filter(({ name }) => name.startsWith('around'));
    expect(curve?.title).toBe('Rate of convictions by time to and since the end of treatment');
    for (const words of ['The end of treatment', 'left out of the model', 'Events per person-year'])
      expect(curve?.svg).toContain(words);
    expect(curve?.caption).toContain('clustered by person');
    expect(model?.svg).toContain('compared with');
    expect(model?.caption).toContain('one fixed effect a person');
    expect(html).toContain('would be seen even if the event did nothing');
  });

  it('says in the headline what the same persons are compared with, and that the rate was not steady', async () => {
    const { headline } = await told(AROUND, aroundRows());
    expect(headline[0]).toContain(
      'from the end of treatment on, the rate of convictions was 0.800 times that of days -60 to -30 of the same persons (95% interval 0.700 to 0.900, 40 persons)',
    );
    expect(headline[0]).toContain('The rate was not steady before the event (p\u00a0=\u00a00.002)');
  });

  it('does not take a test that finds nothing as proof', async () => {
    const quiet = aroundRows().map((row) =>
      row.measure === 'pre_trend_test' ? { ...row, p_value: 0.4 } : row,
    );
    const { headline } = await told(AROUND, quiet);
    expect(headline[0]).toContain('which is not proof that there was none');
  });

  it('leaves a gap where a bin is not shown, and a mark in the table', async () => {
    const hidden = aroundRows().map((row) =>
      row.time === -30
        ? {
            ...row,
            ...{
              status: 'suppressed',
              value: null,
              ci_low: null,
              ci_high: null,
              persons: null,
              events: null,
            },
          }
        : row,
    );
    const { figures, html } = await told(AROUND, hidden);
    expect(figures.find(({ name }) => name === 'around')?.caption).toContain('leave a gap');
    expect(html).toContain(SUPPRESSED_NOTE);
  });

  it('draws levels beside one another with a key', async () => {
    const { figures } = await told(AROUND, [
      ...aroundRows(),
      ...aroundRows({ stratum: 'sex', level: 'female' }),
      ...aroundRows({ stratum: 'sex', level: 'male' }),
    ]);
    const bySex = figures.find(({ name }) => name === 'around.sex');
    for (const level of ['Female', 'Male']) expect(bySex?.svg).toContain(level);
  });

  it('says why there is no answer', async () => {
    const { headline } = await told(AROUND, [
      resultRow({
        ...{
          estimate_id: 'around',
          design: 'event-time',
          measure: 'rate_ratio',
          contrast: 'after / reference',
        },
        ...{ status: 'not-estimable', note: 'nobody comes back' },
      }),
    ]);
    expect(headline[0]).toContain('not estimable: nobody comes back');
  });
});

// ------------------------------------------------------------------------------------------------------------ sccs

const SERIES: Estimates = [
  {
    id: 'series',
    design: 'sccs',
    outcome: 'convictions',
    phases: true,
    pre_exposure: 90,
    reference: 'before',
    age_bands: { years: [25] },
  },
];

function seriesRows(own: Partial<ReleasedResultRow> = {}): readonly ReleasedResultRow[] {
  const place = { estimate_id: 'series', design: 'sccs', clock: 'at-liberty', events: 90, ...own };
  const ratio = (level: string, method: string, value: number) =>
    resultRow({
      ...place,
      ...{ measure: 'relative_incidence', method, unit: 'ratio', contrast: `${level} / before` },
      ...{ value, ci_low: value * 0.8, ci_high: value * 1.3, p_value: 0.2 },
    });
  return [
    ...['in', 'after', 'pre-exposure'].flatMap((level, k) => [
      ratio(level, ROBUST, 0.8 + k / 10),
      ratio(level, 'conditional Poisson, model-based', 0.8 + k / 10),
      ratio(level, `${ROBUST}, first event of each person`, 0.9),
    ]),
    resultRow({
      ...place,
      ...{
        measure: 'relative_incidence',
        method: ROBUST,
        contrast: 'age 25 years or more / age under 25 years',
      },
      value: 0.6,
    }),
    resultRow({
      ...place,
      measure: 'pre_exposure_test',
      method: `Wald chi-square, 1 d.f., ${ROBUST}`,
      value: 8,
      p_value: 0.005,
    }),
    resultRow({
      ...place,
      measure: 'observation_end_test',
      status: 'not-estimable',
      note: 'nobody departed',
    }),
    resultRow({
      ...place,
      measure: 'proportion',
      phase: 'cases: more than one event',
      value: 0.4,
      ci_low: 0.3,
      ci_high: 0.5,
    }),
    resultRow({ ...place, measure: 'dispersion', value: 1.21 }),
  ];
}

describe('a case series', () => {
  it('is drawn on a scale of ratios, with phases in words, and adjusted terms in the table only', async () => {
    const { figures, html } = await told(SERIES, seriesRows());
    const figure = figures.find(({ name }) => name === 'series');
    for (const words of ['In treatment', 'After treatment', 'Pre-exposure'])
      expect(figure?.svg).toContain(words);
    expect(figure?.svg).not.toContain('25 years');
    expect(figure?.caption).toContain('adjusted for age');
    expect(html).toContain('Age 25 years or more, against age under 25 years');
  });

  it('says what it takes for granted, with a number or the reason why there is none', async () => {
    const { html } = await told(SERIES, seriesRows());
    for (const words of [
      'Is the time just before the exposure like the reference?',
      'not estimable: nobody departed',
      'Cases with more than one event',
      '40% (30 to 50)',
      'With the first event of each person alone',
      'what changes together with the exposure is not',
    ])
      expect(html).toContain(words);
  });

  it('has a sentence for each level of exposure but the time before it, which is a check', async () => {
    const { headline } = await told(SERIES, seriesRows());
    expect(headline[0]).toBe(
      'Everyone with events, in treatment: 0.800 times the rate of convictions of the same persons, before any treatment (95% interval 0.640 to 1.040, 40 persons).',
    );
    expect(headline.some((sentence) => sentence.includes('pre-exposure'))).toBe(false);
  });
});

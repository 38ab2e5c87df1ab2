import { describe, expect, it } from 'vitest';
import { reportInput, resultRow, retentionRows, SUPPRESSED_NOTE } from '../../../test/small-report.ts';
import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { Protocol } from '../../protocol/tables.ts';
import { renderReport } from '../index.ts';

/** What the report says of repeated events, of first offences and of models; numbers made up by hand. */

type Estimates = Protocol['study']['estimates'];

const AGAIN: Estimates[number] = {
  id: 'again',
  design: 'recurrent',
  outcome: 'convictions',
  strata: ['sex'],
  model: { scale: 'age' },
};

function meanRows(own: Partial<ReleasedResultRow>, rise: number): readonly ReleasedResultRow[] {
  const place = { estimate_id: 'again', design: 'recurrent', clock: 'calendar', ...own };
  return [
    ...[0, 182, 365].map((time) => resultRow({ ...place, measure: 'at_risk', time, value: 40 - time / 20 })),
    ...[182, 365].flatMap((time) => [
      resultRow({
        ...place,
        measure: 'mcf_at',
        time,
        value: rise * time,
        ci_low: rise * time * 0.8,
        ci_high: rise * time * 1.25,
      }),
    ]),
    ...[30, 100, 300].map((time) =>
      resultRow({
        ...place,
        measure: 'mcf_curve',
        time,
        persons: time === 300 ? 3 : 30,
        value: rise * time,
        ci_low: rise * time * 0.8,
        ci_high: rise * time * 1.25,
      }),
    ),
  ];
}

function ratio(contrast: string, own: Partial<ReleasedResultRow>): ReleasedResultRow {
  return resultRow({
    estimate_id: 'again',
    design: 'recurrent',
    clock: 'calendar',
    measure: 'rate_ratio',
    contrast,
    value: 0.7,
    ci_low: 0.6,
    ci_high: 0.82,
    p_value: 0.001,
    ...own,
  });
}

const render = (results: readonly ReleasedResultRow[], estimates: Estimates) =>
  renderReport(reportInput(results, { study: { estimates } }));

describe('the section of repeated events', () => {
  it('tells the mean, draws it while enough people are at risk, and sets phases in their order', async () => {
    const { headline, figures, html } = await render(
      [
        ...meanRows({}, 0.002),
        ...meanRows({ stratum: 'sex', level: 'female' }, 0.001),
        ...meanRows({ stratum: 'sex', level: 'male' }, 0.003),
        ratio('phase: after / before', { value: 0.9 }),
        ratio('phase: in / before', {}),
      ],
      [AGAIN],
    );
    expect(headline[0]).toBe(
      'Everyone: 0.730 convictions per person within 365 days of entry (95% interval 0.584 to 0.912, 40 persons).',
    );
    expect(figures.map(({ name }) => name)).toEqual(['flow', 'again', 'again.ratios', 'again.sex']);
    const forest = figures.find(({ name }) => name === 'again.ratios');
    expect(forest?.alt).toMatch(
      /In treatment against before any treatment, calendar time: 0\.700 .*After treatment against/,
    );
    // The step of three people is not in the picture; the table goes on.
    const curve = JSON.stringify(figures.find(({ name }) => name === 'again')?.spec);
    expect(curve).toContain('"time":100');
    expect(curve).not.toContain('"time":300');
    expect(html).toContain('does not say what treatment caused');
  });

  it('says why a model was refused, and draws no ratio', async () => {
    const note =
      'refused: on the scale of time since entry before and the other phases are never at risk together';
    const { figures, html } = await render(
      [
        ...meanRows({}, 0.002),
        ratio('phase: in / before', {
          status: 'not-estimable',
          note,
          value: null,
          ci_low: null,
          ci_high: null,
          p_value: null,
        }),
      ],
      [{ ...AGAIN, model: { scale: 'study-time' } }],
    );
    expect(html).toContain('Refused: on the scale of time since entry');
    expect(figures.map(({ name }) => name)).toEqual(['flow', 'again']);
  });

  it('survives that nothing may be shown', async () => {
    const hidden = [...meanRows({}, 0.002), ratio('phase: in / before', {})].map((row) => ({
      ...row,
      status: 'suppressed',
      value: null,
      ci_low: null,
      ci_high: null,
      persons: null,
      note: SUPPRESSED_NOTE,
    }));
    const { headline, figures, html } = await render(hidden, [AGAIN]);
    expect(headline.join(' ')).toContain('not shown, to protect people');
    expect(figures.map(({ name }) => name)).toEqual(['flow']);
    expect(html).toContain('The curve is not drawn');
  });
});

describe('the section of first offences', () => {
  const FIRST: Estimates[number] = {
    id: 'retention',
    design: 'survival',
    event: 'first-offence',
    outcome: 'convictions',
    competing: true,
    horizon: 365,
    cox: { adjust: ['sex'] },
    fine_gray: true,
  };
  const place = { estimate_id: 'retention', design: 'survival' };
  const incidence = ['first offence', 'death'].flatMap((phase, i) => [
    resultRow({
      ...place,
      phase,
      measure: 'cumulative_incidence_at',
      time: 365,
      value: 0.4 - 0.3 * i,
      ci_low: 0.3 - 0.25 * i,
      ci_high: 0.5 - 0.3 * i,
    }),
    resultRow({
      ...place,
      phase,
      measure: 'cumulative_incidence_curve',
      time: 100,
      value: 0.2 - 0.15 * i,
      ci_low: 0.1 - 0.08 * i,
      ci_high: 0.3 - 0.2 * i,
    }),
  ]);
  const model = [
    resultRow({
      ...place,
      measure: 'hazard_ratio',
      contrast: 'sex: female / male',
      value: 0.5,
      ci_low: 0.3,
      ci_high: 0.9,
    }),
    resultRow({
      ...place,
      measure: 'subdistribution_hazard_ratio',
      contrast: 'sex: female / male',
      value: 0.6,
      ci_low: 0.4,
      ci_high: 0.95,
    }),
    resultRow({
      ...place,
      level: 'all levels',
      measure: 'ph_test',
      contrast: 'sex',
      value: 9,
      p_value: 0.003,
    }),
    resultRow({ ...place, measure: 'restricted_mean', time: 365, value: 300.5, ci_low: 290, ci_high: 311 }),
  ];

  it('answers with the cumulative incidence, and carries the caution of reconviction', async () => {
    const { headline, figures, html } = await render([...retentionRows(), ...incidence, ...model], [FIRST]);
    expect(headline[0]).toBe(
      'Within 365 days, 40% had offended (95% interval 30 to 50%, 40 persons); who died or moved away before is counted as not having done so.',
    );
    expect(headline.at(-1)).toContain('does not say what treatment did');
    expect(figures.map(({ name }) => name)).toEqual([
      'flow',
      'retention',
      'retention.incidence',
      'retention.hazard_ratios',
    ]);
    expect(figures.find(({ name }) => name === 'retention.hazard_ratios')?.alt).toContain(
      'Sex: female against male, fine-gray model: 0.600',
    );
    expect(html).toContain('300.5 (290.0 to 311.0)');
  });

  it('warns where the hazard ratio changes with time, and only there', async () => {
    const { html } = await render([...retentionRows(), ...model], [FIRST]);
    expect(html).toContain('The hazard ratio changes with time for sex');
    const steady = model.map((row) => (row.measure === 'ph_test' ? { ...row, p_value: 0.6 } : row));
    const other = await render([...retentionRows(), ...steady], [FIRST]);
    expect(other.html).not.toContain('The hazard ratio changes with time');
  });
});

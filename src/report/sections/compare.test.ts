import { describe, expect, it } from 'vitest';
import { reportInput, resultRow } from '../../../test/small-report.ts';
import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { Protocol } from '../../protocol/tables.ts';
import { renderReport } from '../index.ts';

/** A comparison in the report: what stands in the picture, and what it says where a number is withheld. */

const ESTIMATES: Protocol['study']['estimates'] = [
  { id: 'areas', design: 'compare', outcome: 'convictions', strata: ['area'], adjust: ['sex'] },
];
const POISSON = 'Poisson, cluster-robust (CR1), one cluster a person';

function areaRows(
  levels: readonly (readonly [level: string, ratio: number, expected: number])[],
  own: Partial<ReleasedResultRow> = {},
): ReleasedResultRow[] {
  const place = {
    estimate_id: 'areas',
    design: 'compare',
    stratum: 'area',
    phase: 'after entry',
    clock: 'calendar',
    ...own,
  } as const;
  const [first] = levels;
  const reference = first?.[0] ?? '';
  return [
    ...levels.flatMap(([level, ratio, expected]) => [
      resultRow({ ...place, level, measure: 'persons', value: 40 }),
      resultRow({ ...place, level, measure: 'events', value: Math.round(ratio * expected) }),
      resultRow({ ...place, level, measure: 'person_years', value: 80 }),
      resultRow({
        ...place,
        level,
        measure: 'rate',
        method: 'exact Poisson (Garwood)',
        value: ratio,
        ci_low: ratio * 0.9,
        ci_high: ratio * 1.1,
      }),
      resultRow({
        ...place,
        level,
        measure: 'rate',
        method: 'rate, clustered by person (CR1 / sandwich)',
        value: ratio,
        ci_low: ratio * 0.6,
        ci_high: ratio * 1.6,
      }),
      resultRow({ ...place, level, measure: 'expected_events', value: expected }),
      resultRow({ ...place, level, measure: 'observed_expected_ratio', value: ratio }),
      resultRow({
        ...place,
        level,
        measure: 'shrunken_ratio',
        value: (1 + ratio) / 2,
        ci_low: 0.5,
        ci_high: 1.5,
      }),
      ...(level === reference
        ? []
        : (['crude', 'adjusted for sex'] as const).flatMap((kind) => {
            const contrast = `${level} / ${reference}`;
            const told = { ...place, level, contrast, method: `${POISSON}, ${kind}` };
            const value = kind === 'crude' ? ratio * 1.1 : ratio;
            return [
              resultRow({
                ...told,
                measure: 'rate_ratio',
                value,
                ci_low: value * 0.7,
                ci_high: value * 1.4,
                p_value: 0.2,
              }),
              resultRow({ ...told, measure: 'p_value_holm', value: 0.4 }),
              resultRow({ ...told, measure: 'p_value_bh', value: 0.3 }),
            ];
          })),
    ]),
    ...(['crude', 'adjusted for sex'] as const).map((kind) =>
      resultRow({
        ...place,
        level: 'all levels',
        measure: 'equal_rates_test',
        method: `Wald chi-square, 4 d.f., ${POISSON}, ${kind}`,
        value: 12,
        p_value: kind === 'crude' ? 0.5 : 0.017,
      }),
    ),
    resultRow({ ...place, level: 'all levels', measure: 'funnel_overdispersion', value: 1.2 }),
    resultRow({ ...place, level: 'all levels', measure: 'funnel_widening', value: 1 }),
  ];
}

const FIVE = [
  ['North', 1, 60],
  ['South', 0.9, 50],
  ['East', 1.1, 40],
  ['West', 2.4, 45],
  ['Centre', 0.8, 90],
] as const;

describe('a comparison in the report', () => {
  it('draws ratios against the reference, crude and adjusted, and the funnel', async () => {
    const { html, figures, headline } = await renderReport(
      reportInput(areaRows(FIVE), {
        study: { estimates: ESTIMATES, headline: 'areas' },
        protocol: { headline: 'areas' },
      }),
    );
    expect(figures.map(({ name }) => name)).toEqual(['flow', 'areas.area', 'areas.area.funnel']);
    const [, ratios, funnel] = figures;
    expect(ratios?.alt).toContain('1 is the rate of North');
    expect(ratios?.alt).toContain('West, adjusted: 2.40 (1.68 to 3.36)');
    expect(ratios?.alt).toContain('West, crude: 2.64 (1.85 to 3.70)');
    // The adjusted model is the one that is told.
    expect(ratios?.caption).toContain('p\u00a0=\u00a00.017');
    expect(ratios?.caption).toContain('adjusted for sex');
    expect(funnel?.alt).toContain('West lies outside the 99.8% limits');
    expect(funnel?.caption).toContain('within chance: the limits are not widened');
    expect(funnel?.svg).toContain('>West<');
    expect(headline[0]).toMatch(
      /^Everyone, by area: p.=.0\.017 that one rate of convictions after entry holds for all levels of area \(joint test\); ratios from 0\.80 \(Centre \/ North\) to 2\.40 \(West \/ North\)/,
    );
    // The interval that lets persons differ stands in the table.
    expect(html).toContain('2.40 (1.44 to 3.84)');
    expect(html).toContain('1 (reference)');
    expect(html).not.toContain('NaN');
  });

  it('tells the clock on which more can be shown', async () => {
    const hidden = areaRows(FIVE, { clock: 'at-liberty' }).map((row) =>
      row.measure === 'rate_ratio'
        ? { ...row, value: null, ci_low: null, ci_high: null, p_value: null, status: 'suppressed' }
        : row,
    );
    const of = async (rows: readonly ReleasedResultRow[]) =>
      (await renderReport(reportInput(rows, { study: { estimates: ESTIMATES } }))).figures.find(
        ({ name }) => name === 'areas.area',
      )?.caption;
    expect(await of([...areaRows(FIVE), ...hidden])).toContain('on calendar time');
    expect(await of([...areaRows(FIVE), ...areaRows(FIVE, { clock: 'at-liberty' })])).toContain(
      'on time at liberty',
    );
  });

  it('marks what is withheld, and draws no funnel of four areas', async () => {
    const rows = areaRows(FIVE.slice(0, 4)).map((row) =>
      row.level === 'East'
        ? { ...row, value: null, ci_low: null, ci_high: null, persons: null, status: 'suppressed' }
        : row,
    );
    const { html, figures } = await renderReport(reportInput(rows, { study: { estimates: ESTIMATES } }));
    expect(figures.map(({ name }) => name)).toEqual(['flow', 'areas.area']);
    expect(figures[1]?.alt).toContain('East, adjusted: *');
    expect(html).toContain('fewer than 5 persons or events');
  });

  it('says so where nothing was made', async () => {
    const { html } = await renderReport(reportInput([], { study: { estimates: ESTIMATES } }));
    expect(html).toContain('No result was made for this estimate.');
  });
});

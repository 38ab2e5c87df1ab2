import type { NbAncova } from '../../stats/regression/nb-ancova.ts';
import { detectableRatio, powerOfRatio, type TwoArms } from '../../stats/regression/two-arm-power.ts';
import { expectWithoutEffect } from '../../stats/regression-to-mean/two-arms.ts';
import { resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import { emptyArm } from './contrasts.ts';
import { failed, failureWords, single } from './outcome.ts';
import { contrastCell, contrastOf, type PartnershipContext, type People, sum } from './people.ts';

/** What a study of this size can tell, and what these arms would show with no effect at all. */

const POWER = 0.8;
const RATIOS = [0.9, 0.8, 0.7, 0.6, 0.5] as const;

/** Power of the primary comparison with the time, the comparison arm's rate and the dispersion of this study. */
export function powerRows(people: People, ancova: NbAncova, context: PartnershipContext): ResultRow[] {
  const cell = contrastCell(context, people);
  const { confidence } = context;
  const method = `negative binomial, two-sided ${Number((100 * (1 - confidence)).toPrecision(6))} % test`;
  const measured = (measure: string, contrast: string, unit: string) => ({
    measure,
    method: `${method}${measure === 'power' ? '' : `, ${100 * POWER} % power`}`,
    unit,
    contrast,
  });
  const contrast = contrastOf(context);
  const fall = measured('detectable_rate_ratio', `${contrast}, below 1`, 'ratio');
  const rise = measured('detectable_rate_ratio', `${contrast}, above 1`, 'ratio');
  const why = emptyArm(people, context) ?? (ancova.status === 'estimated' ? undefined : failureWords(ancova));
  if (why !== undefined || ancova.status !== 'estimated')
    return [fall, rise].map((one) => resultRow(cell, one, failed(why ?? '')));
  const treated = people.treated.reduce((all, a) => all + a, 0);
  const comparison = people.rows.length - treated;
  const own = (values: Float64Array, arm: number): number =>
    sum(values.filter((_, i) => people.treated[i] === arm));
  const arms: TwoArms = {
    persons_treated: treated,
    persons_comparison: comparison,
    time_treated: own(people.years_after, 1) / treated,
    time_comparison: own(people.years_after, 0) / comparison,
    rate: own(people.after, 0) / own(people.years_after, 0),
    dispersion: ancova.model === 'poisson' ? 0 : 1 / ancova.theta,
  };
  const found = detectableRatio(arms, POWER, confidence);
  const lacking = 'no events in the comparison arm to plan with';
  const rows = [
    resultRow(
      cell,
      fall,
      found.status === 'estimated'
        ? { status: 'estimated', value: found.fall }
        : failed(
            found.status === 'nobody'
              ? lacking
              : `no fall, however deep, has ${100 * POWER} % power with so few`,
          ),
    ),
    resultRow(cell, rise, found.status === 'nobody' ? failed(lacking) : single(found.rise, lacking)),
  ];
  return found.status === 'nobody'
    ? rows
    : [
        ...rows,
        ...RATIOS.map((ratio) =>
          resultRow(
            cell,
            measured('power', `${contrast} = ${ratio}`, 'proportion'),
            single(powerOfRatio(arms, ratio, confidence), lacking),
          ),
        ),
      ];
}

/**
 * Regression to the mean of arms that differ in their earlier counts. `cutoff` is the fewest earlier events
 * that people were selected on, as the protocol declares, or 0.
 */
export function expectationRows(people: People, cutoff: number, context: PartnershipContext): ResultRow[] {
  const cell = contrastCell(context, people);
  const measured = (measure: string, contrast: string) => ({
    measure,
    method: 'stationary personal rates, arm by earlier count (Robbins)',
    unit: 'ratio',
    contrast: `${contrast}, after / before`,
  });
  const none = emptyArm(people, context);
  const both = measured('ratio_without_effect', contrastOf(context));
  if (none !== undefined) return [resultRow(cell, both, failed(none))];
  const expected = expectWithoutEffect(people.before, people.treated, cutoff);
  if (expected.status !== 'estimated')
    return [
      resultRow(
        cell,
        both,
        failed(
          expected.status === 'no-overlap'
            ? 'the earlier count tells the arms apart completely'
            : 'an arm without events',
        ),
      ),
    ];
  const note = cutoff > 0 ? `as selected on at least ${cutoff} earlier events` : undefined;
  return [
    resultRow(cell, both, { status: 'estimated', value: expected.ratio_of_ratios, note }),
    resultRow(cell, measured('change_without_effect', context.treated), {
      status: 'estimated',
      value: expected.treated.ratio,
      note,
    }),
    resultRow(cell, measured('change_without_effect', context.comparison), {
      status: 'estimated',
      value: expected.comparison.ratio,
      note,
    }),
  ];
}

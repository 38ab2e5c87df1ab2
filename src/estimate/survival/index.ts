import { adjustmentOf } from '../adjustment.ts';
import type { Design } from '../design.ts';
import { strataOf } from '../population.ts';
import { DAYS_PER_YEAR } from '../rows.ts';
import { causeCount, countCauses, countExits, exitCount, personTimes } from './counts.ts';
import { fitSurvival, type SurvivalContext } from './fit.ts';
import { fitIncidence } from './incidence.ts';
import { fitModels } from './model.ts';

const SURVIVAL_TIMES = [28, 91, 183, 365, 730];
/** What the event is called among the causes. */
const CAUSE = { 'journey-end': 'left treatment', departure: 'departed', 'first-offence': 'first offence' };

export const survival: Design<'survival'> = {
  estimand:
    'The proportion free of the event so many days after the clock started: still in the journey they entered, not yet departed, or not yet recorded with an offence. Of the curve, who dies or is no longer observed is censored; the cumulative incidence is of the event in a world where people die and move away.',
  plan: ({ protocol, estimate, members, context }) => {
    const strata = strataOf(protocol, estimate, members);
    const exits = countExits(protocol, estimate, members, strata);
    const event = estimate.event ?? 'journey-end';
    const causes = estimate.competing === true ? countCauses(protocol, estimate, members, strata) : undefined;
    const { cox } = estimate;
    const terms = cox?.adjust ?? [];
    const adjustment =
      cox === undefined
        ? undefined
        : adjustmentOf(protocol, estimate, members, [...terms, ...(cox.strata ?? [])]);
    const persons =
      adjustment === undefined ? undefined : personTimes(protocol, estimate, members, adjustment);
    const own: SurvivalContext = {
      ...context,
      interval: estimate.interval ?? 'log',
      times: estimate.times ?? SURVIVAL_TIMES,
      event,
      horizon: estimate.horizon,
    };
    return {
      tables: [
        exits,
        ...(causes === undefined ? [] : [causes]),
        ...(persons === undefined ? [] : [persons.table]),
      ],
      rows: async (read) => {
        const rows = fitSurvival(await read.rows(exitCount, exits), own);
        if (causes !== undefined) {
          const counts = await read.rows(causeCount, causes);
          rows.push(
            ...fitIncidence(
              counts,
              (stratum, level) => {
                const cell = counts.filter(
                  (row) => row.stratum === stratum && (level === 'all levels' || row.level === level),
                );
                const people = (row: (typeof counts)[number]): number =>
                  (row.event ?? 0) + (row.death ?? 0) + (row.emigration ?? 0) + (row.censored ?? 0);
                return {
                  estimate_id: context.estimate_id,
                  design: 'survival',
                  population: context.population,
                  stratum,
                  level,
                  persons: cell.reduce((sum, row) => sum + people(row), 0),
                  person_years:
                    cell.reduce((sum, row) => sum + (row.time ?? 0) * people(row), 0) / DAYS_PER_YEAR,
                  variant: context.variant,
                };
              },
              { label: CAUSE[event], is_cause: event !== 'departure' },
              own,
            ),
          );
        }
        if (cox !== undefined && adjustment !== undefined && persons !== undefined) {
          rows.push(
            ...fitModels(
              await read.columns(persons.columns, persons.table),
              {
                terms: adjustment.terms.slice(0, terms.length),
                strata: adjustment.terms.slice(terms.length),
                references: cox.reference ?? {},
                ties: cox.ties ?? 'efron',
                robust: cox.robust === true,
                ph_test: cox.ph_test ?? 'km',
                fine_gray: estimate.fine_gray === true,
              },
              own,
            ),
          );
        }
        return rows;
      },
    };
  },
};

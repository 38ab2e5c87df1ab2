import type { Design } from '../design.ts';
import { classPair, countClasses } from './classes.ts';
import { countRates, rateCount } from './counts.ts';
import { fitRates } from './fit.ts';
import { fitStandardised } from './standardised.ts';

export const rates: Design<'rates'> = {
  estimand:
    'Events per person-year in the persons and time named by the row: what was recorded, not what treatment caused.',
  plan: ({ protocol, estimate, members, context }) => {
    const counts = countRates(protocol, estimate, members);
    const { standardise } = estimate;
    if (standardise === undefined) {
      return {
        tables: [counts],
        rows: async (read) => fitRates(await read.rows(rateCount, counts), context),
      };
    }
    const classes = countClasses(protocol, estimate, standardise, members);
    return {
      tables: [counts, classes],
      rows: async (read) => {
        const cells = await read.rows(rateCount, counts);
        const keyOf = (
          one: Pick<(typeof cells)[number], 'stratum' | 'level' | 'divided_by' | 'division' | 'clock'>,
        ) => JSON.stringify([one.stratum, one.level, one.divided_by, one.division, one.clock]);
        const persons = new Map(cells.map((cell) => [keyOf(cell), cell.persons ?? 0]));
        return [
          ...fitRates(cells, context),
          ...fitStandardised(
            await read.rows(classPair, classes),
            protocol,
            standardise,
            (pair) => persons.get(keyOf(pair)) ?? 0,
            context,
          ),
        ];
      },
    };
  },
};

import type { Design } from '../design.ts';
import { rateCount } from '../rates/counts.ts';
import { fitRates } from '../rates/fit.ts';
import { columnsOfClocks, countCompare, placeOf } from './counts.ts';
import { fitCompare } from './fit.ts';

export const compare: Design<'compare'> = {
  estimand:
    'Ratios of the recorded rate of events between areas or groups, in the time named by the row. What differs between groups in more than the terms adjusted for is part of the ratio.',
  plan: ({ protocol, estimate, members, context }) => {
    const counts = countCompare(protocol, estimate, members);
    const { divided_by, division } = placeOf(estimate);
    const clocks = columnsOfClocks(protocol, estimate);
    return {
      // A variant is told by its whole: nothing is compared, and no rows are read.
      tables: [counts.cells, ...(counts.compared.length === 0 ? [] : [counts.rows])],
      rows: async (read) => {
        const cells = (await read.rows(rateCount, counts.cells)).filter(
          (cell) => cell.divided_by === divided_by && cell.division === division,
        );
        const rates = fitRates(cells, { ...context, design: 'compare' });
        if (counts.compared.length === 0 || cells.length === 0) return rates;
        return [
          ...rates,
          ...fitCompare(
            await read.columns(counts.columns, counts.rows),
            counts.compared,
            clocks,
            counts.terms,
            {
              ...context,
              model: estimate.model ?? 'poisson-cluster-robust',
              adjust: estimate.adjust ?? [],
              divide: estimate.divide ?? [],
              reference: estimate.reference ?? {},
              unit: estimate.cluster ?? 'person',
              phase: divided_by === 'window' ? `${division} entry` : division,
            },
          ),
        ];
      },
    };
  },
};

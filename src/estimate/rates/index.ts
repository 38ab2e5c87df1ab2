import type { Design } from '../design.ts';
import { countRates, rateCount } from './counts.ts';
import { fitRates } from './fit.ts';

export const rates: Design<'rates'> = {
  estimand:
    'Events per person-year in the persons and time named by the row: what was recorded, not what treatment caused.',
  plan: ({ protocol, estimate, members, context }) => {
    const counts = countRates(protocol, estimate, members);
    return {
      tables: [counts],
      rows: async (read) => fitRates(await read.rows(rateCount, counts), context),
    };
  },
};

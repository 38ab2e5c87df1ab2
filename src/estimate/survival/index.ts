import type { Design } from '../design.ts';
import { countExits, exitCount } from './counts.ts';
import { fitSurvival } from './fit.ts';

const SURVIVAL_TIMES = [28, 91, 183, 365, 730];

export const survival: Design<'survival'> = {
  estimand:
    'The proportion still in the journey they entered so many days after entry; who dies or is no longer observed is censored. Of a curve to departure: the proportion alive and in the country.',
  plan: ({ protocol, estimate, members, context }) => {
    const counts = countExits(protocol, estimate, members);
    return {
      tables: [counts],
      rows: async (read) =>
        fitSurvival(await read.rows(exitCount, counts), {
          ...context,
          interval: estimate.interval ?? 'log',
          times: estimate.times ?? SURVIVAL_TIMES,
        }),
    };
  },
};

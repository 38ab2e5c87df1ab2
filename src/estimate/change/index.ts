import { clocksOf } from '../clocks.ts';
import type { Design } from '../design.ts';
import { changeMoment, changePattern, countChange, leaverMoment } from './counts.ts';
import { fitChange } from './rows.ts';

const BOOTSTRAP = { replicates: 2000, seed: 20120301 };

export const change: Design<'change'> = {
  estimand:
    'The change in recorded events of the same persons from the window before entry to the window after it. It mixes time on and off treatment, and includes whatever would have happened without treatment.',
  /** A change in persons selected on their earlier events never stands alone: it is made in everyone as well. */
  populations: ({ study }, { population = 'all', restricted = population }) => {
    const isSelected = study.population.subsets?.[population]?.prior_events !== undefined;
    return [...new Set([...(isSelected ? ['all'] : []), population, restricted])];
  },
  plan: ({ protocol, estimate, members, context }) => {
    const { moments, patterns, leavers } = countChange(protocol, estimate, members);
    return {
      tables: [moments, patterns, leavers],
      rows: async (read) =>
        fitChange(
          await read.rows(changeMoment, moments),
          await read.rows(changePattern, patterns),
          await read.rows(leaverMoment, leavers),
          {
            ...context,
            clocks: clocksOf(protocol, estimate.clock),
            bootstrap: estimate.bootstrap ?? BOOTSTRAP,
          },
        ),
    };
  },
};

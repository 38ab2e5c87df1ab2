import type { EstimateOf, Protocol } from '../../protocol/tables.ts';
import { clocksOf } from '../clocks.ts';
import type { Design } from '../design.ts';
import { countArms, LANDMARK_DAYS } from './counts.ts';
import { fitPartnership } from './fit.ts';

/** What the people were selected on counts as known only where it is the same outcome. */
function selectedFrom(protocol: Protocol, estimate: EstimateOf<'partnership'>, population: string): number {
  const prior = protocol.study.population.subsets?.[population]?.prior_events;
  return estimate.eligible_from ?? (prior?.outcome === estimate.outcome ? prior.at_least : 0);
}

export const partnership: Design<'partnership'> = {
  estimand:
    'The rate of recorded events after allocation in one arm over that in the other, among persons with the same rate before. It is an effect of the arm only if nothing else that drives offending decided who came into which arm.',
  plan: ({ protocol, estimate, members, context }) => {
    const counts = countArms(protocol, estimate, members);
    const { dose } = estimate;
    return {
      tables: [counts.table],
      rows: async (read) =>
        fitPartnership(
          await read.columns(counts.columns, counts.table),
          counts,
          {
            clocks: clocksOf(protocol, estimate.clock),
            weighting: estimate.weights ?? 'overlap',
            caliper: estimate.match?.caliper ?? 0.2,
            exact_names: estimate.match?.exact ?? [],
            cluster: estimate.cluster,
            dose:
              dose === undefined
                ? undefined
                : { landmark: dose.within?.days ?? LANDMARK_DAYS, from: dose.groups ?? [1, 6, 12] },
            selected_from: selectedFrom(protocol, estimate, context.population),
          },
          {
            ...context,
            arms: estimate.arms,
            treated: estimate.treated,
            comparison: estimate.comparison,
            // A variant is told by its whole: its arms would be the same persons cut again.
            is_divided: protocol.variant === 'protocol',
          },
        ),
    };
  },
};

import type { Design } from '../design.ts';
import { countSystem, stepCount, waitCount } from './counts.ts';
import { fitSystem } from './fit.ts';

export const systemMetrics: Design<'system-metrics'> = {
  estimand:
    'The share of persons with an event in the entry window, such as a release or a referral, who reached treatment, stayed or completed in time, among those the treatment register saw for long enough.',
  plan: ({ protocol, estimate, context }) => {
    const { steps, waits } = countSystem(protocol, estimate);
    return {
      tables: waits === undefined ? [steps] : [steps, waits],
      rows: async (read) =>
        fitSystem(
          await read.rows(stepCount, steps),
          waits === undefined ? [] : await read.rows(waitCount, waits),
          { ...context, metrics: estimate.metrics, interval: estimate.interval ?? 'wilson' },
        ),
    };
  },
};

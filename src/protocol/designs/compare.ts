import { z } from 'zod';
import { and } from '../suggest.ts';
import { adjust, clock, confidence, estimateBase, identifier } from '../vocabulary.ts';
import {
  defineDesign,
  MAP_OFFENCE,
  needsAdjustment,
  needsCustody,
  needsSplit,
  type Surroundings,
} from './design.ts';

const schema = z.strictObject({
  ...estimateBase,
  strata: z
    .array(identifier)
    .min(1)
    .optional()
    .describe('The strata whose levels are compared, each by itself: {strata: [area]}. Needed.'),
  design: z
    .literal('compare')
    .describe('Rates of areas or groups compared: rate ratios, a joint test, a funnel, shrunken ratios.'),
  outcome: identifier.describe('An outcome of `definitions.outcomes`.'),
  window: z.enum(['before', 'after']).optional().describe('The time that is compared; default after.'),
  phase: z
    .enum(['before', 'waiting', 'in', 'between', 'after'])
    .optional()
    .describe('Instead of a window: the time in this phase of treatment, in both windows.'),
  clock,
  model: z
    .enum(['poisson-cluster-robust', 'negative-binomial', 'gee-exchangeable', 'poisson-gamma'])
    .optional()
    .describe('Default poisson-cluster-robust.'),
  adjust,
  divide: z
    .array(z.enum(['calendar_year', 'age_band']))
    .min(1)
    .optional()
    .describe('Time divided and adjusted for as well: a person has a row each year, or each age band.'),
  cluster: identifier
    .optional()
    .describe('A stratum whose levels are the clusters, such as the service; default each person.'),
  reference: z
    .record(identifier, z.string())
    .optional()
    .describe('The level that the others are compared with: {area: North}; default the largest.'),
  confidence,
});

type Compare = z.infer<typeof schema>;

const MODEL = {
  'poisson-cluster-robust': 'a cluster-robust Poisson regression',
  'negative-binomial': 'a negative binomial regression',
  'gee-exchangeable': 'generalised estimating equations',
  'poisson-gamma': 'a Poisson regression with a gamma effect of the cluster',
} as const;

export const compare = defineDesign({
  schema,
  withDefaults: (estimate): Compare => ({
    ...estimate,
    ...(estimate.phase === undefined ? { window: estimate.window ?? 'after' } : {}),
    clock: estimate.clock ?? 'both',
    model: estimate.model ?? 'poisson-cluster-robust',
  }),
  describe: ({
    outcome,
    strata = [],
    window,
    phase,
    model = 'poisson-cluster-robust',
    adjust: terms = [],
  }) => {
    const when =
      phase === undefined
        ? `in the ${window === 'before' ? 'earlier' : 'later'} window`
        : `in the phase ${phase}`;
    const names = terms.map((term) => (typeof term === 'string' ? term : term.number));
    return `rates of ${outcome} ${when} compared by ${and(strata)} with ${MODEL[model]}${names.length === 0 ? '' : `, adjusted for ${and(names)}`}`;
  },
  check: (estimate, study) => {
    const { need } = study;
    need(
      (estimate.strata ?? []).length > 0,
      'design',
      'compares levels of strata, and names no stratum',
      'Give `strata`, for example [area].',
    );
    need(
      estimate.window === undefined || estimate.phase === undefined,
      'phase',
      'names a window and a phase',
      'Keep one of them.',
    );
    const window = estimate.phase === undefined ? (estimate.window ?? 'after') : undefined;
    need(
      (window !== 'before' || study.before) &&
        (window !== 'after' || study.after) &&
        (study.before || study.after),
      'window',
      `compares time that \`time_at_risk\` does not have`,
      'Give the window in `time_at_risk`, or compare the other.',
    );
    need(study.filled('offence'), 'outcome', 'counts offences, and no register fills `offence`', MAP_OFFENCE);
    needsCustody(estimate.clock, study);
    needsAdjustment(estimate.adjust, study);
    needsSplit(estimate.divide ?? [], 'divide', study);
    needsClusters(estimate, study);
    for (const name of Object.keys(estimate.reference ?? {})) {
      study.reference('stratum', name, ['reference', name]);
      need(
        (estimate.strata ?? []).includes(name),
        'reference',
        `has a reference for \`${name}\`, which it does not compare`,
        'Name a stratum of `strata`.',
      );
    }
    for (const term of estimate.adjust ?? []) {
      need(
        typeof term !== 'string' || !(estimate.strata ?? []).includes(term),
        'adjust',
        `compares and adjusts for \`${String(term)}\``,
        'A stratum is one or the other; write a second estimate.',
      );
    }
  },
});

/** Which units a model can have. */
function needsClusters({ cluster, model, divide, strata = [] }: Compare, study: Surroundings): void {
  const { need } = study;
  if (cluster !== undefined) {
    study.reference('stratum', cluster, ['cluster']);
    need(
      !strata.includes(cluster),
      'cluster',
      `compares \`${cluster}\` and takes it as the unit: one unit a level is no comparison`,
      'Take a smaller unit, or leave `cluster` out.',
    );
  }
  need(
    model !== 'gee-exchangeable' || cluster !== undefined || divide !== undefined,
    'model',
    'has one row a person, and a working correlation needs several rows a unit',
    'Give `divide: [calendar_year]`, or a `cluster`.',
  );
  need(
    model !== 'negative-binomial' || (cluster === undefined && divide === undefined),
    'model',
    'takes rows as independent, and a `cluster` or `divide` makes several of one unit',
    'Take poisson-gamma, gee-exchangeable or poisson-cluster-robust.',
  );
}

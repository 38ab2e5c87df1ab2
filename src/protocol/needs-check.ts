import type { StudyError } from '../errors.ts';
import { checkEstimate } from './designs/index.ts';
import { type Filled, filledBy } from './filled.ts';
import { linkageMistakes } from './linkage-check.ts';
import { mistake, type Whereabouts } from './mistakes.ts';
import { stratumMistakes, unknownCovariate } from './strata-check.ts';
import { unknownName } from './study-check.ts';
import { oneOfThese } from './suggest.ts';
import type { Estimate, Source, Study } from './tables.ts';
import type { YamlPath } from './yaml-file.ts';

/** What a study needs of its registers: that someone fills the tables and columns that it reads. */

export function needMistakes(
  study: Study,
  sources: readonly Source[],
  where: Whereabouts,
): readonly StudyError[] {
  const filled = filledBy(sources);
  return [
    ...linkageMistakes(study, sources, filled, where),
    ...treatmentMistakes(study, sources, filled, where),
    ...study.estimates.flatMap((estimate, i) =>
      estimateMistakes(estimate, study, sources, filled, where, ['estimates', i]),
    ),
    ...subsetMistakes(study, filled, where),
    ...Object.entries(study.strata ?? {}).flatMap(([name, stratum]) =>
      stratumMistakes(name, stratum, sources, filled, where),
    ),
    ...disclosureMistakes(study, sources, where),
  ];
}

const TREATMENT = { episodes: 'episode', doses: 'intervention', contacts: 'contact' } as const;

/** Estimates from counts with time at risk need no dated treatment; all others start at a journey. */
function isDated(estimate: Estimate): boolean {
  return !(estimate.design === 'rates' && estimate.source === 'aggregate');
}

function treatmentMistakes(
  study: Study,
  sources: readonly Source[],
  filled: Filled,
  where: Whereabouts,
): readonly StudyError[] {
  if (!study.estimates.some(isDated)) return [];
  const mistakes: StudyError[] = [];
  const { spine } = study.linkage;
  const { from } = study.definitions.spells;
  if (sources.some((source) => source.register === spine) && !filled(TREATMENT[from])) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-REFERENCE',
        `spells are made from ${from}, and no register fills the table \`${TREATMENT[from]}\``,
        where.place(['definitions', 'spells', 'from'], 'value'),
        `Map \`${TREATMENT[from]}\` in the source of \`${spine}\`, or make spells from a table that is filled.`,
      ),
    );
  }
  const { entry_window, age } = study.population;
  const coverage = sources.filter((source) => source.register === spine).flatMap((source) => source.coverage);
  if (
    coverage.length > 0 &&
    !coverage.some((line) => line.from < entry_window.to && entry_window.from < line.to)
  ) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-DATE',
        `the entry window ${entry_window.from} to ${entry_window.to} lies outside the coverage of \`${spine}\``,
        where.place(['population', 'entry_window'], 'key'),
        'Correct the entry window, or the coverage in the source file.',
      ),
    );
  }
  if (age !== undefined && !filled('person_record', 'date_of_birth')) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-REFERENCE',
        'the population is limited by age, and no register maps `date_of_birth`',
        where.place(['population', 'age'], 'key'),
        'Map it to person_record, or drop the limit.',
      ),
    );
  }
  return mistakes;
}

function estimateMistakes(
  estimate: Estimate,
  study: Study,
  sources: readonly Source[],
  filled: Filled,
  where: Whereabouts,
  at: YamlPath,
): readonly StudyError[] {
  const { before, after, split, remove, end_at } = study.time_at_risk;
  const mistakes: StudyError[] = [];
  const homes = {
    outcome: [Object.keys(study.definitions.outcomes), '`definitions.outcomes`'],
    stratum: [Object.keys(study.strata ?? {}), '`strata`'],
    subset: [Object.keys(study.population.subsets ?? {}), '`population.subsets`'],
  } as const;
  checkEstimate(estimate, {
    before: before !== undefined,
    after: after !== undefined,
    split: { calendar_year: split?.calendar_year === true, age_band: split?.age_bands !== undefined },
    removes: remove ?? ['custody'],
    ends_at: end_at ?? ['death', 'emigration', 'end-of-data'],
    filled,
    need: (holds, key, message, fix) => {
      const place = where.place([...at, key], 'value');
      if (!holds)
        mistakes.push(
          mistake('E-PROTOCOL-REFERENCE', `the estimate \`${estimate.id}\` ${message}`, place, fix),
        );
    },
    stratum: (name) => new Map(Object.entries(study.strata ?? {})).get(name),
    reference: (kind, name, path) => {
      if (kind === 'covariate') {
        mistakes.push(...unknownCovariate(name, sources, where, [...at, ...path]));
        return;
      }
      const [declared, home] = homes[kind];
      mistakes.push(...unknownName(name, declared, kind, home, where, [...at, ...path]));
    },
  });
  return mistakes;
}

function subsetMistakes(study: Study, filled: Filled, where: Whereabouts): readonly StudyError[] {
  return Object.entries(study.population.subsets ?? {}).flatMap(([name, subset]) => {
    if (subset.prior_events === undefined) return [];
    const place = where.place(['population', 'subsets', name, 'prior_events'], 'key');
    const mistakes: StudyError[] = [];
    if (study.time_at_risk.before === undefined) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-REFERENCE',
          `the subset \`${name}\` is selected on the earlier window, and \`time_at_risk.before\` does not say how long that is`,
          place,
          'Give `time_at_risk.before`, for example {months: 24}.',
        ),
      );
    }
    if (!filled('offence')) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-REFERENCE',
          `the subset \`${name}\` is selected on offences, and no register fills \`offence\``,
          place,
          'Map `offence` in the source of the outcome register.',
        ),
      );
    }
    return mistakes;
  });
}

function disclosureMistakes(
  study: Study,
  sources: readonly Source[],
  where: Whereabouts,
): readonly StudyError[] {
  const real = sources.filter((source) => source.origin === 'real').map((source) => `\`${source.register}\``);
  if (study.disclosure.profile !== 'none' || real.length === 0) return [];
  return [
    mistake(
      'E-DISCLOSURE',
      `the profile none protects nobody, and ${oneOfThese(real)} hold${real.length === 1 ? 's' : ''} real people`,
      where.place(['disclosure', 'profile'], 'value'),
      'Choose ndtms, opensafely or acro; none is for synthetic and public data only.',
    ),
  ];
}

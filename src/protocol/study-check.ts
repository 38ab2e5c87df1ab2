import type { StudyError } from '../errors.ts';
import { mistake, type Whereabouts } from './mistakes.ts';
import { fewestDays } from './presets/retention.ts';
import { didYouMean, oneOfThese } from './suggest.ts';
import type { Study } from './tables.ts';
import type { YamlPath } from './yaml-file.ts';

/** What study.yaml says about itself: every name leads to something declared, dates and bands are in order. */
export function studyMistakes(study: Study, where: Whereabouts): readonly StudyError[] {
  return [...nameMistakes(study, where), ...orderMistakes(study, where), ...bandMistakes(study, where)];
}

/** A name that must be one of those declared under `home`. */
export function unknownName(
  name: string,
  declared: readonly string[],
  what: string,
  home: string,
  where: Whereabouts,
  path: YamlPath,
  at: 'key' | 'value' = 'value',
): readonly StudyError[] {
  if (declared.includes(name)) return [];
  const known =
    declared.length === 0 ? `${home} declares none.` : `${home} declares ${oneOfThese(declared)}.`;
  return [
    mistake(
      'E-PROTOCOL-REFERENCE',
      `there is no ${what} \`${name}\`.${didYouMean(name, declared)}`,
      where.place(path, at),
      known,
    ),
  ];
}

function nameMistakes(study: Study, where: Whereabouts): readonly StudyError[] {
  const outcomes = Object.keys(study.definitions.outcomes);
  const strata = Object.keys(study.strata ?? {});
  const subsets = Object.keys(study.population.subsets ?? {});
  const ids = study.estimates.map((estimate) => estimate.id);
  const mistakes: StudyError[] = [];

  if (outcomes.length === 0) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-REQUIRED',
        '`definitions.outcomes` names no offence set',
        where.place(['definitions', 'outcomes'], 'key'),
        'Name one, for example `all: all-recordable`.',
      ),
    );
  }
  if (subsets.includes('all')) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-VALUE',
        '`all` is the whole population and cannot be the name of a subset',
        where.place(['population', 'subsets', 'all'], 'key'),
        'Give the subset another name.',
      ),
    );
  }
  for (const [name, subset] of Object.entries(study.population.subsets ?? {})) {
    const path = ['population', 'subsets', name];
    if (subset.prior_events === undefined && subset.stratum === undefined) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-REQUIRED',
          `the subset \`${name}\` says nothing about who belongs`,
          where.place(path, 'key'),
          'Give it `prior_events` or `stratum`.',
        ),
      );
    }
    if (subset.prior_events !== undefined) {
      mistakes.push(
        ...unknownName(subset.prior_events.outcome, outcomes, 'outcome', '`definitions.outcomes`', where, [
          ...path,
          'prior_events',
          'outcome',
        ]),
      );
    }
    if (subset.stratum !== undefined) {
      mistakes.push(
        ...unknownName(subset.stratum.name, strata, 'stratum', '`strata`', where, [
          ...path,
          'stratum',
          'name',
        ]),
      );
    }
  }
  for (const [i, estimate] of study.estimates.entries()) {
    const path = ['estimates', i];
    if (ids.indexOf(estimate.id) < i) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-VALUE',
          `two estimates have the id \`${estimate.id}\``,
          where.place([...path, 'id'], 'value'),
          'Give each estimate its own id.',
        ),
      );
    }
    if ('outcome' in estimate && estimate.outcome !== undefined) {
      mistakes.push(
        ...unknownName(estimate.outcome, outcomes, 'outcome', '`definitions.outcomes`', where, [
          ...path,
          'outcome',
        ]),
      );
    }
    if (estimate.population !== undefined) {
      mistakes.push(
        ...unknownName(estimate.population, ['all', ...subsets], 'subset', '`population.subsets`', where, [
          ...path,
          'population',
        ]),
      );
    }
    for (const [j, name] of (estimate.strata ?? []).entries()) {
      mistakes.push(...unknownName(name, strata, 'stratum', '`strata`', where, [...path, 'strata', j]));
    }
    if (estimate.design === 'change' && estimate.restricted !== undefined) {
      const at = [...path, 'restricted'];
      const unknown = unknownName(estimate.restricted, subsets, 'subset', '`population.subsets`', where, at);
      mistakes.push(...unknown);
      if (
        unknown.length === 0 &&
        study.population.subsets?.[estimate.restricted]?.prior_events === undefined
      ) {
        mistakes.push(
          mistake(
            'E-PROTOCOL-REFERENCE',
            `\`restricted\` names the subset \`${estimate.restricted}\`, which is not selected on earlier events`,
            where.place(at, 'value'),
            'Name a subset with `prior_events`; other subsets go under `population`.',
          ),
        );
      }
      if (unknown.length === 0 && !isWithin(study, estimate.restricted, estimate.population)) {
        mistakes.push(
          mistake(
            'E-PROTOCOL-REFERENCE',
            `\`restricted\` names the subset \`${estimate.restricted}\`, which is not within \`${estimate.population}\``,
            where.place(at, 'value'),
            `Name a subset whose conditions include those of \`${estimate.population}\`: the two are printed side by side as a part and its whole.`,
          ),
        );
      }
    }
  }
  if (study.headline !== undefined) {
    mistakes.push(...unknownName(study.headline, ids, 'estimate', '`estimates`', where, ['headline']));
  }
  for (const [name, set] of Object.entries(study.definitions.outcomes)) {
    if (typeof set === 'object' && set.preset !== undefined && set.codelist !== undefined) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-KEY',
          `the outcome \`${name}\` has a preset and a code list`,
          where.place(['definitions', 'outcomes', name, 'codelist'], 'key'),
          'Keep one of them; the other keys narrow it further.',
        ),
      );
    }
  }
  return mistakes;
}

/** Whether all of a subset belong to a population, by their conditions alone. */
function isWithin(study: Study, part: string, population = 'all'): boolean {
  if (population === 'all' || population === part) return true;
  const subsets = new Map(Object.entries(study.population.subsets ?? {}));
  const [inner, outer] = [subsets.get(part), subsets.get(population)];
  // A name that leads nowhere is its own mistake.
  if (inner === undefined || outer === undefined) return true;
  const { stratum, prior_events } = outer;
  const hasLevels =
    stratum === undefined ||
    (inner.stratum?.name === stratum.name &&
      inner.stratum.levels.every((level) => stratum.levels.includes(level)));
  const hasEvents =
    prior_events === undefined ||
    (inner.prior_events?.outcome === prior_events.outcome &&
      inner.prior_events.at_least >= prior_events.at_least);
  return hasLevels && hasEvents;
}

function orderMistakes(study: Study, where: Whereabouts): readonly StudyError[] {
  const mistakes: StudyError[] = [];
  const { entry_window, age } = study.population;
  if (entry_window.from >= entry_window.to) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-DATE',
        `the entry window ends on ${entry_window.to}, not after it begins on ${entry_window.from}`,
        where.place(['population', 'entry_window', 'to'], 'value'),
        '`to` is the first day that no longer counts.',
      ),
    );
  }
  if (age?.at_least !== undefined && age.below !== undefined && age.at_least >= age.below) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-VALUE',
        `nobody is at least ${age.at_least} and below ${age.below} years old`,
        where.place(['population', 'age', 'below'], 'value'),
        '`below` is the first age that no longer counts.',
      ),
    );
  }
  const ages = study.time_at_risk.split?.age_bands ?? [];
  for (const [i, start] of ages.entries()) {
    if (i > 0 && start <= (ages[i - 1] ?? 0)) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-VALUE',
          `the age band that starts at ${start} does not come after the one before it`,
          where.place(['time_at_risk', 'split', 'age_bands', i], 'value'),
          'Write the ages in rising order, each once.',
        ),
      );
    }
  }
  return mistakes;
}

function bandMistakes(study: Study, where: Whereabouts): readonly StudyError[] {
  const bands = study.definitions.retention_bands;
  if (!Array.isArray(bands)) return [];
  const mistakes: StudyError[] = [];
  const refuse = (i: number, key: string, message: string, fix: string): void => {
    mistakes.push(
      mistake(
        'E-PROTOCOL-VALUE',
        message,
        where.place(['definitions', 'retention_bands', i, key], 'value'),
        fix,
      ),
    );
  };
  for (const [i, band] of bands.entries()) {
    const before = bands[i - 1];
    if (band.to_days !== undefined && band.to_days <= band.from_days) {
      refuse(
        i,
        'to_days',
        `the band \`${band.label}\` ends on day ${band.to_days}, not after it begins`,
        '`to_days` is the first day that no longer belongs.',
      );
    }
    if (before !== undefined && (before.to_days === undefined || band.from_days < before.to_days)) {
      refuse(
        i,
        'from_days',
        `the band \`${band.label}\` overlaps \`${before.label}\``,
        'Write the bands in rising order; only the last may be without `to_days`.',
      );
    }
    if (bands.findIndex((other) => other.label === band.label) < i) {
      refuse(i, 'label', `two bands are called \`${band.label}\``, 'Give each band its own label.');
    }
  }
  return mistakes;
}

/** Whether two lengths can be the same number of days. */
export function isSameLength(
  a: { days: number } | { months: number },
  b: { days: number } | { months: number },
): boolean {
  if ('days' in a && 'days' in b) return a.days === b.days;
  if ('months' in a && 'months' in b) return a.months === b.months;
  return fewestDays(a) === fewestDays(b);
}

import type { StudyError } from '../errors.ts';
import { type Filled, filledBy } from './filled.ts';
import { linkageMistakes } from './linkage-check.ts';
import { mistake, type Whereabouts } from './mistakes.ts';
import { stratumMistakes } from './strata-check.ts';
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
      estimateMistakes(estimate, study, filled, where, ['estimates', i]),
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
  filled: Filled,
  where: Whereabouts,
  at: YamlPath,
): readonly StudyError[] {
  const { before, after } = study.time_at_risk;
  const mistakes: StudyError[] = [];
  const name = `the estimate \`${estimate.id}\``;
  const need = (holds: boolean, key: string, message: string, fix: string): void => {
    if (!holds)
      mistakes.push(
        mistake('E-PROTOCOL-REFERENCE', `${name} ${message}`, where.place([...at, key], 'value'), fix),
      );
  };
  const offences = 'Map `offence` in the source of the outcome register.';
  if (estimate.design === 'survival') {
    need(
      after !== undefined,
      'design',
      'follows people from entry, and `time_at_risk.after` does not say how long',
      'Give `time_at_risk.after`, for example {until: end-of-data}.',
    );
    if (estimate.event === 'departure') {
      need(
        filled('departure'),
        'event',
        'waits for departures, and no register fills `departure`',
        'Map `departure` in a source.',
      );
    }
    return mistakes;
  }
  if (estimate.design === 'change') {
    const missing = [before === undefined ? '`before`' : '', after === undefined ? '`after`' : ''].filter(
      (key) => key !== '',
    );
    need(
      missing.length === 0,
      'design',
      `compares two windows, and \`time_at_risk\` lacks ${missing.join(' and ')}`,
      'Give both, for example {months: 24}.',
    );
    need(filled('offence'), 'outcome', 'counts offences, and no register fills `offence`', offences);
  } else if (estimate.source === 'aggregate') {
    need(
      filled('aggregate', 'events'),
      'source',
      'reads counts, and no register fills `aggregate.events`',
      'Map `aggregate` in a source.',
    );
    need(
      filled('aggregate', 'exposure'),
      'source',
      'reads time at risk, and no register fills `aggregate.exposure`',
      'Map `aggregate.exposure` in a source.',
    );
    const wrong = (estimate.by ?? []).filter((division) => division !== 'period');
    need(
      wrong.length === 0,
      'by',
      `reads counts without dates, which cannot be divided by ${wrong.join(' or ')}`,
      'Divide by period, or leave `by` out.',
    );
    need(
      estimate.clock !== 'calendar',
      'clock',
      'reads counts with time at liberty, which has no calendar clock',
      'Leave `clock` out.',
    );
  } else {
    need(
      before !== undefined || after !== undefined,
      'design',
      'needs time to count in, and `time_at_risk` has neither `before` nor `after`',
      'Give at least one window.',
    );
    need(filled('offence'), 'outcome', 'counts offences, and no register fills `offence`', offences);
    need(
      !(estimate.by ?? []).includes('period'),
      'by',
      'divides by period, which only counts with time at risk have',
      'Use calendar_year, or `source: aggregate`.',
    );
    need(
      estimate.minimum_exposure === undefined,
      'minimum_exposure',
      'sets `minimum_exposure`, which only counts with time at risk have',
      'Remove it.',
    );
  }
  if (isDated(estimate) && 'clock' in estimate && estimate.clock === 'at-liberty') {
    need(
      filled('custody'),
      'clock',
      'uses time at liberty only, and no register fills `custody`',
      'Map `custody` in a source, or use the calendar clock.',
    );
  }
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

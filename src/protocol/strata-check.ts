import type { StudyError } from '../errors.ts';
import type { CanonicalTable } from './canonical.ts';
import type { Filled } from './filled.ts';
import { mistake, type Whereabouts } from './mistakes.ts';
import { unknownName } from './study-check.ts';
import { oneOfThese } from './suggest.ts';
import type { Source, Stratum } from './tables.ts';
import type { YamlPath } from './yaml-file.ts';

/** What strata need: someone who fills the column, covariate or programme that they are read from. */

/** Which columns a stratum is read from; a stratum made by Desist from journeys needs none. */
const READ_FROM: Readonly<
  Partial<Record<Extract<Stratum, string>, readonly (readonly [CanonicalTable, string])[]>>
> = {
  sex: [['person_record', 'sex']],
  area: [
    ['person_record', 'area'],
    ['episode', 'area'],
  ],
  age_band: [['person_record', 'date_of_birth']],
  substance_group: [
    ['episode', 'substance_group'],
    ['intervention', 'drug'],
  ],
  referral_route: [['episode', 'referral_route']],
  service: [['episode', 'service']],
};

export function stratumMistakes(
  name: string,
  stratum: Stratum,
  sources: readonly Source[],
  filled: Filled,
  where: Whereabouts,
): readonly StudyError[] {
  const at = ['strata', name];
  const mappings = sources.flatMap((source) => source.tables);
  if (typeof stratum === 'string') {
    const columns = READ_FROM[stratum] ?? [];
    if (columns.length === 0 || columns.some(([table, column]) => filled(table, column))) return [];
    const names = columns.map(([table, column]) => `\`${table}.${column}\``);
    return [
      mistake(
        'E-PROTOCOL-REFERENCE',
        `the stratum \`${name}\` has nothing to read: no register fills ${oneOfThese(names)}`,
        where.place(at, 'value'),
        'Map the column, or use {covariate: NAME}.',
      ),
    ];
  }
  if ('covariate' in stratum)
    return unknownCovariate(stratum.covariate, sources, where, [...at, 'covariate']);
  const allocations = mappings.filter((mapping) => mapping.table === 'allocation');
  if (
    allocations.some(
      (mapping) => mapping.columns.programme !== undefined && !isConstant(mapping.columns.programme),
    )
  )
    return [];
  const programmes = allocations.flatMap((mapping) => constantsOf(mapping.columns.programme));
  return unknownName(stratum.allocation, programmes, 'programme', 'the mapping', where, [
    ...at,
    'allocation',
  ]);
}

/** A covariate that no mapping makes. */
export function unknownCovariate(
  name: string,
  sources: readonly Source[],
  where: Whereabouts,
  path: YamlPath,
): readonly StudyError[] {
  const covariates = sources
    .flatMap((source) => source.tables)
    .filter((mapping) => mapping.table === 'covariate');
  // A name that comes from a column of the extract can be anything.
  if (covariates.some((mapping) => mapping.columns.name !== undefined && !isConstant(mapping.columns.name)))
    return [];
  const names = covariates.flatMap((mapping) => [
    ...Object.keys(mapping.covariates ?? {}),
    ...constantsOf(mapping.columns.name),
  ]);
  return unknownName(name, names, 'covariate', 'the mapping', where, path);
}

type From = Source['tables'][number]['columns'][string];

function isConstant(from: From): boolean {
  return typeof from === 'object' && 'value' in from;
}

function constantsOf(from: From | undefined): readonly string[] {
  return typeof from === 'object' && 'value' in from ? [String(from.value)] : [];
}

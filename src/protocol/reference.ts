import { CANONICAL_COLUMNS } from './canonical.ts';
import { alternatives, type JsonSchema, jsonSchema, takes } from './json-schema.ts';
import { EXIT_GROUP_PRESETS, JOURNEY_EXIT } from './presets/exit-groups.ts';
import { GAP_PRESETS } from './presets/gap.ts';
import { OFFENCE_PRESETS, type OffencePreset } from './presets/offences.ts';
import type { Preset } from './presets/preset.ts';
import { nta2012, RETENTION_PRESETS } from './presets/retention.ts';
import { SYSTEM_METRIC_PRESETS } from './presets/system-metrics.ts';

/** The reference pages, made from the schema and the presets. The test beside keeps docs/reference equal to them. */
export function referencePages(): Readonly<
  Record<'study.md' | 'source.md' | 'dictionary.md' | 'definitions.md', string>
> {
  const { study, source, dictionary } = jsonSchema();
  return {
    'study.md': page('study.yaml', 'What is asked: population, time zero, definitions, estimates.', study),
    'source.md': `${page('sources/NAME.yaml', 'One register: its extracts, how they are read, and which column is what.', source)}\n\n${canonicalTables()}`,
    'dictionary.md': page(
      'dictionary/NAME.yaml',
      'The type, the missing values and the value map of each column of an extract.',
      dictionary,
    ),
    'definitions.md': definitions(),
  };
}

const GENERATED = '<!-- Made from the schema by src/protocol/reference.ts. Change it there. -->';

/** Text that may stand in a cell of a table. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
}

interface Section {
  readonly path: string;
  readonly schema: JsonSchema;
}

function page(title: string, intro: string, schema: JsonSchema): string {
  const sections = sectionsOf({ path: '', schema });
  return [
    `# ${title}`,
    GENERATED,
    `${intro} Keys in **bold** are required. Unknown keys are mistakes.`,
    ...sections.map((section) => sectionText(section, title)),
  ].join('\n\n');
}

/** An object, then the objects inside it, depth first; a union of objects is one section with one table each. */
function sectionsOf(section: Section): readonly Section[] {
  const inner = Object.entries(section.schema.properties ?? {}).flatMap(([key, property]) =>
    nested({ path: section.path === '' ? key : `${section.path}.${key}`, schema: property }),
  );
  return [section, ...inner];
}

function nested(section: Section): readonly Section[] {
  const { path, schema } = section;
  const branches = alternatives(schema);
  // A map of one required key is told where it is used: {months: a whole number}.
  const objects = branches.filter(
    (branch) =>
      Object.keys(branch.properties ?? {}).length > 1 ||
      (branch.properties !== undefined && branch.required?.length !== 1),
  );
  const maps = branches.flatMap((branch) =>
    typeof branch.additionalProperties === 'object'
      ? nested({ path: `${path}.NAME`, schema: { ...branch.additionalProperties } })
      : [],
  );
  const lists = branches.flatMap((branch) =>
    branch.items === undefined ? [] : nested({ path: `${path}[]`, schema: branch.items }),
  );
  return [
    ...objects.flatMap((branch) => {
      const choice = Object.entries(branch.properties ?? {}).find(
        ([, property]) => property.const !== undefined,
      );
      const label =
        choice === undefined || objects.length === 1
          ? path
          : `${path} (${choice[0]}: ${String(choice[1].const)})`;
      const description = branch.description ?? schema.description;
      return sectionsOf({
        path: label,
        schema: description === undefined ? branch : { ...branch, description },
      });
    }),
    ...maps,
    ...lists,
  ];
}

function sectionText({ path, schema }: Section, title: string): string {
  const rows = Object.entries(schema.properties ?? {}).map(([key, property]) => {
    const isRequired = schema.required?.includes(key) === true;
    const bounds = boundsOf(property);
    return `| ${isRequired ? `**${key}**` : key} | ${cell(takes([property], true))}${bounds} | ${cell(property.description ?? '')} |`;
  });
  return [
    `## ${path === '' ? `The keys of ${title}` : `\`${path}\``}`,
    ...(schema.description === undefined || path === '' ? [] : [schema.description]),
    ['| key | takes | meaning |', '| --- | --- | --- |', ...rows].join('\n'),
  ].join('\n\n');
}

function boundsOf(property: JsonSchema): string {
  const words = [
    property.minimum === undefined ? '' : `at least ${property.minimum}`,
    property.exclusiveMinimum === undefined ? '' : `more than ${property.exclusiveMinimum}`,
    property.maximum === undefined ? '' : `at most ${property.maximum}`,
    property.minItems === undefined ? '' : 'not empty',
  ].filter((word) => word !== '');
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function canonicalTables(): string {
  const rows = Object.entries(CANONICAL_COLUMNS).map(([table, columns]) => {
    const list = Object.entries(columns).map(([name, type]) =>
      type === 'VARCHAR' ? name : `${name} (${type.toLowerCase()})`,
    );
    return `| ${table} | ${list.join(', ')} |`;
  });
  return [
    '## The canonical tables',
    'What a mapping can fill. Columns without a type hold text. All intervals are half-open: an end date is the first day that no longer belongs.',
    ['| table | columns |', '| --- | --- |', ...rows].join('\n'),
    '',
  ].join('\n\n');
}

function presetText(preset: Preset): string {
  return [
    `### ${preset.name}`,
    `Version ${preset.version}, ${preset.standing}. ${preset.text}`,
    `Source: ${preset.source}`,
  ].join('\n\n');
}

function definitions(): string {
  const { groups } = EXIT_GROUP_PRESETS['ndtms-2012'];
  const byGroup = [...new Set(Object.values(groups))].map((group) => {
    const reasons = Object.keys(groups).filter(
      (reason) => groups[reason] === group && reason === reason.toLowerCase(),
    );
    return `| ${group} | ${reasons.join('; ')} |`;
  });
  const bands = nta2012(730).map(
    (band) => `| ${band.label} | ${band.from_days} | ${band.to_days === undefined ? '' : band.to_days} |`,
  );
  return [
    '# Definitions',
    GENERATED,
    'Every preset has a version: a changed meaning is a new version. A preset is provisional where the official wording has not been read. The report prints each definition it used.',
    '## Gap rules',
    'Days or calendar months without treatment, counted from the end of a spell to the next start, that do not end a journey.',
    ...Object.values(GAP_PRESETS).map(presetText),
    '## Exit groups',
    ...Object.values(EXIT_GROUP_PRESETS).map(presetText),
    'The reasons of `ndtms-2012`, as recorded; a capital first letter is read too. In `ndtms-2012-referred-on-is-success` the reasons referred on, 5, 33, 40, 47, 54, 61 and 68 are successful.',
    ['| group | reasons |', '| --- | --- |', ...byGroup].join('\n'),
    presetText(JOURNEY_EXIT),
    '## Retention bands',
    ...Object.values(RETENTION_PRESETS).map(presetText),
    '`nta-2012` for a later window of 24 months, whose fewest days are 730:',
    ['| band | first day | first day that no longer belongs |', '| --- | --- | --- |', ...bands].join('\n'),
    '## System metrics',
    ...Object.values(SYSTEM_METRIC_PRESETS).map(presetText),
    '## Offence sets',
    ...Object.values<OffencePreset>(OFFENCE_PRESETS).map(offenceText),
    '',
  ].join('\n\n');
}

function offenceText(preset: OffencePreset): string {
  if (preset.codes === undefined) return presetText(preset);
  const rows = preset.codes.map(
    ({ code, from_date, to_date }) => `| ${code} | ${from_date ?? ''} | ${to_date ?? ''} |`,
  );
  return `${presetText(preset)}\n\n${['| code | from_date | to_date |', '| --- | --- | --- |', ...rows].join('\n')}`;
}

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Place, StudyError } from '../errors.ts';
import { readCodelist } from './codelist.ts';
import { dictionaryMistakes } from './dictionary-check.ts';
import { type Environment, resolveFiles } from './extracts.ts';
import { type CanonicalContent, canonicalJson, sha256 } from './fingerprint.ts';
import { schemaOf } from './json-schema.ts';
import { mistake, schemaMistakes, throwAll, valueAt, type Whereabouts } from './mistakes.ts';
import { needMistakes } from './needs-check.ts';
import { type Codelists, resolveStudy } from './resolve.ts';
import { studySchema } from './schema.ts';
import { dictionarySchema, sourceSchema } from './source.ts';
import { type Columns, sourceMistakes } from './source-check.ts';
import { studyMistakes } from './study-check.ts';
import { openStudyFolder, type StudyFolder } from './study-folder.ts';
import { didYouMean, oneOfThese } from './suggest.ts';
import type { Protocol, ResolvedSource, Source, Study } from './tables.ts';
import { withVariant } from './variants.ts';

export interface LoadOptions {
  /** The name of a declared variant; default the protocol itself. */
  readonly variant?: string;
  /** Variables for `$NAME` in the paths of extracts. Nothing is taken from the process. */
  readonly env?: Environment;
}

const STUDY = 'study.yaml';

/**
 * Reads and checks a study: study.yaml, the source files, dictionaries and code lists it names, and every variant it
 * declares. The extracts themselves need not exist (see missingFiles).
 *
 * Throws StudyError with the place in the file; further mistakes of the same pass are in `detail.also`.
 */
export function loadProtocol(folder: string, options: LoadOptions = {}): Protocol {
  const checked = checkStudy(folder, options.env ?? {});
  throwAll(checked.mistakes, STUDY);
  const name = options.variant ?? 'protocol';
  const chosen = checked.settings.get(name);
  if (chosen !== undefined) return chosen;
  const names = [...checked.settings.keys()];
  throw new StudyError('E-PROTOCOL-REFERENCE', `there is no variant \`${name}\`.${didYouMean(name, names)}`, {
    place: { file: STUDY },
    fix: `There is ${oneOfThese(names)}.`,
  });
}

export interface CheckedStudy {
  readonly mistakes: readonly StudyError[];
  /** The protocol and its variants by name; only those without a mistake. */
  readonly settings: ReadonlyMap<string, Protocol>;
  readonly content: CanonicalContent;
  readonly hash: string;
}

/** Everything about a study, mistakes included. Without an environment the paths of extracts are not resolved. */
export function checkStudy(given: string, env: Environment | undefined): CheckedStudy {
  const folder = openStudyFolder(given);
  const nothing = {
    settings: new Map<string, Protocol>(),
    content: { files: {}, primary_outcomes: {} },
    hash: '',
  };
  if (!isFile(join(folder.folder, STUDY))) {
    return {
      ...nothing,
      mistakes: [
        new StudyError('E-PROTOCOL-MISSING', `there is no ${STUDY} in the folder ${given}`, {
          place: { file: STUDY },
        }),
      ],
    };
  }
  const read = folder.yaml(STUDY, { file: STUDY });
  if (read.file === undefined) return { ...nothing, mistakes: read.mistakes };
  const { file } = read;

  const base = assemble(file.value, file, folder, env);
  const drafts = new Map([['protocol', base]]);
  if (base.mistakes.length === 0) {
    for (const [name, variant] of Object.entries(base.study?.variants ?? {})) {
      const { value, where, mistakes } = withVariant(file, name, variant.set);
      const clash =
        name === 'protocol'
          ? [
              mistake(
                'E-PROTOCOL-VALUE',
                '`protocol` is the study itself and cannot be the name of a variant',
                file.place(['variants', name], 'key'),
                'Give the variant another name.',
              ),
            ]
          : [];
      const found = [...clash, ...mistakes];
      drafts.set(name, found.length > 0 ? { mistakes: found } : assemble(value, where, folder, env));
    }
  }

  const complete = [...drafts].flatMap(([name, { draft }]) =>
    draft === undefined ? [] : [[name, draft] as const],
  );
  const content: CanonicalContent = {
    files: folder.content(),
    primary_outcomes: Object.fromEntries(
      complete.map(([name, draft]) => [name, draft.outcomes[0]?.name ?? '']),
    ),
  };
  const hash = sha256(canonicalJson(content));
  return {
    mistakes: [...drafts.values()].flatMap((draft) => draft.mistakes),
    settings: new Map(complete.map(([name, draft]) => [name, { ...draft, hash, variant: name }])),
    content,
    hash,
  };
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

type Draft = Omit<Protocol, 'hash' | 'variant'>;

interface Assembled {
  readonly study?: Study;
  readonly draft?: Draft;
  readonly mistakes: readonly StudyError[];
}

/** One setting of the study: schema first, then what it names, then how the parts fit together. */
function assemble(
  value: unknown,
  where: Whereabouts,
  folder: StudyFolder,
  env: Environment | undefined,
): Assembled {
  if (value === null || value === undefined) {
    return {
      mistakes: [
        mistake(
          'E-PROTOCOL-REQUIRED',
          `${where.path} is empty`,
          where.place([], 'value'),
          'A study needs schema_version, title, question, sources, linkage, definitions, population, time_at_risk, estimates and disclosure.',
        ),
      ],
    };
  }
  const parsed = studySchema.safeParse(value);
  const mistakes: StudyError[] = parsed.success
    ? [...studyMistakes(parsed.data, where)]
    : [...schemaMistakes(parsed.error.issues, schemaOf('study'), value, where)];

  const sources = sourcesOf(value, where, folder, env);
  const lists = codelistsOf(value, where, folder);
  mistakes.push(...sources.mistakes, ...lists.mistakes);
  if (!parsed.success) return { mistakes };
  const study = parsed.data;
  if (sources.sources.length === study.sources.length) {
    mistakes.push(...needMistakes(study, sources.sources, where));
  }
  if (mistakes.length > 0) return { study, mistakes };
  return {
    study,
    mistakes,
    draft: { folder: folder.folder, sources: sources.sources, ...resolveStudy(study, lists.codelists) },
  };
}

/** The source files that a study names, as far as they can be read, also where the rest of the study is wrong. */
function sourcesOf(
  study: unknown,
  where: Whereabouts,
  folder: StudyFolder,
  env: Environment | undefined,
): { readonly sources: readonly ResolvedSource[]; readonly mistakes: readonly StudyError[] } {
  const given = valueAt(study, ['sources']);
  const named: readonly unknown[] = Array.isArray(given) ? given : [];
  const sources: ResolvedSource[] = [];
  const mistakes: StudyError[] = [];
  for (const [i, path] of named.entries()) {
    if (typeof path !== 'string') continue;
    const place = where.place(['sources', i], 'value');
    if (named.indexOf(path) < i) {
      mistakes.push(
        mistake('E-PROTOCOL-VALUE', `the source \`${path}\` is named twice`, place, 'Name each source once.'),
      );
      continue;
    }
    const read = sourceOf(path, place, folder, env);
    mistakes.push(...read.mistakes);
    if (read.source === undefined) continue;
    const { source } = read;
    if (sources.some((other) => other.register === source.register)) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-VALUE',
          `two sources are the register \`${source.register}\``,
          place,
          'Give each register its own name, or put its extracts into one source.',
        ),
      );
    }
    sources.push(source);
  }
  return { sources, mistakes };
}

function sourceOf(
  path: string,
  named: Place,
  folder: StudyFolder,
  env: Environment | undefined,
): { readonly source?: ResolvedSource; readonly mistakes: readonly StudyError[] } {
  const { file, mistakes: unread } = folder.yaml(path, named);
  if (file === undefined) return { mistakes: unread };
  const parsed = sourceSchema.safeParse(file.value);
  if (!parsed.success) {
    return { mistakes: schemaMistakes(parsed.error.issues, schemaOf('source'), file.value, file) };
  }
  const source = parsed.data;
  const described = columnsOf(source, file, folder);
  const extracts = resolveFiles(source, file, folder.folder, env);
  const mistakes = [...described.mistakes, ...extracts.mistakes];
  if (described.columns === undefined) return { mistakes };
  mistakes.push(...sourceMistakes(source, described.columns, file));
  return {
    source: {
      ...source,
      path: file.path,
      resolved_files: extracts.files,
      dictionary_columns: described.columns,
    },
    mistakes,
  };
}

/** The columns of a source, from its dictionary file or inline. */
function columnsOf(
  source: Source,
  where: Whereabouts,
  folder: StudyFolder,
): { readonly columns?: Columns; readonly mistakes: readonly StudyError[] } {
  if ((source.dictionary === undefined) === (source.columns === undefined)) {
    return {
      mistakes: [
        mistake(
          'E-PROTOCOL-REQUIRED',
          source.columns === undefined
            ? `the register \`${source.register}\` has no dictionary`
            : `the register \`${source.register}\` has a dictionary file and columns of its own`,
          where.place(source.columns === undefined ? [] : ['columns'], 'key'),
          'Give either `dictionary`, the path of a dictionary file, or `columns`.',
        ),
      ],
    };
  }
  if (source.columns !== undefined)
    return { columns: source.columns, mistakes: dictionaryMistakes(source.columns, where) };
  const { file, mistakes } = folder.yaml(source.dictionary ?? '', where.place(['dictionary'], 'value'));
  if (file === undefined) return { mistakes };
  const parsed = dictionarySchema.safeParse(file.value);
  if (!parsed.success) {
    return { mistakes: schemaMistakes(parsed.error.issues, schemaOf('dictionary'), file.value, file) };
  }
  const { register, columns } = parsed.data;
  const other =
    register === source.register
      ? []
      : [
          mistake(
            'E-PROTOCOL-REFERENCE',
            `the dictionary describes the register \`${register}\`, and ${where.path} is \`${source.register}\``,
            file.place(['register'], 'value'),
            'Name the dictionary of this register, or correct `register`.',
          ),
        ];
  return { columns, mistakes: [...other, ...dictionaryMistakes(columns, file)] };
}

function codelistsOf(
  study: unknown,
  where: Whereabouts,
  folder: StudyFolder,
): { readonly codelists: Codelists; readonly mistakes: readonly StudyError[] } {
  const outcomes = valueAt(study, ['definitions', 'outcomes']);
  const codelists: Record<string, Codelists[string]> = {};
  const mistakes: StudyError[] = [];
  for (const name of typeof outcomes === 'object' && outcomes !== null ? Object.keys(outcomes) : []) {
    const path = valueAt(outcomes, [name, 'codelist']);
    if (typeof path !== 'string') continue;
    const read = folder.text(path, where.place(['definitions', 'outcomes', name, 'codelist'], 'value'));
    mistakes.push(...read.mistakes);
    if (read.text === undefined) continue;
    const list = readCodelist(path, read.text);
    mistakes.push(...list.mistakes);
    codelists[path] = list.codes;
  }
  return { codelists, mistakes };
}

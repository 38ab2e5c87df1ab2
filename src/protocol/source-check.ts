import type { StudyError } from '../errors.ts';
import { CANONICAL_COLUMNS, CANONICAL_NEEDS, type CanonicalType } from './canonical.ts';
import { mistake, type Whereabouts } from './mistakes.ts';
import { didYouMean, oneOfThese } from './suggest.ts';
import type { DictionaryColumn, Source, TableMapping } from './tables.ts';
import type { YamlPath } from './yaml-file.ts';

/** What a source file says about itself: the mapping fits the canonical tables and the dictionary; dates are in order. */

export type Columns = Readonly<Record<string, DictionaryColumn>>;

const IN_WORDS: Readonly<Record<CanonicalType, string>> = {
  VARCHAR: 'text',
  DATE: 'a date',
  INTEGER: 'a whole number',
  DOUBLE: 'a number',
  BOOLEAN: 'true or false',
};

/** Which dictionary types a canonical column takes. Nothing is converted silently, except to text. */
const TAKES: Readonly<Record<CanonicalType, readonly DictionaryColumn['type'][]>> = {
  VARCHAR: ['text', 'integer', 'number', 'date', 'boolean', 'study-day'],
  DATE: ['date', 'study-day'],
  INTEGER: ['integer'],
  DOUBLE: ['number', 'integer'],
  BOOLEAN: ['boolean'],
};

const ENDINGS = /\.(csv|tsv|txt|parquet|xlsx)$/i;

export function sourceMistakes(source: Source, columns: Columns, where: Whereabouts): readonly StudyError[] {
  return [
    ...source.tables.flatMap((mapping, i) =>
      mappingMistakes(mapping, source.files.length, columns, where, ['tables', i]),
    ),
    ...coverageMistakes(source, where),
    ...formatMistakes(source, where),
  ];
}

function mappingMistakes(
  mapping: TableMapping,
  files: number,
  columns: Columns,
  where: Whereabouts,
  at: YamlPath,
): readonly StudyError[] {
  const shape: Readonly<Record<string, CanonicalType>> = CANONICAL_COLUMNS[mapping.table];
  const mistakes: StudyError[] = [];
  const described = Object.keys(columns);
  const place = (path: YamlPath, part: 'key' | 'value' = 'value') => where.place([...at, ...path], part);

  /** The column must be described, and its type must be one that the target takes. */
  const take = (column: string, target: string | undefined, path: YamlPath): void => {
    const entry = Object.hasOwn(columns, column) ? columns[column] : undefined;
    if (entry === undefined) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-REFERENCE',
          `the dictionary does not describe the column \`${column}\`.${didYouMean(column, described)}`,
          place(path),
          'Describe the column in the dictionary, or name one that it describes.',
        ),
      );
      return;
    }
    const type = target === undefined ? undefined : shape[target];
    if (type !== undefined && !TAKES[type].includes(entry.type)) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-VALUE',
          `\`${mapping.table}.${target}\` takes ${IN_WORDS[type]}, and the dictionary says that \`${column}\` holds ${entry.type}`,
          place(path),
          `Map another column, or describe this one as ${oneOfThese(TAKES[type])}.`,
        ),
      );
    }
  };
  const known = (target: string, path: YamlPath, part: 'key' | 'value'): boolean => {
    if (Object.hasOwn(shape, target)) return true;
    mistakes.push(
      mistake(
        'E-PROTOCOL-KEY',
        `the table \`${mapping.table}\` has no column \`${target}\`.${didYouMean(target, Object.keys(shape))}`,
        place(path, part),
        `Its columns are ${Object.keys(shape).join(', ')}.`,
      ),
    );
    return false;
  };

  for (const [target, from] of Object.entries(mapping.columns)) {
    const path = ['columns', target];
    if (!known(target, path, 'key')) continue;
    if (typeof from === 'string') take(from, target, path);
    else if ('join' in from) {
      for (const [i, column] of from.join.entries()) take(column, undefined, [...path, 'join', i]);
      if (shape[target] !== 'VARCHAR') {
        mistakes.push(
          mistake(
            'E-PROTOCOL-VALUE',
            `columns written one after the other are text, and \`${mapping.table}.${target}\` takes ${IN_WORDS[shape[target] ?? 'VARCHAR']}`,
            place(path, 'key'),
            'Map one column.',
          ),
        );
      }
    } else if ('record_number' in from) {
      if (shape[target] !== 'VARCHAR' || files > 1) {
        mistakes.push(
          mistake(
            'E-PROTOCOL-VALUE',
            files > 1
              ? 'records are numbered within one file, and the source has several'
              : `the number of a record is an id, and \`${mapping.table}.${target}\` takes ${IN_WORDS[shape[target] ?? 'VARCHAR']}`,
            place(path, 'key'),
            'Map a column.',
          ),
        );
      }
    } else if ('column' in from) {
      take(from.column, target, [...path, 'column']);
      if (from.add_days !== undefined && shape[target] !== 'DATE') {
        mistakes.push(
          mistake(
            'E-PROTOCOL-VALUE',
            `\`add_days\` moves a date, and \`${mapping.table}.${target}\` is none`,
            place([...path, 'add_days'], 'key'),
            'Remove `add_days`.',
          ),
        );
      }
    } else if (!isOfType(from.value, shape[target] ?? 'VARCHAR')) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-VALUE',
          `\`${mapping.table}.${target}\` takes ${IN_WORDS[shape[target] ?? 'VARCHAR']}`,
          place([...path, 'value']),
          'Change the value to one that the column takes.',
        ),
      );
    }
  }
  for (const [i, condition] of (mapping.where ?? []).entries()) {
    take(condition.column, undefined, ['where', i, 'column']);
    const tests = [condition.is, condition.is_not, condition.missing].filter((test) => test !== undefined);
    if (tests.length !== 1) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-VALUE',
          `a condition says ${tests.length === 0 ? 'nothing' : 'more than one thing'} about \`${condition.column}\``,
          place(['where', i]),
          'Give each condition exactly one of `is`, `is_not`, `missing`; several conditions must all hold.',
        ),
      );
    }
  }
  if (mapping.unpivot !== undefined)
    mistakes.push(...unpivotMistakes(mapping.unpivot, mapping, columns, place, known, take));
  if (mapping.covariates !== undefined) {
    if (mapping.table !== 'covariate') {
      mistakes.push(
        mistake(
          'E-PROTOCOL-KEY',
          `\`covariates\` belongs to the table covariate, and this is ${mapping.table}`,
          place(['covariates'], 'key'),
          'Use `columns`.',
        ),
      );
    }
    for (const [name, column] of Object.entries(mapping.covariates))
      take(column, undefined, ['covariates', name]);
  }

  const filled = new Set(Object.keys(mapping.columns));
  if (mapping.unpivot !== undefined) for (const name of [mapping.unpivot.value, 'period']) filled.add(name);
  if (mapping.covariates !== undefined) for (const name of ['name', 'value']) filled.add(name);
  for (const group of [['record_id'], ...CANONICAL_NEEDS[mapping.table]]) {
    if (!group.some((name) => filled.has(name))) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-REQUIRED',
          `the mapping to \`${mapping.table}\` fills no \`${group.join('` or `')}\``,
          place(['columns'], 'key'),
          `Say which column of the extract is ${oneOfThese(group)}.`,
        ),
      );
    }
  }
  return mistakes;
}

function isOfType(value: string | number | boolean, type: CanonicalType): boolean {
  switch (type) {
    case 'VARCHAR':
      return typeof value === 'string';
    case 'DATE':
      return (
        typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value))
      );
    case 'INTEGER':
      return typeof value === 'number' && Number.isInteger(value);
    case 'DOUBLE':
      return typeof value === 'number';
    case 'BOOLEAN':
      return typeof value === 'boolean';
  }
}

function unpivotMistakes(
  unpivot: NonNullable<TableMapping['unpivot']>,
  mapping: TableMapping,
  columns: Columns,
  place: (path: YamlPath, part?: 'key' | 'value') => ReturnType<Whereabouts['place']>,
  known: (target: string, path: YamlPath, part: 'key' | 'value') => boolean,
  take: (column: string, target: string | undefined, path: YamlPath) => void,
): readonly StudyError[] {
  const parts = unpivot.columns.split('{period}');
  if (parts.length !== 2) {
    return [
      mistake(
        'E-PROTOCOL-VALUE',
        '`unpivot.columns` needs {period} exactly once',
        place(['unpivot', 'columns']),
        'Write the column names with {period} where the number stands: Offense{period}.',
      ),
    ];
  }
  const isKnown = known(unpivot.value, ['unpivot', 'value'], 'value');
  const [head = '', tail = ''] = parts;
  const matching = Object.keys(columns).filter(
    (column) =>
      column === unpivot.columns ||
      (column.startsWith(head) &&
        column.endsWith(tail) &&
        /^[0-9]+$/.test(column.slice(head.length, column.length - tail.length))),
  );
  if (isKnown) for (const column of matching) take(column, unpivot.value, ['unpivot', 'columns']);
  const mistakes: StudyError[] = [];
  if (matching.length === 0) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-REFERENCE',
        `the dictionary describes no column that fits \`${unpivot.columns}\``,
        place(['unpivot', 'columns']),
        `Describe the columns one by one, or all at once under the name ${unpivot.columns}.`,
      ),
    );
  }
  if (Object.hasOwn(mapping.columns, unpivot.value)) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-KEY',
        `\`${unpivot.value}\` is filled by \`unpivot\` and by \`columns\``,
        place(['columns', unpivot.value], 'key'),
        'Keep one of them.',
      ),
    );
  }
  return mistakes;
}

function coverageMistakes(source: Source, where: Whereabouts): readonly StudyError[] {
  return source.coverage.flatMap((line, i) => {
    const mistakes: StudyError[] = [];
    if (line.from >= line.to) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-DATE',
          `the coverage ends on ${line.to}, not after it begins on ${line.from}`,
          where.place(['coverage', i, 'to'], 'value'),
          '`to` is the first day that the register no longer saw.',
        ),
      );
    }
    if (line.complete_to !== undefined && (line.complete_to > line.to || line.complete_to <= line.from)) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-DATE',
          `\`complete_to\` ${line.complete_to} lies outside the coverage`,
          where.place(['coverage', i, 'complete_to'], 'value'),
          `Give a day after ${line.from}, at most ${line.to}.`,
        ),
      );
    }
    return mistakes;
  });
}

function formatMistakes(source: Source, where: Whereabouts): readonly StudyError[] {
  const mistakes: StudyError[] = [];
  for (const [i, file] of source.files.entries()) {
    if (source.format === undefined && !ENDINGS.test(file)) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-REQUIRED',
          `the ending of \`${file}\` does not tell its format`,
          where.place(['files', i], 'value'),
          'Add `format`: csv, parquet or excel.',
        ),
      );
    }
    if (source.files.indexOf(file) < i) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-VALUE',
          `the extract \`${file}\` is named twice`,
          where.place(['files', i], 'value'),
          'Name each extract once, or its records count twice.',
        ),
      );
    }
  }
  const formats = new Set(source.files.map((file) => source.format ?? formatOf(file)));
  if (source.csv !== undefined && !formats.has('csv')) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-KEY',
        '`csv` is for text files, and the source has none',
        where.place(['csv'], 'key'),
        'Remove it.',
      ),
    );
  }
  if (source.sheet !== undefined && !formats.has('excel')) {
    mistakes.push(
      mistake(
        'E-PROTOCOL-KEY',
        '`sheet` is for Excel files, and the source has none',
        where.place(['sheet'], 'key'),
        'Remove it.',
      ),
    );
  }
  return mistakes;
}

function formatOf(file: string): 'csv' | 'parquet' | 'excel' {
  return /\.parquet$/i.test(file) ? 'parquet' : /\.xlsx$/i.test(file) ? 'excel' : 'csv';
}

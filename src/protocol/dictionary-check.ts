import type { StudyError } from '../errors.ts';
import { mistake, type Whereabouts } from './mistakes.ts';
import type { Columns } from './source-check.ts';
import { didYouMean, oneOfThese } from './suggest.ts';
import type { DictionaryColumn } from './tables.ts';

/** What a dictionary says about itself: the keys of a column fit its type. */

const FORMATS = [
  'YYYY-MM-DD',
  'DD.MM.YYYY',
  'DD/MM/YYYY',
  'DD-MM-YYYY',
  'MM/DD/YYYY',
  'YYYYMMDD',
  'DDMMYYYY',
  'DD-Mon-YYYY',
];

/** Keys that say something about one type of column only. */
const ONLY_FOR: Readonly<Partial<Record<keyof DictionaryColumn, readonly DictionaryColumn['type'][]>>> = {
  format: ['date'],
  origin: ['study-day'],
  origin_column: ['study-day'],
  decimal: ['number'],
  open_end: ['date', 'study-day'],
  true_values: ['boolean'],
  false_values: ['boolean'],
  minimum: ['integer', 'number', 'date', 'study-day'],
  maximum: ['integer', 'number', 'date', 'study-day'],
};

export function dictionaryMistakes(columns: Columns, where: Whereabouts): readonly StudyError[] {
  return Object.entries(columns).flatMap(([name, column]) => columnMistakes(name, column, columns, where));
}

function columnMistakes(
  name: string,
  column: DictionaryColumn,
  columns: Columns,
  where: Whereabouts,
): readonly StudyError[] {
  const mistakes: StudyError[] = [];
  const refuse = (
    code: 'E-PROTOCOL-VALUE' | 'E-PROTOCOL-KEY' | 'E-PROTOCOL-REFERENCE' | 'E-PROTOCOL-REQUIRED',
    key: string,
    at: 'key' | 'value',
    message: string,
    fix: string,
  ): void => {
    const path = key === '' ? ['columns', name] : ['columns', name, key];
    mistakes.push(mistake(code, message, where.place(path, at), fix));
  };
  for (const [key, types] of Object.entries(ONLY_FOR)) {
    if (column[key as keyof DictionaryColumn] !== undefined && !types.includes(column.type)) {
      refuse(
        'E-PROTOCOL-KEY',
        key,
        'key',
        `\`${key}\` says nothing about a column of type ${column.type}`,
        `It is for ${oneOfThese(types)}; remove it or change the type.`,
      );
    }
  }
  for (const format of column.format === undefined ? [] : [column.format].flat()) {
    if (!FORMATS.includes(format)) {
      refuse(
        'E-PROTOCOL-VALUE',
        'format',
        'value',
        `\`${format}\` is not a date format that Desist reads.${didYouMean(format, FORMATS)}`,
        `Use ${oneOfThese(FORMATS)}.`,
      );
    }
  }
  if (column.type === 'study-day') {
    if ((column.origin === undefined) === (column.origin_column === undefined)) {
      refuse(
        'E-PROTOCOL-REQUIRED',
        '',
        'key',
        `the study days in \`${name}\` need one day 0`,
        'Give either `origin`, a day for everyone, or `origin_column`, the date column of each record.',
      );
    }
    if (column.origin_column !== undefined) {
      const origin = Object.hasOwn(columns, column.origin_column) ? columns[column.origin_column] : undefined;
      if (origin === undefined) {
        refuse(
          'E-PROTOCOL-REFERENCE',
          'origin_column',
          'value',
          `the dictionary does not describe \`${column.origin_column}\`.${didYouMean(column.origin_column, Object.keys(columns))}`,
          'Name a date column of the dictionary.',
        );
      } else if (origin.type !== 'date') {
        refuse(
          'E-PROTOCOL-VALUE',
          'origin_column',
          'value',
          `\`${column.origin_column}\` holds ${origin.type}, not a date`,
          'Name a date column of the dictionary.',
        );
      }
    }
  }
  const isDated = column.type === 'date' || column.type === 'study-day';
  for (const key of ['minimum', 'maximum'] as const) {
    const bound = column[key];
    if (
      bound !== undefined &&
      (ONLY_FOR[key] ?? []).includes(column.type) &&
      (typeof bound === 'string') !== isDated
    ) {
      refuse(
        'E-PROTOCOL-VALUE',
        key,
        'value',
        `the ${key} of a ${column.type} column is ${isDated ? 'a day' : 'a number'}`,
        isDated ? 'Write it as YYYY-MM-DD.' : 'Write a number.',
      );
    }
  }
  const { minimum, maximum } = column;
  if (
    minimum !== undefined &&
    maximum !== undefined &&
    typeof minimum === typeof maximum &&
    minimum > maximum
  ) {
    refuse(
      'E-PROTOCOL-VALUE',
      'maximum',
      'value',
      'the maximum is smaller than the minimum',
      'Exchange them, or correct one.',
    );
  }
  const both = (column.true_values ?? []).filter((value) => column.false_values?.includes(value));
  if (both.length > 0) {
    refuse(
      'E-PROTOCOL-VALUE',
      'false_values',
      'value',
      `\`${both[0]}\` counts as true and as false`,
      'Keep it in one list.',
    );
  }
  return mistakes;
}

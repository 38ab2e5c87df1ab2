/**
 * The names of the columns of a register. They stand as the file has them, blanks included. They are an error when
 * one is empty or blank, or when two are the same but for case, surrounding blanks or Unicode composition: engines
 * fold case, and two columns that only a careful eye can tell apart are a mistake in waiting.
 */
import { StudyError } from '../../errors.ts';

export function checkHeader(names: readonly string[], file: string, line: number): void {
  const mistakes: string[] = [];
  const first = new Map<string, number>();
  names.forEach((name, i) => {
    const key = name.trim().normalize('NFC').toLowerCase();
    if (key === '') {
      mistakes.push(`column ${i + 1} of ${names.length} has no name`);
      return;
    }
    const before = first.get(key);
    if (before === undefined) first.set(key, i);
    else mistakes.push(`columns ${before + 1} and ${i + 1} have the same name`);
  });
  if (mistakes.length === 0) return;
  throw new StudyError('E-SOURCE-HEADER', mistakes.slice(0, 10).join('; '), {
    place: { file, line },
    // Names are not repeated: in an extract without a header line they would be the values of its first record.
    fix: 'Give every column of the extract a name of its own; if the extract has no header line, add one.',
  });
}

/** The fields of one row in accepted form: each in quotes, quotes doubled, joined by commas, no line end. */
export function splitAccepted(row: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at < row.length; ) {
    let end = at + 1;
    while (row[end] !== '"' || row[end + 1] === '"') end += row[end] === '"' ? 2 : 1;
    fields.push(row.slice(at + 1, end).replaceAll('""', '"'));
    at = end + 2;
  }
  return fields;
}

/**
 * Cells of a sheet that hold no value although somebody wrote something there: an error of Excel (#N/A, #REF!), or a
 * formula that was never calculated. The workbook reader gives both as empty, and a blank may mean something else.
 *
 * Reads the package parts of the workbook (ECMA-376 part 1, 18.3.1.4 `c`: `t="e"` is an error; `f` without `v` is a
 * formula without a value).
 */
import { readFile } from 'node:fs/promises';
import { strFromU8, unzipSync } from 'fflate';

/** How many such cells below the header row, by column from 0. `header_line` counts from 1. */
export async function countValueless(
  path: string,
  sheet: string | number,
  header_line: number,
): Promise<ReadonlyMap<number, number>> {
  const counts = new Map<number, number>();
  const bytes = new Uint8Array(await readFile(path));
  const index = unzipSync(bytes, { filter: ({ name }) => /^xl\/(workbook|_rels\/workbook)\.xml/.test(name) });
  const part = partOf(textOf(index['xl/workbook.xml']), textOf(index['xl/_rels/workbook.xml.rels']), sheet);
  if (part === undefined) return counts;
  const xml = textOf(unzipSync(bytes, { filter: ({ name }) => name === part })[part]);
  for (const [, attributes = '', content = ''] of xml.matchAll(/<c\b([^>]*?)(?:\/>|>([\s\S]*?)<\/c>)/g)) {
    const isError = /\bt="e"/.test(attributes);
    const isUncalculated = /<f\b/.test(content) && !/<v>[^<]|<is>/.test(content);
    const [, letters, line] = /\br="([A-Z]+)(\d+)"/.exec(attributes) ?? [];
    if (!(isError || isUncalculated) || letters === undefined || Number(line) <= header_line) continue;
    const column = columnOf(letters);
    counts.set(column, (counts.get(column) ?? 0) + 1);
  }
  return counts;
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : strFromU8(bytes);
}

/** The file of the sheet inside the workbook. */
function partOf(workbook: string, relations: string, sheet: string | number): string | undefined {
  const sheets = [...workbook.matchAll(/<sheet\b([^>]*)\/?>/g)].map(([, attributes = '']) => attributes);
  const chosen =
    typeof sheet === 'number'
      ? sheets[sheet - 1]
      : sheets.find((attributes) => plain(attributeOf(attributes, 'name')) === sheet);
  const id = attributeOf(chosen ?? '', 'r:id');
  const relation = [...relations.matchAll(/<Relationship\b([^>]*)\/?>/g)]
    .map(([, attributes = '']) => attributes)
    .find((attributes) => attributeOf(attributes, 'Id') === id);
  const target = attributeOf(relation ?? '', 'Target');
  if (id === undefined || target === undefined) return undefined;
  return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
}

function attributeOf(attributes: string, name: string): string | undefined {
  return new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
}

function plain(text: string | undefined): string | undefined {
  return text
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&amp;', '&');
}

/** A is 0, Z is 25, AA is 26. */
function columnOf(letters: string): number {
  return [...letters].reduce((sum, letter) => 26 * sum + letter.charCodeAt(0) - 64, 0) - 1;
}

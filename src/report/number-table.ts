import { type CsvValue, csvText } from './csv.ts';
import { type Content, type Html, html } from './html.ts';

/** A table that a person reads and a file that a program reads, from one declaration. */

export interface Column<R> {
  readonly label: string;
  readonly text: (row: R) => Content;
  /** The first column names the row unless said otherwise; numbers stand on the right. */
  readonly is_number?: boolean;
  /** The file's columns for this one: a value with its interval is three. */
  readonly csv: Readonly<Record<string, (row: R) => CsvValue>>;
}

export interface NumberTable {
  readonly name: string;
  readonly view: Html;
  /** Header, then rows. */
  readonly data: readonly (readonly CsvValue[])[];
  readonly csv: string;
}

export function numberTable<R>(
  name: string,
  caption: string,
  rows: readonly R[],
  columns: readonly Column<R>[],
  options: { readonly group?: (row: R) => string; readonly notes?: readonly string[] } = {},
): NumberTable {
  const machine = columns.flatMap((column) => Object.entries(column.csv));
  const data = [
    machine.map(([header]) => header),
    ...rows.map((row) => machine.map(([, value]) => value(row))),
  ];
  let group: string | undefined;
  const body = rows.map((row) => {
    const own = options.group?.(row);
    const heading =
      own === undefined || own === group
        ? null
        : html`<tr class="group"><th scope="rowgroup" colspan="${columns.length}">${own}</th></tr>\n`;
    group = own;
    const cells = columns.map((column, i) =>
      i === 0
        ? html`<th scope="row">${column.text(row)}</th>`
        : html`<td${column.is_number === true ? html` class="number"` : null}>${column.text(row)}</td>`,
    );
    return html`${heading}<tr>${cells}</tr>\n`;
  });
  const view = html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column) => html`<th scope="col"${column.is_number === true ? html` class="number"` : null}>${column.label}</th>`)}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
${(options.notes ?? []).map((note) => html`<p class="note">${note}</p>\n`)}`;
  return { name, view, data, csv: csvText(data) };
}

import { type Html, html, trusted } from './html.ts';
import type { NumberTable } from './number-table.ts';
import type { Figure } from './tables.ts';

/** A figure on the page: heading, picture, caption, its numbers and its files. */
export function figureView(figure: Figure, table: NumberTable, cautions: readonly string[] = []): Html {
  const picture = figure.svg.replaceAll(/ xmlns(:xlink)?="[^"]*"/g, '');
  return html`<figure id="figure-${figure.name}">
<h3>${figure.title}</h3>
${cautions.length === 0 ? null : html`<div class="caution">${cautions.map((caution) => html`<p>${caution}</p>\n`)}</div>\n`}<div class="picture" role="region" aria-label="${`Picture: ${figure.title}`}" tabindex="0">${trusted(picture)}</div>
<figcaption>${figure.caption}</figcaption>
<details><summary>The numbers as a table</summary>
${table.view}<p class="files">Files: figures/${figure.name}.svg${figure.spec === null ? '' : `, figures/${figure.name}.json`}, tables/${table.name}.csv</p>
</details>
</figure>
`;
}

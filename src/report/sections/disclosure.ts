import { html } from '../html.ts';
import { count, SUPPRESSED } from '../numbers.ts';
import type { Reading, Section } from '../reading.ts';
import { capital } from '../words.ts';

/** How the people in the tables are protected. */
export function disclosureSection(reading: Reading): Section {
  const { disclosure } = reading.input.released;
  const { profile, version, threshold, rounding, source, banner, suppressed_note, rows, rows_suppressed } =
    disclosure;
  return {
    id: 'disclosure',
    title: 'What is not shown, and why',
    body: html`${banner === null ? null : html`<p class="caution">${banner}</p>\n`}<dl class="facts">
<dt>Profile</dt><dd>${profile}, version ${version}. ${source}</dd>
${
  profile === 'none'
    ? null
    : html`<dt>Threshold</dt><dd>A count of persons or events below ${count(threshold)} is not shown, nor is any number from which it could be worked out.</dd>
<dt>Rounding</dt><dd>${rounding > 1 ? `Counts are rounded to the nearest ${count(rounding)}.` : 'None.'}</dd>
`
}<dt>Left out</dt><dd>${count(rows_suppressed)} of ${count(rows)} rows have at least one number that is not shown.</dd>
<dt>Signs</dt><dd>\u201c${SUPPRESSED}\u201d: ${suppressed_note}. \u201cNot estimable\u201d: the data give no such number; the reason stands beside it.</dd>
</dl>
<p>A row that is not shown does not say which of its counts was small. ${capital('the same rule was applied to every table, figure and file of this report at once, so that none of them gives away another.')}</p>`,
    figures: [],
    tables: [],
  };
}

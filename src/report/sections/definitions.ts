import { html } from '../html.ts';
import type { Reading, Section } from '../reading.ts';
import { capital } from '../words.ts';

/** What the words of the study mean, and how firm each meaning is. */
export function definitionsSection(reading: Reading): Section {
  const { protocol, description } = reading.input;
  const provisional = protocol.definitions_used.filter(({ standing }) => standing === 'provisional').length;
  return {
    id: 'definitions',
    title: 'What was done, and what the words mean',
    body: html`<h3>The protocol in sentences</h3>
<ol class="protocol">
${description.map((sentence) => html`<li>${sentence}</li>\n`)}</ol>
<h3>Definitions used</h3>
<p>${
      provisional === 0
        ? 'Every definition was checked against its source, or is written by the protocol itself.'
        : `${provisional} of ${protocol.definitions_used.length} definitions are provisional: their wording was not checked against the official source.`
    }</p>
<dl class="definitions">
${protocol.definitions_used.map(
  (
    one,
  ) => html`<dt>${capital(one.kind)}: ${one.name} <span class="quiet">version ${one.version}</span>${one.standing === 'provisional' ? html` <span class="tag">provisional</span>` : null}</dt>
<dd>${one.text}${one.source === undefined ? null : html` <span class="quiet">Source: ${one.source}</span>`}</dd>
`,
)}</dl>`,
    figures: [],
    tables: [],
  };
}

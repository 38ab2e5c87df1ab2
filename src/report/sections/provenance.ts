import { type Content, html } from '../html.ts';
import type { Reading, Section } from '../reading.ts';
import type { StageProvenance } from '../tables.ts';

/**
 * Where the numbers come from. Extracts are named by their hash and stages by their key. Hashes and row counts of what
 * the stages made stay out: those tables have not passed disclosure control, and a hash of a table with few unknown
 * counts can be matched by trying them all.
 */
export function provenanceSection(reading: Reading): Section {
  const { provenance, protocol } = reading.input;
  const { stages } = provenance;
  const extracts = new Map<string, string>();
  for (const stage of stages)
    if (stage.stage === 'ingest')
      for (const [name, hash] of Object.entries(stage.inputs)) extracts.set(`${name} ${hash}`, hash);
  const first = new Map<string, StageProvenance>();
  const sqlOf = (stage: StageProvenance): Content => {
    const known = first.get(stage.sql);
    if (known !== undefined)
      return html`<p class="note">${stage.stage}, ${stage.variant}: the same SQL as ${known.stage}, ${known.variant}.</p>\n`;
    first.set(stage.sql, stage);
    return html`<details class="sql"><summary>SQL of ${stage.stage}, ${stage.variant}</summary><pre tabindex="0"><code>${stage.sql}</code></pre></details>\n`;
  };
  return {
    id: 'provenance',
    title: 'Where the numbers come from',
    body: html`<dl class="facts">
<dt>Made with</dt><dd>Desist ${provenance.desist_version}, engine ${provenance.engine}</dd>
<dt>Protocol</dt><dd><code>${provenance.protocol_hash}</code></dd>
<dt>Standing</dt><dd>${provenance.standing}</dd>
</dl>
<h3>Deviations from the frozen protocol</h3>
${
  provenance.deviations.length === 0
    ? html`<p>${provenance.standing.includes('not frozen') ? 'None can be listed: there is no frozen protocol to compare with.' : 'None.'}</p>`
    : html`<ul>${provenance.deviations.map((one) => html`<li>${one}</li>\n`)}</ul>`
}
<h3>When outcomes were opened</h3>
${
  provenance.outcomes_opened.length === 0
    ? html`<p>No opening is on record.</p>`
    : html`<ul>${provenance.outcomes_opened.map((one) => html`<li>${one}</li>\n`)}</ul>`
}
<h3>Extracts</h3>
<div class="scroll" role="region" aria-label="Extracts" tabindex="0"><table>
<caption>Every file that was read, by its SHA-256</caption>
<thead><tr><th scope="col">File</th><th scope="col">SHA-256</th></tr></thead>
<tbody>
${[...extracts].map(([key, hash]) => html`<tr><th scope="row">${key.slice(0, key.length - hash.length - 1)}</th><td><code class="hash">${hash}</code></td></tr>\n`)}</tbody>
</table></div>
<h3>Stages</h3>
<div class="scroll" role="region" aria-label="Stages" tabindex="0"><table>
<caption>Each stage by its key: what it read, its SQL, its parameters and the engine</caption>
<thead><tr><th scope="col">Stage</th><th scope="col">Variant</th><th scope="col">Version</th><th scope="col">Key</th></tr></thead>
<tbody>
${stages.map((stage) => html`<tr><th scope="row">${stage.stage}</th><td>${stage.variant}</td><td>${stage.version}</td><td><code class="hash">${stage.key}</code></td></tr>\n`)}</tbody>
</table></div>
<h3>SQL</h3>
${stages.map(sqlOf)}<p class="note">Sources of this protocol: ${protocol.sources.map(({ path }) => path).join(', ')}.</p>`,
    figures: [],
    tables: [],
  };
}

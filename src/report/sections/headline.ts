import type { Estimate } from '../../protocol/tables.ts';
import { reportOf, type Statement, statementsOf } from '../designs/index.ts';
import { type Html, html } from '../html.ts';
import type { Reading } from '../reading.ts';
import { and, capital } from '../words.ts';

/** The answer in words, each part with its caution beside it. */

interface Headline {
  readonly statements: readonly Statement[];
  readonly caution: string;
  readonly sentences: readonly string[];
}

export function headlineOf(reading: Reading, estimate: Estimate | undefined): Headline {
  if (estimate === undefined)
    return { statements: [], caution: '', sentences: ['The study has no headline estimate.'] };
  const statements = statementsOf(reading, estimate);
  const design = reportOf<Estimate['design']>(estimate.design);
  const caution = design.cautionOf?.(estimate) ?? design.caution;
  const stamp =
    reading.stamp === undefined
      ? []
      : [`${capital(reading.stamp.toLowerCase())}: no figure here is about people who exist.`];
  const first =
    statements.length === 0
      ? ['The headline estimate gave no result.']
      : statements.map(({ sentence }) => sentence).slice(0, 3);
  return { statements, caution, sentences: [...(statements.length > 2 ? [] : stamp), ...first, caution] };
}

export function headlineView(reading: Reading, headline: Headline): Html {
  const { study } = reading.input.protocol;
  const hasNone = headline.statements.length === 0;
  return html`${hasNone ? html`<p>The headline estimate gave no result.</p>` : null}
<div class="answers">
${headline.statements.map(
  (one) => html`<article class="answer">
<h3>${one.who}</h3>
<p class="figure">${one.figure}</p>
<p class="of">${one.of}</p>
<p class="interval">${one.interval}.</p>
${one.caution === undefined ? null : html`<p class="caution">${one.caution}</p>\n`}</article>
`,
)}</div>
<p class="caution">${headline.caution}</p>
${study.report?.caution === undefined ? null : html`<p class="caution author"><strong>${study.authors === undefined ? 'The authors' : and(study.authors)}:</strong> ${study.report.caution}</p>`}`;
}

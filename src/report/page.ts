import { type Html, html, trusted } from './html.ts';
import type { Reading, Section } from './reading.ts';
import { STYLE } from './style.ts';
import { and } from './words.ts';

/** The page around the sections: language, landmarks, skip link, contents, banners. No script, nothing fetched. */

function bannersOf(reading: Reading): readonly Html[] {
  const { protocol, released } = reading.input;
  const origins = new Set(protocol.sources.map(({ origin }) => origin));
  const banners: Html[] = [];
  if (reading.stamp !== undefined) {
    banners.push(
      html`<p class="banner synthetic"><strong>${reading.stamp}</strong> ${
        origins.size === 1
          ? 'No person in these registers exists. Nothing here may be quoted as a finding.'
          : 'Some of these registers were made up. Nothing here may be quoted as a finding.'
      }</p>\n`,
    );
  } else if (origins.size === 1 && origins.has('public'))
    banners.push(
      html`<p class="banner"><strong>Public data</strong> The registers of this study are published data sets.</p>\n`,
    );
  if (released.disclosure.banner !== null)
    banners.push(html`<p class="banner">${released.disclosure.banner}</p>\n`);
  if (reading.variant !== 'protocol')
    banners.push(
      html`<p class="banner">This report tells one declared alternative, ${reading.variant}, and not the protocol.</p>\n`,
    );
  return banners;
}

export function pageOf(reading: Reading, sections: readonly Section[]): string {
  const { study } = reading.input.protocol;
  const byline = [
    study.authors === undefined ? '' : and(study.authors),
    study.report?.audience === undefined ? '' : `for ${study.report.audience}`,
  ].filter((part) => part !== '');
  return html`${trusted('<!doctype html>')}
<html lang="${study.report?.language ?? 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Desist ${reading.input.provenance.desist_version}">
<title>${study.title}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
${bannersOf(reading)}<div class="masthead">
<h1>${study.title}</h1>
${byline.length === 0 ? null : html`<p class="byline">${byline.join(' \u00b7 ')}</p>\n`}</div>
</header>
<div class="columns">
<nav aria-label="Contents">
<h2>Contents</h2>
<ol>
${sections.map(({ id, title }) => html`<li><a href="#${id}">${title}</a></li>\n`)}</ol>
</nav>
<main id="main" tabindex="-1">
${sections.map(
  ({ id, title, body }) => html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`,
)}</main>
</div>
<footer><p>Made with Desist ${reading.input.provenance.desist_version} from protocol <code>${reading.input.provenance.protocol_hash.slice(0, 12)}</code>. ${reading.input.provenance.standing}</p></footer>
</body>
</html>
`.markup;
}

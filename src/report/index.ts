import { csvText } from './csv.ts';
import { estimateSection } from './designs/index.ts';
import { html } from './html.ts';
import { pageOf } from './page.ts';
import { readingOf, type Section } from './reading.ts';
import { dataQualitySection } from './sections/data-quality.ts';
import { definitionsSection } from './sections/definitions.ts';
import { disclosureSection } from './sections/disclosure.ts';
import { flowSection } from './sections/flow.ts';
import { headlineOf, headlineView } from './sections/headline.ts';
import { provenanceSection } from './sections/provenance.ts';
import { variantsSection } from './sections/variants.ts';
import type { RenderedReport, ReportInput } from './tables.ts';

export { resultsCsv } from './results-csv.ts';

/** The report as one page and its files. The same input gives the same bytes. */
export async function renderReport(input: ReportInput): Promise<RenderedReport> {
  const reading = readingOf(input);
  const { protocol } = input;
  const first = protocol.estimates.find(({ id }) => id === protocol.headline);
  const headline = headlineOf(reading, first);
  const plain = (id: string, title: string, body: Section['body']): Section => ({
    id,
    title,
    body,
    figures: [],
    tables: [],
  });
  const sections: Section[] = [
    plain('question', 'The question', html`<p class="question">${protocol.study.question}</p>`),
    plain('headline', 'The answer, and what it does not say', headlineView(reading, headline)),
    flowSection(reading),
  ];
  // One after another: figures are drawn by one library with state of its own.
  for (const estimate of protocol.estimates) sections.push(await estimateSection(reading, estimate));
  const variants = await variantsSection(reading, first);
  if (variants !== undefined) sections.push(variants);
  sections.push(
    definitionsSection(reading),
    dataQualitySection(reading),
    disclosureSection(reading),
    provenanceSection(reading),
  );

  const figures = sections.flatMap((section) => section.figures);
  const files = new Map<string, string>();
  for (const figure of figures) {
    files.set(`figures/${figure.name}.svg`, `${figure.svg}\n`);
    if (figure.spec !== null)
      files.set(`figures/${figure.name}.json`, `${JSON.stringify(figure.spec, null, 2)}\n`);
    files.set(`tables/${figure.name}.csv`, csvText(figure.table));
  }
  for (const table of sections.flatMap((section) => section.tables))
    files.set(`tables/${table.name}.csv`, table.csv);
  return { html: pageOf(reading, sections), figures, files, headline: headline.sentences };
}

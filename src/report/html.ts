/** HTML and SVG by template, where every value is escaped unless it is itself a template's result. */

export interface Html {
  readonly markup: string;
}

export type Content = Html | string | number | null | undefined | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What XML forbids: a title may hold it all the same. */
const FORBIDDEN = new RegExp(
  `[${String.fromCharCode(0)}-${String.fromCharCode(8, 11, 12, 14)}-${String.fromCharCode(31)}\uFFFE\uFFFF]`,
  'g',
);

/** Characters that XML forbids become U+FFFD. */
export function allowed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD').replace(FORBIDDEN, '\uFFFD');
}

/** Text as it may stand in an element or in a quoted attribute. */
export function escapeText(text: string): string {
  return allowed(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function markupOf(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (typeof content === 'string') return escapeText(content);
  if (typeof content === 'number') return escapeText(String(content));
  if ('markup' in content) return content.markup;
  return content.map(markupOf).join('');
}

/** Attributes are to be quoted in the template: an unquoted one is not protected by escaping. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return { markup: strings.map((part, i) => part + (i < values.length ? markupOf(values[i]) : '')).join('') };
}

/** Markup made elsewhere in this folder, such as a figure's SVG. Never text of a study. */
export function trusted(markup: string): Html {
  return { markup };
}

import type { TopLevelSpec } from 'vega-lite';
import { allowed, escapeText } from './html.ts';

/** Pictures on the server: a Vega-Lite specification to SVG, and what every SVG of a report has in common. */

/** Names that exist on every desk; about as wide as Arial, which the layouts allow for. */
export const FONT = "'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif";
export const INK = '#1c2430';
export const QUIET = '#5a6472';
const HAIR = '#e3e7ec';
/** Okabe & Ito 2008, in the order in which neighbours differ most; the yellow is left out on white paper. */
export const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000'];
/** Told apart without colour too. */
export const SHAPES = [
  'circle',
  'diamond',
  'square',
  'triangle-up',
  'triangle-down',
  'cross',
  'triangle-right',
];
export const DASHES = [
  [1, 0],
  [6, 3],
  [2, 2],
  [9, 3, 2, 3],
  [4, 2],
  [12, 4],
  [1, 3],
];

export const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

export const CONFIG = {
  font: FONT,
  aria: false,
  background: '#ffffff',
  view: { stroke: null },
  axis: {
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    labelColor: INK,
    titleColor: QUIET,
    gridColor: HAIR,
    domainColor: '#aab2bd',
    tickColor: '#aab2bd',
    labelPadding: 6,
  },
  legend: { labelFontSize: 12, labelColor: INK, symbolSize: 90 },
  text: { fontSize: 12, color: INK },
} as const;

interface Identity {
  readonly name: string;
  readonly title: string;
  readonly alt: string;
  /** Printed on the picture itself, so that it stays when the picture is copied: SYNTHETIC DATA. */
  readonly stamp: string | undefined;
}

/** The whole SVG: named, described, stamped, with ids that are the figure's own among others on a page. */
export function frame(identity: Identity, width: number, height: number, inside: string): string {
  const { name, title, alt, stamp } = identity;
  const mark =
    stamp === undefined
      ? ''
      : `<text x="${width - 8}" y="16" text-anchor="end" font-family="${escapeText(FONT)}" font-size="11" font-weight="bold" letter-spacing="1" fill="#8a3b00">${escapeText(stamp)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="figure-${name}.title figure-${name}.desc" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><title id="figure-${name}.title">${escapeText(title)}</title><desc id="figure-${name}.desc">${escapeText(alt)}</desc><rect width="${width}" height="${height}" fill="#ffffff"/>${inside}${mark}</svg>`;
}

/** Vega-Lite to SVG without a browser. The same specification gives the same bytes. */
export async function drawSpec(spec: TopLevelSpec, identity: Identity): Promise<string> {
  // Loaded when a picture is drawn: the command line need not wait for it.
  const [vegaLite, vega] = await Promise.all([import('vega-lite'), import('vega')]);
  const view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  const match = /^<svg[^>]*?width="([\d.]+)"[^>]*?height="([\d.]+)"[^>]*>([\s\S]*)<\/svg>$/.exec(svg);
  if (match === null) throw new Error('Vega gave no SVG');
  const [, width, height, inside = ''] = match;
  // Vega counts its ids up through the life of a process; here they count within the figure.
  const ids = new Map<string, string>();
  const own = allowed(inside).replaceAll(/\b(id="|url\(#)([^")]+)/g, (_, before: string, id: string) => {
    if (!ids.has(id)) ids.set(id, `figure-${identity.name}.${ids.size + 1}`);
    return `${before}${ids.get(id)}`;
  });
  return frame(identity, Number(width), Number(height), own);
}

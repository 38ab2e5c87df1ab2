/** The report's look: system fonts, one accent, wide margins; the same on a screen, a telephone and paper. */
export const STYLE = `
:root { --ink: #1c2430; --quiet: #5a6472; --line: #d9dee5; --soft: #f5f7f9; --accent: #004b76; --warn: #8a3b00; --warn-soft: #fdf3ec; }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; color: var(--ink); background: #fff; font: 1.0625rem/1.6 'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif; }
h1, h2, h3, .figure { font-family: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'P052', 'Book Antiqua', Georgia, serif; line-height: 1.2; text-wrap: balance; }
h1 { font-size: clamp(1.9rem, 1.2rem + 3vw, 3rem); font-weight: 600; margin: 0; letter-spacing: -0.01em; max-width: 22em; }
h2 { font-size: 1.75rem; font-weight: 600; margin: 0 0 1.2rem; color: var(--accent); }
h3 { font-size: 1.25rem; font-weight: 600; margin: 2.6rem 0 0.6rem; }
h3.part { font-size: 1.45rem; color: var(--accent); margin-top: 4rem; }
p, li, dd { max-width: 42rem; }
p { margin: 0 0 1rem; }
a { color: var(--accent); text-underline-offset: 0.15em; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 3px solid #e69f00; outline-offset: 2px; }
main:focus { outline: none; }
code { font-family: Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace; font-size: 0.86em; overflow-wrap: anywhere; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: #fff; padding: 0.6rem 1rem; z-index: 2; }
.banner { max-width: none; margin: 0; padding: 0.6rem clamp(1.25rem, 5vw, 4rem); background: var(--soft); border-bottom: 1px solid var(--line); font-size: 0.95rem; }
.banner strong { margin-right: 0.6em; }
.banner.synthetic { background: var(--warn); border-color: var(--warn); color: #fff; }
.banner.synthetic strong { letter-spacing: 0.08em; }
.masthead { padding: clamp(2.5rem, 7vw, 5.5rem) clamp(1.25rem, 5vw, 4rem) clamp(1.5rem, 4vw, 3rem); border-bottom: 4px solid var(--accent); }
.byline { color: var(--quiet); margin: 1.2rem 0 0; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 4rem; padding: 0 clamp(1.25rem, 5vw, 4rem); }
nav { padding: 2rem 0 0; font-size: 0.95rem; }
nav h2 { font: inherit; font-weight: 600; color: var(--quiet); margin: 0 0 0.5rem; }
nav ol { list-style: none; margin: 0; padding: 0; }
nav li { margin: 0; }
nav a { display: inline-block; padding: 0.25rem 0; text-decoration: none; }
nav a:hover { text-decoration: underline; }
main { min-width: 0; max-width: 52rem; padding-bottom: 4rem; }
section { padding-top: clamp(3rem, 6vw, 5rem); }
section > p:first-of-type { color: var(--ink); }
.question { font-family: 'Iowan Old Style', 'Palatino Linotype', Palatino, 'P052', Georgia, serif; font-size: 1.4rem; line-height: 1.45; max-width: 34em; }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 17rem), 1fr)); gap: 1.5rem; margin: 0 0 1.8rem; }
.answer { border-top: 3px solid var(--accent); background: var(--soft); padding: 1.4rem 1.5rem 1.2rem; }
.answer h3 { font: inherit; font-weight: 600; margin: 0; color: var(--quiet); }
.answer .figure { font-size: 2.6rem; margin: 0.3rem 0 0.2rem; color: var(--accent); letter-spacing: -0.01em; }
.answer .of { margin: 0 0 0.6rem; }
.answer .interval { font-size: 0.95rem; color: var(--quiet); margin: 0 0 0.4rem; }
.caution { border-left: 4px solid #d55e00; background: var(--warn-soft); padding: 0.7rem 1rem; margin: 0.8rem 0; max-width: 46rem; }
.answer .caution { background: #fff; font-size: 0.98rem; margin: 1rem 0 0; }
figure { margin: 0 0 1rem; }
figure .caution { background: none; border-left-width: 3px; font-size: 0.95rem; padding: 0.1rem 0 0.1rem 0.9rem; margin: 0.2rem 0 1rem; }
.caution p { margin: 0.25rem 0; max-width: none; }
figure > h3 { margin-top: 3rem; }
.picture { overflow-x: auto; border: 1px solid var(--line); padding: 0.75rem 0.5rem; background: #fff; }
.picture svg { display: block; width: 100%; height: auto; min-width: 38rem; }
figcaption { color: var(--quiet); font-size: 0.95rem; max-width: 46rem; margin: 0.7rem 0 0.8rem; }
details { margin: 0.6rem 0 1.4rem; }
summary { cursor: pointer; color: var(--accent); padding: 0.25rem 0; }
.scroll { overflow-x: auto; margin: 1rem 0 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; line-height: 1.4; font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; font-weight: 600; padding: 0.3rem 0 0.6rem; }
th, td { text-align: left; vertical-align: top; padding: 0.45rem 0.7rem 0.45rem 0; border-bottom: 1px solid var(--line); font-weight: normal; }
thead th { font-weight: 600; color: var(--quiet); vertical-align: bottom; border-bottom: 2px solid var(--ink); }
tr.group th { font-weight: 600; padding-top: 1rem; border-bottom-color: #aab2bd; }
.number { text-align: right; padding-right: 0; padding-left: 0.5rem; }
td .interval { color: var(--quiet); white-space: nowrap; font-size: 0.86em; }
.note, .files, .quiet { color: var(--quiet); font-size: 0.92rem; }
.hash { font-size: 0.8rem; }
.tag { display: inline-block; font-size: 0.82rem; padding: 0 0.5em; border: 1px solid var(--warn); color: var(--warn); border-radius: 2px; }
dl { margin: 0 0 1.4rem; }
dt { font-weight: 600; margin-top: 1rem; }
dd { margin: 0.1rem 0 0; }
.protocol li { margin-bottom: 0.5rem; }
.sql pre { overflow: auto; max-height: 30rem; background: var(--soft); padding: 1rem; font-size: 0.82rem; line-height: 1.5; }
footer { border-top: 1px solid var(--line); color: var(--quiet); padding: 1.5rem clamp(1.25rem, 5vw, 4rem) 3rem; font-size: 0.92rem; }
@media (min-width: 72rem) {
  .columns { grid-template-columns: 15rem minmax(0, 52rem); }
  nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow-y: auto; padding-top: 5rem; }
}
@media print {
  @page { size: A4; margin: 18mm 16mm; }
  html { font-size: 76%; }
  body { font-size: 10pt; line-height: 1.45; }
  nav, .skip, details.sql { display: none; }
  .columns, .masthead, .banner, footer { padding-left: 0; padding-right: 0; }
  .masthead { padding-top: 1.5rem; padding-bottom: 1.2rem; }
  main { max-width: none; }
  section { padding-top: 1.8rem; }
  figure > h3 { margin-top: 1.8rem; }
  figure .caution { break-after: avoid; }
  h2, h3 { break-after: avoid; }
  .picture, .answer, .caution, tr { break-inside: avoid; }
  .picture { overflow: visible; }
  .picture svg { min-width: 0; max-height: 20cm; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  .banner.synthetic { color: #000; background: #fff; border: 2px solid #000; padding: 0.4rem; }
  a { color: inherit; text-decoration: none; }
}
`;

import { describe, expect, it, vi } from 'vitest';
import {
  changeRows,
  fullResults,
  rateRows,
  reportInput,
  resultRow,
  retentionRows,
  SUPPRESSED_NOTE,
} from '../../test/small-report.ts';
import type { Protocol } from '../protocol/tables.ts';
import { renderReport } from './index.ts';
import type { Figure } from './tables.ts';

const VOID = new Set(['meta', 'rect', 'path', 'line', 'br']);

/** Every tag that opens closes, in order; nothing but known entities after an ampersand. */
function faultsOf(markup: string): readonly string[] {
  const faults: string[] = [];
  const open: string[] = [];
  const text = markup.replace(/^<!doctype html>/, '').replace(/<style>[\s\S]*?<\/style>/, '');
  for (const [tag, slash, name = '', rest = ''] of text.matchAll(/<(\/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>/g)) {
    if (slash === '/') {
      if (open.pop() !== name) faults.push(`unexpected ${tag}`);
    } else if (!rest.endsWith('/') && !VOID.has(name)) open.push(name);
    if (slash === '' && !/^(\s+[\w:-]+(="[^"<>]*")?)*\s*\/?$/.test(rest)) faults.push(`attributes of ${tag}`);
  }
  const outside = text.replaceAll(/<\/?[a-zA-Z][^<>]*>/g, '');
  if (/[<>]/.test(outside)) faults.push('a bare < or >');
  if (/\p{Surrogate}|(?![\t\n\r])\p{Cc}/u.test(markup)) faults.push('a character that XML forbids');
  if (/&(?!(amp|lt|gt|quot|#39);)/.test(text)) faults.push('a bare &');
  return [...faults, ...open.map((name) => `unclosed ${name}`)];
}

function wordsOf(figure: Figure): readonly string[] {
  return [figure.title, figure.caption, figure.alt];
}

const everything = reportInput(fullResults());

describe('the report', () => {
  it('is well-formed, without scripts, and asks nothing of the network', async () => {
    const warn = vi.spyOn(console, 'warn');
    const { html, figures } = await renderReport(everything);
    expect(faultsOf(html)).toEqual([]);
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('<main id="main"');
    expect(html).toContain('class="skip" href="#main"');
    expect(html).not.toMatch(/<script|<link|<iframe|<img|\son\w+="|@import|url\((?!#)/i);
    expect(html).not.toMatch(/https?:/);
    for (const figure of figures) {
      expect(faultsOf(figure.svg)).toEqual([]);
      expect(figure.svg.replaceAll(/xmlns="[^"]*"/g, '')).not.toMatch(/https?:/);
    }
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('names every table by a caption and every header by its scope', async () => {
    const { html } = await renderReport(everything);
    expect(html.match(/<table>/g)?.length).toBe(html.match(/<table>\s*<caption>[^<]+<\/caption>/g)?.length);
    expect(html).not.toMatch(/<th(?![^>]*\bscope=)[ >]/);
  });

  it('gives each figure its own title, caption and alternative text, a table and files', async () => {
    const { figures, files } = await renderReport(everything);
    expect(figures.map(({ name }) => name)).toEqual([
      'flow',
      'change',
      'change.sex',
      'rates',
      'rates.sex',
      'retention',
      'retention.sex',
    ]);
    expect(new Set(figures.flatMap(wordsOf)).size).toBe(3 * figures.length);
    for (const figure of figures) {
      expect(figure.alt).toMatch(/\d/);
      expect(figure.svg).toContain('role="img"');
      expect(files.has(`figures/${figure.name}.svg`)).toBe(true);
      expect(files.has(`figures/${figure.name}.json`)).toBe(figure.spec !== null);
      expect(files.get(`tables/${figure.name}.csv`)).toContain(',');
      expect(figure.table.length).toBeGreaterThan(1);
    }
    for (const name of files.keys()) expect(name).toMatch(/^(figures|tables)\/[a-z0-9_.-]+\.(svg|json|csv)$/);
  });

  it('has ids that are each used once', async () => {
    const { html } = await renderReport(everything);
    const ids = [...html.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(20);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of html.matchAll(/url\(#([^)]+)\)/g)) expect(ids).toContain(target);
  });

  it('gives the same bytes for the same input', async () => {
    const [first, second] = [await renderReport(everything), await renderReport(everything)];
    expect(second.html).toBe(first.html);
    expect([...second.files]).toEqual([...first.files]);
  });

  it('puts the restricted population beside everyone, with its caution, in words', async () => {
    const { html, headline } = await renderReport(everything);
    expect(headline[0]).toBe(
      'Among everyone, convictions were 12% fewer in the 24 months after entry than in the 24 months before (95% interval 7% to 17% fewer, 40 persons).',
    );
    expect(headline[1]).toMatch(
      /^Among known offenders, convictions were 28% fewer .* Selected on recent offending, so part of this fall would be seen if treatment did nothing\.$/,
    );
    const answers = html.slice(html.indexOf('class="answers"'), html.indexOf('id="flow"'));
    expect(answers).toContain('12% fewer');
    expect(answers).toContain('28% fewer');
    expect(answers).toContain('part of this fall would be seen if treatment did nothing');
    for (const name of ['change', 'change.sex']) {
      const figure = html.slice(html.indexOf(`id="figure-${name}"`));
      expect(figure.slice(0, figure.indexOf('<svg'))).toContain('selected on recent offending');
    }
  });

  it('does not speak of a fall where there was a rise', async () => {
    const { headline } = await renderReport(
      reportInput(changeRows({ population: 'known_offenders', value: 4, ci_low: 1, ci_high: 7 })),
    );
    expect(headline.join(' ')).toContain('4% more');
    expect(headline.join(' ')).not.toContain('part of this fall');
    expect(headline.join(' ')).toContain('a fall would be expected even if treatment did nothing');
  });

  it('says that an interval contains zero', async () => {
    const { headline } = await renderReport(reportInput(changeRows({ value: -3, ci_low: -9, ci_high: 4 })));
    expect(headline[0]).toContain('95% interval 9% fewer to 4% more; it contains zero');
  });

  it('names the confidence level of the estimate', async () => {
    const estimates: Protocol['study']['estimates'] = [
      { id: 'change', design: 'change', outcome: 'convictions', confidence: 0.99 },
      { id: 'rates', design: 'rates', outcome: 'convictions', confidence: 0.99 },
      { id: 'retention', design: 'survival', confidence: 0.99 },
    ];
    const { html, headline } = await renderReport(reportInput(fullResults(), { study: { estimates } }));
    expect(headline[0]).toContain('99% interval');
    expect(html).not.toContain('95%');
  });

  it('prints a suppressed cell as * and says why, and a number that cannot be had with its reason', async () => {
    const { html, files, figures } = await renderReport(
      reportInput([
        ...changeRows({ status: 'suppressed', note: SUPPRESSED_NOTE }),
        ...changeRows({
          population: 'known_offenders',
          status: 'not-estimable',
          note: 'no event before: a percentage has no base',
        }),
      ]),
    );
    const table = html.slice(
      html.indexOf('id="figure-change"'),
      html.indexOf('</figure>', html.indexOf('id="figure-change"')),
    );
    expect(table).toMatch(/<td class="number">\*<\/td>/);
    expect(table).toContain(`* Fewer than 5 persons or events`);
    expect(table).toContain('no event before: a percentage has no base');
    expect(files.get('tables/change.csv')).toContain('all,all,all,,,,,,,suppressed');
    expect(figures.find(({ name }) => name === 'change')?.alt).toContain('Everyone: *');
  });

  it('counts nobody out where the account of a step is withheld', async () => {
    const { figures } = await renderReport(
      reportInput([], {
        released: {
          attrition: [
            { step: 1, code: 'all', label: 'Everybody', persons: 60, events: 90, status: 'shown' },
            { step: 2, code: 'age', label: 'Adults', persons: null, events: null, status: 'suppressed' },
            { step: 3, code: 'seen', label: 'Seen', persons: 50, events: 80, status: 'shown' },
          ],
        },
      }),
    );
    const flow = figures[0];
    expect(flow?.table.map((row) => row.slice(3))).toEqual([
      ['persons', 'events', 'persons_left_out', 'events_left_out'],
      [60, 90, null, null],
      [null, null, null, null],
      [50, 80, null, null],
      [null, null, null, null],
    ]);
    expect(flow?.svg).toContain('* persons \u00b7 * events');
    expect(flow?.svg).not.toContain('10 persons');
  });

  it('keeps row counts and hashes of what the stages made to itself', async () => {
    const { html } = await renderReport(everything);
    expect(html).not.toContain('98765');
    expect(html).not.toContain('98,765');
    expect(html).not.toContain('b'.repeat(64));
    expect(html).toContain('a'.repeat(64));
    expect(html).toContain('SELECT 1 WHERE 2 &lt; 3');
  });

  it('stamps synthetic data on the page and on every picture', async () => {
    const [source] = everything.protocol.sources;
    if (source === undefined) throw new Error('the small study has a source');
    const { html, figures, headline } = await renderReport(
      reportInput(fullResults(), { protocol: { sources: [{ ...source, origin: 'synthetic' }] } }),
    );
    expect(html.indexOf('SYNTHETIC DATA')).toBeLessThan(html.indexOf('<h1>'));
    for (const { svg } of figures) expect(svg).toContain('>SYNTHETIC DATA</text>');
    expect(headline[0]).toContain('Synthetic data');
    const real = await renderReport(everything);
    expect(real.html).not.toContain('SYNTHETIC');
  });

  it('escapes whatever a study or its data call things', async () => {
    const hostile = `<script>alert("1")</script> & 'x' \u0001 \ud800 ]]> --> " onload="y`;
    const level = `<img src=x onerror="z">\n'; format("`;
    const { html, figures } = await renderReport(
      reportInput(
        [
          ...changeRows({ value: -3, ci_low: -9, ci_high: 4 }),
          ...changeRows({ stratum: 'sex', level, value: -3, ci_low: -9, ci_high: 4 }),
          ...rateRows({ phase: hostile }, 0.2),
          ...retentionRows({ stratum: 'sex', level }),
        ],
        {
          study: {
            title: hostile,
            question: hostile,
            authors: [hostile],
            report: { caution: hostile, audience: hostile },
          },
          protocol: {
            outcomes: [{ name: 'convictions', label: hostile, definition: hostile, offence_days: false }],
            definitions_used: [
              {
                kind: hostile,
                name: hostile,
                version: hostile,
                text: hostile,
                standing: 'provisional',
                source: hostile,
              },
            ],
          },
          description: [hostile],
          provenance: { standing: hostile, deviations: [hostile], outcomes_opened: [hostile] },
          released: {
            attrition: [{ step: 1, code: hostile, label: hostile, persons: 5, events: 5, status: 'shown' }],
            issues: [
              {
                code: hostile,
                register: hostile,
                column_name: hostile,
                severity: hostile,
                count: 1,
                of: 2,
                unit: hostile,
                message: hostile,
                status: 'shown',
              },
            ],
          },
        },
      ),
    );
    expect(faultsOf(html)).toEqual([]);
    expect(html.replaceAll(/="[^"]*"/g, '')).not.toMatch(/<script|<img|<[^<>]*\son\w+/);
    expect(html).toContain('&lt;script&gt;alert');
    for (const { svg } of figures) expect(faultsOf(svg)).toEqual([]);
  });

  it('survives a run without results', async () => {
    const { html, figures, headline } = await renderReport(
      reportInput([], { released: { attrition: [], population_steps: [], link_flow: [], accounts: [] } }),
    );
    expect(faultsOf(html)).toEqual([]);
    expect(figures).toEqual([]);
    expect(headline.join(' ')).toContain('not shown, to protect people');
    expect(html).toContain('No result was made for this estimate.');
  });

  it('survives a study of retention alone', async () => {
    const estimates: Protocol['study']['estimates'] = [{ id: 'retention', design: 'survival' }];
    const { html, headline, figures } = await renderReport(
      reportInput(retentionRows(), { study: { estimates } }),
    );
    expect(faultsOf(html)).toEqual([]);
    expect(headline).toEqual([
      'Half of those who entered had left treatment after 200 days (95% interval 150 to not reached, 40 persons).',
      'After 365 days, 27% were still in treatment (95% interval 17 to 100%).',
      expect.stringContaining('does not say what made them stay'),
    ]);
    expect(figures.map(({ name }) => name)).toEqual(['flow', 'retention']);
  });

  it('survives counts without dates', async () => {
    const estimates: Protocol['study']['estimates'] = [
      { id: 'rates', design: 'rates', outcome: 'convictions', source: 'aggregate' },
    ];
    const { html, headline, figures } = await renderReport(
      reportInput(
        [
          ...rateRows({}, 0.25),
          ...rateRows({ stratum: 'exposure', level: '0.01 years or more at liberty' }, 0.25),
          resultRow({
            estimate_id: 'rates',
            design: 'rates',
            clock: 'at-liberty',
            stratum: 'exposure',
            level: 'no time at liberty',
            measure: 'rate',
            status: 'not-estimable',
            note: 'no time at risk',
          }),
          ...rateRows({ stratum: 'sex x period', level: 'male x 2' }, 0.5),
        ],
        { study: { estimates } },
      ),
    );
    expect(faultsOf(html)).toEqual([]);
    expect(headline[0]).toMatch(/^Everyone: 0\.250 convictions per person-year/);
    expect(figures.map(({ name }) => name)).toEqual(['flow', 'rates', 'rates.exposure']);
    expect(html).toContain('not estimable: no time at risk');
    expect(html).toContain('by sex x period');
  });

  it('sets the headline of each declared variant beside that of the protocol', async () => {
    const { html, figures } = await renderReport(
      reportInput(
        [
          ...changeRows({ value: -12, ci_low: -17, ci_high: -7 }),
          ...changeRows({ variant: 'wide_gap', value: -9, ci_low: -14, ci_high: -4 }),
        ],
        {
          study: {
            variants: { wide_gap: { why: 'A wider gap.', set: { 'definitions.gap': { days: 90 } } } },
          },
        },
      ),
    );
    const figure = figures.find(({ name }) => name === 'variants');
    expect(figure?.alt).toContain('The protocol, everyone: \u221212% (\u221217 to \u22127)');
    expect(figure?.alt).toContain('Wide gap, everyone: \u22129% (\u221214 to \u22124)');
    expect(html).toContain('A wider gap.');
  });
});

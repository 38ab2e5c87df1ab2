import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERRORS, EXIT } from '../src/errors.ts';
import { QUARANTINE_CODES } from '../src/ingest/read/account.ts';
import { loadProtocol } from '../src/protocol/index.ts';
import { smallStudy } from './small-study.ts';

/** What the documentation says of the code must be so: links, commands, codes, properties, example protocols. */

const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'demo', 'outputs', 'release', 'data', 'truth']);

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder).flatMap((entry) => {
    if (SKIPPED.has(entry) || (entry.startsWith('.') && entry !== '.ci')) return [];
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) return filesBelow(path, ending);
    return path.endsWith(ending) ? [path] : [];
  });
}

const read = (file: string): string => readFileSync(file, 'utf8');
const pages = filesBelow('.', '.md');
const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, '');
/** Both the page itself and what it says. */
const README = read('README.md');
const DEVELOPERS = read('DEVELOPERS.md');
const ERROR_PAGE = read('docs/reference/errors.md');

/** A heading's anchor as GitHub makes it. */
function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
}

function anchorsIn(text: string): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...withoutCode(text).matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = '']) => {
      const anchor = anchorOf(heading);
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    }),
  );
}

/** Links of a page that lead nowhere. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...withoutCode(text).matchAll(/\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/g)].map(
    ([, to = '']) => to,
  );
  return links.filter((link) => {
    if (/^(https?|mailto):/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const file = path === '' ? page : join(dirname(page), decodeURIComponent(path));
    if (relative('.', resolve(file)).startsWith(`..${sep}`) || !existsSync(file)) return true;
    return anchor !== undefined && (!file.endsWith('.md') || !anchorsIn(read(file)).has(anchor));
  });
}

/** Cells of the table rows of a text, code bars and all. */
function tableRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => /^\|.*\|$/.test(line) && !/^\|[\s:|-]+\|$/.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

describe('links', () => {
  it('are looked for in every page', () => {
    expect(pages.length).toBeGreaterThan(30);
  });

  it.each(pages)('of %s lead somewhere, anchors included', (page) => {
    expect(brokenLinks(page, read(page))).toEqual([]);
  });

  it('that lead nowhere are found', () => {
    const text =
      '[a](missing.md) [b](#privacy) [c](#there) [d](ARCHITECTURE.md#the-flow) [e](ARCHITECTURE.md#no)';
    expect(brokenLinks('README.md', text)).toEqual(['missing.md', '#there', 'ARCHITECTURE.md#no']);
  });
});

describe('the command line', () => {
  const sources = new Map(filesBelow('src/cli', '.ts').map((file) => [file, read(file)]));
  /** Command -> its options, as the command line declares them. */
  const commands = new Map<string, Set<string>>();
  for (const text of sources.values()) {
    for (const [, body = ''] of text.matchAll(/(?=\.command\('([\s\S]*?)(?:\.command\('|$))/g)) {
      const name = /^([a-z-]+)'/.exec(body)?.[1];
      if (name === undefined) continue;
      const options = [...body.matchAll(/\.option\(\s*'(--[a-z-]+)/g)].map(([, option = '']) => option);
      commands.set(name, new Set([...(commands.get(name) ?? []), ...options]));
    }
  }
  const quoted = pages.flatMap((page) =>
    [...read(page).matchAll(/(?:^|`|&& )desist ([a-z][^`\n&]*)/gm)].map(
      ([, words = '']) => [page, words.trim()] as const,
    ),
  );

  it('is quoted, and has the commands that it lists', () => {
    expect(quoted.length).toBeGreaterThan(20);
    expect(commands.size).toBeGreaterThan(10);
    expect(commands.get('run')).toContain('--until');
  });

  it.each(quoted)('%s: desist %s', (_, words) => {
    const [first = '', second = ''] = words.split(' ');
    const command = commands.has(second) && ['export', 'protocol'].includes(first) ? second : first;
    expect([...commands.keys()]).toContain(command);
    const options = [...words.matchAll(/(--[a-z-]+)/g)].map(([, option]) => option);
    for (const option of options)
      expect([...(commands.get(command) ?? []), '--help', '--version']).toContain(option);
  });

  it('offers nothing that README leaves out', () => {
    const groups = new Set(['export', 'protocol']);
    const missing = [...commands.keys()].filter(
      (command) => !groups.has(command) && !new RegExp(`desist (\\w+ )?${command}\\b`).test(README),
    );
    expect(missing).toEqual([]);
  });

  it('has the scripts that the pages name', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/`npm run ([a-z:-]+)/g)].map(([, script = '']) => script),
    );
    expect(named.length).toBeGreaterThan(3);
    expect([...new Set(named)].filter((script) => scripts[script] === undefined)).toEqual([]);
  });

  it('ends with the exit codes that README lists', () => {
    const listed = tableRows(README)
      .filter(([code = '']) => /^\d+$/.test(code))
      .map(([code, name]) => [name, Number(code)]);
    expect(Object.fromEntries(listed)).toEqual(EXIT);
  });

  it('reads the environment variables that the pages name', () => {
    const code = ['src', 'test', 'examples', 'scripts', 'bench']
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => [...filesBelow(folder, '.ts'), ...filesBelow(folder, '.mjs')])
      .filter((file) => !file.endsWith('docs.test.ts'))
      .map(read)
      .join('\n');
    const named = [...`${README}${DEVELOPERS}`.matchAll(/\bDESIST_[A-Z_]+/g)].map(([variable]) => variable);
    expect([...new Set(named)].filter((variable) => !code.includes(`process.env.${variable}`))).toEqual([]);
  });
});

describe('error codes', () => {
  const rows = new Map(
    tableRows(ERROR_PAGE).flatMap((cells) => {
      const code = /^`(E-[A-Z-]+)`/.exec(cells[0] ?? '')?.[1];
      return code === undefined ? [] : [[code, cells] as const];
    }),
  );

  it('all have a line, with their exit and remedy, and no other has', () => {
    const expected = Object.entries(ERRORS).map(([code, { exit, remedy }]) => [
      code,
      `${exit} (${EXIT[exit]})`,
      remedy,
    ]);
    expect([...rows].map(([code, cells]) => [code, cells[1], cells[3]])).toEqual(expected);
  });

  it('are marked where nothing raises them', () => {
    const raised = filesBelow('src', '.ts')
      .filter((file) => !file.endsWith('.test.ts') && file !== join('src', 'errors.ts'))
      .map(read)
      .join('\n');
    const unused = Object.keys(ERRORS).filter((code) => !raised.includes(`'${code}'`));
    const marked = [...rows].filter(([, cells]) => cells[0]?.includes('not used yet')).map(([code]) => code);
    expect(marked).toEqual(unused);
  });

  it('of quarantine are all explained', () => {
    expect(QUARANTINE_CODES.filter((code) => !ERROR_PAGE.includes(`\`${code}\``))).toEqual([]);
  });
});

describe('data quality', () => {
  it('has no issue code that the guide leaves out', () => {
    const page = read('docs/guide/registers.md');
    const codes = [
      ...['ingest/checks.ts', 'link/events.ts', 'persontime/aggregates.ts', 'journeys/issues.ts'].flatMap(
        (file) =>
          [
            ...read(join('src', file)).matchAll(
              /(?:issue\(|line\(|code: |SELECT )\s*'([a-z]+(?:-[a-z]+)+)'/g,
            ),
          ].map(([, code = '']) => code),
      ),
      ...[...read('src/ingest/checks.ts').matchAll(/_date',\s*'[a-z_]+',\s*'([a-z-]+)'/g)].map(
        ([, code = '']) => code,
      ),
    ];
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });
});

describe('designs', () => {
  const designs = readdirSync('src/estimate').filter((name) =>
    existsSync(join('src/estimate', name, 'counts.ts')),
  );

  it('are at least the three that README names', () => {
    expect(designs).toEqual(expect.arrayContaining(['change', 'rates', 'survival']));
  });

  it.each(designs)('%s has a methods page', (design) => {
    expect(existsSync(join('docs', 'methods', `${design}.md`))).toBe(true);
  });
});

describe('the properties that DEVELOPERS lists', () => {
  const section = DEVELOPERS.slice(DEVELOPERS.indexOf('## Security and privacy'));
  const rows = tableRows(section).filter((cells) => cells.length === 3 && cells[1]?.includes(']('));
  const cited = (cell: string): { file: string; spans: string[] }[] =>
    [...cell.matchAll(/\]\(([^)]+)\)((?:(?!\]\().)*)/g)].map(([, file = '', rest = '']) => ({
      file,
      spans: [...rest.matchAll(/`([^`]+)`|"([^"]+)"/g)].map(([, code, name]) => code ?? name ?? ''),
    }));

  it('are many', () => {
    expect(rows.length).toBeGreaterThan(15);
  });

  it.each(rows)('%s', (_, keeper = '', guard = '') => {
    const places = [...cited(keeper), ...cited(guard)];
    expect(places.length).toBeGreaterThan(0);
    for (const { file, spans } of places) {
      expect(spans.length, file).toBeGreaterThan(0);
      const text = read(file);
      expect(
        spans.filter((span) => !text.includes(span)),
        file,
      ).toEqual([]);
    }
    if (cited(guard).length === 0) expect(guard).toMatch(/no test yet/);
  });
});

/** The YAML of a page, by the path that its first line names. */
function filesOf(page: string): Record<string, string> {
  const blocks = [...read(page).matchAll(/^```yaml\n# (\S+\.yaml)\n([\s\S]*?)^```$/gm)];
  return Object.fromEntries(blocks.map(([, path = '', text = '']) => [path, text]));
}

describe('example protocols', () => {
  it.each([
    ['README.md', 1],
    ['docs/guide/first-study.md', 5],
  ])('of %s are without a mistake', (page, files) => {
    const written = filesOf(page);
    expect(Object.keys(written).length).toBe(files);
    const protocol = loadProtocol(smallStudy(written), { env: { DESIST_DATA: '/registers' } });
    expect(protocol.estimates.length).toBeGreaterThan(0);
  });

  it('README keeps its promise of ten lines', () => {
    expect(filesOf('README.md')['study.yaml']?.trimEnd().split('\n').length).toBe(10);
  });
});

describe('the pages', () => {
  it('are all in the table of contents', () => {
    const contents = read('docs/README.md');
    const listed = ['guide', 'reference', 'decisions'].flatMap((folder) =>
      readdirSync(join('docs', folder)).map((file) => `${folder}/${file}`),
    );
    expect(listed.length).toBeGreaterThan(20);
    expect(listed.filter((page) => !contents.includes(`](${page})`))).toEqual([]);
  });

  it('name no place of one machine', () => {
    const own = pages.filter((page) => !page.startsWith('test'));
    expect(own.filter((page) => /(^|[\s(`])\/(home|root|work|tmp|Users)\//m.test(read(page)))).toEqual([]);
  });
});

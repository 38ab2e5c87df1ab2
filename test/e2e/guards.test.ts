import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newStudy } from '../../src/cli/init.ts';
import { type Columns, openDuckDB, openStore, sql } from '../../src/engine/index.ts';
import { person } from '../../src/link/tables.ts';
import { runStudy } from '../../src/study.ts';
import { exportPersontime } from '../../src/trace.ts';
import { removeFolder, runOptions, temporaryFolder } from '../run-study.ts';
import { tinyStudy } from '../tiny-study.ts';

/** What keeps people safe on a machine that holds real registers, tried rather than believed. See DEVELOPERS.md. */

let folder = '';
afterEach(() => removeFolder(folder));

function filesBelow(place: string): string[] {
  return readdirSync(place).flatMap((entry) => {
    const path = join(place, entry);
    return statSync(path).isDirectory() ? filesBelow(path) : [path];
  });
}

describe('The engine', () => {
  const ANY: Columns = { answer: 'VARCHAR' };

  it('reaches no network, loads no extension, and keeps its settings', async () => {
    folder = temporaryFolder();
    const engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
    try {
      for (const attempt of [
        sql`SELECT content AS answer FROM read_text('https://registry.npmjs.org/')`,
        sql`SELECT content AS answer FROM read_text('s3://bucket/file')`,
        sql`INSTALL httpfs`,
        sql`LOAD httpfs`,
        sql`ATTACH '/tmp/other.db'`,
        sql`SET enable_external_access = true`,
        sql`SET lock_configuration = false`,
        sql`SET memory_limit = '99GB'`,
        sql`SET allowed_directories = ['/']`,
        sql`COPY (SELECT 1 AS answer) TO '/tmp/desist-outside.csv'`,
      ]) {
        await expect(engine.rows(ANY, attempt)).rejects.toThrow();
      }
      expect(existsSync('/tmp/desist-outside.csv')).toBe(false);
      expect(await engine.rows(ANY, sql`SELECT 'alive' AS answer`)).toEqual([{ answer: 'alive' }]);
    } finally {
      await engine.close();
    }
  });
});

describe('Pseudonyms', () => {
  const KEY = 'a-long-secret-that-must-stand-nowhere-else';

  async function studyWithKey(key: string): Promise<string> {
    folder = tinyStudy({
      study: (text) =>
        text.replace(
          'linkage: { method: given, spine: treatment }',
          'linkage: { method: given, spine: treatment, pseudonym_key: secret.key }',
        ),
    });
    writeFileSync(join(folder, 'secret.key'), key);
    await runStudy(folder, runOptions());
    return folder;
  }

  async function peopleOf(study: string) {
    const artefact = openStore(study)
      .latest('03-link')
      ?.outputs.find(({ name }) => name === 'person');
    if (artefact === undefined) throw new Error('no persons were made');
    const engine = await openDuckDB({ tempFolder: join(study, 'temp'), folders: [study], threads: 1 });
    try {
      await engine.bind(person, [openStore(study).pathOf(artefact)]);
      return await engine.rows(person.columns, sql`SELECT * FROM ${person} ORDER BY person_id`);
    } finally {
      await engine.close();
    }
  }

  it('are keyed, and the key stands in no SQL, manifest, log or output', async () => {
    const study = await studyWithKey(KEY);
    const holding = filesBelow(study).filter((file) => readFileSync(file, 'latin1').includes(KEY));
    expect(holding).toEqual([join(study, 'secret.key')]);
    const first = new Set((await peopleOf(study)).map(({ person_id }) => person_id));
    removeFolder(study);
    const other = await studyWithKey(`${KEY}-another`);
    const second = (await peopleOf(other)).map(({ person_id }) => person_id);
    expect(second).toHaveLength(first.size);
    expect(second.filter((id) => first.has(id))).toEqual([]);
  });

  it('go with a month of birth, never a day', async () => {
    const people = await peopleOf(await studyWithKey(KEY));
    expect(people).toHaveLength(12);
    // Births in the registers are on the 3rd of a month.
    for (const { birth_month } of people) expect(birth_month).toMatch(/^19\d\d-\d\d-01$/);
  });
});

describe('What leaves', () => {
  it('escapes the text of a study in the report', async () => {
    folder = tinyStudy({
      study: (text) =>
        text
          .replace(/^title: .*$/m, `title: "<script>alert(1)</script> & 'quoted' (SYNTHETIC)"`)
          .replace(/^question: .*$/m, 'question: "<img src=x onerror=alert(1)>"'),
    });
    await runStudy(folder, runOptions());
    const page = readFileSync(join(folder, 'outputs', 'latest', 'report.html'), 'utf8');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; ');
    expect(page).not.toMatch(/<script|<img src=x/i);
  });

  it('marks rows of persons as not to be released', async () => {
    folder = tinyStudy();
    const { files } = await exportPersontime(folder, 'csv', runOptions());
    const mark = join(folder, 'outputs', 'unreleasable', 'UNRELEASABLE.txt');
    expect(files).toContain(mark);
    expect(readFileSync(mark, 'utf8')).toMatch(/no disclosure control and must not leave/);
    expect(files.every((file) => file.includes('unreleasable'))).toBe(true);
  });

  it('keeps registers, keys and the store of a new study out of version control', async () => {
    folder = temporaryFolder();
    mkdirSync(join(folder, 'study'));
    await newStudy(join(folder, 'study', 'new'), 'real/addicts', undefined, 1);
    const ignored = readFileSync(join(folder, 'study', 'new', '.gitignore'), 'utf8').split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.desist/', 'outputs/', 'data/', 'truth/', '*.key']));
  });
});

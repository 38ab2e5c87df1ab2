import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changed, STUDY, smallStudy, THEFT, writeFiles } from '../../test/small-study.ts';
import { StudyError } from '../errors.ts';
import {
  changeText,
  freezeProtocol,
  frozenEntries,
  loadProtocol,
  outcomesOpened,
  protocolStanding,
  recordOutcomesOpened,
} from './index.ts';

const env = { DESIST_DATA: '/registers' };
const monday = new Date('2026-03-02T09:00:00Z');
const friday = new Date('2026-03-06T17:30:00Z');

const standing = (folder: string) => protocolStanding(folder, loadProtocol(folder, { env }));
const changesOf = (folder: string): readonly string[] => {
  const found = standing(folder);
  return found.state === 'changed-since-freeze'
    ? [...found.changes.map(changeText), ...found.definitions_changed]
    : [];
};

describe('freezing the protocol', () => {
  it('A protocol is unfrozen until it is frozen, and then unchanged', () => {
    const folder = smallStudy();
    expect(standing(folder)).toEqual({ state: 'unfrozen' });
    const entry = freezeProtocol(folder, monday, 'A. Analyst');
    expect(entry).toMatchObject({
      hash: loadProtocol(folder, { env }).hash,
      frozen_at: '2026-03-02T09:00:00.000Z',
      who: 'A. Analyst',
      reason: null,
      outcomes_opened_before: 0,
    });
    expect(entry.desist_version).toMatch(/^\d+\.\d+\.\d+/);
    expect(standing(folder).state).toBe('frozen-unchanged');
  });

  it('A variant stands as the protocol does', () => {
    const folder = smallStudy();
    freezeProtocol(folder, monday, 'A. Analyst');
    expect(protocolStanding(folder, loadProtocol(folder, { env, variant: 'short-gap' })).state).toBe(
      'frozen-unchanged',
    );
  });

  it('A comment is no change', () => {
    const folder = smallStudy();
    freezeProtocol(folder, monday, 'A. Analyst');
    writeFiles(folder, { 'study.yaml': `${STUDY}# a thought\n` });
    expect(standing(folder).state).toBe('frozen-unchanged');
  });

  it('What changed since is named by file and path, with both values', () => {
    const folder = smallStudy();
    freezeProtocol(folder, monday, 'A. Analyst');
    writeFiles(folder, {
      'study.yaml': changed(changed(STUDY, 'gap: ndtms-21d', 'gap: omt-7d'), '  age: {at_least: 18}\n', ''),
      'codelists/theft.csv': `${THEFT}burglary,,\n`,
    });
    expect(changesOf(folder)).toEqual([
      'codelists/theft.csv has changed',
      'study.yaml definitions.gap: "ndtms-21d" -> "omt-7d"',
      'study.yaml population.age: {"at_least":18} -> nothing',
    ]);
  });

  it('Exchanging the primary outcome is a change with a name', () => {
    const folder = smallStudy();
    freezeProtocol(folder, monday, 'A. Analyst');
    const swapped = changed(STUDY, '    trigger: trigger-2007\n', '').replace(
      '      kinds: [conviction]\n',
      '      kinds: [conviction]\n    trigger: trigger-2007\n',
    );
    writeFiles(folder, { 'study.yaml': swapped });
    expect(changesOf(folder)).toContain(
      'study.yaml the primary (first) outcome of protocol: "trigger" -> "listed"',
    );
  });

  it('Freezing an unchanged protocol again writes nothing', () => {
    const folder = smallStudy();
    freezeProtocol(folder, monday, 'A. Analyst');
    const before = readFileSync(join(folder, 'protocol.lock'), 'utf8');
    expect(freezeProtocol(folder, friday, 'B. Analyst').who).toBe('A. Analyst');
    expect(readFileSync(join(folder, 'protocol.lock'), 'utf8')).toBe(before);
  });

  it('A changed protocol is frozen again only with a reason, and the first entry stays', () => {
    const folder = smallStudy();
    const first = freezeProtocol(folder, monday, 'A. Analyst');
    writeFiles(folder, { 'study.yaml': changed(STUDY, 'gap: ndtms-21d', 'gap: omt-7d') });
    expect(() => freezeProtocol(folder, friday, 'B. Analyst')).toThrow(
      /definitions.gap: "ndtms-21d" -> "omt-7d"/,
    );
    expect(() => freezeProtocol(folder, friday, 'B. Analyst', { reason: '  ' })).toThrow(StudyError);
    recordOutcomesOpened(folder, {
      hash: first.hash,
      variant: 'protocol',
      now: monday,
      command: 'desist run',
    });
    freezeProtocol(folder, friday, 'B. Analyst', { reason: 'The steering group asked for the OMT rule.' });
    const entries = frozenEntries(folder);
    expect(entries).toHaveLength(2);
    expect(entries[0]).toEqual(first);
    expect(entries[1]).toMatchObject({
      who: 'B. Analyst',
      outcomes_opened_before: 1,
      reason: 'The steering group asked for the OMT rule.',
    });
    expect(standing(folder).state).toBe('frozen-unchanged');
  });

  it('A protocol with a mistake cannot be frozen; extracts need not be there', () => {
    expect(() => freezeProtocol(smallStudy({ 'study.yaml': 'schema_version: 1' }), monday, 'A')).toThrow(
      StudyError,
    );
    expect(freezeProtocol(smallStudy(), monday, 'A').hash).toHaveLength(64);
  });

  it.each([
    ['not JSON', () => 'frozen!'],
    ['another shape', () => '{"lock_version": 1, "frozen": []}'],
    ['a hash that was edited', (text: string) => text.replace(/"hash": "./, '"hash": "0f')],
    ['a content that was edited', (text: string) => text.replaceAll('ndtms-21d', 'omt-7d')],
  ])('A lock with %s is refused', (_, edit) => {
    const folder = smallStudy();
    freezeProtocol(folder, monday, 'A. Analyst');
    const path = join(folder, 'protocol.lock');
    writeFiles(folder, { 'protocol.lock': edit(readFileSync(path, 'utf8')) });
    expect(() => standing(folder)).toThrow(StudyError);
    expect(() => freezeProtocol(folder, friday, 'B', { reason: 'x' })).toThrow(/protocol.lock/);
  });

  it('A preset that meant something else when the protocol was frozen is a change', () => {
    const folder = smallStudy();
    const protocol = loadProtocol(folder, { env });
    freezeProtocol(folder, monday, 'A. Analyst');
    const [gap, ...others] = protocol.definitions_used;
    if (gap === undefined) throw new Error('no definition');
    const newer = { ...protocol, definitions_used: [{ ...gap, version: '2' }, ...others] };
    expect(protocolStanding(folder, newer)).toMatchObject({
      state: 'changed-since-freeze',
      changes: [],
      definitions_changed: ['gap rule ndtms-21d v2'],
    });
  });
});

describe('the record of opened outcomes', () => {
  const opening = { hash: 'abc', variant: 'protocol', now: monday, command: 'desist run' };

  it('Each protocol and variant is noted once, the first time', () => {
    const folder = smallStudy();
    expect(outcomesOpened(folder)).toEqual([]);
    expect(recordOutcomesOpened(folder, opening)).toBe(true);
    expect(recordOutcomesOpened(folder, { ...opening, now: friday })).toBe(false);
    expect(recordOutcomesOpened(folder, { ...opening, variant: 'short-gap', now: friday })).toBe(true);
    expect(recordOutcomesOpened(folder, { ...opening, hash: 'def', now: friday })).toBe(true);
    expect(
      outcomesOpened(folder).map(({ hash, variant, time }) => [hash, variant, time.slice(0, 10)]),
    ).toEqual([
      ['abc', 'protocol', '2026-03-02'],
      ['abc', 'short-gap', '2026-03-06'],
      ['def', 'protocol', '2026-03-06'],
    ]);
  });

  it('A line that a crash cut short does not hide or spoil the next', () => {
    const folder = smallStudy();
    recordOutcomesOpened(folder, opening);
    const path = '.desist/outcomes-opened.jsonl';
    const whole = readFileSync(join(folder, path), 'utf8');
    writeFiles(folder, { [path]: `${whole}{"hash":"def","vari` });
    expect(recordOutcomesOpened(folder, { ...opening, hash: 'def' })).toBe(true);
    expect(outcomesOpened(folder).map((line) => line.hash)).toEqual(['abc', 'def']);
    expect(readFileSync(join(folder, path), 'utf8').startsWith(whole)).toBe(true);
  });
});

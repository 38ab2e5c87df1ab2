import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { changed, POLICE, STUDY, smallStudy, THEFT, TREATMENT_DICTIONARY } from '../../test/small-study.ts';
import { loadProtocol, missingFiles } from './index.ts';

const env = { DESIST_DATA: '/registers' };

describe('a protocol without mistakes', () => {
  it('The small study loads, with presets resolved and defaults filled in', () => {
    const folder = smallStudy();
    const protocol = loadProtocol(folder, { env });
    expect(protocol.folder).toBe(folder);
    expect(protocol.variant).toBe('protocol');
    expect(protocol.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(protocol.gap).toEqual({ name: 'ndtms-21d', days: 21 });
    expect(protocol.exit_groups_name).toBe('ndtms-2012');
    expect(protocol.exit_groups['85']).toBe('unplanned');
    expect(protocol.retention_bands).toHaveLength(5);
    expect(protocol.headline).toBe('change');
    expect(protocol.study.population.link_classes).toEqual(['matched', 'absent']);
    expect(protocol.study.time_at_risk.end_at).toEqual(['death', 'emigration', 'end-of-data']);
    expect(protocol.estimates[0]).toMatchObject({
      by: ['window', 'phase'],
      clock: 'both',
      population: 'all',
      confidence: 0.95,
    });
    expect(protocol.estimates[2]).toMatchObject({ event: 'journey-end', interval: 'log' });
  });

  it('The first outcome is the primary one, and each is resolved to what counts', () => {
    const { outcomes } = loadProtocol(smallStudy(), { env });
    expect(outcomes.map((outcome) => [outcome.name, outcome.definition])).toEqual([
      ['trigger', 'preset trigger-2007 v1'],
      ['listed', 'codelist codelists/theft.csv'],
    ]);
    expect(outcomes[1]).toMatchObject({
      codes: [
        { code: 'theft', from_date: null, to_date: null },
        { code: 'fraud', from_date: '2007-01-15', to_date: null },
      ],
      kinds: ['conviction'],
      offence_days: false,
    });
  });

  it('A preset can be narrowed to a kind', () => {
    const study = changed(
      STUDY,
      'trigger: trigger-2007',
      'trigger: {preset: trigger-2007, kinds: [conviction], offence_days: true}',
    );
    const [trigger] = loadProtocol(smallStudy({ 'study.yaml': study }), { env }).outcomes;
    expect(trigger).toMatchObject({
      kinds: ['conviction'],
      offence_days: true,
      definition: 'preset trigger-2007 v1',
    });
    expect(trigger?.codes?.length).toBeGreaterThan(20);
  });

  it('Extracts are found through variables and relative to the study; those that are absent are told, not thrown', () => {
    const folder = smallStudy({ 'data/prison.csv': 'ID,IN,OUT\n' });
    const protocol = loadProtocol(folder, { env });
    expect(protocol.sources.map((source) => source.resolved_files)).toEqual([
      ['/registers/episodes.csv'],
      [join(folder, 'data/convictions.csv')],
      [join(folder, 'data/prison.csv')],
    ]);
    expect(missingFiles(protocol).map(({ register, named }) => [register, named])).toEqual([
      ['treatment', '$DESIST_DATA/episodes.csv'],
      ['police', 'data/convictions.csv'],
    ]);
  });

  it('The dictionary file and columns of the source itself are the same to a stage', () => {
    const [treatment, police] = loadProtocol(smallStudy(), { env }).sources;
    expect(treatment?.dictionary_columns.SEX).toEqual({
      type: 'text',
      values: { '01': 'male', '02': 'female' },
    });
    expect(police?.dictionary_columns.CODE).toEqual({ type: 'text' });
  });

  it('Every definition used is named with version, text and standing', () => {
    const used = loadProtocol(smallStudy(), { env }).definitions_used;
    expect(used.map((definition) => [definition.kind, definition.name, definition.standing])).toEqual([
      ['gap rule', 'ndtms-21d', 'provisional'],
      ['exit groups', 'ndtms-2012', 'provisional'],
      ['journey exit', 'last-day', 'provisional'],
      ['retention bands', 'nta-2012', 'provisional'],
      ['outcome trigger', 'trigger-2007', 'provisional'],
      ['outcome listed', 'listed', 'verified'],
    ]);
  });

  it('Own gap rules, exit groups and bands are taken as they are', () => {
    const study = changed(
      STUDY,
      '  gap: ndtms-21d\n',
      `  gap: {days: 7, transfer_days: 28, by_exit_reason: {prison: 60}}
  exit_groups: {01: successful, 02: unplanned}
  retention_bands: [{label: short, from_days: 0, to_days: 100}, {label: long, from_days: 100}]
`,
    );
    const protocol = loadProtocol(smallStudy({ 'study.yaml': study }), { env });
    expect(protocol.gap).toEqual({
      name: 'inline',
      days: 7,
      transfer_days: 28,
      by_exit_reason: { prison: 60 },
    });
    expect(protocol.exit_groups).toEqual({ '01': 'successful', '02': 'unplanned' });
    expect(protocol.retention_bands).toEqual([
      { label: 'short', from_days: 0, to_days: 100 },
      { label: 'long', from_days: 100 },
    ]);
    expect(protocol.definitions_used[0]?.text).toBe(
      'A gap of at most 7 treatment-free days does not end a journey; at most 28 where the service changes; at most 60 after an exit recorded as prison.',
    );
  });

  it('A study of counts with time at risk needs no dated treatment or offences', () => {
    const counts = `register: youth
origin: public
files: [counts.csv]
columns: {id: {type: text}, "Offense{period}": {type: integer}, R8: {type: number}, R9: {type: number}}
tables:
  - {table: aggregate, columns: {record_id: id}, unpivot: {columns: "Offense{period}", value: events}}
  - {table: aggregate, columns: {record_id: id}, unpivot: {columns: "R{period}", value: exposure}}
coverage: [{from: 1960-01-01, to: 2000-01-01}]
`;
    const study = `schema_version: 1
title: Youth
question: How often?
sources: [sources/youth.yaml]
linkage: {method: given, spine: youth}
definitions:
  spells: {from: episodes}
  gap: none
  outcomes: {contacts: all-recordable}
population:
  entry: first-journey
  entry_window: {from: 1960-01-01, to: 2000-01-01}
time_at_risk: {}
estimates:
  - {id: rates, design: rates, outcome: contacts, source: aggregate, by: [period]}
disclosure: {profile: none}
`;
    const protocol = loadProtocol(smallStudy({ 'study.yaml': study, 'sources/youth.yaml': counts }));
    expect(protocol.headline).toBe('rates');
    expect(protocol.estimates[0]).toMatchObject({ minimum_exposure: 0.01 });
  });
});

describe('the hash', () => {
  const hashOf = (changes: Readonly<Record<string, string>>): string =>
    loadProtocol(smallStudy(changes), { env }).hash;
  const original = () => hashOf({});

  it('Comments, line ends, quotes, key order and a byte order mark do not change it', () => {
    const before = original();
    expect(hashOf({ 'study.yaml': `\uFEFF${STUDY.replaceAll('\n', '\r\n')}# the end\r\n` })).toBe(before);
    expect(
      hashOf({
        'study.yaml': changed(STUDY, 'title: A small study\nquestion: Do', 'question: Do').concat(
          'title: "A small study"\n',
        ),
      }),
    ).toBe(before);
    expect(hashOf({ 'codelists/theft.csv': THEFT.replaceAll('\n', '\r\n') })).toBe(before);
    expect(hashOf({ 'sources/unused.yaml': 'anything: here' })).toBe(before);
  });

  it('Whatever can change a result changes it', () => {
    const hashes = [
      original(),
      hashOf({ 'study.yaml': changed(STUDY, 'gap: ndtms-21d', 'gap: {days: 21}') }),
      hashOf({ 'study.yaml': changed(STUDY, 'at_least: 18', 'at_least: 19') }),
      hashOf({ 'study.yaml': changed(STUDY, 'definitions.gap: omt-7d', 'definitions.gap: none') }),
      hashOf({
        'sources/police.yaml': changed(POLICE, 'complete_to: 2009-07-01', 'complete_to: 2009-06-01'),
      }),
      hashOf({ 'dictionary/treatment.yaml': changed(TREATMENT_DICTIONARY, '01: male', '1: male') }),
      hashOf({ 'codelists/theft.csv': `${THEFT}burglary,,\n` }),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('Another first outcome is another primary outcome, and another protocol', () => {
    const swapped = changed(
      STUDY,
      '    trigger: trigger-2007\n    listed:\n      codelist: codelists/theft.csv\n      kinds: [conviction]\n',
      '    listed:\n      codelist: codelists/theft.csv\n      kinds: [conviction]\n    trigger: trigger-2007\n',
    );
    expect(hashOf({ 'study.yaml': swapped })).not.toBe(original());
  });
});

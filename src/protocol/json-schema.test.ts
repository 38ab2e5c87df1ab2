import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { POLICE, STUDY, TREATMENT_DICTIONARY } from '../../test/small-study.ts';
import { type JsonSchema, jsonSchema, schemasAt, takes } from './json-schema.ts';

const schemas = jsonSchema();

describe('the JSON Schema for editors', () => {
  it('It is draft 7, which the YAML language server reads, and unknown keys are refused', () => {
    for (const schema of Object.values(schemas)) {
      expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
      expect(schema.additionalProperties).toBe(false);
      expect(JSON.stringify(schema)).not.toContain('9007199254740991');
    }
  });

  it('Every key of every map has a description to show while typing', () => {
    const bare: string[] = [];
    const visit = (schema: JsonSchema, path: string): void => {
      for (const [key, property] of Object.entries(schema.properties ?? {})) {
        // `{days: 28}` is explained where it is used.
        if (property.description === undefined && !['days', 'months', 'value'].includes(key))
          bare.push(`${path}.${key}`);
        visit(property, `${path}.${key}`);
      }
      for (const branch of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) visit(branch, path);
      if (schema.items !== undefined) visit(schema.items, `${path}[]`);
      if (typeof schema.additionalProperties === 'object') visit(schema.additionalProperties, `${path}.NAME`);
    };
    for (const [name, schema] of Object.entries(schemas)) visit(schema, name);
    expect(bare).toEqual([]);
  });

  it('The schema at a path knows which design a map has chosen', () => {
    const study: unknown = parse(STUDY);
    const keysAt = (index: number): readonly string[] =>
      schemasAt(schemas.study, study, ['estimates', index]).flatMap((one) =>
        Object.keys(one.properties ?? {}),
      );
    expect(keysAt(0)).toContain('by');
    expect(keysAt(1)).toContain('restricted');
    expect(keysAt(1)).not.toContain('by');
    expect(takes(schemasAt(schemas.study, study, ['estimates', 2, 'event']))).toBe(
      '`journey-end`, `departure` or `first-offence`',
    );
  });

  it('Paths through maps of names, lists and alternatives are found; others lead nowhere', () => {
    expect(takes(schemasAt(schemas.source, parse(POLICE), ['tables', 0, 'columns', 'sex']))).toContain(
      'text',
    );
    expect(
      takes(schemasAt(schemas.dictionary, parse(TREATMENT_DICTIONARY), ['columns', 'SEX', 'type'])),
    ).toContain('`study-day`');
    expect(takes(schemasAt(schemas.study, {}, ['time_at_risk', 'after', 'until']))).toBe(
      '`journey-end` or `end-of-data`',
    );
    expect(schemasAt(schemas.study, {}, ['nowhere', 3])).toEqual([]);
  });
});

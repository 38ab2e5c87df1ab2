import { z } from 'zod';
import { studySchema } from './schema.ts';
import { dictionarySchema, sourceSchema } from './source.ts';
import type { YamlPath } from './yaml-file.ts';

/** JSON Schema (draft 7) of the protocol files: for editors, for the reference pages and for messages. */

export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

export type ProtocolFile = 'study' | 'source' | 'dictionary';

const SCHEMAS = { study: studySchema, source: sourceSchema, dictionary: dictionarySchema } as const;
const TITLES = {
  study: 'study.yaml',
  source: 'sources/NAME.yaml',
  dictionary: 'dictionary/NAME.yaml',
} as const;

function generate(file: ProtocolFile): JsonSchema {
  const schema = z.toJSONSchema(SCHEMAS[file], {
    target: 'draft-7',
    io: 'input',
    override({ jsonSchema }) {
      // The bounds of safe integers say nothing to a reader; the day pattern repeats `format`.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.format === 'date') delete jsonSchema.pattern;
    },
  }) as JsonSchema;
  const { $schema, ...rest } = schema;
  return { ...($schema === undefined ? {} : { $schema }), title: `Desist ${TITLES[file]}`, ...rest };
}

const made = new Map<ProtocolFile, JsonSchema>();

/** The JSON Schema of one kind of protocol file. */
export function schemaOf(file: ProtocolFile): JsonSchema {
  const known = made.get(file) ?? generate(file);
  made.set(file, known);
  return known;
}

/** The JSON Schemas of all protocol files, for editor completion (yaml-language-server takes draft 7). */
export function jsonSchema(): Readonly<Record<ProtocolFile, JsonSchema>> {
  return { study: schemaOf('study'), source: schemaOf('source'), dictionary: schemaOf('dictionary') };
}

/** The alternatives of a schema, nested ones flattened. */
export function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const { type } = schema;
  if (typeof type === 'object') return type.map((one) => ({ ...schema, type: one }));
  const branches = schema.anyOf ?? schema.oneOf;
  return branches === undefined ? [schema] : branches.flatMap(alternatives);
}

/** Of object alternatives that are told apart by a constant key, those that the value chose. */
function chosen(branches: readonly JsonSchema[], value: unknown): readonly JsonSchema[] {
  if (typeof value !== 'object' || value === null) return branches;
  const fitting = branches.filter((branch) =>
    Object.entries(branch.properties ?? {}).every(
      ([key, property]) => property.const === undefined || property.const === (value as never)[key],
    ),
  );
  return fitting.length === 0 ? branches : fitting;
}

/** The schemas that apply at a path of a value; none where the schema knows nothing of the path. */
export function schemasAt(root: JsonSchema, value: unknown, path: YamlPath): readonly JsonSchema[] {
  let here = chosen(alternatives(root), value);
  let at = value;
  for (const step of path) {
    here = here.flatMap((schema) => {
      const next =
        typeof step === 'number'
          ? schema.items
          : (schema.properties?.[step] ??
            (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined));
      return next === undefined ? [] : [next];
    });
    at = typeof at === 'object' && at !== null ? (at as never)[step] : undefined;
    here = here.flatMap((schema) => chosen(alternatives(schema), at));
  }
  return here;
}

/** The description nearest to a path: that of the property itself, which a union hides from its branches. */
export function descriptionAt(root: JsonSchema, value: unknown, path: YamlPath): string | undefined {
  const last = path.at(-1);
  if (last === undefined) return root.description;
  for (const schema of schemasAt(root, value, path.slice(0, -1))) {
    const property = typeof last === 'string' ? schema.properties?.[last] : schema.items;
    if (property?.description !== undefined) return property.description;
  }
  return undefined;
}

/** `{months: a whole number}` for a map of one required key; larger maps by their keys, or briefly. */
function mapInWords(schema: JsonSchema, isBrief: boolean): string {
  const properties = Object.entries(schema.properties ?? {});
  const [only] = properties;
  if (only === undefined) {
    const values =
      typeof schema.additionalProperties === 'object' ? takes([schema.additionalProperties], true) : '';
    return values === '' ? 'a map' : `a map from names to ${values}`;
  }
  if (properties.length === 1 && schema.required?.length === 1) return `{${only[0]}: ${takes([only[1]])}}`;
  return isBrief ? 'a map' : `a map with ${properties.map(([key]) => key).join(', ')}`;
}

/** What a schema takes, in words; briefly where the keys of maps are told elsewhere. */
export function takes(schemas: readonly JsonSchema[], isBrief = false): string {
  const words = schemas.flatMap(alternatives).flatMap((schema): string[] => {
    if (schema.const !== undefined) return [`\`${String(schema.const)}\``];
    if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``);
    if (schema.format === 'date') return ['a day YYYY-MM-DD'];
    switch (schema.type) {
      case 'string':
        return [schema.pattern === undefined ? 'text' : 'a name'];
      case 'integer':
        return ['a whole number'];
      case 'number':
        return ['a number'];
      case 'boolean':
        return ['true or false'];
      case 'array': {
        const items = schema.items === undefined ? 'values' : takes([schema.items], true);
        return [items === 'a map' ? 'a list of maps' : `a list of ${items}`];
      }
      case 'object':
        return [mapInWords(schema, isBrief)];
      default:
        return ['any value'];
    }
  });
  const unique = [...new Set(words)];
  return unique.length < 2 ? unique.join('') : `${unique.slice(0, -1).join(', ')} or ${unique.at(-1)}`;
}

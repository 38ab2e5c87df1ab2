import { z } from 'zod';

/** A source file: one register, how its extract is read, and which column is what. */

const day = z.iso.date({ error: 'E-PROTOCOL-DATE' }).describe('A day, YYYY-MM-DD.');
const identifier = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/)
  .describe('A name: lower-case letters, digits, - and _.');

const dictionaryColumn = z
  .strictObject({
    type: z
      .enum(['text', 'integer', 'number', 'date', 'boolean', 'study-day'])
      .describe(
        'What the column holds. Never guessed. study-day is a whole number of days counted from an origin.',
      ),
    description: z.string().optional().describe('What the column means, in the words of the agency.'),
    format: z
      .union([z.string(), z.array(z.string()).min(1)])
      .optional()
      .describe(
        'Dates: YYYY-MM-DD (the default), DD.MM.YYYY, DD/MM/YYYY, DD-MM-YYYY, MM/DD/YYYY, YYYYMMDD, DDMMYYYY or DD-Mon-YYYY; the first that fits.',
      ),
    origin: day.optional().describe('study-day: the day that is day 0 for everyone.'),
    origin_column: z
      .string()
      .optional()
      .describe("study-day: the date column that holds each record's day 0."),
    decimal: z.enum(['.', ',']).optional().describe('number: the decimal mark; default ".".'),
    missing: z
      .array(z.string())
      .optional()
      .describe('Values that mean missing, exactly as written. Empty is always missing.'),
    open_end: z
      .array(z.string())
      .optional()
      .describe('Values that mean "not ended", such as 9999-12-31, as written in the extract.'),
    values: z
      .record(z.string(), z.string())
      .optional()
      .describe('Value map: as written in the extract -> as Desist should read it.'),
    unmapped: z
      .enum(['keep', 'quarantine', 'missing'])
      .optional()
      .describe('What becomes of a value that `values` does not name; default keep.'),
    true_values: z
      .array(z.string())
      .optional()
      .describe('boolean: what counts as true; default true, 1, yes, y.'),
    false_values: z
      .array(z.string())
      .optional()
      .describe('boolean: what counts as false; default false, 0, no, n.'),
    required: z.boolean().optional().describe('A record without a value is quarantined.'),
    minimum: z.union([z.number(), day]).optional().describe('A smaller value is quarantined.'),
    maximum: z.union([z.number(), day]).optional().describe('A larger value is quarantined.'),
    trim: z
      .boolean()
      .optional()
      .describe('Remove white space at both ends before anything else; default true.'),
  })
  .describe('One column of the extract.');

export const dictionarySchema = z
  .strictObject({
    register: identifier.describe('The register that the dictionary describes.'),
    columns: z
      .record(z.string(), dictionaryColumn)
      .describe('Every column that the mapping uses; others are ignored.'),
  })
  .describe('A dictionary: the type, the missing values and the value maps of each column.');

const condition = z.strictObject({
  column: z.string().describe('The column of the extract.'),
  is: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe('It holds this value, or one of these.'),
  is_not: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe('It holds none of these.'),
  missing: z.boolean().optional().describe('It holds nothing (true) or something (false).'),
});

const columnMapping = z.union([
  z.string().describe('The column of the extract.'),
  z.strictObject({
    column: z.string().describe('The column of the extract.'),
    add_days: z
      .int()
      .optional()
      .describe('Days added to a date: a register that gives the last day included needs 1.'),
  }),
  z
    .strictObject({ value: z.union([z.string(), z.number(), z.boolean()]) })
    .describe('The same value in every row.'),
  z
    .strictObject({
      join: z.array(z.string()).min(2).describe('The columns, in order.'),
      separator: z.string().optional().describe('What stands between them; default nothing.'),
    })
    .describe('Columns written one after the other.'),
  z
    .strictObject({ record_number: z.literal(true).describe('Always true.') })
    .describe('The number of the record in its extract, for an extract without ids; one file only.'),
]);

const tableMapping = z.strictObject({
  table: z
    .enum([
      'person_record',
      'episode',
      'intervention',
      'contact',
      'offence',
      'aggregate',
      'custody',
      'departure',
      'covariate',
      'drug_test',
      'allocation',
    ])
    .describe('The canonical table that the rows go to.'),
  where: z
    .array(condition)
    .optional()
    .describe('Only records that satisfy every condition, on the values as written in the extract.'),
  unpivot: z
    .strictObject({
      columns: z
        .string()
        .describe('Columns side by side, with {period} for the number in their names: Offense{period}.'),
      value: z.string().describe('The canonical column that takes the values.'),
    })
    .optional()
    .describe('Wide to long: one row for each of these columns; the number becomes `period`.'),
  covariates: z
    .record(z.string(), z.string())
    .optional()
    .describe('covariate: name -> column of the extract; one row each.'),
  columns: z.record(z.string(), columnMapping).describe('Canonical column -> where its value comes from.'),
});

export const sourceSchema = z
  .strictObject({
    register: identifier.describe('The name of the register in this study.'),
    title: z.string().optional().describe('The name of the register for the reader.'),
    origin: z
      .enum(['real', 'synthetic', 'public'])
      .describe('synthetic: made up. public: published row by row. Everything else is real.'),
    files: z
      .array(z.string())
      .min(1)
      .describe('Extracts of the register, relative to the study; $NAME takes an environment variable.'),
    format: z.enum(['csv', 'parquet', 'excel']).optional().describe('Default: by the ending of the file.'),
    csv: z
      .strictObject({
        delimiter: z.enum([',', ';', 'tab', '|']).optional().describe('What stands between values.'),
        quote: z.enum(['"', 'none']).optional().describe('What stands around values.'),
        escape: z
          .enum(['doubled', 'backslash'])
          .optional()
          .describe('How a quote inside a quoted value is written.'),
        encoding: z
          .enum(['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'])
          .optional()
          .describe('The encoding of the text.'),
      })
      .optional()
      .describe('The dialect where it is known; what is left out is detected and reported.'),
    sheet: z.string().optional().describe('excel: the sheet; default the first.'),
    dictionary: z.string().optional().describe('Path of the dictionary file; or give `columns` here.'),
    columns: z
      .record(z.string(), dictionaryColumn)
      .optional()
      .describe('The columns of the extract, where there is no dictionary file.'),
    tables: z.array(tableMapping).min(1).describe('Which canonical tables the extract fills, and from what.'),
    coverage: z
      .array(
        z.strictObject({
          area: z.string().optional().describe('Left out: everywhere.'),
          from: day.describe('First day the register saw.'),
          to: day.describe('First day it no longer saw.'),
          complete_to: day
            .optional()
            .describe('First day from which late entries are still missing; default `to`.'),
        }),
      )
      .min(1)
      .describe('What the register covers. Person-time outside it is not observed.'),
    quarantine_limit: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('The share of records that may be quarantined; default 0.02.'),
  })
  .describe('A source: one register of the study.');

export type DictionaryColumn = z.infer<typeof dictionaryColumn>;
export type Dictionary = z.infer<typeof dictionarySchema>;
export type TableMapping = z.infer<typeof tableMapping>;
export type Source = z.infer<typeof sourceSchema>;

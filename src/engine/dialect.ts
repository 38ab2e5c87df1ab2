import { invariant } from '../errors.ts';
import { type Call, type ColumnType, type Piece, type Scalar, type Sql, sql } from './sql.ts';

/** The functions whose spelling or semantics differ between engines. A new one is a compile error until every engine answers. */
export interface DialectFunctions {
  /** Whole days from `from` to `to`; negative when `to` is earlier. */
  daysBetween(from: string, to: string): string;
  addDays(date: string, days: string): string;
  /** Calendar months; the day is clipped to the month's end (31 January + 1 month = 28 or 29 February). */
  addMonths(date: string, months: string): string;
  /** Whole years lived at `date` by someone born on `birth`; a birthday counts from its own day, 29 February from 1 March. */
  ageInYears(birth: string, date: string): string;
  /** The calendar year as an INTEGER. */
  yearOf(date: string): string;
  firstOfYear(year: string): string;
  /** A non-negative 63-bit hash of a text, the same on every machine and in every release. */
  hash64(text: string): string;
  /** Hexadecimal SHA-256 of a text. */
  sha256(text: string): string;
  /** One row for each integer from `from` up to and excluding `to`; none when `to <= from`. To be used in a SELECT list. */
  explodeRange(from: string, to: string): string;
  /** The text as a date by a strftime format; NULL when it is not one. */
  parseDate(text: string, format: string): string;
  /** The text as a DOUBLE with '.' as the decimal mark; NULL when it is not a number. */
  parseNumber(text: string): string;
  /** The text as an INTEGER; NULL when it is not one. */
  parseInteger(text: string): string;
  /** TRUE when the text matches the regular expression (RE2 subset common to the engines) as a whole. */
  matches(text: string, pattern: string): string;
  concatText(left: string, right: string): string;
}

export interface Dialect extends DialectFunctions {
  readonly name: string;
  identifier(name: string): string;
  literal(value: Scalar): string;
  columnType(type: ColumnType): string;
}

type FunctionName = keyof DialectFunctions;

function asSql(piece: Piece): Sql {
  return sql`${piece}`;
}

type Caller<F> = F extends (...args: infer A extends readonly string[]) => string
  ? (...args: { [K in keyof A]: Piece }) => Call
  : never;

function caller<N extends FunctionName>(fn: N): Caller<DialectFunctions[N]> {
  const call = (...args: readonly Piece[]): Call => ({ kind: 'call', fn, args: args.map(asSql) });
  return call as Caller<DialectFunctions[N]>;
}

export const daysBetween = caller('daysBetween');
export const addDays = caller('addDays');
export const addMonths = caller('addMonths');
export const ageInYears = caller('ageInYears');
export const yearOf = caller('yearOf');
export const firstOfYear = caller('firstOfYear');
export const hash64 = caller('hash64');
export const sha256 = caller('sha256');
export const explodeRange = caller('explodeRange');
export const parseDate = caller('parseDate');
export const parseNumber = caller('parseNumber');
export const parseInteger = caller('parseInteger');
export const matches = caller('matches');
export const concatText = caller('concatText');

/** The complete text of a query: what an auditor reads and can run again. */
export function render(query: Sql, dialect: Dialect): string {
  return query.parts
    .map((part) => {
      switch (part.kind) {
        case 'text':
          return part.text;
        case 'scalar':
          return dialect.literal(part.value);
        case 'table':
        case 'name':
          return dialect.identifier(part.name);
        case 'call': {
          const spell = dialect[part.fn as FunctionName] as ((...args: string[]) => string) | undefined;
          invariant(spell !== undefined, `no dialect function ${part.fn}`);
          return spell(...part.args.map((arg) => render(arg, dialect)));
        }
      }
      return '';
    })
    .join('');
}

/**
 * SQL as values: tagged templates over declared tables.
 *
 * `${}` takes a Table, another Sql, a dialect Call, a column Name or a scalar; plain text cannot be pasted. Lineage is
 * object identity: a query holds the Table objects it reads, so the plan of a stage is a walk, not a search for names.
 */

export type ColumnType = 'VARCHAR' | 'INTEGER' | 'BIGINT' | 'DOUBLE' | 'DATE' | 'BOOLEAN';
export type Columns = Readonly<Record<string, ColumnType>>;

/** A declared relation. Without a query it is given: an artefact of an earlier stage, or loaded from rows. */
export interface Table<C extends Columns = Columns> {
  readonly kind: 'table';
  readonly name: string;
  readonly columns: C;
  readonly query?: Sql;
}

export type Scalar = string | number | bigint | boolean | null;

/** A column's name that is only known at run time, such as the stratum a protocol asks for. */
interface Name {
  readonly kind: 'name';
  readonly name: string;
}

/** A function whose spelling differs between engines; see dialect.ts. */
export interface Call {
  readonly kind: 'call';
  readonly fn: string;
  readonly args: readonly Sql[];
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | Table
  | Name
  | Call;

export interface Sql {
  readonly kind: 'sql';
  readonly parts: readonly Part[];
}

export type Piece = Table | Sql | Call | Name | Scalar;

function partsOf(piece: Piece): readonly Part[] {
  if (piece === null || typeof piece !== 'object') return [{ kind: 'scalar', value: piece }];
  return piece.kind === 'sql' ? piece.parts : [piece];
}

/** The tag. Text between the pieces is code of ours; every piece is quoted by the engine's dialect. */
export function sql(text: TemplateStringsArray, ...pieces: readonly Piece[]): Sql {
  const parts: Part[] = [];
  text.forEach((chunk, i) => {
    if (chunk !== '') parts.push({ kind: 'text', text: chunk });
    if (i < pieces.length) parts.push(...partsOf(pieces[i] as Piece));
  });
  return { kind: 'sql', parts };
}

export function name(column: string): Name {
  return { kind: 'name', name: column };
}

const SEPARATORS = { comma: ', ', and: ' AND ', or: ' OR ', union: '\nUNION ALL\n' } as const;

/** Pieces in a row: a column list, a conjunction, a union. An empty list is refused by the engine's parser, not hidden. */
export function list(pieces: readonly Piece[], separator: keyof typeof SEPARATORS = 'comma'): Sql {
  return {
    kind: 'sql',
    parts: pieces.flatMap((piece, i) => [
      ...(i === 0 ? [] : [{ kind: 'text' as const, text: SEPARATORS[separator] }]),
      ...partsOf(piece),
    ]),
  };
}

/** Declares a table that something else fills: an artefact of another stage, or rows. */
export function table<const C extends Columns>(tableName: string, columns: C): Table<C> {
  return { kind: 'table', name: tableName, columns };
}

/** A table made by a query. Its DESCRIBE must equal the declared columns; `materialise` checks. */
export function derive<const C extends Columns>(tableName: string, columns: C, query: Sql): Table<C> {
  return { kind: 'table', name: tableName, columns, query };
}

/** The declared table `shape` made by `query`: what a stage's index.ts returns for a table of its tables.ts. */
export function fill<C extends Columns>(shape: Table<C>, query: Sql): Table<C> {
  return { kind: 'table', name: shape.name, columns: shape.columns, query };
}

/** The value types of a table's rows in TypeScript. DATE is `YYYY-MM-DD`; BIGINT must be a safe integer. */
export type Row<C extends Columns> = {
  -readonly [K in keyof C]:
    | (C[K] extends 'INTEGER' | 'BIGINT' | 'DOUBLE' ? number : C[K] extends 'BOOLEAN' ? boolean : string)
    | null;
};

export type RowOf<T extends Table> = T extends Table<infer C> ? Row<C> : never;

/** Tables a query reads directly, each once, in order of first mention. */
export function tablesOf(query: Sql): readonly Table[] {
  const found = new Set<Table>();
  const visit = (parts: readonly Part[]): void => {
    for (const part of parts) {
      if (part.kind === 'table') found.add(part);
      if (part.kind === 'call') for (const arg of part.args) visit(arg.parts);
    }
  };
  visit(query.parts);
  return [...found];
}

/** The closed list of exit codes. Every way the command line can end is here. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  protocol: 3,
  data: 4,
  quality: 5,
  linkage: 6,
  deviation: 7,
  disclosure: 8,
  locked: 9,
  environment: 10,
  'not-estimable': 11,
  interrupted: 130,
} as const;

export type ExitName = keyof typeof EXIT;

/** The closed list of mistakes a user can make, each with its exit and its general remedy. */
export const ERRORS = {
  'E-USAGE': { exit: 'usage', remedy: 'Run `desist --help`, or `desist COMMAND --help` for examples.' },
  'E-PROTOCOL-MISSING': {
    exit: 'protocol',
    remedy: 'Run `desist init DIR --example england-2006`, or name a folder that holds study.yaml.',
  },
  'E-PROTOCOL-YAML': {
    exit: 'protocol',
    remedy: 'Correct the YAML at the place shown; indentation is two spaces, never tabs.',
  },
  'E-PROTOCOL-KEY': {
    exit: 'protocol',
    remedy: 'Remove or rename the key; `desist schema` prints every key that is allowed.',
  },
  'E-PROTOCOL-REQUIRED': {
    exit: 'protocol',
    remedy: 'Add the missing key; `desist schema` prints what it takes.',
  },
  'E-PROTOCOL-VALUE': { exit: 'protocol', remedy: 'Change the value to one of those named.' },
  'E-PROTOCOL-REFERENCE': { exit: 'protocol', remedy: 'Name something that the protocol declares.' },
  'E-PROTOCOL-DATE': { exit: 'protocol', remedy: 'Write dates as YYYY-MM-DD.' },
  'E-PROTOCOL-VERSION': {
    exit: 'protocol',
    remedy: 'Use a Desist that knows this schema_version; it is never guessed.',
  },
  'E-PROTOCOL-FROZEN': {
    exit: 'deviation',
    remedy: 'Declare the change as a variant, or freeze again and say why.',
  },
  'E-CODELIST': {
    exit: 'protocol',
    remedy: 'A code list is a CSV with the columns the reference names, one row a code.',
  },
  'E-SOURCE-MISSING': {
    exit: 'data',
    remedy: 'Put the register extract where the source file says, or change its `file`.',
  },
  'E-SOURCE-EMPTY': { exit: 'data', remedy: 'The extract holds no record: ask the agency for it again.' },
  'E-SOURCE-HEADER': { exit: 'data', remedy: 'Make the mapping and the header of the extract agree.' },
  'E-SOURCE-ENCODING': {
    exit: 'data',
    remedy: 'Declare the encoding of the extract: utf-8, utf-16le, utf-16be or windows-1252.',
  },
  'E-SOURCE-FORMAT': { exit: 'data', remedy: 'Declare the format and dialect of the extract as it is.' },
  'E-SOURCE-ACCOUNT': {
    exit: 'data',
    remedy: 'Records read, accepted and quarantined do not add up. Nothing was used; please report this.',
  },
  'E-DATA-QUARANTINE': {
    exit: 'data',
    remedy: 'Look at the quarantine table of the register, correct the mapping or raise the declared limit.',
  },
  'E-STORE-WRITE': { exit: 'environment', remedy: 'Free space, or give write access to the study folder.' },
  'E-LOCKED': { exit: 'locked', remedy: 'Wait until the other run ends, or stop it.' },
  'E-DISCLOSURE': {
    exit: 'disclosure',
    remedy: 'Choose a disclosure profile that protects the people in the registers.',
  },
  'E-ENVIRONMENT': { exit: 'environment', remedy: 'Run `desist doctor`.' },
  'E-NOT-FOUND': { exit: 'usage', remedy: 'Run `desist status` to see what there is.' },
} as const satisfies Record<string, { exit: ExitName; remedy: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Where in a file of the study a mistake stands. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** The line itself with a marker under the column. Only ever text of the protocol, never of a register. */
  readonly snippet?: string;
}

export interface ErrorDetail {
  readonly place?: Place;
  /** What to do, more precise than the general remedy of the code. */
  readonly fix?: string;
  /** Further mistakes found in the same pass. */
  readonly also?: readonly StudyError[];
}

/**
 * The user's mistake. Message, place and fix may name files, columns, codes and counts, never the value of a row.
 */
export class StudyError extends Error {
  readonly code: ErrorCode;
  readonly detail: ErrorDetail;
  override readonly name = 'StudyError';

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message);
    this.code = code;
    this.detail = detail;
  }

  get exitCode(): number {
    return EXIT[ERRORS[this.code].exit];
  }

  get fix(): string {
    return this.detail.fix ?? ERRORS[this.code].remedy;
  }
}

/** `E-... file:line:col message`, the snippet, the fix; the same text on the command line and in `--json`. */
export function formatError(error: StudyError): string {
  const { place, also } = error.detail;
  const where =
    place === undefined
      ? ''
      : ` ${place.file}${place.line === undefined ? '' : `:${place.line}:${place.column ?? 1}`}`;
  const lines = [`${error.code}${where} ${error.message}`];
  if (place?.snippet !== undefined) lines.push(place.snippet);
  lines.push(`  fix: ${error.fix}`);
  for (const other of also ?? []) lines.push('', formatError(other));
  return lines.join('\n');
}

/** Our bug: a broken invariant, never a condition that data or a protocol can bring about. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Desist is wrong here, please report it: ${message}`);
}

/** The state of the data: collected, counted and reported; only severity `error` stops a run. */
export interface Issue {
  readonly code: string;
  readonly register: string;
  readonly column?: string;
  readonly severity: 'error' | 'warning' | 'note';
  /** How many of `of` records or persons; never which, never a value. */
  readonly count: number;
  readonly of: number;
  readonly unit: 'records' | 'persons' | 'events' | 'days';
  readonly message: string;
}

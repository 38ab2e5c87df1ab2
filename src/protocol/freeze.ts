import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { StudyError } from '../errors.ts';
import { VERSION } from '../version.ts';
import { type CanonicalContent, type Change, canonicalJson, changesBetween, sha256 } from './fingerprint.ts';
import { type CheckedStudy, checkStudy } from './load.ts';
import { throwAll } from './mistakes.ts';
import { outcomesOpened } from './outcomes-opened.ts';
import type { DefinitionUsed, Protocol } from './tables.ts';

/**
 * protocol.lock: which protocol was decided on, when, by whom. Entries are only ever added. Each holds the canonical
 * content of the protocol, so that a later change can be named path by path, and its hash, so that an edited lock shows.
 */

const LOCK = 'protocol.lock';

const entrySchema = z.strictObject({
  hash: z.string(),
  /** ISO 8601, UTC. */
  frozen_at: z.string(),
  who: z.string(),
  desist_version: z.string(),
  /** Why it was frozen again; null the first time. */
  reason: z.string().nullable(),
  /** How often outcomes had been opened before, under any protocol of this folder. */
  outcomes_opened_before: z.int(),
  /** Presets with their versions: a Desist with other meanings is a change too. */
  definitions: z.array(
    z.strictObject({ kind: z.string(), name: z.string(), version: z.string(), text: z.string() }),
  ),
  content: z.strictObject({
    files: z.record(z.string(), z.unknown()),
    primary_outcomes: z.record(z.string(), z.string()),
  }),
});
const lockSchema = z.strictObject({ lock_version: z.literal(1), frozen: z.array(entrySchema).min(1) });

export type FrozenEntry = z.infer<typeof entrySchema>;

export interface FreezeOptions {
  /** Must be given where the protocol has changed since it was frozen. */
  readonly reason?: string;
}

export type ProtocolStanding =
  | { readonly state: 'unfrozen' }
  | { readonly state: 'frozen-unchanged'; readonly frozen: FrozenEntry }
  | {
      readonly state: 'changed-since-freeze';
      readonly frozen: FrozenEntry;
      readonly changes: readonly Change[];
      /** Presets that mean something else in this Desist than when the protocol was frozen. */
      readonly definitions_changed: readonly string[];
    };

/** The entries of a study's lock, oldest first; empty where it was never frozen. */
export function frozenEntries(folder: string): readonly FrozenEntry[] {
  const path = join(resolve(folder), LOCK);
  if (!existsSync(path)) return [];
  const refuse = (message: string): never => {
    throw new StudyError('E-PROTOCOL-FROZEN', message, {
      place: { file: LOCK },
      fix: 'Bring back protocol.lock as Desist wrote it, for example from version control; it is never edited.',
    });
  };
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return refuse('protocol.lock cannot be read');
  }
  const parsed = lockSchema.safeParse(content);
  if (!parsed.success) return refuse('protocol.lock is not as Desist wrote it');
  for (const entry of parsed.data.frozen) {
    if (sha256(canonicalJson(entry.content)) !== entry.hash) {
      return refuse(`the entry of ${entry.frozen_at} in protocol.lock does not agree with its own hash`);
    }
  }
  return parsed.data.frozen;
}

function checkedWithoutExtracts(folder: string): CheckedStudy {
  const checked = checkStudy(folder, undefined);
  throwAll(checked.mistakes, 'study.yaml');
  return checked;
}

function definitionsOf(used: readonly DefinitionUsed[]): FrozenEntry['definitions'] {
  return used.map(({ kind, name, version, text }) => ({ kind, name, version, text }));
}

function ofAllSettings(checked: CheckedStudy): FrozenEntry['definitions'] {
  const all = [...checked.settings.values()].flatMap((protocol) => definitionsOf(protocol.definitions_used));
  const byText = new Map(all.map((definition) => [canonicalJson(definition), definition]));
  return [...byText.values()];
}

/**
 * Writes the protocol into protocol.lock. Frozen already and unchanged: nothing is written and the entry is returned.
 * Changed: needs `options.reason`, or throws E-PROTOCOL-FROZEN.
 */
export function freezeProtocol(
  folder: string,
  now: Date,
  who: string,
  options: FreezeOptions = {},
): FrozenEntry {
  const checked = checkedWithoutExtracts(folder);
  const before = frozenEntries(folder);
  const last = before.at(-1);
  const definitions = ofAllSettings(checked);
  if (last !== undefined) {
    const isSame =
      last.hash === checked.hash && canonicalJson(last.definitions) === canonicalJson(definitions);
    if (isSame) return last;
    if (options.reason === undefined || options.reason.trim() === '') {
      const changes = changesBetween(last.content, checked.content).map(changeText);
      throw new StudyError(
        'E-PROTOCOL-FROZEN',
        `the protocol was frozen on ${last.frozen_at.slice(0, 10)} and has changed: ${changes.slice(0, 5).join('; ') || 'a preset has a new meaning'}${changes.length > 5 ? ` and ${changes.length - 5} more` : ''}`,
        { place: { file: LOCK }, fix: 'Declare the change as a variant, or freeze again with a reason.' },
      );
    }
  }
  const entry: FrozenEntry = {
    hash: checked.hash,
    frozen_at: now.toISOString(),
    who,
    desist_version: VERSION,
    reason: last === undefined ? null : (options.reason ?? null),
    outcomes_opened_before: outcomesOpened(folder).length,
    definitions,
    content: {
      files: { ...checked.content.files },
      primary_outcomes: { ...checked.content.primary_outcomes },
    },
  };
  const path = join(resolve(folder), LOCK);
  const text = `${JSON.stringify({ lock_version: 1, frozen: [...before, entry] }, null, 2)}\n`;
  try {
    writeFileSync(`${path}.new`, text, { flush: true });
    renameSync(`${path}.new`, path);
  } catch {
    throw new StudyError('E-STORE-WRITE', 'protocol.lock cannot be written', { place: { file: LOCK } });
  }
  return entry;
}

/** Whether the protocol is the one that was frozen, and if not, what differs. */
export function protocolStanding(folder: string, protocol: Protocol): ProtocolStanding {
  const frozen = frozenEntries(folder).at(-1);
  if (frozen === undefined) return { state: 'unfrozen' };
  // A preset that is newly used shows as a changed setting; here are those that bear the same name and mean another thing.
  const definitions_changed = definitionsOf(protocol.definitions_used)
    .filter((now) => {
      const then = frozen.definitions.filter((one) => one.kind === now.kind && one.name === now.name);
      const isSame = then.length === 0 || then.some((one) => canonicalJson(one) === canonicalJson(now));
      return now.version !== 'this protocol' && !isSame;
    })
    .map(({ kind, name, version }) => `${kind} ${name} v${version}`);
  if (frozen.hash === protocol.hash) {
    return definitions_changed.length === 0
      ? { state: 'frozen-unchanged', frozen }
      : { state: 'changed-since-freeze', frozen, changes: [], definitions_changed };
  }
  const now: CanonicalContent = checkedWithoutExtracts(folder).content;
  return {
    state: 'changed-since-freeze',
    frozen,
    changes: changesBetween(frozen.content, now),
    definitions_changed,
  };
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = canonicalJson(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** `study.yaml definitions.gap: "ndtms-21d" -> "omt-7d"`. */
export function changeText(change: Change): string {
  const where = change.path === '' ? change.file : `${change.file} ${change.path}`;
  if (change.path === '') {
    const what =
      change.before === undefined ? 'is new' : change.after === undefined ? 'is gone' : 'has changed';
    return `${where} ${what}`;
  }
  return `${where}: ${shown(change.before)} -> ${shown(change.after)}`;
}

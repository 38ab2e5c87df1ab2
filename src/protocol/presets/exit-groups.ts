import type { ExitGroup } from '../tables.ts';
import type { Preset } from './preset.ts';

/**
 * Which reasons for leaving form which group. Codes: NDTMS discharge reasons of all data sets up to 2012, as they stand
 * in public code and Hansard; payment-by-results codes 90, 91, 92 stand for 80, 82, 81. The journey's reason is taken
 * from the episodes that end on its last day.
 */
export interface ExitGroupPreset extends Preset {
  readonly groups: Readonly<Record<string, ExitGroup>>;
}

interface Reasons {
  readonly codes: readonly string[];
  readonly words: readonly string[];
}

const REASONS: Readonly<Record<ExitGroup | 'referred-on', Reasons>> = {
  successful: {
    codes: ['1', '2', '15-28', '80-82', '90-92'],
    words: [
      'successful',
      'success',
      'successful completion',
      'completed',
      'completed drug free',
      'treatment completed',
      'treatment completed drug free',
      'treatment completed - drug-free',
      'treatment completed - alcohol-free',
      'treatment completed - occasional user (not heroin or crack)',
    ],
  },
  transferred: {
    codes: ['74', '83', '93-97'],
    words: ['transferred', 'transfer', 'transferred - not in custody', 'transferred not in custody'],
  },
  'referred-on': { codes: ['5', '33', '40', '47', '54', '61', '68'], words: ['referred on'] },
  unplanned: {
    codes: [
      '3',
      '4',
      '6',
      '7',
      '10',
      '12',
      '13',
      '29-32',
      '34-39',
      '41-46',
      '48-53',
      '55-60',
      '62',
      '63',
      '71',
      '85',
      '86',
      '88',
    ],
    words: [
      'unplanned',
      'dropped out',
      'dropped out/left',
      'left',
      'incomplete - dropped out',
      'withdrawn',
      'treatment withdrawn',
      'treatment withdrawn/breach of contract',
      'incomplete - treatment withdrawn by provider',
      'declined',
      'treatment declined by client',
      'incomplete - treatment commencement declined by client',
      'moved away',
      'no appropriate treatment available',
      'inappropriate referral',
      'other',
    ],
  },
  custody: {
    codes: ['8', '14', '84', '87'],
    words: [
      'custody',
      'prison',
      'retained in custody',
      'incomplete - retained in custody',
      'transferred - in custody',
      'transferred in custody',
    ],
  },
  died: { codes: ['9', '89'], words: ['died', 'death', 'client died', 'incomplete - client died'] },
  unknown: {
    codes: ['0', '11', '64-67', '69', '70', '500', '999'],
    words: ['unknown', 'not known', 'not recorded', 'inconsistent'],
  },
};

/** `15-28` is every whole number from 15 to 28. */
function spelledOut(codes: readonly string[]): readonly string[] {
  return codes.flatMap((code) => {
    const [from, to] = code.split('-').map(Number);
    if (from === undefined || to === undefined) return [code];
    return Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
  });
}

/** The official labels begin with a capital letter; registers write them either way. */
function asWritten(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => [word, word.charAt(0).toUpperCase() + word.slice(1)]);
}

function groupsWith(referredOn: ExitGroup): Readonly<Record<string, ExitGroup>> {
  const groups: Record<string, ExitGroup> = {};
  for (const [name, { codes, words }] of Object.entries(REASONS)) {
    const group = name === 'referred-on' ? referredOn : (name as ExitGroup);
    for (const reason of [...spelledOut(codes), ...asWritten(words)]) groups[reason] = group;
  }
  return groups;
}

const SOURCE =
  'NDTMS discharge reasons in public code, Hansard 15 January 2009 and annual report groups; official reference data not read.';
const COMMON =
  'Transfers into custody and exits into custody form the group custody. Moving away, being withdrawn by the provider, declining, and other incomplete exits are unplanned. A reason that is not named is unknown.';

export const EXIT_GROUP_PRESETS = {
  'ndtms-2012': {
    name: 'ndtms-2012',
    version: '1',
    groups: groupsWith('transferred'),
    text: `Exit groups as in the reports of 2012: being referred on is a transfer, not a success. ${COMMON}`,
    source: SOURCE,
    standing: 'provisional',
  },
  'ndtms-2012-referred-on-is-success': {
    name: 'ndtms-2012-referred-on-is-success',
    version: '1',
    groups: groupsWith('successful'),
    text: `Exit groups as they were counted for 2007-08 (Hansard, January 2009): being referred on is a success, which moved the share of successes from 35 % to 51 %. ${COMMON}`,
    source: SOURCE,
    standing: 'provisional',
  },
  'as-recorded': {
    name: 'as-recorded',
    version: '1',
    groups: {
      successful: 'successful',
      transferred: 'transferred',
      unplanned: 'unplanned',
      custody: 'custody',
      died: 'died',
      unknown: 'unknown',
    },
    text: 'The register, or the value map of its dictionary, gives the group itself: successful, transferred, unplanned, custody, died or unknown.',
    source: 'The register.',
    standing: 'verified',
  },
} as const satisfies Readonly<Record<string, ExitGroupPreset>>;

/** How a journey gets one reason from its episodes; always used. */
export const JOURNEY_EXIT: Preset = {
  name: 'last-day',
  version: '1',
  text: "A journey's exit is that of the spells that end on its last day. Different reasons on that day are inconsistent, except completions of several kinds (80, 81, 82), which become the highest, and refusals (71, 88), which become 88. A journey that has not ended is open.",
  source:
    'NDTMS journey rule in public code: several reasons on the last day are inconsistent unless all are completions, or all are declined.',
  standing: 'provisional',
};

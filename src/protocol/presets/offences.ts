import type { OffenceCode } from '../tables.ts';
import type { Preset } from './preset.ts';

/**
 * Named offence sets. Code lists use Desist's short codes: a register's own codes become these through the value map of
 * its dictionary. Groups are the plain words, or ICCS codes where the register is classified so.
 */
export interface OffencePreset extends Preset {
  readonly label: string;
  readonly codes?: readonly OffenceCode[];
  readonly groups?: readonly string[];
}

/** An offence counts on days in [from, to); null is without limit. */
const code = (name: string, from_date: string | null = null, to_date: string | null = null): OffenceCode => ({
  code: name,
  from_date,
  to_date,
});

const SCHEDULE_IN_FORCE = '2001-07-02';
const ORDER_2004 = '2004-07-27';
const FRAUD_ACT = '2007-01-15';
const ORDER_2007 = '2007-08-01';

/** Schedule 6 of the Criminal Justice and Court Services Act 2000, by the day each line of it was law. */
export const TRIGGER_OFFENCES: readonly OffenceCode[] = [
  code('theft', SCHEDULE_IN_FORCE),
  code('robbery', SCHEDULE_IN_FORCE),
  code('burglary', SCHEDULE_IN_FORCE),
  code('aggravated-burglary', SCHEDULE_IN_FORCE),
  code('taking-vehicle', SCHEDULE_IN_FORCE),
  code('aggravated-vehicle-taking', SCHEDULE_IN_FORCE),
  code('deception', SCHEDULE_IN_FORCE, FRAUD_ACT),
  code('going-equipped', SCHEDULE_IN_FORCE),
  code('drug-supply-class-a', SCHEDULE_IN_FORCE),
  code('drug-possession-class-a', SCHEDULE_IN_FORCE),
  code('drug-intent-class-a', SCHEDULE_IN_FORCE),
  code('handling', ORDER_2004),
  code('attempt-theft', ORDER_2004),
  code('attempt-robbery', ORDER_2004),
  code('attempt-burglary', ORDER_2004),
  code('attempt-deception', ORDER_2004, ORDER_2007),
  code('attempt-handling', ORDER_2004),
  code('begging', ORDER_2004),
  code('persistent-begging', ORDER_2004),
  code('fraud', FRAUD_ACT),
  code('fraud-articles', FRAUD_ACT),
  code('fraud-articles-supply', FRAUD_ACT),
  code('attempt-fraud', ORDER_2007),
  code('soliciting'),
];

export const OFFENCE_PRESETS = {
  'trigger-2007': {
    name: 'trigger-2007',
    version: '1',
    label: 'drug-related (trigger) offences',
    codes: TRIGGER_OFFENCES,
    text: 'Offences that trigger a drug test in England, each from the day it was law: the Schedule of 2000 (in force 2 July 2001), handling, attempts and begging from 27 July 2004, fraud instead of deception from 15 January 2007, attempted fraud instead of attempted deception from 1 August 2007; and soliciting at any time. An offence counts on its own date, so the set grows within windows that cross these days.',
    source:
      'Criminal Justice and Court Services Act 2000, Schedule 6, with S.I. 2001/2232, 2004/1892 and 2007/2171 and the Fraud Act 2006; Probation Circular 28/2007; soliciting as in National Treatment Agency 2012. Provisional: the sections on begging and what exactly counts as soliciting.',
    standing: 'provisional',
  },
  acquisitive: {
    name: 'acquisitive',
    version: '1',
    label: 'acquisitive offences',
    groups: ['acquisitive', '0401', '0501', '05012', '0502', '05021', '0701'],
    text: 'Offences whose group in the register is acquisitive, or by ICCS robbery (0401), burglary (0501), theft (0502) or fraud (0701).',
    source:
      'International Classification of Crime for Statistical Purposes 1.0; the choice of sections is ours.',
    standing: 'provisional',
  },
  drug: {
    name: 'drug',
    version: '1',
    label: 'drug offences',
    groups: ['drug', '06', '0601', '06011', '06012'],
    text: 'Offences whose group in the register is drug, or by ICCS acts that involve controlled drugs (06, 0601).',
    source:
      'International Classification of Crime for Statistical Purposes 1.0; the choice of sections is ours.',
    standing: 'provisional',
  },
  violence: {
    name: 'violence',
    version: '1',
    label: 'violent offences',
    groups: ['violence', '01', '02'],
    text: 'Offences whose group in the register is violence, or by ICCS acts that lead to death or harm the person (01, 02). Robbery and sexual offences are not in it.',
    source:
      'International Classification of Crime for Statistical Purposes 1.0; the choice of sections is ours.',
    standing: 'provisional',
  },
  'all-recordable': {
    name: 'all-recordable',
    version: '1',
    label: 'all offences in the register',
    text: 'Every row of the offence table, whatever its group and kind. Where a register holds arrests, charges and convictions of one event, name the kinds, or the event counts more than once.',
    source: 'The register: what it records is what is recordable.',
    standing: 'verified',
  },
} as const satisfies Readonly<Record<string, OffencePreset>>;

import { expect, it } from 'vitest';
import { changed, STUDY, smallStudy } from '../../test/small-study.ts';
import { describeProtocol, loadProtocol, type ProtocolSentence } from './index.ts';

function said(study: string, topic: ProtocolSentence['topic']): readonly string[] {
  const protocol = loadProtocol(smallStudy({ 'study.yaml': study }), { env: { DESIST_DATA: '/registers' } });
  return describeProtocol(protocol)
    .filter((sentence) => sentence.topic === topic)
    .map((sentence) => sentence.text);
}

it('The population, time zero and the windows are told in plain sentences', () => {
  expect(said(STUDY, 'population')).toEqual([
    'People who start a journey, the first or a later one, on a day from 2006-04-01 to before 2007-04-01, at least 18 years old, who are reliably matched to the outcome register or absent from it. Only people whose windows the registers cover in full count.',
    'The subset known-offenders (convicted in the two years before) is those with at least 1 trigger event in the earlier window. People selected on recent events have fewer later ones without any effect; everyone is shown beside them.',
  ]);
  expect(said(STUDY, 'time zero')).toEqual([
    "Time zero is the first day of a person's first journey that starts in the entry window.",
  ]);
  expect(said(STUDY, 'windows')).toEqual([
    'The earlier window is the 24 months before time zero.',
    'The later window is the 24 months from time zero on.',
    'Time ends early at death, emigration or the end of the data.',
    'Time in custody is not time at liberty: it counts on the calendar clock and not on the other.',
  ]);
});

it('Each kind of setting changes what is said', () => {
  const others = changed(
    changed(
      changed(STUDY, 'entry: first-journey-in-window', 'entry: first-journey\n  washout: {days: 28}'),
      'after: {months: 24}',
      'after: {until: journey-end, at_most: {months: 1}}\n  remove: []\n  split: {calendar_year: true, age_bands: [25, 35]}',
    ),
    'gap: ndtms-21d',
    'gap: aihw-3m\n  outcome_date: disposal',
  );
  expect(said(others, 'population')[0]).toContain(
    'People whose first journey on record starts on a day from',
  );
  expect(said(others, 'population')[0]).toContain('without treatment in the 28 days before');
  expect(said(others, 'windows')).toEqual([
    'The earlier window is the 24 months before time zero.',
    "The later window runs from time zero to the journey's end, 1 month at most.",
    'Time ends early at death, emigration or the end of the data.',
    'No time is removed: custody counts as time at risk.',
    'Person-time is split at each 1 January and at the ages 25 and 35.',
  ]);
  expect(said(others, 'journeys')[0]).toBe(
    'Spells form one journey while no gap between them is longer than 3 months without treatment (aihw-3m).',
  );
  expect(said(others, 'outcomes')[0]).toContain('counted on the day of the disposal');
});

it('Windows of different lengths are said to be so', () => {
  expect(said(changed(STUDY, 'before: {months: 24}', 'before: {months: 12}'), 'windows')).toContain(
    'The windows have different lengths: only rates compare, not counts.',
  );
  expect(said(changed(STUDY, 'before: {months: 24}', 'before: {days: 730}'), 'windows')).not.toContain(
    'The windows have different lengths: only rates compare, not counts.',
  );
});

it('A law that changes inside the windows is said to be part of any change', () => {
  expect(said(STUDY, 'outcomes')[1]).toBe(
    'The offences that count change on 2004-07-27, 2007-01-15 and 2007-08-01, inside the windows of the study: part of a change may come from this.',
  );
  const all = changed(STUDY, 'trigger: trigger-2007', 'trigger: all-recordable');
  expect(said(all, 'outcomes').filter((text) => text.includes('part of a change'))).toHaveLength(1);
});

it('A stratum that is known only after entry says so', () => {
  expect(said(STUDY, 'strata')).toEqual([
    'People are divided by sex.',
    'People are divided by retention band (retention). This is known only after entry: groups differ in how long they had to offend, and offending itself can end a journey.',
    'People are divided by the covariate homeless.',
  ]);
});

it('Linkage, estimates, variants and disclosure are told', () => {
  expect(said(STUDY, 'linkage')).toEqual([
    'Records are linked to treatment where initials, date of birth and sex agree exactly and are unique on both sides; prison uses the ids of police.',
  ]);
  expect(said(STUDY, 'estimates')[1]).toBe(
    'Estimate change: the change in trigger from the earlier to the later window, for everyone and for known-offenders side by side, also by sex and retention (95 % intervals). It is the headline.',
  );
  expect(said(STUDY, 'variants')).toEqual([
    'Variant short-gap: definitions.gap is "omt-7d". The gap rule is a convention.',
  ]);
  expect(said(STUDY, 'disclosure')).toEqual([
    'Nothing leaves without disclosure control by the profile ndtms.',
  ]);
});

it('A title stands beside its estimate, and an own offence set is told once', () => {
  const study = changed(
    changed(STUDY, '  - id: rates\n', '  - id: rates\n    title: Rates of convictions\n'),
    'trigger: trigger-2007',
    'trigger: {kinds: [caution], offence_days: true}',
  );
  expect(said(study, 'estimates')[0]).toBe(
    'Estimate rates (Rates of convictions): rates of trigger by window and phase (95 % intervals).',
  );
  expect(said(study, 'outcomes')[0]).toBe(
    'The primary outcome trigger (inline), counted on the day of the offence. Offences of the register of the kinds caution, with the offences of a day counted as one.',
  );
});

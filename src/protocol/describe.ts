import { shiftDay } from './days.ts';
import { describeEstimate } from './designs/index.ts';
import { isSameLength } from './study-check.ts';
import { and } from './suggest.ts';
import {
  type Estimate,
  type Length,
  POST_ENTRY_STRATA,
  type Protocol,
  type ResolvedOutcome,
  type Stratum,
  type Study,
} from './tables.ts';

/** The protocol in plain sentences, for `check`, and for the methods section of the report. */

export interface ProtocolSentence {
  readonly topic:
    | 'question'
    | 'registers'
    | 'linkage'
    | 'treatment'
    | 'journeys'
    | 'exits'
    | 'population'
    | 'time zero'
    | 'windows'
    | 'outcomes'
    | 'strata'
    | 'estimates'
    | 'variants'
    | 'disclosure';
  readonly text: string;
}

export function describeProtocol(protocol: Protocol): readonly ProtocolSentence[] {
  const { study } = protocol;
  const say = (topic: ProtocolSentence['topic'], ...texts: readonly string[]): readonly ProtocolSentence[] =>
    texts.filter((text) => text !== '').map((text) => ({ topic, text }));
  return [
    ...say('question', study.question),
    ...say('registers', ...protocol.sources.map(registerText)),
    ...say('linkage', linkageText(study)),
    ...say('treatment', treatmentText(study)),
    ...say('journeys', gapText(protocol), ...noteOf(protocol, 'retention bands')),
    ...say('exits', ...noteOf(protocol, 'journey exit'), ...noteOf(protocol, 'exit groups')),
    ...say('population', populationText(study), ...subsetTexts(study)),
    ...say('time zero', timeZeroText(study)),
    ...say('windows', ...windowTexts(protocol)),
    ...say(
      'outcomes',
      ...protocol.outcomes.flatMap((outcome, i) => outcomeTexts(outcome, i === 0, protocol)),
    ),
    ...say('strata', ...Object.entries(protocol.strata).map(([name, stratum]) => stratumText(name, stratum))),
    ...say('estimates', ...protocol.estimates.map((estimate) => estimateText(estimate, protocol))),
    ...say('variants', ...variantTexts(study)),
    ...say('disclosure', disclosureText(study)),
  ];
}

/** `24 months`, `1 day`. */
function lengthText(length: Length): string {
  const [count, unit] = 'days' in length ? [length.days, 'day'] : [length.months, 'month'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function noteOf(protocol: Protocol, kind: string): readonly string[] {
  return protocol.definitions_used
    .filter((definition) => definition.kind === kind)
    .map(
      (definition) =>
        `${definition.text}${definition.standing === 'provisional' ? ` (${definition.name}, provisional.)` : ''}`,
    );
}

function registerText(source: Protocol['sources'][number]): string {
  const coverage = source.coverage.map(
    (line) =>
      `${line.area === undefined ? '' : `${line.area}: `}${line.from} to before ${line.to}${line.complete_to === undefined || line.complete_to === line.to ? '' : `, complete to before ${line.complete_to}`}`,
  );
  const tables = [...new Set(source.tables.map((mapping) => mapping.table.replace('_', ' ')))];
  const notes = [source.title ?? '', source.origin === 'real' ? '' : `${source.origin} data`].filter(
    (note) => note !== '',
  );
  return `The register ${source.register}${notes.length === 0 ? '' : ` (${notes.join('; ')})`} gives ${and(tables)}; it covers ${and(coverage)}.`;
}

function linkageText(study: Study): string {
  const { linkage } = study;
  if (linkage.method === 'given') {
    return `The extracts carry a common id already; the people of the study are those of ${linkage.spine}.`;
  }
  const same = Object.entries(linkage.same_ids ?? {}).map(
    ([register, other]) => `${register} uses the ids of ${other}`,
  );
  return `Records are linked to ${linkage.spine} where ${and(linkage.keys.map((key) => key.replaceAll('_', ' ')))} agree exactly and are unique on both sides${same.length === 0 ? '' : `; ${and(same)}`}.`;
}

function treatmentText(study: Study): string {
  const { from, kinds, days_per_dose, start } = study.definitions.spells;
  const only = kinds === undefined ? '' : ` of the kinds ${and(kinds)}`;
  if (from === 'episodes') {
    return `Treatment is made of episodes${only}, from ${start === 'triage' ? 'triage, or the start where triage is missing,' : 'the start, or triage where the start is missing,'} to discharge.`;
  }
  const days = days_per_dose ?? 1;
  return `Treatment is made of ${from}${only}, each covering ${days} day${days === 1 ? '' : 's'}.`;
}

function gapText(protocol: Protocol): string {
  const { gap } = protocol;
  const limit =
    gap.months === undefined
      ? `${gap.days ?? 0} treatment-free days`
      : `${gap.months} months without treatment`;
  const transfer =
    gap.transfer_days === undefined ? '' : `, or ${gap.transfer_days} where the service changes`;
  const reasons = Object.entries(gap.by_exit_reason ?? {}).map(
    ([reason, days]) => `, or ${days} after an exit recorded as ${reason}`,
  );
  const name = gap.name === 'inline' ? '' : ` (${gap.name})`;
  return `Spells form one journey while no gap between them is longer than ${limit}${transfer}${reasons.join('')}${name}.`;
}

function populationText(study: Study): string {
  const { entry, entry_window, age, link_classes, washout, require_full_windows } = study.population;
  const who =
    entry === 'first-journey'
      ? 'People whose first journey on record starts'
      : 'People who start a journey, the first or a later one,';
  const ages = [
    age?.at_least === undefined ? '' : `at least ${age.at_least} years old`,
    age?.below === undefined ? '' : `below ${age.below} years old`,
  ].filter((text) => text !== '');
  const classes: Readonly<Record<string, string>> = {
    matched: 'reliably matched to the outcome register',
    absent: 'absent from it',
    ambiguous: 'ambiguously matched',
    unlinkable: 'without the keys to be linked',
  };
  const parts = [
    ages.length === 0 ? '' : ages.join(' and '),
    washout === undefined ? '' : `without treatment in the ${lengthText(washout)} before`,
    `who are ${and(
      (link_classes ?? ['matched', 'absent']).map((name) => classes[name] ?? name),
      'or',
    )}`,
  ].filter((text) => text !== '');
  const full =
    require_full_windows === false
      ? 'Windows that the registers cover only in part are cut, not left out.'
      : 'Only people whose windows the registers cover in full count.';
  return `${who} on a day from ${entry_window.from} to before ${entry_window.to}, ${parts.join(', ')}. ${full}`;
}

function subsetTexts(study: Study): readonly string[] {
  return Object.entries(study.population.subsets ?? {}).map(([name, subset]) => {
    const parts = [
      subset.prior_events === undefined
        ? ''
        : `at least ${subset.prior_events.at_least} ${subset.prior_events.outcome} event${subset.prior_events.at_least === 1 ? '' : 's'} in the earlier window`,
      subset.stratum === undefined ? '' : `${subset.stratum.name} ${and(subset.stratum.levels, 'or')}`,
    ].filter((text) => text !== '');
    const text = `The subset ${name}${subset.description === undefined ? '' : ` (${subset.description})`} is those with ${and(parts)}.`;
    return subset.prior_events === undefined
      ? text
      : `${text} People selected on recent events have fewer later ones without any effect; everyone is shown beside them.`;
  });
}

function timeZeroText(study: Study): string {
  return study.population.entry === 'first-journey'
    ? "Time zero is the first day of a person's first journey."
    : "Time zero is the first day of a person's first journey that starts in the entry window.";
}

function windowTexts(protocol: Protocol): readonly string[] {
  const { before, after, remove, end_at, split } = protocol.study.time_at_risk;
  const afterText =
    after === undefined
      ? ''
      : 'until' in after
        ? `The later window runs from time zero to ${after.until === 'journey-end' ? "the journey's end" : 'the end of the data'}${after.at_most === undefined ? '' : `, ${lengthText(after.at_most)} at most`}.`
        : `The later window is the ${lengthText(after)} from time zero on.`;
  const ends = (end_at ?? []).map((end) => (end === 'end-of-data' ? 'the end of the data' : end));
  const hasCustody = protocol.sources.some((source) =>
    source.tables.some((mapping) => mapping.table === 'custody'),
  );
  const unequal =
    before !== undefined && after !== undefined && !('until' in after) && !isSameLength(before, after)
      ? 'The windows have different lengths: only rates compare, not counts.'
      : '';
  const splits = [
    split?.calendar_year === true ? 'at each 1 January' : '',
    split?.age_bands === undefined ? '' : `at the ages ${and(split.age_bands.map(String))}`,
  ].filter((text) => text !== '');
  return [
    before === undefined ? '' : `The earlier window is the ${lengthText(before)} before time zero.`,
    afterText,
    unequal,
    ends.length === 0 ? '' : `Time ends early at ${and(ends, 'or')}.`,
    (remove ?? []).length === 0
      ? 'No time is removed: custody counts as time at risk.'
      : hasCustody
        ? 'Time in custody is not time at liberty: it counts on the calendar clock and not on the other.'
        : 'No register of custody is read, so that time at liberty cannot be told from calendar time.',
    splits.length === 0 ? '' : `Person-time is split ${and(splits)}.`,
  ];
}

/** The first and the last day that any window can reach, as far as the lengths are fixed. */
function reach(study: Study): { readonly from: string; readonly to: string } {
  const { before, after } = study.time_at_risk;
  const { from, to } = study.population.entry_window;
  const length = after === undefined || !('until' in after) ? after : after.at_most;
  return {
    from: before === undefined ? from : shiftDay(from, before, -1),
    to: length === undefined ? to : shiftDay(to, length, 1),
  };
}

function outcomeTexts(outcome: ResolvedOutcome, isPrimary: boolean, protocol: Protocol): readonly string[] {
  const { study } = protocol;
  const date =
    study.definitions.outcome_date === 'disposal' ? 'the day of the disposal' : 'the day of the offence';
  const definition = protocol.definitions_used.find((one) => one.kind === `outcome ${outcome.name}`);
  const text = `The ${isPrimary ? 'primary ' : ''}outcome ${outcome.name}${outcome.label === outcome.name.replace(/[-_]+/g, ' ') ? '' : ` is ${outcome.label}`} (${outcome.definition}), counted on ${date}. ${definition?.text ?? ''}`;
  const { from, to } = reach(study);
  const changes = [
    ...new Set(
      (outcome.codes ?? []).flatMap((code) => [code.from_date, code.to_date]).filter((day) => day !== null),
    ),
  ]
    .filter((day) => day > from && day < to)
    .sort();
  const warning =
    changes.length === 0
      ? ''
      : `The offences that count change on ${and(changes)}, inside the windows of the study: part of a change may come from this.`;
  return [text.trim(), warning];
}

function stratumText(name: string, stratum: Stratum): string {
  const what =
    typeof stratum === 'string'
      ? stratum.replaceAll('_', ' ')
      : 'covariate' in stratum
        ? `the covariate ${stratum.covariate}`
        : `the arm of ${stratum.allocation}`;
  const isLater = POST_ENTRY_STRATA.includes(String(stratum));
  return `People are divided by ${what}${what.endsWith(name.replaceAll('_', ' ')) ? '' : ` (${name})`}.${isLater ? ' This is known only after entry: groups differ in how long they had to offend, and offending itself can end a journey.' : ''}`;
}

function estimateText(estimate: Estimate, protocol: Protocol): string {
  const strata = estimate.strata ?? [];
  const who =
    estimate.population === undefined || estimate.population === 'all' ? '' : ` among ${estimate.population}`;
  const by = strata.length === 0 ? '' : `, also by ${and(strata)}`;
  const level = ` (${Number((100 * (estimate.confidence ?? 0.95)).toFixed(4))} % intervals)`;
  const title = estimate.title === undefined ? '' : ` (${estimate.title})`;
  const isHeadline = protocol.headline === estimate.id ? ' It is the headline.' : '';
  const what = describeEstimate(estimate);
  return `Estimate ${estimate.id}${title}: ${what}${who}${by}${level}.${isHeadline}`;
}

function variantTexts(study: Study): readonly string[] {
  return Object.entries(study.variants ?? {}).map(([name, variant]) => {
    const settings = Object.entries(variant.set).map(
      ([path, value]) => `${path} is ${JSON.stringify(value)}`,
    );
    return `Variant ${name}: ${and(settings)}. ${variant.why}`;
  });
}

function disclosureText(study: Study): string {
  const { profile, threshold } = study.disclosure;
  if (profile === 'none') return 'No disclosure control: every source is synthetic or public.';
  return `Nothing leaves without disclosure control by the profile ${profile}${threshold === undefined ? '' : `, with the threshold ${threshold}`}.`;
}

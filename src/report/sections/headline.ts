import type { ReleasedResultRow } from '../../disclose/tables.ts';
import type { Estimate, EstimateOf } from '../../protocol/tables.ts';
import { CAUTION, selectionCaution } from '../cautions.ts';
import { type Html, html } from '../html.ts';
import {
  containsZero,
  count,
  decimal,
  digitsFor,
  fewerOrMore,
  fewerToMore,
  percentDigits,
} from '../numbers.ts';
import { absence, confidenceOf, type Reading } from '../reading.ts';
import { and, CLOCK, capital, lengthWords, phaseWords } from '../words.ts';
import { changePopulations, changeRow } from './change.ts';
import { phasePlace } from './rates.ts';

/** The answer in words, each part with its caution beside it. */

interface Statement {
  readonly who: string;
  /** The number in a few words: 26% fewer. */
  readonly figure: string;
  /** What the number is of. */
  readonly of: string;
  readonly interval: string;
  readonly caution: string | undefined;
  /** The whole as one sentence, for the command line. */
  readonly sentence: string;
}

const UNSHOWN = 'not shown, to protect people';

interface Headline {
  readonly statements: readonly Statement[];
  readonly caution: string;
  readonly sentences: readonly string[];
}

function windows(reading: Reading): { readonly before: string; readonly after: string } {
  const { before, after } = reading.input.protocol.study.time_at_risk;
  const later =
    after === undefined
      ? 'the time after entry'
      : 'until' in after
        ? `the time from entry to ${after.until === 'journey-end' ? 'the end of the journey' : 'the end of the data'}`
        : `the ${lengthWords(after)} after entry`;
  return {
    before: before === undefined ? 'the time before' : `the ${lengthWords(before)} before`,
    after: later,
  };
}

function personsWords(row: ReleasedResultRow): string {
  return row.persons === null ? '' : `, ${count(row.persons)} persons`;
}

function changeStatement(reading: Reading, estimate: EstimateOf<'change'>, population: string): Statement {
  const row = changeRow(reading, estimate.id, population);
  const outcome = reading.outcome(estimate);
  const who = reading.population(population);
  const caution = reading.isRestricted(population) ? selectionCaution(row?.value ?? null) : undefined;
  const { before, after } = windows(reading);
  const of = `${outcome} in ${after} than in ${before}`;
  const among = population === 'all' ? 'Among everyone' : `Among ${who.toLowerCase()}`;
  const tail = caution === undefined ? '' : ` ${caution}`;
  if (row === undefined || row.value === null) {
    const why = row?.status === 'not-estimable' ? absence(row) : UNSHOWN;
    return {
      who,
      figure: '*',
      of: `change in ${outcome}, ${after} against ${before}`,
      interval: capital(why),
      caution,
      sentence: `${among}, the change in ${outcome} is ${why}.${tail}`,
    };
  }
  const { value, ci_low, ci_high } = row;
  const digits = percentDigits(ci_low, ci_high);
  const figure = fewerOrMore(value, digits);
  const as = figure === 'unchanged' ? `${outcome}: as many in ${after} as in ${before}` : of;
  const interval =
    ci_low === null || ci_high === null
      ? `no interval${row.note === null ? '' : `: ${row.note}`}`
      : `${confidenceOf(estimate)} interval ${fewerToMore(ci_low, ci_high, digits)}${containsZero(ci_low, ci_high) ? '; it contains zero, so no change at all is among the values the data allow' : ''}`;
  return {
    who,
    figure,
    of: as,
    interval: `${capital(interval)}${personsWords(row)}`,
    caution,
    sentence: `${among}, ${outcome} were ${figure === 'unchanged' ? 'as many' : figure} in ${after} ${figure === 'unchanged' ? 'as' : 'than'} in ${before} (${interval}${personsWords(row)}).${tail}`,
  };
}

function rateStatements(reading: Reading, estimate: EstimateOf<'rates'>): readonly Statement[] {
  const population = estimate.population ?? 'all';
  const rows = reading.find({
    estimate_id: estimate.id,
    population,
    stratum: 'all',
    level: 'all',
    measure: 'rate',
  });
  const clock = rows.some((row) => row.clock === 'at-liberty') ? 'at-liberty' : 'calendar';
  const own = rows
    .filter((row) => row.clock === clock)
    .sort((a, b) => phasePlace(a.phase) - phasePlace(b.phase));
  const whole = own.filter(({ phase }) => phase === 'before entry' || phase === 'after entry');
  const shown = whole.length > 0 ? whole : own;
  const outcome = reading.outcome(estimate);
  return shown.map((row) => {
    const when = row.phase === null ? '' : `, ${phaseWords(row.phase).replace(' (whole window)', '')}`;
    const who = `${reading.population(population)}${when}`;
    const on = `${outcome} per person-year of ${CLOCK[clock] ?? clock}`;
    const caution = reading.isRestricted(population) ? selectionCaution(null) : undefined;
    if (row.value === null) {
      const why = row.status === 'not-estimable' ? absence(row) : UNSHOWN;
      return {
        who,
        figure: '*',
        of: on,
        interval: capital(why),
        caution,
        sentence: `${who}: the rate is ${why}.`,
      };
    }
    const digits = digitsFor(row.value);
    const interval =
      row.ci_low === null || row.ci_high === null
        ? 'no interval'
        : `${confidenceOf(estimate)} interval ${decimal(row.ci_low, digits)} to ${decimal(row.ci_high, digits)}`;
    return {
      who,
      figure: decimal(row.value, digits),
      of: on,
      interval: `${capital(interval)}${personsWords(row)}`,
      caution,
      sentence: `${who}: ${decimal(row.value, digits)} ${on} (${interval}${personsWords(row)}).${caution === undefined ? '' : ` ${caution}`}`,
    };
  });
}

function survivalStatements(reading: Reading, estimate: EstimateOf<'survival'>): readonly Statement[] {
  const population = estimate.population ?? 'all';
  const rows = reading.find({ estimate_id: estimate.id, population, stratum: 'all', level: 'all' });
  const who = reading.population(population);
  const caution = reading.isRestricted(population) ? selectionCaution(null) : undefined;
  const median = rows.find((row) => row.measure === 'median');
  const marks = rows
    .filter((row) => row.measure === 'survival_at' && (row.time ?? 0) > 0 && row.value !== null)
    .sort((a, b) => (a.time ?? 0) - (b.time ?? 0));
  const confidence = confidenceOf(estimate);
  const statements: Statement[] = [];
  if (median !== undefined) {
    const { value, ci_low, ci_high } = median;
    const limit = (day: number | null): string => (day === null ? 'not reached' : count(day));
    const interval =
      ci_low === null && ci_high === null
        ? 'no interval'
        : `${confidence} interval ${limit(ci_low)} to ${limit(ci_high)}`;
    const why = median.status === 'not-estimable' ? (median.note ?? 'not estimable') : UNSHOWN;
    statements.push({
      who,
      figure: value === null ? '*' : `${count(value)} days`,
      of: 'until half of them had left treatment',
      interval: value === null ? capital(why) : `${capital(interval)}${personsWords(median)}`,
      caution,
      sentence:
        value === null
          ? `The median stay is not given: ${why}.`
          : `Half of ${population === 'all' ? 'those who entered' : who.toLowerCase()} had left treatment after ${count(value)} days (${interval}${personsWords(median)}).`,
    });
  }
  const mark = marks.find(({ time }) => (time ?? 0) >= 365) ?? marks.at(-1);
  if (mark !== undefined && mark.value !== null) {
    const share = `${decimal(100 * mark.value, 0)}%`;
    const interval =
      mark.ci_low === null || mark.ci_high === null
        ? 'no interval'
        : `${confidence} interval ${decimal(100 * mark.ci_low, 0)} to ${decimal(100 * mark.ci_high, 0)}%`;
    statements.push({
      who,
      figure: share,
      of: `still in treatment after ${count(mark.time ?? 0)} days`,
      interval: capital(interval),
      caution,
      sentence: `After ${count(mark.time ?? 0)} days, ${share} were still in treatment (${interval}).`,
    });
  }
  return statements;
}

export function headlineOf(reading: Reading, estimate: Estimate | undefined): Headline {
  if (estimate === undefined)
    return { statements: [], caution: '', sentences: ['The study has no headline estimate.'] };
  const statements =
    estimate.design === 'change'
      ? changePopulations(estimate).map((population) => changeStatement(reading, estimate, population))
      : estimate.design === 'rates'
        ? rateStatements(reading, estimate)
        : survivalStatements(reading, estimate);
  const caution = CAUTION[estimate.design];
  const stamp =
    reading.stamp === undefined
      ? []
      : [`${capital(reading.stamp.toLowerCase())}: no figure here is about people who exist.`];
  const first =
    statements.length === 0
      ? ['The headline estimate gave no result.']
      : statements.map(({ sentence }) => sentence).slice(0, 3);
  return { statements, caution, sentences: [...(statements.length > 2 ? [] : stamp), ...first, caution] };
}

export function headlineView(reading: Reading, headline: Headline): Html {
  const { study } = reading.input.protocol;
  const hasNone = headline.statements.length === 0;
  return html`${hasNone ? html`<p>The headline estimate gave no result.</p>` : null}
<div class="answers">
${headline.statements.map(
  (one) => html`<article class="answer">
<h3>${one.who}</h3>
<p class="figure">${one.figure}</p>
<p class="of">${one.of}</p>
<p class="interval">${one.interval}.</p>
${one.caution === undefined ? null : html`<p class="caution">${one.caution}</p>\n`}</article>
`,
)}</div>
<p class="caution">${headline.caution}</p>
${study.report?.caution === undefined ? null : html`<p class="caution author"><strong>${study.authors === undefined ? 'The authors' : and(study.authors)}:</strong> ${study.report.caution}</p>`}`;
}

import type { Row } from '../../engine/index.ts';
import {
  type CauseCounts,
  type CumulativeIncidence,
  estimateIncidence,
} from '../../stats/survival/aalen-johansen.ts';
import { testGray } from '../../stats/survival/gray.ts';
import { type Cell, levelled, type Outcome, resultRow } from '../rows.ts';
import type { ResultRow } from '../tables.ts';
import type { causeCount } from './counts.ts';
import type { SurvivalContext } from './fit.ts';

/** Cumulative incidence of the event beside what competes with it, and Gray's test; see docs/methods/survival.md. */

export type CauseCountRow = Row<typeof causeCount>;

const CAUSES = ['event', 'death', 'emigration'] as const;
type Cause = (typeof CAUSES)[number];

/** Causes that anybody had; the event is there even when nobody had it. */
function causesOf(rows: readonly CauseCountRow[], has_event: boolean): readonly Cause[] {
  return CAUSES.filter(
    (cause) => (cause === 'event' && has_event) || rows.some((row) => (row[cause] ?? 0) > 0),
  );
}

function countsOf(rows: readonly CauseCountRow[], causes: readonly Cause[]): CauseCounts {
  return {
    causes: causes.length,
    time: Float64Array.from(rows, (row) => row.time ?? 0),
    events: Float64Array.from(rows.flatMap((row) => causes.map((cause) => row[cause] ?? 0))),
    censored: Float64Array.from(
      rows,
      (row) =>
        (row.censored ?? 0) +
        CAUSES.filter((cause) => !causes.includes(cause)).reduce((sum, cause) => sum + (row[cause] ?? 0), 0),
    ),
  };
}

function incidenceAt(curve: CumulativeIncidence, j: number, day: number): Outcome {
  const last = curve.time.length - 1;
  const isFollowed =
    last >= 0 && (day <= (curve.time[last] as number) || (curve.survival[last] as number) === 0);
  if (!isFollowed) return { status: 'not-estimable', note: 'nobody is followed so long' };
  let k = -1;
  while (k < last && (curve.time[k + 1] as number) <= day) k += 1;
  if (k < 0) return { status: 'estimated', value: 0 };
  const at = k * curve.causes + j;
  return {
    status: 'estimated',
    value: curve.incidence[at] as number,
    ci_low: curve.lower[at],
    ci_high: curve.upper[at],
    std_error: curve.se[at],
  };
}

function levelRows(
  rows: readonly CauseCountRow[],
  causes: readonly Cause[],
  label: (cause: Cause) => string,
  cell: Cell,
  context: SurvivalContext,
): ResultRow[] {
  const [curve] = estimateIncidence(countsOf(rows, causes), {
    conf_type: context.interval,
    conf_level: context.confidence,
  });
  if (curve === undefined) return [];
  const method = levelled(`Aalen-Johansen, ${context.interval} interval`, context.confidence);
  return causes.flatMap((cause, j) => {
    let sofar = 0;
    const steps: ResultRow[] = [];
    curve.time.forEach((time, k) => {
      const at = k * curve.causes + j;
      const events = curve.events[at] as number;
      if (events === 0) return;
      sofar += events;
      steps.push(
        resultRow(
          {
            ...cell,
            phase: label(cause),
            persons: curve.at_risk[k] as number,
            events: sofar,
            person_years: null,
          },
          { measure: 'cumulative_incidence_curve', method, unit: 'proportion', time },
          {
            status: 'estimated',
            value: curve.incidence[at] as number,
            ci_low: curve.lower[at],
            ci_high: curve.upper[at],
            std_error: curve.se[at],
          },
        ),
      );
    });
    const own: Cell = { ...cell, phase: label(cause), events: sofar };
    return [
      resultRow(
        own,
        { measure: 'events', method: 'count', unit: 'number' },
        { status: 'estimated', value: sofar },
      ),
      ...steps,
      ...context.times.map((time) =>
        resultRow(
          { ...own, events: null },
          { measure: 'cumulative_incidence_at', method, unit: 'proportion', time },
          incidenceAt(curve, j, time),
        ),
      ),
    ];
  });
}

/** `phase` is the cause: the event, by the name the context gives it, death or emigration. */
export function fitIncidence(
  counts: readonly CauseCountRow[],
  cellOf: (stratum: string, level: string) => Cell,
  event: { readonly label: string; readonly is_cause: boolean },
  context: SurvivalContext,
): ResultRow[] {
  const causes = causesOf(counts, event.is_cause);
  const label = (cause: Cause): string => (cause === 'event' ? event.label : cause);
  const strata = [...new Set(counts.map((row) => row.stratum ?? 'all'))].sort();
  return strata.flatMap((stratum) => {
    const rows = counts.filter((row) => row.stratum === stratum);
    const levels = [...new Set(rows.map((row) => row.level ?? 'not recorded'))].sort();
    const curves = levels.flatMap((level) =>
      levelRows(
        rows.filter((row) => (row.level ?? 'not recorded') === level),
        causes,
        label,
        cellOf(stratum, level),
        context,
      ),
    );
    if (stratum === 'all') return curves;
    const group = Int32Array.from(rows, (row) => levels.indexOf(row.level ?? 'not recorded'));
    const cell = cellOf(stratum, 'all levels');
    const tests = causes.map((cause, j) => {
      const own: Cell = { ...cell, phase: label(cause) };
      const measured = { measure: 'gray_test', method: "Gray's test", unit: 'chi-square' };
      if (levels.length < 2)
        return resultRow(own, measured, { status: 'not-estimable', note: 'one level only' });
      const test = testGray(countsOf(rows, causes), group, { groups: levels.length, cause: j + 1 });
      return test.status === 'estimated'
        ? resultRow(
            own,
            { ...measured, method: `Gray's test, ${test.degrees_of_freedom} d.f.` },
            { status: 'estimated', value: test.chi_square, p_value: test.p_value },
          )
        : resultRow(own, measured, {
            status: 'not-estimable',
            note: test.status === 'no-events' ? 'no events' : 'no day with two levels at risk',
          });
    });
    return [...curves, ...tests];
  });
}

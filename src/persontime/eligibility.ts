import { derive, fill, list, type Sql, sql, type Table } from '../engine/index.ts';
import { aggregate } from '../link/tables.ts';
import type { Protocol } from '../protocol/tables.ts';
import { type Candidates, candidateColumns } from './candidates.ts';
import { outcomeEvents } from './outcome.ts';
import { attrition } from './tables.ts';
import { lengthText, move, type Windows } from './windows.ts';

/** A step of eligibility: who stays is who satisfies `keeps` and all steps before. */
export interface EligibilityStep {
  readonly code: string;
  readonly label: string;
  /** A condition on entry_candidate; NULL counts as not satisfied. */
  readonly keeps: Sql;
}

const DEFAULT_LINK_CLASSES = ['matched', 'absent'] as const;

/** Does the study have treatment at all? Registers of yearly counts alone have no journeys and no time zero. */
function hasTreatment(protocol: Protocol): boolean {
  return protocol.sources.some((source) =>
    source.tables.some((mapping) => ['episode', 'intervention', 'contact'].includes(mapping.table)),
  );
}

function linkClasses(protocol: Protocol): EligibilityStep {
  const classes = protocol.study.population.link_classes ?? DEFAULT_LINK_CLASSES;
  return {
    code: 'link-class',
    label: `Linkage with the outcome registers: ${classes.join(' or ')}`,
    keeps: sql`link_class IN (${list(classes)})`,
  };
}

function exposure(protocol: Protocol): readonly EligibilityStep[] {
  if (protocol.study.population.require_exposure !== true) return [];
  return [
    {
      code: 'exposure',
      label: 'At least one period with time at liberty',
      keeps: sql`person_id IN (SELECT person_id FROM ${aggregate} WHERE exposure > 0)`,
    },
  ];
}

/** The steps in their order; the first is everybody. */
export function eligibilitySteps(protocol: Protocol, windows: Windows): readonly EligibilityStep[] {
  const { population } = protocol.study;
  const everyone: EligibilityStep = {
    code: 'all',
    label: 'Persons of the treatment register',
    keeps: sql`TRUE`,
  };
  if (!hasTreatment(protocol)) return [everyone, linkClasses(protocol), ...exposure(protocol)];
  const steps: EligibilityStep[] = [
    everyone,
    linkClasses(protocol),
    { code: 'journey', label: 'At least one treatment journey', keeps: sql`has_journey` },
    {
      code: 'entry-window',
      label: `${population.entry === 'first-journey' ? 'First journey starts' : 'A journey starts'} from ${population.entry_window.from} to before ${population.entry_window.to}`,
      keeps: sql`entry_date IS NOT NULL`,
    },
  ];
  const { age, washout } = population;
  if (age?.at_least !== undefined || age?.below !== undefined) {
    const limits: Sql[] = [];
    if (age.at_least !== undefined) limits.push(sql`age_at_entry >= ${age.at_least}`);
    if (age.below !== undefined) limits.push(sql`age_at_entry < ${age.below}`);
    const words = [
      ...(age.at_least === undefined ? [] : [`at least ${age.at_least}`]),
      ...(age.below === undefined ? [] : [`below ${age.below}`]),
    ];
    steps.push({ code: 'age', label: `Age at entry ${words.join(' and ')}`, keeps: list(limits, 'and') });
  }
  steps.push({
    code: 'present',
    label: 'Alive, in the country and with data at entry',
    keeps: sql`NOT is_absent`,
  });
  if (washout !== undefined) {
    const from = move(sql`entry_date`, washout, -1);
    steps.push({
      code: 'washout',
      label: `No treatment in the ${lengthText(washout)} before entry, all seen by the treatment register`,
      keeps: sql`(previous_reach IS NULL OR previous_reach <= ${from}) AND treatment_from <= ${from}`,
    });
  }
  steps.push({
    code: 'coverage',
    label: 'Entry on a day that all registers needed have seen',
    keeps: sql`observed_from IS NOT NULL`,
  });
  if (population.require_full_windows !== false) {
    const whole = [sql`observed_from <= window_start`];
    if (windows.has_after && windows.until === undefined) {
      whole.push(sql`observed_to >= window_end`, sql`data_end >= window_end`);
    }
    steps.push({
      code: 'full-windows',
      label: 'Windows that all registers needed have seen in full',
      keeps: list(whole, 'and'),
    });
  }
  return [...steps, ...exposure(protocol)];
}

/** entry_candidate and the number of the step that excludes the person; NULL for those who stay. */
export function judge(
  candidates: Candidates,
  steps: readonly EligibilityStep[],
): Table<typeof judgedColumns> {
  const cases = steps
    .slice(1)
    .map((step, i) => sql`WHEN NOT coalesce(${step.keeps}, FALSE) THEN ${i + 2}`)
    .reduce((before, next) => sql`${before}\n        ${next}`);
  return derive(
    'entry_judged',
    judgedColumns,
    sql`
    SELECT *, CASE ${cases} END AS excluded_at
    FROM ${candidates}`,
  );
}

export const judgedColumns = { ...candidateColumns, excluded_at: 'INTEGER' } as const;
export type Judged = Table<typeof judgedColumns>;

/**
 * Persons and events that remain after each step. Events are those of the primary outcome whenever they happened, by
 * person alone: offences are never set against the entry date here.
 */
export function attritionOf(
  judged: Judged,
  steps: readonly EligibilityStep[],
  protocol: Protocol,
): typeof attrition {
  const primary = protocol.outcomes[0];
  const maps = (table: string): boolean =>
    protocol.sources.some((source) => source.tables.some((mapping) => mapping.table === table));
  const events =
    primary !== undefined && maps('offence')
      ? sql`SELECT person_id, count(*) AS events FROM (${outcomeEvents(primary, protocol.study.definitions.outcome_date ?? 'offence')}) AS event GROUP BY person_id`
      : sql`SELECT person_id, CAST(sum(events) AS BIGINT) AS events FROM ${aggregate} GROUP BY person_id`;
  const rows = steps
    .map((step, i) => sql`SELECT ${i + 1} AS step, ${step.code} AS code, ${step.label} AS label`)
    .reduce((above, below) => sql`${above}\n      UNION ALL ${below}`);
  return fill(
    attrition,
    sql`
    SELECT s.step, s.code, s.label,
      CAST(coalesce(sum(CASE WHEN g.excluded_at IS NULL OR g.excluded_at > s.step THEN g.persons ELSE 0 END), 0) AS BIGINT) AS persons,
      CAST(coalesce(sum(CASE WHEN g.excluded_at IS NULL OR g.excluded_at > s.step THEN g.events ELSE 0 END), 0) AS BIGINT) AS events
    FROM (${rows}) AS s
    LEFT JOIN (
      SELECT j.excluded_at, count(*) AS persons, CAST(coalesce(sum(v.events), 0) AS BIGINT) AS events
      FROM ${judged} AS j
      LEFT JOIN (${events}) AS v ON v.person_id = j.person_id
      GROUP BY j.excluded_at
    ) AS g ON TRUE
    GROUP BY s.step, s.code, s.label`,
  );
}

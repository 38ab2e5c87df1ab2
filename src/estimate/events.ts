import { derive, type Sql, sql, type Table } from '../engine/index.ts';
import { invariant } from '../errors.ts';
import { interval, outcomeEvents } from '../persontime/tables.ts';
import type { Protocol } from '../protocol/tables.ts';

/** Where outcomes meet time at risk: the only place in the system where offences and entry dates are crossed. */

const tables = new WeakMap<Protocol, Map<string, Table>>();

/** One table a protocol and name, so that a plan that mentions it often makes it once. */
export function once(protocol: Protocol, name: string, make: () => Table): Table {
  const known = tables.get(protocol) ?? new Map<string, Table>();
  tables.set(protocol, known);
  const table = known.get(name) ?? make();
  known.set(name, table);
  return table;
}

/** Events of an outcome, one row each: person_id, event_date. */
export function eventsOf(protocol: Protocol, outcome: string): Table {
  return once(protocol, `event_${outcome}`, () => {
    const set = protocol.outcomes.find((one) => one.name === outcome);
    invariant(set !== undefined, `no outcome ${outcome}`);
    const date = protocol.study.definitions.outcome_date === 'disposal' ? 'disposal' : 'offence';
    return derive(
      `event_${outcome}`,
      { person_id: 'VARCHAR', event_date: 'DATE' },
      sql`SELECT person_id, event_date FROM (${outcomeEvents(set, date)}) AS events WHERE event_date IS NOT NULL`,
    );
  });
}

/** The span that holds the day of each event, and how many events it holds: spans of a person do not overlap. */
export function eventsInSpans(events: Table, spans: Table): Sql {
  return sql`SELECT t.person_id, t.time_window, t.start_date, count(*) AS events FROM ${events} AS o
          JOIN ${spans} AS t ON t.person_id = o.person_id AND o.event_date >= t.start_date AND o.event_date < t.end_date
          GROUP BY t.person_id, t.time_window, t.start_date`;
}

/** Every interval at risk with the events that fall in it. An event belongs to the interval that holds its day. */
export function intervalEvents(protocol: Protocol, outcome: string): Table {
  return once(protocol, `interval_event_${outcome}`, () =>
    derive(
      `interval_event_${outcome}`,
      {
        person_id: 'VARCHAR',
        time_window: 'VARCHAR',
        phase: 'VARCHAR',
        treatment_phase: 'VARCHAR',
        start_date: 'DATE',
        end_date: 'DATE',
        calendar_year: 'INTEGER',
        age_band: 'VARCHAR',
        removed: 'BOOLEAN',
        days: 'INTEGER',
        events: 'INTEGER',
      },
      sql`SELECT i.person_id, i.time_window, i.phase, i.treatment_phase, i.start_date, i.end_date, i.calendar_year, i.age_band, i.removed, i.days,
          CAST(coalesce(e.events, 0) AS INTEGER) AS events
        FROM ${interval} AS i LEFT JOIN (
${eventsInSpans(eventsOf(protocol, outcome), interval)}) AS e
        ON e.person_id = i.person_id AND e.time_window = i.time_window AND e.start_date = i.start_date`,
    ),
  );
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openDuckDB, type RowOf, sql } from '../engine/index.ts';
import { offence } from '../link/tables.ts';
import type { ResolvedOutcome } from '../protocol/tables.ts';
import { outcomeEvents } from './tables.ts';

const folder = mkdtempSync(join(tmpdir(), 'desist-outcome-'));
let engine: Engine;

function row(event_id: string, more: Partial<RowOf<typeof offence>>): RowOf<typeof offence> {
  return {
    person_id: 'p',
    event_id,
    occasion_id: null,
    offence_date: '2006-06-01',
    offence_date_to: null,
    disposal_date: '2006-09-01',
    kind: 'conviction',
    code: 'theft',
    offence_group: 'acquisitive',
    severity: null,
    ...more,
  };
}

beforeAll(async () => {
  engine = await openDuckDB({ tempFolder: join(folder, 'temp'), folders: [folder], threads: 1 });
  await engine.load(offence, [
    row('plain', {}),
    row('same-day', {}),
    row('caution', { offence_date: '2006-06-02', kind: 'caution' }),
    row('ungrouped', { offence_date: '2006-06-03', offence_group: null }),
    row('violence', { offence_date: '2006-06-04', offence_group: 'violence' }),
    row('eve-of-law', { offence_date: '2007-01-14', code: 'fraud' }),
    row('day-of-law', { offence_date: '2007-01-15', disposal_date: null, code: 'fraud' }),
    row('end-of-law', { offence_date: '2008-01-15', code: 'fraud' }),
    row('undated', { offence_date: null, disposal_date: '2007-06-01', code: 'fraud' }),
  ]);
});
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

async function eventsOf(set: Partial<ResolvedOutcome>, date: 'offence' | 'disposal' = 'offence') {
  const outcome = { name: 'x', label: 'x', definition: 'inline', offence_days: false, ...set };
  const rows = await engine.rows(
    { person_id: 'VARCHAR', event_id: 'VARCHAR', event_date: 'DATE' },
    sql`SELECT * FROM (${outcomeEvents(outcome, date)}) AS event ORDER BY event_id`,
  );
  return rows.map((event) => `${event.event_id} ${event.event_date}`);
}

describe('the events of an outcome', () => {
  it('satisfy every condition of the set', async () => {
    expect(await eventsOf({ kinds: ['caution'] })).toEqual(['caution 2006-06-02']);
    expect(await eventsOf({ groups: ['violence', 'drug'] })).toEqual(['violence 2006-06-04']);
    expect(await eventsOf({ groups: ['violence'], kinds: ['caution'] })).toEqual([]);
    expect(await eventsOf({ groups: [] })).toEqual([]);
  });

  it('keep offences without a group when groups are excluded', async () => {
    const kept = await eventsOf({
      exclude_groups: ['violence'],
      codes: [{ code: 'theft', from_date: null, to_date: null }],
    });
    expect(kept).toEqual([
      'caution 2006-06-02',
      'plain 2006-06-01',
      'same-day 2006-06-01',
      'ungrouped 2006-06-03',
    ]);
  });

  it('follow the law of the day of the offence, whichever date the study counts on', async () => {
    const codes = [{ code: 'fraud', from_date: '2007-01-15', to_date: '2008-01-15' }];
    expect(await eventsOf({ codes })).toEqual(['day-of-law 2007-01-15']);
    // Counted on the disposal: the offence of the law's first day has none; the undated one is judged by its disposal.
    expect(await eventsOf({ codes }, 'disposal')).toEqual(['undated 2007-06-01']);
  });

  it('count once when a code list names a code twice, and once a day when offence days are asked for', async () => {
    const codes = [
      { code: 'theft', from_date: null, to_date: null },
      { code: 'theft', from_date: '2006-01-01', to_date: null },
    ];
    expect(await eventsOf({ codes, groups: ['acquisitive'], kinds: ['conviction'] })).toEqual([
      'plain 2006-06-01',
      'same-day 2006-06-01',
    ]);
    expect(
      await eventsOf({ codes, groups: ['acquisitive'], kinds: ['conviction'], offence_days: true }),
    ).toEqual(['plain 2006-06-01']);
  });
});

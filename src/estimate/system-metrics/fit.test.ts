import { describe, expect, it } from 'vitest';
import { SYSTEM_METRIC_PRESETS, type SystemMetric } from '../../protocol/tables.ts';
import { clopperPearsonInterval, wilsonInterval } from '../../stats/rates/proportion.ts';
import type { ResultRow } from '../tables.ts';
import { fitSystem, type SystemContext } from './fit.ts';

/** Rows of made-up counts: shares, intervals, who was left out, and what there is when there is nobody. */

const CONTEXT: SystemContext = {
  estimate_id: 'system',
  population: 'all',
  variant: 'protocol',
  confidence: 0.95,
  metrics: ['retained-12w'],
  interval: 'wilson',
};

function count(
  metric: SystemMetric,
  step: number,
  indexed: number,
  known: number,
  reached: number,
  level = 'all',
) {
  return { stratum: level === 'all' ? 'all' : 'area', level, metric, step, indexed, known, reached };
}

function one(rows: readonly ResultRow[], phase: string, level = 'all'): ResultRow {
  const found = rows.filter((row) => row.phase === phase && row.level === level);
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} rows for ${phase}`);
  return found[0];
}

describe('Shares of a system', () => {
  it('are of those who were followed, with a Wilson or an exact interval as asked', () => {
    const counts = [count('retained-12w', 0, 50, 40, 30)];
    for (const [interval, of, words] of [
      ['wilson', wilsonInterval, 'Wilson'],
      ['clopper-pearson', clopperPearsonInterval, 'Clopper-Pearson'],
    ] as const) {
      const row = one(fitSystem(counts, [], { ...CONTEXT, interval }), 'started: retained 12 weeks');
      const { lower, upper } = of(30, 40, 0.95);
      expect(row).toMatchObject({
        measure: 'proportion',
        value: 0.75,
        persons: 40,
        events: 30,
        ci_low: lower,
        ci_high: upper,
      });
      expect(row.method).toBe(`retained-12w v1, ${words} interval`);
      expect(row.note).toBeNull();
    }
    const followed = one(fitSystem(counts, [], CONTEXT), 'started: followed for 12 weeks');
    expect(followed).toMatchObject({ persons: 50, events: 40, value: 0.8 });
  });

  it('say that they are provisional where the definition is', () => {
    for (const metric of ['release-21d', 'cascade-12w'] as const) {
      const { of, reached, standing } = SYSTEM_METRIC_PRESETS[metric];
      expect(standing).toBe('provisional');
      const rows = fitSystem(
        reached.map((_, step) => count(metric, step, 30, 30, 20 - step)),
        [],
        { ...CONTEXT, metrics: [metric] },
      );
      for (const words of reached) {
        const row = one(rows, `${of}: ${words}`);
        expect(row.note).toContain('provisional');
        expect(row.method).toContain('(provisional)');
      }
    }
  });

  it('a register that holds only who started says so in the cascade', () => {
    const steps = [30, 30, 22, 9].map((reached, step) => count('cascade-12w', step, 30, 30, reached));
    const rows = fitSystem(steps, [], { ...CONTEXT, metrics: ['cascade-12w'] });
    expect(one(rows, 'referred: started').note).toContain('may hold nobody who did not');
  });

  it('nobody, nobody followed, everybody and nobody reached are all told without a number that is none', () => {
    const metrics: readonly SystemMetric[] = [
      'release-21d',
      'retained-12w',
      'completed-not-back-6m',
      'waiting-3w',
      'cascade-12w',
    ];
    const none = fitSystem([], [], { ...CONTEXT, metrics });
    expect(none.every(({ status, note }) => status === 'not-estimable' && note !== null)).toBe(true);
    expect(none.every(({ value, ci_low }) => value === null && ci_low === null)).toBe(true);
    const unfollowed = fitSystem([count('retained-12w', 0, 12, 0, 0)], [], CONTEXT);
    expect(one(unfollowed, 'started: followed for 12 weeks').value).toBe(0);
    expect(one(unfollowed, 'started: retained 12 weeks').note).toBe('nobody was followed for so long');
    const all = one(
      fitSystem([count('retained-12w', 0, 9, 9, 9)], [], CONTEXT),
      'started: retained 12 weeks',
    );
    expect(all.ci_high).toBe(1);
    const zero = one(
      fitSystem([count('retained-12w', 0, 9, 9, 0)], [], CONTEXT),
      'started: retained 12 weeks',
    );
    expect(zero).toMatchObject({ value: 0, ci_low: 0 });
    expect(zero.ci_high).toBeGreaterThan(0.1);
  });

  it('the median wait is the middle of those who started', () => {
    const waits = [
      { stratum: 'all', level: 'all', days: 0, persons: 2 },
      { stratum: 'all', level: 'all', days: 5, persons: 4 },
      { stratum: 'all', level: 'all', days: 40, persons: 3 },
    ];
    const rows = fitSystem([count('waiting-3w', 0, 9, 9, 6)], waits, { ...CONTEXT, metrics: ['waiting-3w'] });
    expect(one(rows, 'waiting')).toMatchObject({ measure: 'median', value: 5, persons: 9, unit: 'days' });
  });

  it('levels stand beside the whole, each with its own counts', () => {
    const rows = fitSystem(
      [
        count('retained-12w', 0, 50, 40, 30),
        count('retained-12w', 0, 20, 15, 12, 'north'),
        count('retained-12w', 0, 30, 25, 18, 'south'),
      ],
      [],
      CONTEXT,
    );
    expect(one(rows, 'started: retained 12 weeks', 'north').persons).toBe(15);
    expect(one(rows, 'started: retained 12 weeks', 'south').events).toBe(18);
  });
});

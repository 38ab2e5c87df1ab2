import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { day, type Registers } from '../reference/day-walker.ts';
import { type Bench, lines, openBench } from '../reference/day-walker-run.ts';
import { studies } from '../reference/day-walker-study.ts';

/** What must hold of any study, whatever the right numbers are. */
const RUNS = Number(process.env.DESIST_PROPERTY_RUNS ?? 6);
const SEED = Number(process.env.DESIST_PROPERTY_SEED ?? 20120501);

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench.close();
});

function days(from: string | null, to: string | null): number {
  return from === null || to === null ? 0 : day(to) - day(from);
}

/** Every row once, in another order. */
function reversed(registers: Registers): Registers {
  return Object.fromEntries(
    Object.entries(registers).map(([table, rows]) => [table, [...rows].reverse()]),
  ) as unknown as Registers;
}

describe('person-time of generated studies', () => {
  it('tiles each window exactly, adds up at every step, and does not depend on the order of rows', async () => {
    let members = 0;
    await fc.assert(
      fc.asyncProperty(studies(30), async ({ protocol, registers }) => {
        const { journeys, persontime } = await bench.run(registers, protocol);
        const cohort = await bench.read(persontime.cohort);
        const interval = await bench.read(persontime.interval);
        const attrition = await bench.read(persontime.attrition);
        members += cohort.length;

        for (const row of cohort) {
          for (const [name, from, to] of [
            ['before', row.before_start, row.before_end],
            ['after', row.after_start, row.after_end],
          ] as const) {
            const pieces = interval
              .filter((piece) => piece.person_id === row.person_id && piece.time_window === name)
              .sort((a, b) => ((a.start_date ?? '') < (b.start_date ?? '') ? -1 : 1));
            let reached = from;
            for (const piece of pieces) {
              expect(piece.start_date).toBe(reached);
              expect(piece.days).toBe(days(piece.start_date, piece.end_date));
              expect(piece.days).toBeGreaterThan(0);
              reached = piece.end_date;
            }
            expect(reached).toBe(to);
            expect(pieces.reduce((sum, piece) => sum + (piece.days ?? 0), 0)).toBe(days(from, to));
          }
          expect(row.retained_days).toBe(days(row.entry_date, row.journey_end));
          expect(row.retained_days).toBeGreaterThan(0);
        }

        const steps = attrition.sort((a, b) => (a.step ?? 0) - (b.step ?? 0));
        expect(steps[0]?.persons).toBe(registers.person.length);
        expect(steps.at(-1)?.persons).toBe(cohort.length);
        steps.slice(1).forEach((step, i) => {
          expect(step.persons ?? 0).toBeLessThanOrEqual(steps[i]?.persons ?? 0);
          expect(step.events ?? 0).toBeLessThanOrEqual(steps[i]?.events ?? 0);
        });

        const stages = [...Object.values(journeys), ...Object.values(persontime)];
        const before = new Map<string, string[]>();
        for (const table of stages) before.set(table.name, lines(await bench.read(table)));
        await bench.run(reversed(registers), protocol);
        for (const table of stages) expect(lines(await bench.read(table))).toEqual(before.get(table.name));
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: process.env.DESIST_PROPERTY_SHRINK === undefined },
    );
    // A property of nobody is no property.
    expect(members).toBeGreaterThan(2 * RUNS);
  }, 1_200_000);
});

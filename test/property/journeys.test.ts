import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { walk } from '../reference/day-walker.ts';
import { type Bench, lines, openBench } from '../reference/day-walker-run.ts';
import { studies } from '../reference/day-walker-study.ts';

/** DESIST_PROPERTY_RUNS asks for more generated studies than the few that a quick run makes. */
const RUNS = Number(process.env.DESIST_PROPERTY_RUNS ?? 12);
const SEED = Number(process.env.DESIST_PROPERTY_SEED ?? 20060401);

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  await bench.close();
});

describe('journeys and person-time of generated studies', () => {
  it('are what a walk through every day of every person finds', async () => {
    await fc.assert(
      fc.asyncProperty(studies(25), async ({ protocol, registers }) => {
        const { journeys, persontime } = await bench.run(registers, protocol);
        const walked = walk(registers, protocol);
        expect(lines(await bench.read(journeys.journey))).toEqual(lines(walked.journeys));
        expect(lines(await bench.read(journeys.custodySpell))).toEqual(lines(walked.custody));
        expect(lines(await bench.read(journeys.phase))).toEqual(lines(walked.phases));
        expect(lines(await bench.read(persontime.cohort))).toEqual(lines(walked.cohort));
        expect(lines(await bench.read(persontime.cohortStratum))).toEqual(lines(walked.strata));
        expect(lines(await bench.read(persontime.interval))).toEqual(lines(walked.intervals));
        const attrition = lines(await bench.read(persontime.attrition), [
          'step',
          'code',
          'persons',
          'events',
        ]);
        expect(attrition).toEqual(lines(walked.attrition));
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: process.env.DESIST_PROPERTY_SHRINK === undefined },
    );
  }, 1_200_000);
});

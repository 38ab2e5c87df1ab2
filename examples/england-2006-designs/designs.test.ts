import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newStudy } from '../../src/cli/init.ts';
import { runStudy } from '../../src/study.ts';
import { readResults, removeFolder, rowOf, runOptions, temporaryFolder } from '../../test/run-study.ts';

/** The SYNTHETIC cohort asked with every design, under a profile that protects. */
describe('the study of every design', () => {
  const folder = temporaryFolder();
  afterAll(() => removeFolder(folder));

  it('has a released number of each estimate, and the truth inside the interval of the case series', async () => {
    const study = join(folder, 'designs');
    await newStudy(study, 'england-2006-designs', 2000, 2006);
    const { protocol } = await runStudy(study, runOptions());
    const results = readResults(study);
    for (const { id } of protocol.estimates) {
      const shown = results.filter((row) => row.estimate_id === id && row.status === 'estimated');
      expect(shown.length, id).toBeGreaterThan(0);
    }
    // One world of one seed: not a proof of coverage, which test/simulation gives.
    const ratio = rowOf(results, {
      estimate_id: 'within_persons',
      measure: 'relative_incidence',
      contrast: 'in / before',
      method: 'conditional Poisson, robust by person',
    });
    expect(Number(ratio.ci_low)).toBeLessThan(0.85);
    expect(Number(ratio.ci_high)).toBeGreaterThan(0.85);
  });
});

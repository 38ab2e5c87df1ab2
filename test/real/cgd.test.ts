import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** R 4.2 (survival 3.5): coxph(Surv(tstart, tstop, status), cluster = id), survfit(..., id = id, robust = TRUE). */
describe.skipIf(!hasData('recurrent_classics'))('the study of serious infections', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/cgd'));
  }, 60_000);
  afterAll(() => removeFolder(folder));
  const row = (wanted: Readonly<Record<string, string>>): ResultLine =>
    rowOf(results, { estimate_id: 'infections', stratum: 'all', level: 'all', ...wanted });

  it('counts 76 infections of 128 patients', () => {
    expect(row({ measure: 'persons' }).value).toBe('128');
    expect(row({ measure: 'events' }).value).toBe('76');
  });

  it.each([
    ['arm: rIFN-g / placebo', -1.072221495037, 0.311829507378],
    ['inheritance: X-linked / autosomal', -0.177675618077, 0.318039630173],
    ['steroids: one more', 0.772550105447, 0.468720576105],
  ])(
    'estimates the Andersen-Gill model as coxph does, with its robust standard error: %s',
    (contrast, coefficient, robust) => {
      const log = row({ measure: 'coefficient', contrast });
      expect(Number(log.value)).toBeCloseTo(coefficient, 9);
      expect(Number(log.std_error)).toBeCloseTo(robust, 9);
    },
  );

  it('has the treatment effect of -1.095 (robust 0.312) without adjustment', () => {
    const log = row({
      estimate_id: 'infections_by_arm',
      measure: 'coefficient',
      contrast: 'arm: rIFN-g / placebo',
    });
    expect(Number(log.value)).toBeCloseTo(-1.09528673526, 9);
    expect(Number(log.std_error)).toBeCloseTo(0.311936577082, 9);
  });

  it.each([
    ['placebo', 100, 0.246642246642, 0.0654429729706],
    ['placebo', 300, 0.892971559174, 0.1681891789842],
    ['rIFN-g', 100, 0.031746031746, 0.0220886457992],
    ['rIFN-g', 300, 0.279480206623, 0.0730211274391],
  ])('has the mean number of infections of survfit: %s, day %i', (level, time, mean, se) => {
    const at = row({ stratum: 'arm', level, time: String(time), measure: 'mcf_at' });
    expect(Number(at.value)).toBeCloseTo(mean, 11);
    expect(Number(at.std_error)).toBeCloseTo(se, 11);
  });
});

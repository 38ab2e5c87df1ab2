import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** R 4.2 (survival 3.5): coxph(Surv(start, stop, event), cluster = id), survfit(..., id = id, robust = TRUE). */
describe.skipIf(!hasData('recurrent_classics'))('the study of bladder tumours', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/bladder'));
  }, 60_000);
  afterAll(() => removeFolder(folder));
  const row = (wanted: Readonly<Record<string, string>>): ResultLine =>
    rowOf(results, { estimate_id: 'recurrences', stratum: 'all', level: 'all', ...wanted });

  it('counts 112 recurrences of 85 patients', () => {
    expect(row({ measure: 'persons' }).value).toBe('85');
    expect(row({ measure: 'events' }).value).toBe('112');
  });

  it.each([
    ['arm: thiotepa / placebo', -0.46468695299, 0.26556081189],
    ['size: one more', -0.04366027612, 0.07761611268],
    ['number: one more', 0.17496038119, 0.0630405432],
  ])(
    'estimates the Andersen-Gill model as coxph does, with its robust standard error: %s',
    (contrast, coefficient, robust) => {
      const log = row({ measure: 'coefficient', contrast });
      expect(Number(log.value)).toBeCloseTo(coefficient, 9);
      expect(Number(log.std_error)).toBeCloseTo(robust, 9);
    },
  );

  it('has the log likelihood of R', () => {
    expect(Number(row({ measure: 'log_likelihood' }).value)).toBeCloseTo(-449.980642002, 8);
  });

  it.each([
    ['placebo', 5, 0.304851474972, 0.0678719007212, 45],
    ['placebo', 30, 1.856292716615, 0.2996196868555, 19],
    ['thiotepa', 5, 0.330409356725, 0.1026636143904, 36],
    ['thiotepa', 30, 1.226777340593, 0.2899603739183, 17],
  ])('has the mean number of recurrences of survfit: %s, month %i', (level, time, mean, se, at_risk) => {
    const own = { stratum: 'arm', level, time: String(time) };
    const at = row({ ...own, measure: 'mcf_at' });
    expect(Number(at.value)).toBeCloseTo(mean, 11);
    expect(Number(at.std_error)).toBeCloseTo(se, 11);
    expect(Number(row({ ...own, measure: 'at_risk' }).value)).toBe(at_risk);
  });
});

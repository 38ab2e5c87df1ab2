import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasData, type ResultLine, removeFolder, rowOf, runExample } from '../run-study.ts';

/** Self-controlled case series on published data, against the published result and against R. */

const MODEL = 'conditional Poisson, model-based';
const ROBUST = 'conditional Poisson, robust by person';

describe.skipIf(!hasData('sccs'))('aseptic meningitis after MMR vaccine, Oxford', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/mmr-oxford'));
  });
  afterAll(() => removeFolder(folder));
  const row = (wanted: Readonly<Record<string, string>>): ResultLine =>
    rowOf(results, { estimate_id: 'mmr', variant: 'protocol', ...wanted });
  const risk = { measure: 'relative_incidence', contrast: '15 to 35 days after MMR / baseline' };
  interface OfR {
    readonly estimate: readonly number[];
    readonly se: readonly number[];
  }
  const { glm_with_id_factors: glm, clogit } = (
    JSON.parse(
      readFileSync(new URL('../fixtures/r/sccs_conditional_poisson.json', import.meta.url), 'utf8'),
    ) as { results: { oxford: { glm_with_id_factors: OfR; clogit: OfR } } }
  ).results.oxford;

  it('has the published relative incidence: 12.04 (3.00 to 48.26)', () => {
    const { value, ci_low, ci_high } = row({ ...risk, method: MODEL });
    expect(Number(value).toFixed(2)).toBe('12.04');
    expect(Number(ci_low).toFixed(2)).toBe('3.00');
    expect(Number(ci_high).toFixed(2)).toBe('48.26');
  });

  // Of R's three ways to the same maximum, glm with a factor a child stops nearest to it, and clogit has the standard
  // error at its last step; gnm stops 1e-8 before it.
  it('has the coefficients of R: glm with one factor a child, clogit', () => {
    const contrasts = [risk.contrast, 'age 548 days or more / age under 548 days'];
    contrasts.forEach((contrast, k) => {
      const { value, std_error } = row({ measure: 'coefficient', contrast, method: MODEL });
      expect(Number(value)).toBeCloseTo(glm.estimate[k] ?? Number.NaN, 12);
      expect(Number(std_error)).toBeCloseTo(clogit.se[k] ?? Number.NaN, 8);
    });
  });

  it('counts ten children, five events in 189 days of risk and five in 3,461 others', () => {
    const place = (phase: string) => {
      const { value, person_years } = row({ phase, measure: 'events' });
      return [Number(value), Math.round(Number(person_years) * 365.25)];
    };
    expect(place('cases')).toEqual([10, 3650]);
    expect(place('cases: 15 to 35 days after MMR')).toEqual([5, 189]);
    expect(place('cases: baseline')).toEqual([5, 3461]);
  });

  it('has no event in the fortnight before vaccination, and says that it cannot test it', () => {
    const test = row({ variant: 'before_vaccine', measure: 'pre_exposure_test' });
    expect([test.status, test.note]).toEqual(['not-estimable', 'no events before the exposure']);
  });
});

interface Fit {
  readonly names: readonly string[];
  readonly estimate: readonly number[];
  readonly se: readonly number[];
  readonly robust: readonly number[];
  readonly events: Readonly<Record<string, number>>;
  readonly wald_exposure: number;
  readonly wald_last: number;
}

describe.skipIf(!hasData('sccs'))('intussusception after oral polio vaccine', () => {
  let folder = '';
  let results: readonly ResultLine[] = [];
  beforeAll(async () => {
    ({ folder, results } = await runExample('real/opv'));
  });
  afterAll(() => removeFolder(folder));
  const r = (
    JSON.parse(readFileSync(new URL('../fixtures/r/sccs_opv.json', import.meta.url), 'utf8')) as {
      results: { since: Fit; boys: Fit; by_dose: Fit };
    }
  ).results;
  const row = (wanted: Readonly<Record<string, string>>): ResultLine =>
    rowOf(results, { estimate_id: 'opv', variant: 'protocol', stratum: 'all', ...wanted });
  const SINCE = ['0 to 14 days after a dose', '15 to 28 days after a dose', '29 to 42 days after a dose'];

  /** Every level of exposure, its coefficient and both standard errors. */
  function expectFit(fit: Fit, levels: readonly string[], place: Readonly<Record<string, string>>): void {
    levels.forEach((level, k) => {
      const at = { ...place, measure: 'coefficient', contrast: `${level} / baseline` };
      const model = row({ ...at, method: MODEL });
      const name = fit.names.indexOf(`factor(ex)${k + 1}`);
      expect(Number(model.value)).toBeCloseTo(fit.estimate[name] ?? Number.NaN, 9);
      expect(Number(model.std_error)).toBeCloseTo(fit.se[name] ?? Number.NaN, 9);
      expect(Number(row({ ...at, method: ROBUST }).std_error)).toBeCloseTo(fit.robust[name] ?? Number.NaN, 9);
      expect(Number(row({ ...place, phase: `cases: ${level}`, measure: 'events' }).value)).toBe(
        fit.events[k + 1],
      );
    });
    expect(Number(row({ ...place, measure: 'events', phase: 'cases: baseline' }).value)).toBe(fit.events[0]);
  }

  it('has the relative incidences of R by days since a dose, adjusted for eleven age bands', () => {
    expectFit(r.since, SINCE, {});
    expect(Number(row({ measure: 'exposure_test' }).value)).toBeCloseTo(r.since.wald_exposure, 9);
    const ages = r.since.names.filter((name) => name.startsWith('factor(age)'));
    expect(ages.length).toBe(10);
    for (const name of ages) {
      const from = 30 * Number(name.replace('factor(age)', ''));
      const [level] = results.flatMap(({ contrast = '' }) =>
        contrast.startsWith(`age ${from} `) ? [contrast] : [],
      );
      const own = row({ measure: 'coefficient', contrast: level ?? '', method: MODEL });
      expect(Number(own.value)).toBeCloseTo(r.since.estimate[r.since.names.indexOf(name)] ?? 0, 9);
    }
  });

  it('has those of R among boys', () => {
    expectFit(r.boys, SINCE, { stratum: 'sex', level: 'boy' });
  });

  it('has those of R by dose, and finds that children are not vaccinated just after the event', () => {
    const levels = [
      'six weeks after dose 3',
      'six weeks after dose 2',
      'six weeks after dose 1',
      'pre-exposure',
    ];
    expectFit(r.by_dose, levels, { estimate_id: 'by_dose' });
    const test = row({ estimate_id: 'by_dose', measure: 'pre_exposure_test' });
    expect(Number(test.value)).toBeCloseTo(r.by_dose.wald_last, 9);
    expect(Number(test.p_value)).toBeLessThan(0.02);
  });
});

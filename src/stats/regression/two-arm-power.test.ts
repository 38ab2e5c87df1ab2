import { describe, expect, it } from 'vitest';
import { negativeBinomial, seededGenerator } from '../random.ts';
import { fitNbAncova } from './nb-ancova.ts';
import { detectableRatio, powerOfRatio, type TwoArms } from './two-arm-power.ts';

const HCCU: TwoArms = {
  persons_treated: 58,
  persons_comparison: 58,
  time_treated: 0.9,
  time_comparison: 0.9,
  rate: 3,
  dispersion: 0.6,
};

describe('What two arms can tell', () => {
  it('by hand: one event a person and no overdispersion', () => {
    const arms = {
      ...HCCU,
      time_treated: 1,
      time_comparison: 1,
      rate: 1,
      dispersion: 0,
      persons_treated: 50,
      persons_comparison: 50,
    };
    // V = (1/0.5 + 1) / 50 = 0.06 at a ratio of one half.
    expect(powerOfRatio(arms, 0.5)).toBeCloseTo(0.8078, 3);
    expect(powerOfRatio(arms, 1)).toBeCloseTo(0.025, 10);
  });

  it('the detectable ratios have the power asked for', () => {
    for (const power of [0.5, 0.8, 0.95]) {
      const found = detectableRatio(HCCU, power);
      if (found.status !== 'estimated') throw new Error(found.status);
      expect(found.fall).toBeLessThan(1);
      expect(found.rise).toBeGreaterThan(1);
      expect(powerOfRatio(HCCU, found.fall)).toBeCloseTo(power, 9);
      expect(powerOfRatio(HCCU, found.rise)).toBeCloseTo(power, 9);
    }
  });

  it('an arm of a few persons finds no fall, however deep', () => {
    const few = { ...HCCU, persons_treated: 4, persons_comparison: 4, rate: 0.5 };
    const found = detectableRatio(few);
    expect(found.status).toBe('no-fall');
    for (const ratio of [0.5, 0.1, 0.01]) expect(powerOfRatio(few, ratio)).toBeLessThan(0.8);
  });

  it('nobody, no time or no rate has no power', () => {
    for (const gone of [
      { persons_treated: 0 },
      { time_comparison: 0 },
      { rate: 0 },
      { dispersion: Number.NaN },
    ]) {
      expect(detectableRatio({ ...HCCU, ...gone }).status).toBe('nobody');
      expect(powerOfRatio({ ...HCCU, ...gone }, 0.5)).toBeNaN();
    }
  });

  it('rates of any size give a finite answer', () => {
    for (const rate of [1e-300, 1e-6, 1e8]) {
      const found = detectableRatio({ ...HCCU, rate });
      if (found.status === 'nobody') throw new Error(found.status);
      expect(found.rise).toBeGreaterThan(1);
    }
  });

  it('is what simulated studies find', () => {
    const random = seededGenerator(41);
    const runs = 300;
    let found = 0;
    for (let run = 0; run < runs; run++) {
      const treated = Float64Array.from({ length: 116 }, (_, i) => i % 2);
      const time = new Float64Array(116).fill(0.9);
      const events = treated.map((a) => negativeBinomial(random, 2.7 * (a === 1 ? 0.6 : 1), 1 / 0.6));
      // The baseline tells nothing here, so that the dispersion left is the dispersion given.
      const baseline = treated.map(() => negativeBinomial(random, 2.7, 1 / 0.6));
      const fit = fitNbAncova({
        treated,
        baseline_events: baseline,
        baseline_exposure: time,
        events,
        exposure: time,
      });
      if (fit.status !== 'estimated') throw new Error(fit.status);
      if (Math.abs(fit.log_rate_ratio / fit.se_log) > 1.96) found++;
    }
    const power = powerOfRatio(HCCU, 0.6);
    expect(power).toBeGreaterThan(0.6);
    expect(Math.abs(found / runs - power)).toBeLessThan(0.08);
  });
});

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { runStudy } from '../../src/study.ts';
import { generatePartnership, PARTNERSHIP } from '../../src/synth/index.ts';
import { type ResultLine, readResults, rowOf, runOptions } from '../../test/run-study.ts';

/** The example from its SYNTHETIC registers to its results, beside the truth that made them. */

const CLIENTS = 2000;
let folder: string;
let results: readonly ResultLine[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'desist-partnership-'));
  cpSync(join('examples', 'partnership'), folder, { recursive: true });
  // The variants are other questions, and cost as much as the first.
  const study = parseDocument(readFileSync(join(folder, 'study.yaml'), 'utf8'));
  study.delete('variants');
  writeFileSync(join(folder, 'study.yaml'), String(study));
  generatePartnership(folder, CLIENTS, 5);
  await runStudy(folder, runOptions());
  results = readResults(folder);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ARMS = { estimate_id: 'arms', variant: 'protocol', population: 'all', clock: 'at-liberty' };
const number = (line: ResultLine, column: string): number => {
  expect(line[column]).not.toBe('');
  return Number(line[column]);
};

describe('The partnership example', () => {
  it('makes the same registers from the same seed', () => {
    const again = mkdtempSync(join(tmpdir(), 'desist-partnership-'));
    generatePartnership(again, CLIENTS, 5);
    for (const file of ['treatment', 'arrests', 'custody', 'allocation', 'contacts', 'deaths'])
      expect(readFileSync(join(again, 'data', `${file}-SYNTHETIC.csv`), 'utf8')).toBe(
        readFileSync(join(folder, 'data', `${file}-SYNTHETIC.csv`), 'utf8'),
      );
    rmSync(again, { recursive: true, force: true });
  });

  it.each([
    'negative binomial ANCOVA on the earlier rate, adjusted for sex, area, age_at_entry, HC0',
    'negative binomial ANCOVA on the earlier rate, HC0',
    'overlap weights, Poisson, sandwich with estimated weights',
    'matched pairs, exact on area, Poisson, cluster-robust over pairs',
  ])('finds what the arm does: %s', (method) => {
    const line = rowOf(results, { ...ARMS, measure: 'rate_ratio', method, phase: '' });
    expect(number(line, 'ci_low')).toBeLessThan(PARTNERSHIP.intensive);
    expect(number(line, 'ci_high')).toBeGreaterThan(PARTNERSHIP.intensive);
    expect(number(line, 'ci_high')).toBeLessThan(0.85);
  });

  it('warns that the arms would move apart with no effect, and by how much', () => {
    const expected = rowOf(results, { ...ARMS, measure: 'ratio_without_effect' });
    expect(number(expected, 'value')).toBeLessThan(0.97);
    const rrr = results.filter(
      (line) =>
        line.measure === 'ratio_of_rate_ratios' && line.variant === 'protocol' && line.clock === 'at-liberty',
    );
    expect(rrr.length).toBe(2);
    for (const line of rrr) {
      expect(line.note).toContain('selected on earlier events');
      // What it shows is the effect and the shift together.
      expect(
        Math.abs(
          Math.log(number(line, 'value')) - Math.log(PARTNERSHIP.intensive * number(expected, 'value')),
        ),
      ).toBeLessThan(0.15);
    }
  });

  it('shows a dose-response that no contact has made, with its caution', () => {
    const each = rowOf(results, {
      ...ARMS,
      stratum: 'arm',
      contrast: 'each contact more',
      measure: 'rate_ratio',
    });
    expect(PARTNERSHIP.contact_ratio).toBe(1);
    expect(number(each, 'ci_high')).toBeLessThan(1);
    expect(each.note).toContain('not what it did');
  });

  it('tells the steps from referral on, each among those of the step before', () => {
    const steps = ['assessed', 'started', 'retained', 'completed successfully'].map((step) =>
      rowOf(results, {
        estimate_id: 'system',
        variant: 'protocol',
        stratum: 'all',
        phase: `referred: ${step}`,
      }),
    );
    const shares = steps.map((line) => number(line, 'value'));
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    // All in the arms start; of the others seven in ten are assessed and six in ten of those start.
    expect(Math.abs((shares[0] ?? 0) - (2 + 0.7) / 3)).toBeLessThan(0.03);
    expect(Math.abs((shares[1] ?? 0) - (2 + 0.7 * 0.6) / 3)).toBeLessThan(0.03);
    for (const line of steps) expect(line.note).toContain('provisional');
  });
});

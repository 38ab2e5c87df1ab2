import { expect, it } from 'vitest';
import { type Adjustment, adjustPValues } from '../../src/stats/multiplicity/adjust.ts';
import {
  biasFactor,
  eValue,
  eValueOfInterval,
  riskRatioOfHazardRatio,
  riskRatioOfMeanDifference,
  riskRatioOfOddsRatio,
} from '../../src/stats/sensitivity/unmeasured-confounding.ts';
import { parityCase, parityVector, referenceResults } from './parity.ts';

const TOLERANCE = 1e-12;
const r = referenceResults<{
  point_and_ci: { rr: number; lo: number; hi: number; evalue: number; evalue_ci: number }[];
  biasfactor: { RRud: number; RReu: number; B: number }[];
  hr_common_to_rr: { hr: number; rr: number; evalue: number }[];
  or_common: { or: number; rr: number; evalue: number }[];
  rr_from_smd: { d: number; rr: number };
  p_adjust: Record<string, (number | null)[]>[];
}>('evalue_multiplicity');

it('E-values and bias factors agree with the published formulae computed in R', () => {
  const entry = { method: 'E-value', tolerance: TOLERANCE };
  expect(r.point_and_ci.length + r.biasfactor.length + r.hr_common_to_rr.length + r.or_common.length).toBe(
    13,
  );
  for (const row of r.point_and_ci) {
    parityCase({ ...entry, case: `ratio ${row.rr}`, ours: eValue(row.rr), theirs: row.evalue });
    parityCase({
      ...entry,
      case: `interval ${row.lo}-${row.hi}`,
      ours: eValueOfInterval(row.lo, row.hi),
      theirs: row.evalue_ci,
    });
  }
  for (const row of r.biasfactor) {
    parityCase({
      ...entry,
      case: `bias ${row.RRud} ${row.RReu}`,
      ours: biasFactor(row.RRud, row.RReu),
      theirs: row.B,
    });
  }
  for (const row of r.hr_common_to_rr) {
    const ratio = riskRatioOfHazardRatio(row.hr);
    parityVector({ ...entry, case: `hazard ratio ${row.hr}` }, [ratio, eValue(ratio)], [row.rr, row.evalue]);
  }
  for (const row of r.or_common) {
    const ratio = riskRatioOfOddsRatio(row.or);
    parityVector({ ...entry, case: `odds ratio ${row.or}` }, [ratio, eValue(ratio)], [row.rr, row.evalue]);
  }
  parityCase({
    ...entry,
    case: 'mean difference',
    ours: riskRatioOfMeanDifference(r.rr_from_smd.d),
    theirs: r.rr_from_smd.rr,
  });
});

it('adjusted p-values agree with p.adjust', () => {
  const names: [Adjustment, string][] = [
    ['holm', 'holm'],
    ['hochberg', 'hochberg'],
    ['hommel', 'hommel'],
    ['bonferroni', 'bonferroni'],
    ['benjamini-hochberg', 'BH'],
    ['benjamini-yekutieli', 'BY'],
  ];
  expect(r.p_adjust.length).toBe(3);
  for (const [i, list] of r.p_adjust.entries()) {
    const p = (list.p ?? []).map((value) => value ?? Number.NaN);
    for (const [method, name] of names) {
      parityVector(
        { method: 'p.adjust', case: `list ${i} ${name}`, tolerance: TOLERANCE },
        adjustPValues(p, method),
        list[name] ?? [],
      );
    }
  }
});

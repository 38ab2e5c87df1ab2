import { describe, expect, it } from 'vitest';
import { fisherExact, pearsonChiSquare } from '../../src/stats/paired/contingency.ts';
import { kruskalWallis } from '../../src/stats/paired/kruskal-wallis.ts';
import { mcnemar } from '../../src/stats/paired/mcnemar.ts';
import { pairedT, signTest } from '../../src/stats/paired/paired-differences.ts';
import { rankSumCdf, signedRankCdf } from '../../src/stats/paired/rank-distribution.ts';
import { rankSumTest } from '../../src/stats/paired/rank-sum.ts';
import { type RankOptions, type RankTest, signedRankTest } from '../../src/stats/paired/signed-rank.ts';
import {
  externalColumns,
  numbers,
  parityCase,
  parityVector,
  referenceResults,
  strings,
  vendoredColumns,
} from './parity.ts';

/** stats.md 1.2: exact p-values and intervals; Hodges-Lehmann estimates and limits of R come from a root search to 1e-4. */
const EXACT = 1e-10;
const ROOT_SEARCH = 1e-4;

interface McNemarReference {
  table: [[number, number], [number, number]];
  chi2: number;
  p: number;
  chi2_cc: number;
  p_cc: number;
  p_exact: number;
  p_midp: number;
  or: number;
  or_ci_exact: number[];
  diff: number;
}
interface RankReference {
  V?: number;
  W?: number;
  p: number;
  hl: number;
  ci: number[];
}
interface PairedTests {
  rearrests_mcnemar: McNemarReference;
  synth_mcnemar_any_before_during: McNemarReference;
  hollander_depression_exact: RankReference & { x: number[]; y: number[] };
  epil_base_vs_p4_normal_cc: RankReference;
  epil_normal_nocc: RankReference;
  synth_rates_normal_cc: RankReference;
  n_synth: number;
  HL_exact_medianWalsh: { epil: number; synth: number };
  paired_t_synth: { t: number; df: number; p: number; ci: number[] };
  sign_test_synth: { pos: number; neg: number; p: number };
  ranksum_epil: RankReference;
  kruskal_synth: { chi2: number; df: number; p: number };
  chisq_arrests: { table: [[number, number], [number, number]]; chi2: number; p: number; fisher_p: number };
}
interface PairedExtra {
  fisher: {
    table: [[number, number], [number, number]];
    p: number;
    or: number | null;
    lower: number;
    upper: number | null;
  }[];
  wilcoxon_exact: {
    x: number[];
    y: number[];
    paired: boolean;
    level: number;
    statistic: number;
    p: number;
    hl: number;
    ci: number[];
  }[];
  psignrank: { n: number[]; q: number[]; p: number[] };
  pwilcox: { q: number[]; m: number[]; n: number[]; p: number[] };
  kruskal: { chi2: number; df: number; p: number };
  chisq: { table: number[][]; chi2: number; df: number; p: number };
}

const r = referenceResults<PairedTests>('paired_tests');
const extra = referenceResults<PairedExtra>('paired_extra');

function estimated<T extends { status: string }>(result: T): Extract<T, { status: 'estimated' }> {
  if (result.status !== 'estimated') throw new Error(result.status);
  return result as Extract<T, { status: 'estimated' }>;
}

function checkRanks(name: string, ours: RankTest, theirs: RankReference, tolerance: number): void {
  const result = estimated(ours);
  const entry = { method: 'Wilcoxon', case: name };
  parityCase({
    ...entry,
    case: `${name} statistic`,
    ours: result.statistic,
    theirs: theirs.V ?? theirs.W ?? null,
    tolerance: EXACT,
  });
  parityCase({ ...entry, case: `${name} p`, ours: result.p, theirs: theirs.p, tolerance: EXACT });
  parityCase({ ...entry, case: `${name} shift`, ours: result.shift, theirs: theirs.hl, tolerance });
  // The root search is to 1e-4 absolute: limits near 0 are compared on the scale of the shift.
  const scale = tolerance === EXACT ? 0 : 1;
  parityVector(
    { ...entry, case: `${name} limit`, tolerance, scale },
    [result.lower, result.upper],
    theirs.ci,
  );
}

/** Rates before and during treatment of the persons who have both periods. */
function synthPairs() {
  const columns = vendoredColumns('synth_omt');
  const id = strings(columns, 'id');
  const period = strings(columns, 'period');
  const y = numbers(columns, 'y');
  const days = numbers(columns, 'days');
  const persons = new Map<
    string,
    { before?: number; during?: number; events_before?: number; events_during?: number }
  >();
  id.forEach((person, i) => {
    const entry = persons.get(person) ?? {};
    const rate = ((y[i] as number) / (days[i] as number)) * 365.25;
    if (period[i] === 'before') Object.assign(entry, { before: rate, events_before: y[i] });
    if (period[i] === 'during') Object.assign(entry, { during: rate, events_during: y[i] });
    persons.set(person, entry);
  });
  return [...persons.values()].flatMap(({ before, during, events_before, events_during }) =>
    before === undefined || during === undefined || events_before === undefined || events_during === undefined
      ? []
      : [{ before, during, events_before, events_during }],
  );
}

describe('paired tests agree with R', () => {
  it.each(['rearrests_mcnemar', 'synth_mcnemar_any_before_during'] as const)('%s', (name) => {
    const theirs = r[name];
    // R's odds ratio is cell (1, 2) over cell (2, 1).
    const [[both, b], [c, neither]] = theirs.table;
    const ours = estimated(mcnemar({ both, only_first: b, only_second: c, neither }));
    const entry = { method: 'McNemar', tolerance: EXACT };
    for (const [what, value, reference] of [
      ['chi-square', ours.chi_square, theirs.chi2],
      ['p', ours.p, theirs.p],
      ['corrected chi-square', ours.chi_square_corrected, theirs.chi2_cc],
      ['corrected p', ours.p_corrected, theirs.p_cc],
      ['exact p', ours.p_exact, theirs.p_exact],
      ['mid-P', ours.p_mid, theirs.p_midp],
      ['odds ratio', ours.odds_ratio, theirs.or],
      ['difference', ours.difference, theirs.diff],
    ] as const) {
      parityCase({ ...entry, case: `${name} ${what}`, ours: value, theirs: reference });
    }
    parityVector(
      { ...entry, case: `${name} odds ratio limit` },
      [ours.odds_ratio_lower, ours.odds_ratio_upper],
      theirs.or_ci_exact,
    );
  });

  it('the table of any offence before against during follows from the records', () => {
    const pairs = synthPairs();
    const [[neither, onlyDuring], [onlyBefore, both]] = r.synth_mcnemar_any_before_during.table;
    const count = (before: boolean, during: boolean) =>
      pairs.filter((p) => p.events_before > 0 === before && p.events_during > 0 === during).length;
    expect([count(false, false), count(false, true), count(true, false), count(true, true)]).toEqual([
      neither,
      onlyDuring,
      onlyBefore,
      both,
    ]);
  });

  it('Wilcoxon on own data: exact and normal', () => {
    const h = r.hollander_depression_exact;
    // R's differences carry rounding of 1e-16, so limits agree to 1e-10 and not exactly.
    checkRanks('depression', signedRankTest(h.x.map((x, i) => x - (h.y[i] as number))), h, EXACT);
    const pairs = synthPairs();
    expect(pairs.length).toBe(r.n_synth);
    const differences = pairs.map((p) => p.before - p.during);
    const test = signedRankTest(differences);
    checkRanks('synth rates', test, r.synth_rates_normal_cc, ROOT_SEARCH);
    parityCase({
      method: 'Hodges-Lehmann',
      case: 'synth exact median of Walsh averages',
      ours: estimated(test).shift,
      theirs: r.HL_exact_medianWalsh.synth,
      tolerance: EXACT,
    });
    const t = estimated(pairedT(differences));
    const entry = { method: 'paired t', tolerance: EXACT };
    parityVector(
      { ...entry, case: 't, df, p' },
      [t.t, t.df, t.p],
      [r.paired_t_synth.t, r.paired_t_synth.df, r.paired_t_synth.p],
    );
    parityVector({ ...entry, case: 'limit' }, [t.lower, t.upper], r.paired_t_synth.ci);
    const sign = estimated(signTest(differences));
    parityVector(
      { method: 'sign test', case: 'positive, negative, p', tolerance: EXACT },
      [sign.positive, sign.negative, sign.p],
      [r.sign_test_synth.pos, r.sign_test_synth.neg, r.sign_test_synth.p],
    );
  });

  const epil = externalColumns('epil');
  it.skipIf(epil === undefined)('Wilcoxon and rank-sum on epil', () => {
    if (epil === undefined) return;
    const period = numbers(epil, 'period');
    const isLast = (_: unknown, i: number) => period[i] === 4;
    const base = numbers(epil, 'base').filter(isLast);
    const last = numbers(epil, 'y').filter(isLast);
    const arm = strings(epil, 'trt').filter(isLast);
    const differences = base.map((b, i) => b / 4 - (last[i] as number));
    const normal: RankOptions = { distribution: 'normal' };
    checkRanks(
      'epil corrected',
      signedRankTest(differences, normal),
      r.epil_base_vs_p4_normal_cc,
      ROOT_SEARCH,
    );
    checkRanks(
      'epil',
      signedRankTest(differences, { ...normal, continuity: false }),
      r.epil_normal_nocc,
      ROOT_SEARCH,
    );
    parityCase({
      method: 'Hodges-Lehmann',
      case: 'epil exact median of Walsh averages',
      ours: estimated(signedRankTest(differences, normal)).shift,
      theirs: r.HL_exact_medianWalsh.epil,
      tolerance: EXACT,
    });
    const placebo = last.filter((_, i) => arm[i] === 'placebo');
    const treated = last.filter((_, i) => arm[i] === 'progabide');
    checkRanks('epil rank-sum', rankSumTest(placebo, treated, normal), r.ranksum_epil, ROOT_SEARCH);
  });

  it('exact Wilcoxon distributions and intervals', () => {
    for (const [i, row] of extra.wilcoxon_exact.entries()) {
      const options = { level: row.level };
      const ours = row.paired
        ? signedRankTest(
            row.x.map((x, k) => x - (row.y[k] as number)),
            options,
          )
        : rankSumTest(row.x, row.y, options);
      checkRanks(`exact ${i}`, ours, { V: row.statistic, p: row.p, hl: row.hl, ci: row.ci }, EXACT);
    }
    const { psignrank, pwilcox } = extra;
    const entry = { method: 'rank distribution', tolerance: 1e-12 };
    parityVector(
      { ...entry, case: 'signed rank' },
      psignrank.q.map((q, i) => signedRankCdf(psignrank.n[i] as number)[q] as number),
      psignrank.p,
    );
    parityVector(
      { ...entry, case: 'rank sum' },
      pwilcox.q.map((q, i) => rankSumCdf(pwilcox.m[i] as number, pwilcox.n[i] as number)[q] as number),
      pwilcox.p,
    );
    const grid = referenceResults<{ psignrank: { q: number[]; n: number[]; p: number[] } }>(
      'distributions',
    ).psignrank;
    parityVector(
      { ...entry, case: 'signed rank grid' },
      grid.q.map((q, i) => {
        const cdf = signedRankCdf(grid.n[i] as number);
        return cdf[Math.min(q, cdf.length - 1)] as number;
      }),
      grid.p,
    );
  });

  it('Kruskal-Wallis', () => {
    const columns = vendoredColumns('synth_omt');
    for (const [name, group, theirs] of [
      ['retention band', 'retention_band', r.kruskal_synth],
      ['clinic', 'clinic', extra.kruskal],
    ] as const) {
      const ours = estimated(kruskalWallis(numbers(columns, 'y'), strings(columns, group)));
      parityVector(
        { method: 'Kruskal-Wallis', case: name, tolerance: EXACT },
        [ours.chi_square, ours.df, ours.p],
        [theirs.chi2, theirs.df, theirs.p],
      );
    }
  });

  it('chi-square and Fisher', () => {
    const entry = { method: 'contingency', tolerance: EXACT };
    const arrests = r.chisq_arrests;
    const two = estimated(pearsonChiSquare(arrests.table.flat(), 2, 2));
    parityVector({ ...entry, case: 'arrests' }, [two.chi_square, two.p], [arrests.chi2, arrests.p]);
    const [[a0, b0], [c0, d0]] = arrests.table as [[number, number], [number, number]];
    const fisher = estimated(fisherExact(a0, b0, c0, d0));
    parityCase({ ...entry, case: 'arrests Fisher p', ours: fisher.p, theirs: arrests.fisher_p });
    const bands = estimated(pearsonChiSquare(extra.chisq.table.flat(), 4, 3));
    parityVector(
      { ...entry, case: 'bands by period' },
      [bands.chi_square, bands.df, bands.p],
      [extra.chisq.chi2, extra.chisq.df, extra.chisq.p],
    );
    for (const row of extra.fisher) {
      const [[a, b], [c, d]] = row.table;
      const ours = estimated(fisherExact(a, b, c, d));
      const at = `Fisher ${a} ${b} ${c} ${d}`;
      parityCase({ ...entry, case: `${at} p`, ours: ours.p, theirs: row.p });
      parityCase({ ...entry, case: `${at} lower`, ours: ours.lower, theirs: row.lower });
      if (row.or === null) expect(ours.odds_ratio).toBe(Number.POSITIVE_INFINITY);
      else parityCase({ ...entry, case: `${at} odds ratio`, ours: ours.odds_ratio, theirs: row.or });
      if (row.upper === null) expect(ours.upper).toBe(Number.POSITIVE_INFINITY);
      else parityCase({ ...entry, case: `${at} upper`, ours: ours.upper, theirs: row.upper });
    }
  });
});

import { describe, expect, it } from 'vitest';
import {
  byarInterval,
  garwoodInterval,
  midPInterval,
  normalPoissonInterval,
} from '../../src/stats/rates/poisson-interval.ts';
import { clopperPearsonInterval, wilsonInterval } from '../../src/stats/rates/proportion.ts';
import { conditionalP, rateDifference, rateRatio } from '../../src/stats/rates/rate-ratio.ts';
import {
  directlyStandardisedRate,
  expectedEvents,
  type StandardisedIntervalMethod,
  standardisedRateRatio,
  standardisedRatio,
} from '../../src/stats/rates/standardised.ts';
import { binomialTwoSided } from '../../src/stats/rates/two-sided.ts';
import { binomialCdf } from '../../src/stats/special/binomial.ts';
import { numbers, parityCase, parityVector, referenceResults, strings, vendoredColumns } from './parity.ts';

/** stats.md 1.2: exact intervals and exact p-values. */
const EXACT = 1e-10;

interface ExactRates {
  garwood: Record<string, number[]>;
  rate_ratio: {
    x1: number;
    t1: number;
    x2: number;
    t2: number;
    r0: number;
    ratio: number | null;
    ci_exact: [number, number | null];
    p_exact_two_sided: number;
    p_less: number;
    ci_wald: [number, number] | null;
    p_midp: number;
    rate_diff: number;
    rate_diff_se: number;
  }[];
  binom: { x: number; n: number; p0: number; ci_cp: number[]; p: number; ci_wilson: number[] }[];
}

describe('exact rates agree with R', () => {
  const r = referenceResults<ExactRates>('exact_rates');

  it('Poisson intervals: exact, mid-P, Byar, normal', () => {
    const column = (name: string): number[] => r.garwood[name] ?? [];
    expect(column('x').length).toBe(24);
    column('x').forEach((x, i) => {
      const pt = column('pt')[i] ?? Number.NaN;
      for (const [prefix, interval] of [
        ['', garwoodInterval(x, pt)],
        ['midp_', midPInterval(x, pt)],
        ['byar_', byarInterval(x, pt, 0.95, 'rothman-boice')],
        ['normal_', normalPoissonInterval(x, pt)],
      ] as const) {
        const method = `Poisson interval ${prefix}`;
        // We report a negative lower limit as 0; R prints it.
        const lower = Math.max(0, column(`${prefix}lower`)[i] ?? Number.NaN);
        const at = `x=${x} t=${pt}`;
        parityCase({ method, case: `${at} lower`, ours: interval.lower, theirs: lower, tolerance: EXACT });
        parityCase({
          method,
          case: `${at} upper`,
          ours: interval.upper,
          theirs: column(`${prefix}upper`)[i] ?? null,
          tolerance: EXACT,
        });
      }
    });
  });

  it('rate ratios and differences', () => {
    expect(r.rate_ratio.length).toBe(5);
    for (const row of r.rate_ratio) {
      const one = { events: row.x1, person_years: row.t1 };
      const two = { events: row.x2, person_years: row.t2 };
      const at = `${row.x1}/${row.t1} : ${row.x2}/${row.t2}`;
      const check = (what: string, ours: number | undefined, theirs: number | null) =>
        parityCase({
          method: 'rate ratio',
          case: `${at} ${what}`,
          ours: ours ?? Number.NaN,
          theirs,
          tolerance: EXACT,
        });
      const exact = rateRatio(one, two);
      if (exact.status !== 'estimated' && exact.status !== 'no-events-in-one-group')
        throw new Error(exact.status);
      if (exact.status === 'estimated') check('ratio', exact.rate_ratio, row.ratio);
      check('exact lower', exact.lower, row.ci_exact[0]);
      if (row.ci_exact[1] === null) expect(exact.upper).toBe(Number.POSITIVE_INFINITY);
      else check('exact upper', exact.upper, row.ci_exact[1]);
      check('exact p', conditionalP(one, two, row.r0), row.p_exact_two_sided);
      const share = (row.r0 * row.t1) / (row.r0 * row.t1 + row.t2);
      check('p less', binomialCdf(row.x1, row.x1 + row.x2, share), row.p_less);
      check('mid-P p', conditionalP(one, two, row.r0, 'mid-p'), row.p_midp);
      const wald = rateRatio(one, two, { method: 'wald' });
      if (row.ci_wald === null) expect(wald.status).toBe('no-events-in-one-group');
      else {
        if (wald.status !== 'estimated') throw new Error(wald.status);
        check('Wald lower', wald.lower, row.ci_wald[0]);
        check('Wald upper', wald.upper, row.ci_wald[1]);
      }
      const difference = rateDifference(one, two);
      check('difference', difference.rate_difference, row.rate_diff);
      check('difference se', difference.se, row.rate_diff_se);
    }
  });

  it('proportions', () => {
    for (const row of r.binom) {
      const cp = clopperPearsonInterval(row.x, row.n);
      const wilson = wilsonInterval(row.x, row.n);
      const entry = { method: 'proportion', case: `${row.x} of ${row.n}`, tolerance: EXACT };
      parityVector({ ...entry, case: `${entry.case} Clopper-Pearson` }, [cp.lower, cp.upper], row.ci_cp);
      // Rounding leaves 1e-17 where R subtracts equal numbers at 0.
      parityVector({ ...entry, case: `${entry.case} Wilson` }, [wilson.lower, wilson.upper], row.ci_wilson);
      parityCase({
        ...entry,
        case: `${entry.case} p`,
        ours: binomialTwoSided(row.x, row.n, row.p0),
        theirs: row.p,
      });
    }
  });
});

interface DsrReference {
  y: number[];
  py: number[];
  std: number[];
  epitools?: number[];
  dsr: number;
  var: number;
  fay_feuer: number[];
  tiwari_upper: number;
  dobson: number[];
  dobson_byar_PHE: number[];
  normal: number[];
  lognormal: number[];
}

describe('standardised rates agree with R', () => {
  const r = referenceResults<
    Record<'before' | 'during' | 'after' | 'sparse' | 'epitools_help_style', DsrReference> & {
      smr: { O: number; E: number; smr: number; exact: number[]; byar: number[] };
      log_ratio_during_before: { ratio: number; se_log: number };
    }
  >('dsr');

  it.each([
    ['before', 1],
    ['during', 1],
    ['after', 1],
    ['sparse', 1e5],
    ['epitools_help_style', 1e5],
  ] as const)('directly standardised rate: %s', (name, per) => {
    const reference = r[name];
    const estimate = (method: StandardisedIntervalMethod) => {
      const result = directlyStandardisedRate(reference.y, reference.py, reference.std, { method });
      if (result.status !== 'estimated') throw new Error(result.status);
      return result;
    };
    const entry = { method: 'directly standardised rate', tolerance: EXACT };
    const base = estimate('fay-feuer');
    parityCase({ ...entry, case: `${name} rate`, ours: base.rate * per, theirs: reference.dsr });
    parityCase({
      ...entry,
      case: `${name} variance`,
      ours: base.variance * per * per,
      theirs: reference.var,
    });
    if (reference.epitools !== undefined) {
      const crude = reference.y.reduce((a, b) => a + b) / reference.py.reduce((a, b) => a + b);
      const { lower, upper } = estimate('fay-feuer');
      parityVector(
        { ...entry, case: `${name} epitools` },
        [crude, base.rate, lower, upper].map((v) => v * per),
        reference.epitools,
      );
    }
    for (const [method, theirs] of [
      ['fay-feuer', reference.fay_feuer],
      ['dobson', reference.dobson],
      ['dobson-byar', reference.dobson_byar_PHE],
      ['normal', reference.normal],
      ['log-normal', reference.lognormal],
    ] as const) {
      const { lower, upper } = estimate(method);
      parityVector({ ...entry, case: `${name} ${method}` }, [lower * per, upper * per], theirs);
    }
    parityCase({
      ...entry,
      case: `${name} tiwari upper`,
      ours: estimate('tiwari').upper * per,
      theirs: reference.tiwari_upper,
    });
  });

  it('counts and person-years by age band and the standardised ratio from the records', () => {
    const columns = vendoredColumns('synth_omt');
    const age = numbers(columns, 'age');
    const y = numbers(columns, 'y');
    const days = numbers(columns, 'days');
    const period = strings(columns, 'period');
    const all = { y: new Float64Array(4), py: new Float64Array(4) };
    const during = { y: new Float64Array(4), py: new Float64Array(4) };
    period.forEach((name, i) => {
      const a = age[i] as number;
      const band = a <= 24 ? 0 : a <= 34 ? 1 : a <= 44 ? 2 : 3;
      for (const group of name === 'during' ? [all, during] : [all]) {
        group.y[band] = (group.y[band] as number) + (y[i] as number);
        group.py[band] = (group.py[band] as number) + (days[i] as number) / 365.25;
      }
    });
    const entry = { method: 'standardised ratio', tolerance: EXACT };
    parityVector({ ...entry, case: 'events during' }, during.y, r.during.y);
    parityVector({ ...entry, case: 'person-years during' }, during.py, r.during.py);
    const observed = during.y.reduce((a, b) => a + b);
    parityCase({ ...entry, case: 'observed', ours: observed, theirs: r.smr.O, tolerance: 0 });
    const expected = expectedEvents(
      all.y.map((events, band) => events / (all.py[band] as number)),
      during.py,
    );
    const smr = standardisedRatio(observed, expected);
    if (smr.status !== 'estimated') throw new Error(smr.status);
    parityCase({ ...entry, case: 'expected', ours: expected, theirs: r.smr.E });
    parityCase({ ...entry, case: 'ratio', ours: smr.ratio, theirs: r.smr.smr });
    parityVector({ ...entry, case: 'exact' }, [smr.lower, smr.upper], r.smr.exact);
    const byar = byarInterval(observed, expected, 0.95, 'rothman-boice');
    parityVector({ ...entry, case: 'Byar' }, [byar.lower, byar.upper], r.smr.byar);
  });

  it('ratio of two directly standardised rates', () => {
    const [before, during] = (['before', 'during'] as const).map((name) =>
      directlyStandardisedRate(r[name].y, r[name].py, r[name].std),
    );
    if (before?.status !== 'estimated' || during?.status !== 'estimated') throw new Error('no estimate');
    const ratio = standardisedRateRatio(during, before);
    const entry = { method: 'ratio of standardised rates', tolerance: EXACT };
    parityCase({ ...entry, case: 'ratio', ours: ratio.rate_ratio, theirs: r.log_ratio_during_before.ratio });
    parityCase({ ...entry, case: 'se log', ours: ratio.se_log, theirs: r.log_ratio_during_before.se_log });
  });
});

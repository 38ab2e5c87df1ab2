import { describe, expect, it } from 'vitest';
import { invertCrossProduct, leastSquares, qr } from '../../src/stats/linalg/qr.ts';
import { displacementDifference, ratioOfRateRatios } from '../../src/stats/rates/ratio-of-rate-ratios.ts';
import { designFromRows } from '../../src/stats/regression/design.ts';
import { fitNegativeBinomial } from '../../src/stats/regression/negative-binomial.ts';
import { tailHistogram } from '../../src/stats/regression/overdispersion.ts';
import { correctedRatio, empiricalBayes } from '../../src/stats/regression-to-mean/empirical-bayes.ts';
import { posteriorRate, selectedMeans } from '../../src/stats/regression-to-mean/gamma-poisson.ts';
import { normalSelection } from '../../src/stats/regression-to-mean/normal-selection.ts';
import { stationaryExpectation } from '../../src/stats/regression-to-mean/stationary.ts';
import {
  externalColumns,
  numbers,
  parityCase,
  parityVector,
  referenceResults,
  strings,
  vendoredColumns,
} from './parity.ts';

const TOLERANCE = 1e-10;

interface HauerReference {
  n: number;
  lambda: number;
  pi: number;
  varPi: number;
  theta: number;
  varTheta: number;
  pct: number;
  se: number;
  naiveRatio: number;
  rtmShare: number;
}
const r = referenceResults<{
  hauer: {
    theta: number;
    coef: { names: string[]; estimate: number[]; se: number[] };
    weightHead: number[];
    EBHead: number[];
    VEBHead: number[];
    all: HauerReference;
    selected_y_ge2: HauerReference;
  };
  gamma_poisson: { rate_pooled: number; mu: number; shape: number; postMeanHead: number[] };
  yudkin_stratton: {
    mu: number;
    sb2: number;
    sw2: number;
    c: number;
    nBaseline: number;
    z: number;
    C: number;
    rtm: number;
  }[];
  nb_selection: { mu: number; k: number; c: number; EX1: number; EX2: number; rtm: number; ratio: number }[];
  robbins: { c: number; f: number[]; n_sel: number; obsBefore: number; expAfterEqualExposure: number };
  ancova: Record<'ancova' | 'change', { estimate: number[]; se: number[] }>;
}>('rtm_eb');

/** Persons with their before and during rows, in order of id. */
function people() {
  const columns = vendoredColumns('synth_omt');
  const period = strings(columns, 'period');
  const field = (name: string) => numbers(columns, name);
  const [id, sex, age, prior, days, y] = [
    field('id'),
    field('sex'),
    field('age'),
    field('prior'),
    field('days'),
    field('y'),
  ];
  const during = new Map<number, number>();
  period.forEach((name, i) => {
    if (name === 'during') during.set(id[i] as number, i);
  });
  const before = [...period.keys()].filter((i) => period[i] === 'before');
  const paired = before
    .filter((i) => during.has(id[i] as number))
    .sort((a, b) => (id[a] as number) - (id[b] as number));
  const at = (values: Float64Array | undefined, rows: number[]) =>
    Float64Array.from(rows, (i) => values?.[i] ?? Number.NaN);
  const duringRows = paired.map((i) => during.get(id[i] as number) as number);
  return {
    all_before: {
      days: at(days, before),
      y: at(y, before),
      sex: at(sex, before),
      age: at(age, before),
      prior: at(prior, before),
    },
    sex: at(sex, paired),
    age: at(age, paired),
    prior: at(prior, paired),
    days: at(days, paired),
    y: at(y, paired),
    days_during: at(days, duringRows),
    y_during: at(y, duringRows),
  };
}

describe('regression to the mean agrees with the formulae run in R', () => {
  const data = people();

  it('Hauer empirical Bayes, all persons and those selected on two or more events', () => {
    const [b0 = 0, bSex = 0, bAge = 0, bPrior = 0] = r.hauer.coef.estimate;
    const modelMean = data.days.map(
      (days, i) =>
        days *
        Math.exp(
          b0 +
            bSex * (data.sex[i] as number) +
            bAge * ((data.age[i] as number) - 34) +
            bPrior * Math.log1p(data.prior[i] as number),
        ),
    );
    const persons = empiricalBayes(data.y, modelMean, r.hauer.theta);
    const entry = { method: 'empirical Bayes', tolerance: TOLERANCE };
    parityVector({ ...entry, case: 'weight' }, persons.weight.slice(0, 5), r.hauer.weightHead);
    parityVector({ ...entry, case: 'expected' }, persons.expected.slice(0, 5), r.hauer.EBHead);
    parityVector({ ...entry, case: 'variance' }, persons.variance.slice(0, 5), r.hauer.VEBHead);
    for (const [name, least] of [
      ['all', 0],
      ['selected_y_ge2', 2],
    ] as const) {
      const chosen = (values: Float64Array) => values.filter((_, i) => (data.y[i] as number) >= least);
      const result = correctedRatio(
        {
          events_before: chosen(data.y),
          events_after: chosen(data.y_during),
          exposure_ratio: chosen(data.days_during.map((d, i) => d / (data.days[i] as number))),
        },
        {
          weight: chosen(persons.weight),
          expected: chosen(persons.expected),
          variance: chosen(persons.variance),
        },
      );
      if (result.status !== 'estimated') throw new Error(result.status);
      const theirs = r.hauer[name];
      parityVector(
        { ...entry, case: name },
        [
          result.persons,
          result.observed_after,
          result.expected_after,
          result.expected_variance,
          result.ratio,
          result.se,
          result.naive_ratio,
          result.regression_share,
          result.se ** 2,
          100 * (1 - result.ratio),
        ],
        [
          theirs.n,
          theirs.lambda,
          theirs.pi,
          theirs.varPi,
          theirs.theta,
          theirs.se,
          theirs.naiveRatio,
          theirs.rtmShare,
          theirs.varTheta,
          theirs.pct,
        ],
      );
    }
  });

  it('the negative binomial models of the period before, as glm.nb', () => {
    const { y, days, sex, age, prior } = data.all_before;
    const entry = { method: 'empirical Bayes', tolerance: 1e-7 };
    const modelOf = (columns: Float64Array[], exposure: Float64Array) => {
      const result = fitNegativeBinomial({
        design: designFromRows(Array.from(y, (_, i) => [1, ...columns.map((c) => c[i] as number)])),
        observations: new Float64Array(y.length).fill(1),
        events: y,
        exposure,
        tail: tailHistogram(y),
      });
      if (result.status !== 'estimated') throw new Error(result.status);
      return result;
    };
    const model = modelOf([sex, age.map((a) => a - 34), prior.map(Math.log1p)], days);
    parityVector({ ...entry, case: 'model' }, model.coefficient, r.hauer.coef.estimate);
    parityVector({ ...entry, case: 'model se' }, model.se_given_theta, r.hauer.coef.se);
    parityCase({ ...entry, case: 'theta', tolerance: 1e-6, ours: model.theta, theirs: r.hauer.theta });
    const years = days.map((d) => d / 365.25);
    const alone = modelOf([], years);
    const { mu, shape, rate_pooled } = r.gamma_poisson;
    const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
    parityCase({ ...entry, case: 'common rate', ours: Math.exp(alone.coefficient[0] as number), theirs: mu });
    parityCase({ ...entry, case: 'shape', tolerance: 1e-6, ours: alone.theta, theirs: shape });
    parityCase({
      ...entry,
      case: 'pooled rate',
      tolerance: 1e-12,
      ours: total(y) / total(years),
      theirs: rate_pooled,
    });
  });

  it('gamma-Poisson posterior rates and selection', () => {
    const { y, days } = data.all_before;
    const { mu, shape, postMeanHead } = r.gamma_poisson;
    const ours = postMeanHead.map((_, i) =>
      posteriorRate(y[i] as number, (days[i] as number) / 365.25, mu, shape),
    );
    parityVector(
      { method: 'gamma-Poisson', case: 'posterior rate', tolerance: TOLERANCE },
      ours,
      postMeanHead,
    );
    expect(r.nb_selection.length).toBe(3);
    for (const row of r.nb_selection) {
      const means = selectedMeans(row.mu, row.k, row.c);
      parityVector(
        {
          method: 'gamma-Poisson selection',
          case: `mean ${row.mu} shape ${row.k} cut-off ${row.c}`,
          tolerance: TOLERANCE,
        },
        [means.before, means.after, means.regression, means.ratio],
        [row.EX1, row.EX2, row.rtm, row.ratio],
      );
    }
  });

  it('normal selection', () => {
    expect(r.yudkin_stratton.length).toBe(3);
    for (const row of r.yudkin_stratton) {
      const ours = normalSelection({
        mean: row.mu,
        between: row.sb2,
        within: row.sw2,
        cutoff: row.c,
        baselines: row.nBaseline,
      });
      parityVector(
        {
          method: 'normal selection',
          case: `cut-off ${row.c}, ${row.nBaseline} baselines`,
          tolerance: TOLERANCE,
        },
        [ours.z, ours.inverse_mills, ours.regression],
        [row.z, row.C, row.rtm],
      );
    }
  });

  it('stationary expectation (Robbins)', () => {
    const counts = data.all_before.y;
    const frequency = new Float64Array(Math.max(...counts) + 1);
    for (const y of counts) frequency[y] = (frequency[y] as number) + 1;
    const entry = { method: 'stationary expectation', tolerance: TOLERANCE };
    parityVector({ ...entry, case: 'frequency' }, frequency, r.robbins.f);
    const ours = stationaryExpectation(frequency, r.robbins.c);
    parityVector(
      { ...entry, case: 'selected' },
      [ours.selected, ours.events_before, ours.expected_after],
      [r.robbins.n_sel, r.robbins.obsBefore, r.robbins.expAfterEqualExposure],
    );
  });

  const epil = externalColumns('epil');
  it.skipIf(epil === undefined)('analysis of covariance against change scores on epil, by QR', () => {
    if (epil === undefined) return;
    const subject = numbers(epil, 'subject');
    const y = numbers(epil, 'y');
    const base = numbers(epil, 'base');
    const treated = strings(epil, 'trt').map((arm) => (arm === 'progabide' ? 1 : 0));
    const persons = new Map<number, { total: number; base: number; treated: number }>();
    subject.forEach((id, i) => {
      const person = persons.get(id) ?? { total: 0, base: base[i] as number, treated: treated[i] as number };
      person.total += y[i] as number;
      persons.set(id, person);
    });
    const rows = [...persons.values()];
    for (const [name, design, response] of [
      [
        'ancova',
        rows.flatMap((p) => [1, Math.log1p(p.base), p.treated]),
        rows.map((p) => Math.log1p(p.total)),
      ],
      [
        'change',
        rows.flatMap((p) => [1, p.treated]),
        rows.map((p) => Math.log1p(p.total) - Math.log1p(p.base / 2)),
      ],
    ] as const) {
      const p = design.length / rows.length;
      const factor = qr(Float64Array.from(design), rows.length, p);
      const { coefficients, residual_sum_of_squares: rss } = leastSquares(
        factor,
        Float64Array.from(response),
      );
      const inverse = invertCrossProduct(factor);
      const se = coefficients.map((_, j) =>
        Math.sqrt((inverse[j * p + j] as number) * (rss / (rows.length - p))),
      );
      const entry = { method: 'least squares', tolerance: TOLERANCE };
      parityVector({ ...entry, case: `${name} coefficient` }, coefficients, r.ancova[name].estimate);
      parityVector({ ...entry, case: `${name} se` }, se, r.ancova[name].se);
    }
  });
});

it('ratio of rate ratios and displacement difference agree with R', () => {
  const did = referenceResults<{
    cells: { treated: number; post: number; y: number; py: number }[];
    closedForm: { logRRR: number; se: number; RRR: number; rateDiffDiD: number; se_rateDiff: number };
    wheeler_wilson: {
      treated_pre: number;
      treated_post: number;
      control_pre: number;
      control_post: number;
      WDD: number;
      WDD_se: number;
      logIRR: number;
      IRR: number;
      logIRR_se: number;
    };
  }>('did');
  const columns = vendoredColumns('synth_did');
  const [treated, post, y, py] = ['treated', 'post', 'y', 'py'].map((name) => numbers(columns, name));
  const cell = (g: number, p: number) => {
    let events = 0;
    let personYears = 0;
    treated?.forEach((value, i) => {
      if (value !== g || post?.[i] !== p) return;
      events += y?.[i] ?? Number.NaN;
      personYears += py?.[i] ?? Number.NaN;
    });
    return { events, person_years: personYears };
  };
  const entry = { method: 'difference in rates', tolerance: TOLERANCE };
  for (const row of did.cells) {
    const ours = cell(row.treated, row.post);
    parityVector(
      { ...entry, case: `cell ${row.treated} ${row.post}` },
      [ours.events, ours.person_years],
      [row.y, row.py],
    );
  }
  const ours = ratioOfRateRatios({
    treated_before: cell(1, 0),
    treated_after: cell(1, 1),
    comparison_before: cell(0, 0),
    comparison_after: cell(0, 1),
  });
  if (ours.status !== 'estimated') throw new Error(ours.status);
  const closed = did.closedForm;
  parityVector(
    { ...entry, case: 'closed form' },
    [ours.log_ratio, ours.se_log, ours.ratio_of_rate_ratios, ours.difference_of_rates, ours.se_difference],
    [closed.logRRR, closed.se, closed.RRR, closed.rateDiffDiD, closed.se_rateDiff],
  );
  const w = did.wheeler_wilson;
  const area = displacementDifference({
    treated_before: w.treated_pre,
    treated_after: w.treated_post,
    comparison_before: w.control_pre,
    comparison_after: w.control_post,
  });
  parityVector({ ...entry, case: 'displacement' }, [area.difference, area.se], [w.WDD, w.WDD_se]);
  const unit = (events: number) => ({ events, person_years: 1 });
  const wilson = ratioOfRateRatios({
    treated_before: unit(w.treated_pre),
    treated_after: unit(w.treated_post),
    comparison_before: unit(w.control_pre),
    comparison_after: unit(w.control_post),
  });
  if (wilson.status !== 'estimated') throw new Error(wilson.status);
  parityVector(
    { ...entry, case: 'areas' },
    [wilson.log_ratio, wilson.ratio_of_rate_ratios, wilson.se_log],
    [w.logIRR, w.IRR, w.logIRR_se],
  );
});

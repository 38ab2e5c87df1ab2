/**
 * Numbers of the reference results that are not compared, each with its reason. A pattern is a path of `parity-account.ts` in which
 * `*` stands for anything. `not built` names what Desist does not do.
 */
export interface NotCompared {
  readonly kind: 'not built' | 'input' | 'about R' | 'compared elsewhere' | 'another convention';
  readonly quantity: string;
  readonly reason: string;
}

/** Files of the reference that hold results of methods Desist does not have, and are therefore not vendored. */
export const SETS_NOT_BUILT: Readonly<Record<string, string>> = {
  zero_inflated: 'zero-inflated and hurdle models',
  its: 'interrupted time series on aggregated counts (segmented regression, Newey-West, ARIMA)',
  meta_analysis: 'meta-analysis',
  'metafor-reference': 'meta-analysis',
  mixed_models: 'mixed models with normal random effects (adaptive Gauss-Hermite quadrature)',
  js_numerics_accuracy: 'accuracy of other JavaScript libraries, not a reference for ours',
};

const input = (quantity: string): NotCompared => ({
  kind: 'input',
  quantity,
  reason: 'an input of the comparison',
});

export const NOT_COMPARED: readonly NotCompared[] = [
  // Inputs: grids, tables and data that the results were computed from.
  ...[
    'competing_risks:*.time[]',
    'did:cells[].treated',
    'did:cells[].post',
    'did:wheeler_wilson.treated_*',
    'did:wheeler_wilson.control_*',
    'distributions:*.p[]',
    'distributions:*.x[]',
    'distributions:*.y[]',
    'distributions:*.t[]',
    'distributions:*.df[]',
    'distributions:*.shape[]',
    'distributions:*.a[]',
    'distributions:*.b[]',
    'distributions:*.d1[]',
    'distributions:*.d2[]',
    'distributions:*.mu[]',
    'distributions:*.theta[]',
    'distributions:psignrank.q[]',
    'distributions:psignrank.n[]',
    'dsr:*.y[]',
    'dsr:*.py[]',
    'dsr:*.std[]',
    'evalue_multiplicity:point_and_ci[].rr',
    'evalue_multiplicity:point_and_ci[].lo',
    'evalue_multiplicity:point_and_ci[].hi',
    'evalue_multiplicity:biasfactor[].RRud',
    'evalue_multiplicity:biasfactor[].RReu',
    'evalue_multiplicity:hr_common_to_rr[].hr',
    'evalue_multiplicity:or_common[].or',
    'evalue_multiplicity:rr_from_smd.d',
    'evalue_multiplicity:p_adjust[].p[]',
    'exact_rates:garwood.x[]',
    'exact_rates:garwood.pt[]',
    'exact_rates:rate_ratio[].x1',
    'exact_rates:rate_ratio[].t1',
    'exact_rates:rate_ratio[].x2',
    'exact_rates:rate_ratio[].t2',
    'exact_rates:rate_ratio[].r0',
    'exact_rates:binom[].x',
    'exact_rates:binom[].n',
    'exact_rates:binom[].p0',
    'km_cox:uis_rmst.tau',
    'km_cox:rossi_basehaz.time[]',
    'paired_extra:*.table[][]',
    'paired_extra:wilcoxon_exact[].x[]',
    'paired_extra:wilcoxon_exact[].y[]',
    'paired_extra:wilcoxon_exact[].level',
    'paired_extra:psignrank.n[]',
    'paired_extra:psignrank.q[]',
    'paired_extra:pwilcox.q[]',
    'paired_extra:pwilcox.m[]',
    'paired_extra:pwilcox.n[]',
    'paired_tests:*.table[][]',
    'paired_tests:hollander_depression_exact.x[]',
    'paired_tests:hollander_depression_exact.y[]',
    'paired_tests:n_synth',
    'person_time:lexis.table[].ab',
    'person_time:survSplit.table[].ep',
    'poisson_glm:rossi_rate_table.table[].arrest',
    'poisson_glm:rossi_rate_table.table[].week',
    'recurrent_events:*.time[]',
    'regression_extra:poisson_profile.columns[]',
    'rtm_eb:yudkin_stratton[].mu',
    'rtm_eb:yudkin_stratton[].sb2',
    'rtm_eb:yudkin_stratton[].sw2',
    'rtm_eb:yudkin_stratton[].c',
    'rtm_eb:nb_selection[].k',
    'rtm_eb:nb_selection[].c',
    'rtm_eb:robbins.c',
    'sccs_conditional_poisson:oxford.data[].*',
    'sccs_conditional_poisson:oxford.expanded[].*',
    'sequential_maxsprt:T[]',
    'sequential_maxsprt:M[]',
    'survival_more:*.time[]',
  ].map(input),

  // What R says of its own iterations.
  { kind: 'about R', quantity: '*.iterations', reason: "the number of steps of R's own iteration" },
  { kind: 'about R', quantity: 'km_cox:*.iter', reason: "the number of steps of R's own iteration" },
  { kind: 'about R', quantity: '*.maxAbsGradient', reason: "how far R's maximiser got" },
  { kind: 'about R', quantity: 'poisson_glm:*.dispersion', reason: 'the constant 1' },
  { kind: 'about R', quantity: 'negbin:quine_help.dispersion', reason: 'the constant 1' },
  { kind: 'about R', quantity: 'regression_at_mle:logistic_any.dispersion', reason: 'the constant 1' },
  {
    kind: 'about R',
    quantity: 'compressed_regression:*relErr*',
    reason: 'how well R agreed with itself; ours agree to 1e-11 in the method `compressed`',
  },
  {
    kind: 'about R',
    quantity: 'compressed_regression:cox.*',
    reason: 'what R found of its own weights; grouped rows equal person rows in cox.test.ts',
  },

  // The same number in a better form is compared.
  {
    kind: 'compared elsewhere',
    quantity: 'cluster_robust:synth_clubSandwich_by_clinic.*',
    reason: "R's fit stops 1e-7 before its maximum; the same at the maximum (regression_at_mle) to 1e-10",
  },
  {
    kind: 'compared elsewhere',
    quantity: 'cluster_robust:synth_CR2_satterthwaite.*',
    reason: "R's fit stops 1e-7 before its maximum; the same at the maximum (regression_at_mle) to 1e-10",
  },
  {
    kind: 'compared elsewhere',
    quantity: 'negbin:*.SEtheta',
    reason: 'lags a step (3e-6); nb_joint_* of regression_extra at the maximum to 1e-8',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'negbin:quine_help_theta[]',
    reason: 'theta is compared; its se lags a step, see SEtheta',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'rtm_eb:hauer.SEtheta',
    reason: 'lags a step, see negbin SEtheta',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'negbin:*.jointObservedInfoSE_numeric[]',
    reason:
      'second differences of the likelihood; nb_joint_* of regression_extra has the exact ones, to 1e-8',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'poisson_glm:synth_profileCI_period[][]',
    reason: 'interpolated by a spline; poisson_profile of regression_extra has the exact limits, to 1e-8',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'poisson_random_effects_exact:*_gamma.se[]',
    reason: 'second differences, noisy to 2e-5; person_gamma_* of regression_extra, to 1e-8',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'distributions:dnbinom_log.logp[]',
    reason: 'R loses digits for theta of 1e5 and more: 60-digit arithmetic there, to 1e-12',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'distributions:q?.q[]',
    reason: 'R goes through 1/x - 1 or bisects: 60-digit arithmetic there, to 1e-12',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'person_time:hand.*',
    reason: 'merging of episodes is SQL: a walk through every day judges it (test/property)',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'sccs_conditional_poisson:oxford.clogit_loglik[]',
    reason: 'of its two, the likelihood of the fit is compared; that of no effect is not reported',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'km_cox:rossi_cox_exact.nevent',
    reason: 'the events of the same people in rossi_cox_efron',
  },
  {
    kind: 'compared elsewhere',
    quantity: 'paired_tests:chisq_arrests.fisher_*',
    reason:
      "the p-value is compared; R's odds ratio and limits come from a root finder to 1e-4, paired_extra has exact ones",
  },

  // Another convention, stated in the contract of ours.
  {
    kind: 'another convention',
    quantity: 'competing_risks:synth_AJ.*',
    reason: 'limits of the state without an event are not reported; those of the causes are compared',
  },
  {
    kind: 'another convention',
    quantity: 'competing_risks:synth_cuminc_gray.var[][]',
    reason: "cuminc's variance (Gray's) differs from Aalen's, which is compared with survfit",
  },
  {
    kind: 'another convention',
    quantity: 'competing_risks:synth_finegray_crr.*',
    reason:
      'crr differs by 1e-5 in ties and censorings; coxph on finegray data is compared, crr to a thousandth of an se',
  },
  {
    kind: 'another convention',
    quantity: 'competing_risks:synth_finegray_survival.rows',
    reason: 'rows of a table that ours does not make',
  },
  {
    kind: 'another convention',
    quantity: 'exact_rates:garwood.*_lower[]',
    reason: 'a negative lower limit is 0 here',
  },
  {
    kind: 'another convention',
    quantity: 'exact_rates:rate_ratio[].ratio',
    reason: 'a ratio of 0 has its own status and no estimate',
  },
  {
    kind: 'another convention',
    quantity: 'gee:epil_exchangeable_geePkg.*',
    reason: 'package gee divides by N - p; geepack, which divides by N, is compared',
  },
  {
    kind: 'another convention',
    quantity: 'recurrent_events:*.se_Poisson[]',
    reason: 'the variance that is wrong for recurrent events, printed as a warning',
  },
  {
    kind: 'another convention',
    quantity: 'survival_more:late_entry_quantiles.lower[][]',
    reason: 'R reports later crossings of a limit that rises again; compared where it does not',
  },

  // Not built.
  { kind: 'not built', quantity: 'km_cox:*.concordance*', reason: 'concordance of a Cox model' },
  {
    kind: 'not built',
    quantity: 'km_cox:rossi_cox_exact.score',
    reason: 'score test of the exact likelihood',
  },
  { kind: 'not built', quantity: 'km_cox:rossi_cox_exact.wald', reason: 'Wald test of the exact likelihood' },
  { kind: 'not built', quantity: 'recurrent_events:cgd_frailty_gamma.*', reason: 'frailty in a Cox model' },
  {
    kind: 'not built',
    quantity: 'poisson_random_effects_exact:*_lognormal.*',
    reason: 'normal random effects (adaptive Gauss-Hermite quadrature)',
  },
  { kind: 'not built', quantity: 'gee:*.scale_se', reason: 'standard error of the dispersion of a GEE' },
  { kind: 'not built', quantity: 'gee:*.alpha_se', reason: 'standard error of the working correlation' },
  { kind: 'not built', quantity: 'gee:epil_exchangeable_jack_se[]', reason: 'jackknife variance of a GEE' },
  { kind: 'not built', quantity: 'negbin:*.nullDeviance', reason: 'null deviance of a negative binomial' },
  { kind: 'not built', quantity: 'negbin:*.pearsonChi2', reason: 'Pearson statistic of a negative binomial' },
  {
    kind: 'not built',
    quantity: 'iptw:lalonde_matchit.*',
    reason: 'pairs are made, and another set than that of MatchIt: see matching.test.ts',
  },
  { kind: 'not built', quantity: 'distributions:ptukey.*', reason: "Tukey's studentised range" },
  {
    kind: 'not built',
    quantity: 'sccs_conditional_poisson:synth.deviance',
    reason: 'deviance of the unconditional form with an effect a person',
  },
];

/** Does a path match a pattern? `*` stands for any text, `?` for one letter. */
export function matches(pattern: string, path: string): boolean {
  const source = pattern
    .replaceAll(/[.[\]]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(path);
}

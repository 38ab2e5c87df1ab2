/**
 * Sensitivity of a ratio to unmeasured confounding: E-value and bounding factor (Ding and VanderWeele 2016, Epidemiology 27:368;
 * VanderWeele and Ding 2017, Ann Intern Med 167:268). Ratios are risk ratios, or rate ratios of any outcome; hazard and odds ratios of common
 * outcomes are first put on the risk-ratio scale. A ratio that is not positive gives NaN.
 */

/** RR + sqrt(RR (RR - 1)), with RR < 1 inverted: the smallest association of a confounder with both exposure and outcome that explains RR away. */
export function eValue(ratio: number): number {
  if (!(ratio > 0)) return Number.NaN;
  const away = ratio < 1 ? 1 / ratio : ratio;
  return away + Math.sqrt(away * (away - 1));
}

/** E-value of the limit nearer to 1; 1 when the interval contains 1. */
export function eValueOfInterval(lower: number, upper: number): number {
  if (!(lower >= 0 && upper >= lower)) return Number.NaN;
  if (lower <= 1 && upper >= 1) return 1;
  return eValue(lower > 1 ? lower : upper);
}

/**
 * Largest factor by which a confounder can shift a ratio: RR_ud RR_eu / (RR_ud + RR_eu - 1), from its association with the
 * outcome and with the exposure (both >= 1).
 */
export function biasFactor(outcomeAssociation: number, exposureAssociation: number): number {
  if (!(outcomeAssociation >= 1 && exposureAssociation >= 1)) return Number.NaN;
  return (outcomeAssociation * exposureAssociation) / (outcomeAssociation + exposureAssociation - 1);
}

/** Approximate risk ratio of a common outcome from a hazard ratio: (1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR)). */
export function riskRatioOfHazardRatio(hazardRatio: number): number {
  if (!(hazardRatio > 0)) return Number.NaN;
  return (1 - 0.5 ** Math.sqrt(hazardRatio)) / (1 - 0.5 ** Math.sqrt(1 / hazardRatio));
}

/** Approximate risk ratio of a common outcome from an odds ratio: its square root. */
export function riskRatioOfOddsRatio(oddsRatio: number): number {
  return oddsRatio > 0 ? Math.sqrt(oddsRatio) : Number.NaN;
}

/** Approximate risk ratio from a standardised mean difference: exp(0.91 d). */
export function riskRatioOfMeanDifference(standardisedDifference: number): number {
  return Math.exp(0.91 * standardisedDifference);
}

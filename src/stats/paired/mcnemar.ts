/**
 * Paired proportions: McNemar's test in its four forms, the matched odds ratio and the difference of proportions.
 *
 * Only the discordant pairs carry information: b pairs where only the first member (or period) has the event, c where only the second has.
 * McNemar (1947, Psychometrika 12:153); mid-P as in Fagerland, Lydersen and Laake (2013, BMC Med Res Methodol 13:91).
 */

import { DEFAULT_LEVEL } from '../rates/interval.ts';
import { clopperPearsonInterval } from '../rates/proportion.ts';
import { binomialTwoSided } from '../rates/two-sided.ts';
import { binomialCdf, binomialProbability } from '../special/binomial.ts';
import { chiSquareUpper } from '../special/chisq.ts';
import { normalQuantileUpper } from '../special/normal.ts';

export interface PairedTable {
  both: number;
  only_first: number;
  only_second: number;
  neither: number;
}

export type McNemar =
  | {
      status: 'estimated';
      pairs: number;
      discordant: number;
      chi_square: number;
      p: number;
      /** With Edwards' continuity correction. */
      chi_square_corrected: number;
      p_corrected: number;
      p_exact: number;
      p_mid: number;
      /** only_first / only_second; Infinity when only_second is 0. */
      odds_ratio: number;
      odds_ratio_lower: number;
      odds_ratio_upper: number;
      /** Proportion with the event in the first minus in the second, with its Wald interval. */
      difference: number;
      difference_lower: number;
      difference_upper: number;
      level: number;
    }
  | { status: 'no-discordant-pairs'; pairs: number };

export function mcnemar(table: PairedTable, level = DEFAULT_LEVEL): McNemar {
  const { both, only_first: b, only_second: c, neither } = table;
  const pairs = both + b + c + neither;
  const discordant = b + c;
  if (discordant === 0) return { status: 'no-discordant-pairs', pairs };
  const chiSquare = (b - c) ** 2 / discordant;
  const corrected = b === c ? 0 : (Math.abs(b - c) - 1) ** 2 / discordant;
  const smaller = Math.min(b, c);
  const share = clopperPearsonInterval(b, discordant, level);
  const difference = (b - c) / pairs;
  const half = (normalQuantileUpper((1 - level) / 2) * Math.sqrt(discordant - (b - c) ** 2 / pairs)) / pairs;
  return {
    status: 'estimated',
    pairs,
    discordant,
    chi_square: chiSquare,
    p: chiSquareUpper(chiSquare, 1),
    chi_square_corrected: corrected,
    p_corrected: chiSquareUpper(corrected, 1),
    p_exact: binomialTwoSided(b, discordant, 0.5),
    p_mid: 2 * binomialCdf(smaller, discordant, 0.5) - binomialProbability(smaller, discordant, 0.5),
    odds_ratio: b / c,
    odds_ratio_lower: share.lower / (1 - share.lower),
    odds_ratio_upper: share.upper / (1 - share.upper),
    difference,
    difference_lower: difference - half,
    difference_upper: difference + half,
    level,
  };
}

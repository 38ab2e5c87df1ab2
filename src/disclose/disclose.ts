import { releaseCurves } from './curve-release.ts';
import { printRegisters } from './print-registers.ts';
import { printResults } from './print-results.ts';
import type { Profile } from './profiles.ts';
import { type Protection, protect, roundCount } from './protect.ts';
import { collectQuantities } from './quantities.ts';
import { planRegisters } from './register-counts.ts';
import { relateResults } from './relations.ts';
import { type Released, seal } from './released.ts';
import { planResults } from './result-cells.ts';
import { roundResults } from './rounding.ts';
import { releaseSteps } from './step-release.ts';
import { buildSystem } from './system.ts';
import type { InternalTables, ReleasedTables } from './tables.ts';

/** The sentence a suppressed row carries: the same for every reason, since the reason itself would narrow the count. */
export function suppressedNote(profile: Profile): string {
  return `fewer than ${profile.threshold} persons or events, or needed to protect such a count`;
}

/** Profile none hides nothing and changes nothing: no step of a curve is merged, no median moves. */
function releaseAsItIs(internal: InternalTables, profile: Profile): Released<ReleasedTables> {
  const shown = <T extends object>(rows: readonly T[]) =>
    rows.map((row) => ({ ...row, status: 'shown' as const }));
  const tables = {
    results: internal.results.map((row) => ({ ...row })),
    attrition: shown(internal.attrition),
    population_steps: shown(internal.population_steps),
    link_flow: shown(internal.link_flow),
    accounts: shown(internal.accounts),
    issues: shown(internal.issues),
    profiles: shown(internal.profiles),
  };
  return seal({
    disclosure: {
      profile: profile.id,
      version: profile.version,
      threshold: profile.threshold,
      rounding: profile.rounding,
      source: profile.source,
      banner: profile.banner,
      suppressed_note: suppressedNote(profile),
      rows: Object.values(tables).reduce((sum, rows) => sum + rows.length, 0),
      rows_suppressed: 0,
    },
    ...tables,
  });
}

/** How the protection came about. Internal: which gaps are primary must not be released. */
export interface DisclosureLog {
  readonly units: number;
  readonly numbers: number;
  readonly relations: number;
  readonly protected_numbers: number;
  readonly primary: number;
  readonly complementary: number;
  readonly neighbourhoods_withheld: number;
}

/** Protects every table by the profile. The only maker of Released<T>. */
export function disclose(internal: InternalTables, profile: Profile): Released<ReleasedTables> {
  return profile.id === 'none'
    ? releaseAsItIs(internal, profile)
    : discloseWithLog(internal, profile).released;
}

export function discloseWithLog(
  internal: InternalTables,
  profile: Profile,
): { readonly released: Released<ReleasedTables>; readonly log: DisclosureLog } {
  const system = buildSystem();
  const quantities = collectQuantities(system);
  const plans = planResults(internal, system, quantities, profile);
  const registers = planRegisters(internal, system, quantities);
  const { study, nesting = [] } = internal;
  relateResults({ system, quantities, study, nesting, threshold: profile.threshold });

  const protection: Protection = protect(system, profile, new Uint8Array(system.units.length));
  const { withheld } = protection;
  for (const unit of releaseCurves(plans, withheld, profile).withhold) withheld[unit] = 1;
  const curves = releaseCurves(plans, withheld, profile);

  const steps = releaseSteps(plans, withheld, profile, curves);

  const note = suppressedNote(profile);
  const printed = printResults({ plans, withheld, curves, steps, profile, note });
  const results = profile.rounding === 1 ? printed : roundResults(printed, curves, study, profile);
  const round = (count: number): number => roundCount(count, profile);
  const tables = { results, ...printRegisters(internal, registers, withheld, round) };
  const statuses = Object.values(tables).flatMap((rows) => rows.map((row) => row.status));
  const released = seal({
    disclosure: {
      profile: profile.id,
      version: profile.version,
      threshold: profile.threshold,
      rounding: profile.rounding,
      source: profile.source,
      banner: profile.banner,
      suppressed_note: note,
      rows: statuses.length,
      rows_suppressed: statuses.filter((status) => status === 'suppressed').length,
    },
    ...tables,
  });
  return {
    released,
    log: {
      units: system.units.length,
      numbers: system.variables.length,
      relations: system.relations.length,
      protected_numbers: protection.targets,
      primary: protection.primary,
      complementary: withheld.reduce((sum, one) => sum + one, 0) - protection.primary,
      neighbourhoods_withheld: protection.withheld_whole,
    },
  };
}

import { withDefaults as withDesignDefaults } from './designs/index.ts';
import { EXIT_GROUP_PRESETS, JOURNEY_EXIT } from './presets/exit-groups.ts';
import { GAP_PRESETS } from './presets/gap.ts';
import { OFFENCE_PRESETS, type OffencePreset } from './presets/offences.ts';
import type { Preset } from './presets/preset.ts';
import { afterDays, nta2012, RETENTION_PRESETS } from './presets/retention.ts';
import { SYSTEM_METRIC_PRESETS } from './presets/system-metrics.ts';
import type {
  DefinitionUsed,
  ExitGroup,
  OffenceCode,
  Protocol,
  ResolvedGap,
  ResolvedOutcome,
  RetentionBand,
  Study,
} from './tables.ts';

/** A checked study with its presets resolved and its defaults filled in. */

type Resolved = Omit<Protocol, 'folder' | 'sources' | 'hash' | 'variant'>;

/** Code lists by the path that the study names them with. */
export type Codelists = Readonly<Record<string, readonly OffenceCode[]>>;

export function resolveStudy(given: Study, codelists: Codelists): Resolved {
  const study = withDefaults(given);
  const gap = resolveGap(study);
  const exits = resolveExits(study);
  const retention = resolveRetention(study);
  const outcomes = Object.entries(study.definitions.outcomes).map(([name, set]) =>
    resolveOutcome(name, set, codelists),
  );
  return {
    study,
    gap: gap.value,
    exit_groups: exits.value,
    exit_groups_name: exits.name,
    retention_bands: retention.value,
    outcomes: outcomes.map((outcome) => outcome.value),
    strata: study.strata ?? {},
    estimates: study.estimates,
    headline: study.headline ?? study.estimates[0]?.id ?? '',
    definitions_used: [
      gap.used,
      exits.used,
      used('journey exit', JOURNEY_EXIT),
      retention.used,
      ...outcomes.map((outcome) => outcome.used),
      ...systemMetricsUsed(study),
    ],
  };
}

/** The metrics that estimates name, each once. */
function systemMetricsUsed(study: Study): readonly DefinitionUsed[] {
  const named = study.estimates.flatMap((one) => (one.design === 'system-metrics' ? one.metrics : []));
  return [...new Set(named)].map((metric) => used('system metric', SYSTEM_METRIC_PRESETS[metric]));
}

function used(kind: string, preset: Preset): DefinitionUsed {
  const { name, version, text, standing, source } = preset;
  return { kind, name, version, text, standing, source };
}

/** A definition that the protocol writes itself has no version but the protocol's own hash. */
function ownDefinition(kind: string, name: string, text: string): DefinitionUsed {
  return { kind, name, version: 'this protocol', text, standing: 'verified' };
}

function resolveGap(study: Study): { value: ResolvedGap; used: DefinitionUsed } {
  const { gap } = study.definitions;
  if (typeof gap === 'string') {
    const preset = GAP_PRESETS[gap];
    const limit = 'months' in preset ? { months: preset.months } : { days: preset.days };
    return { value: { name: gap, ...limit }, used: used('gap rule', preset) };
  }
  const { days, transfer_days, by_exit_reason } = gap;
  const value: ResolvedGap = {
    name: 'inline',
    days,
    ...(transfer_days === undefined ? {} : { transfer_days }),
    ...(by_exit_reason === undefined ? {} : { by_exit_reason }),
  };
  const transfer = transfer_days === undefined ? '' : `; at most ${transfer_days} where the service changes`;
  const reasons = Object.entries(by_exit_reason ?? {}).map(
    ([reason, limit]) => `; at most ${limit} after an exit recorded as ${reason}`,
  );
  return {
    value,
    used: ownDefinition(
      'gap rule',
      'inline',
      `A gap of at most ${days} treatment-free days does not end a journey${transfer}${reasons.join('')}.`,
    ),
  };
}

function resolveExits(study: Study): {
  name: string;
  value: Readonly<Record<string, ExitGroup>>;
  used: DefinitionUsed;
} {
  const given = study.definitions.exit_groups ?? 'ndtms-2012';
  if (typeof given === 'string') {
    const preset = EXIT_GROUP_PRESETS[given];
    return { name: given, value: preset.groups, used: used('exit groups', preset) };
  }
  const groups = [...new Set(Object.values(given))];
  const text = groups
    .map(
      (group) =>
        `${group}: ${Object.keys(given)
          .filter((reason) => given[reason] === group)
          .join(', ')}`,
    )
    .join('; ');
  return {
    name: 'inline',
    value: given,
    used: ownDefinition('exit groups', 'inline', `Exit reasons by group, any other being unknown. ${text}.`),
  };
}

function resolveRetention(study: Study): { value: readonly RetentionBand[]; used: DefinitionUsed } {
  const given = study.definitions.retention_bands ?? 'nta-2012';
  if (typeof given !== 'string') {
    const bands = given.map(
      (band) =>
        `${band.label}: from ${band.from_days}${band.to_days === undefined ? ' on' : ` to below ${band.to_days}`}`,
    );
    return {
      value: given,
      used: ownDefinition(
        'retention bands',
        'inline',
        `Days from entry to the end of the journey. ${bands.join('; ')}.`,
      ),
    };
  }
  return {
    value: given === 'none' ? [] : nta2012(afterDays(study.time_at_risk.after)),
    used: used('retention bands', RETENTION_PRESETS[given]),
  };
}

function resolveOutcome(
  name: string,
  set: Study['definitions']['outcomes'][string],
  codelists: Codelists,
): { value: ResolvedOutcome; used: DefinitionUsed } {
  const inline = typeof set === 'string' ? { preset: set } : set;
  const preset: OffencePreset | undefined =
    inline.preset === undefined ? undefined : OFFENCE_PRESETS[inline.preset];
  const codes = inline.codelist === undefined ? preset?.codes : codelists[inline.codelist];
  // Every condition must hold: groups named beside a preset narrow it.
  const presetGroups = preset?.groups;
  const groups =
    presetGroups === undefined
      ? inline.groups
      : inline.groups === undefined
        ? presetGroups
        : presetGroups.filter((group) => inline.groups?.includes(group));
  const value: ResolvedOutcome = {
    name,
    label: inline.label ?? preset?.label ?? name.replace(/[-_]+/g, ' '),
    definition:
      preset !== undefined
        ? `preset ${preset.name} v${preset.version}`
        : inline.codelist !== undefined
          ? `codelist ${inline.codelist}`
          : 'inline',
    ...(codes === undefined ? {} : { codes }),
    ...(groups === undefined ? {} : { groups }),
    ...(inline.exclude_groups === undefined ? {} : { exclude_groups: inline.exclude_groups }),
    ...(inline.kinds === undefined ? {} : { kinds: inline.kinds }),
    offence_days: inline.offence_days ?? false,
  };
  const narrowed = narrowing(inline);
  if (preset !== undefined) {
    const definition = used(`outcome ${name}`, preset);
    return {
      value,
      used:
        narrowed === ''
          ? definition
          : { ...definition, text: `${definition.text} In this study${narrowed}.` },
    };
  }
  const start =
    inline.codelist === undefined
      ? 'Offences of the register'
      : `Offences with one of the ${codes?.length ?? 0} codes of ${inline.codelist}`;
  return { value, used: ownDefinition(`outcome ${name}`, name, `${start}${narrowed}.`) };
}

function narrowing(set: Exclude<Study['definitions']['outcomes'][string], string>): string {
  const parts = [
    set.groups === undefined ? '' : ` of the groups ${set.groups.join(', ')}`,
    set.exclude_groups === undefined ? '' : ` not of the groups ${set.exclude_groups.join(', ')}`,
    set.kinds === undefined ? '' : ` of the kinds ${set.kinds.join(', ')}`,
    set.offence_days === true ? ' with the offences of a day counted as one' : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : parts.join(',');
}

/** Fills in what the schema documents as a default, so that no stage has to know it. */
function withDefaults(study: Study): Study {
  const { definitions, population, time_at_risk } = study;
  const { spells } = definitions;
  return {
    ...study,
    definitions: {
      ...definitions,
      spells: {
        ...spells,
        ...(spells.from === 'episodes'
          ? { start: spells.start ?? 'start' }
          : { days_per_dose: spells.days_per_dose ?? 1 }),
      },
      exit_groups: definitions.exit_groups ?? 'ndtms-2012',
      retention_bands: definitions.retention_bands ?? 'nta-2012',
      outcome_date: definitions.outcome_date ?? 'offence',
    },
    population: {
      ...population,
      link_classes: population.link_classes ?? ['matched', 'absent'],
      require_full_windows: population.require_full_windows ?? true,
    },
    time_at_risk: {
      ...time_at_risk,
      remove: time_at_risk.remove ?? ['custody'],
      end_at: time_at_risk.end_at ?? ['death', 'emigration', 'end-of-data'],
    },
    estimates: study.estimates.map((estimate) => withDesignDefaults(estimate)),
    headline: study.headline ?? study.estimates[0]?.id,
    report: { ...study.report, language: study.report?.language ?? 'en' },
  };
}

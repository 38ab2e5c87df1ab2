import { type Sql, sql } from '../engine/index.ts';
import type { Protocol } from '../protocol/tables.ts';

/** An age band in whole years, [from, to); NULL is no limit. */
export interface AgeBand {
  readonly label: string;
  readonly from: number | null;
  readonly to: number | null;
}

/** Ages at which a band starts where a protocol asks for age bands without saying which. */
const DEFAULT_AGES = [18, 25, 35] as const;

/** `under 18`, `18-24`, `25-34`, `35+` from the ages 18, 25, 35. */
export function ageBands(protocol: Protocol): readonly AgeBand[] {
  const ages = [...new Set(protocol.study.time_at_risk.split?.age_bands ?? DEFAULT_AGES)].sort(
    (a, b) => a - b,
  );
  const first = ages[0] ?? 0;
  return [
    { label: `under ${first}`, from: null, to: first },
    ...ages.map((from, i) => {
      const to = ages[i + 1] ?? null;
      return {
        label: to === null ? `${from}+` : to - 1 === from ? `${from}` : `${from}-${to - 1}`,
        from,
        to,
      };
    }),
  ];
}

/** The label of an age in whole years; `not recorded` where it is not known. */
export function ageBand(age: Sql, bands: readonly AgeBand[]): Sql {
  const cases = bands
    .filter((band) => band.to !== null)
    .map((band) => sql`WHEN ${age} < ${band.to} THEN ${band.label}`)
    .reduce((before, next) => sql`${before} ${next}`);
  const last = bands.at(-1)?.label ?? 'not recorded';
  return sql`CASE WHEN ${age} IS NULL THEN 'not recorded' ${cases} ELSE ${last} END`;
}

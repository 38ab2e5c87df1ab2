import type { RegisterPlan } from './register-counts.ts';
import type { InternalTables, ReleasedTables, ReleaseStatus } from './tables.ts';

/** Attrition, linkage, accounts, issues and profiles with what is withheld left out. */

type Registers = Omit<ReleasedTables, 'disclosure' | 'results'>;

export function printRegisters(
  internal: InternalTables,
  plan: RegisterPlan,
  withheld: Uint8Array,
  round: (count: number) => number,
): Registers {
  /** A row with the columns of withheld units empty and the others rounded. */
  const show = <T extends object>(
    row: T,
    columns: Readonly<Partial<Record<keyof T, number | undefined>>>,
  ) => {
    let status: ReleaseStatus = 'shown';
    const changed: Partial<Record<keyof T, number | null>> = {};
    for (const column of Object.keys(columns) as (keyof T)[]) {
      const unit = columns[column];
      const value = row[column];
      if (unit === undefined || withheld[unit] === 1) {
        status = 'suppressed';
        changed[column] = null;
      } else if (typeof value === 'number') changed[column] = round(value);
    }
    return { ...row, ...changed, status };
  };
  return {
    attrition: internal.attrition.map((row, i) => {
      const unit = plan.attrition[i]?.row;
      return show(row, { persons: unit, events: unit });
    }),
    population_steps: internal.population_steps.map((row, i) => {
      const unit = plan.population_steps[i]?.row;
      return show(row, { persons: unit, events: unit });
    }),
    link_flow: internal.link_flow.map((row, i) => {
      const unit = plan.link_flow[i]?.row;
      return show(row, { records: unit, persons: unit });
    }),
    accounts: internal.accounts.map((row, i) => show(row, { ...plan.accounts[i] })),
    issues: internal.issues.map((row, i) => show(row, { ...plan.issues[i] })),
    profiles: internal.profiles.map((row, i) => show(row, { ...plan.profiles[i] })),
  };
}

import type { CanonicalTable } from './canonical.ts';
import type { Source } from './source.ts';

/** Whether a register of the study fills a canonical table, or a column of it. */
export type Filled = (table: CanonicalTable, column?: string, register?: string) => boolean;

export function filledBy(sources: readonly Source[]): Filled {
  return (table, column, register) =>
    sources.some(
      (source) =>
        (register === undefined || source.register === register) &&
        source.tables.some(
          (mapping) =>
            mapping.table === table &&
            (column === undefined ||
              Object.hasOwn(mapping.columns, column) ||
              mapping.unpivot?.value === column ||
              (mapping.unpivot !== undefined && column === 'period')),
        ),
    );
}

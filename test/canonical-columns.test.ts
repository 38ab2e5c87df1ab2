import { expect, it } from 'vitest';
import { CANONICAL } from '../src/ingest/tables.ts';
import { CANONICAL_COLUMNS } from '../src/protocol/canonical.ts';

it('The protocol knows exactly the canonical tables and columns that ingest declares', () => {
  const declared = Object.fromEntries(
    Object.entries(CANONICAL).map(([name, table]) => {
      const { register, ...columns } = table.columns as Readonly<Record<string, string>>;
      expect(register).toBe('VARCHAR');
      return [name, columns];
    }),
  );
  expect(CANONICAL_COLUMNS).toEqual(declared);
});

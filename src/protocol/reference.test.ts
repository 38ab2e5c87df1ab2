import { expect, it } from 'vitest';
import { referencePages } from './reference.ts';

/** `npx vitest run src/protocol/reference.test.ts -u` writes the pages anew. */
it.each(Object.entries(referencePages()))(
  'docs/reference/%s says what the schema says',
  async (name, text) => {
    await expect(text).toMatchFileSnapshot(`../../docs/reference/${name}`);
  },
);

it('Every key that a person can write has a description', () => {
  const bare = Object.entries(referencePages())
    .filter(([name]) => name !== 'definitions.md')
    .flatMap(([name, text]) =>
      text
        .split('\n')
        .filter((line) => /^\| .* \| {2}\|$/.test(line))
        .map((line) => `${name} ${line}`),
    );
  expect(bare).toEqual([]);
});

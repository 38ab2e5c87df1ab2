import type { StudyError } from '../errors.ts';
import type { Filled } from './filled.ts';
import { mistake, type Whereabouts } from './mistakes.ts';
import { unknownName } from './study-check.ts';
import type { Source, Study } from './tables.ts';

/** What linkage needs: the registers it names, and the keys in every register that is linked by them. */
export function linkageMistakes(
  study: Study,
  sources: readonly Source[],
  filled: Filled,
  where: Whereabouts,
): readonly StudyError[] {
  const { linkage } = study;
  const registers = sources.map((source) => source.register);
  const mistakes: StudyError[] = [
    ...unknownName(linkage.spine, registers, 'register', '`sources`', where, ['linkage', 'spine']),
  ];
  if (linkage.method !== 'deterministic') return mistakes;
  const sameIds = linkage.same_ids ?? {};
  for (const [register, other] of Object.entries(sameIds)) {
    const at = ['linkage', 'same_ids', register];
    mistakes.push(
      ...unknownName(register, registers, 'register', '`sources`', where, at, 'key'),
      ...unknownName(other, registers, 'register', '`sources`', where, at),
    );
    if (register === linkage.spine || register === other || Object.hasOwn(sameIds, other)) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-REFERENCE',
          register === linkage.spine
            ? 'the spine is linked to nothing: the others are linked to it'
            : `\`${register}\` takes the ids of \`${other}\`, which has none of its own`,
          where.place(at, 'value'),
          'Name the register whose records are linked by the keys.',
        ),
      );
    }
  }
  for (const [i, key] of linkage.keys.entries()) {
    if (linkage.keys.indexOf(key) < i) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-VALUE',
          `the key \`${key}\` is named twice`,
          where.place(['linkage', 'keys', i], 'value'),
          'Name each key once.',
        ),
      );
    }
  }
  for (const register of registers) {
    if (Object.hasOwn(sameIds, register)) continue;
    const lacking = linkage.keys.filter((key) => !filled('person_record', key, register));
    if (lacking.length > 0) {
      mistakes.push(
        mistake(
          'E-PROTOCOL-REFERENCE',
          `the register \`${register}\` cannot be linked: it maps no ${lacking.map((key) => `\`${key}\``).join(', ')} to person_record`,
          where.place(['linkage', 'keys'], 'key'),
          'Map the columns, link by keys that every register carries, or name the register whose ids it uses under `same_ids`.',
        ),
      );
    }
  }
  return mistakes;
}

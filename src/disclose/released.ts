/**
 * The disclosure gate as a type. A Released<T> can be made in this folder only, by `disclose`: report, server and
 * evidence accept nothing else, so an unreleased number cannot reach them without failing to compile.
 *
 * The brand is a symbol that no other file can name; the register of objects behind it catches at run time what a cast
 * would hide from the compiler.
 */

declare const brand: unique symbol;

export type Released<T> = T & { readonly [brand]: 'passed disclosure control' };

const made = new WeakSet<object>();

/** Not exported from the folder's index: only `disclose` calls it, after everything has been protected. */
export function seal<T extends object>(tables: T): Released<T> {
  made.add(tables);
  return Object.freeze(tables) as unknown as Released<T>;
}

/** Whether this very object came out of `disclose`: for the borders that TypeScript does not guard. */
export function isReleased(tables: object): boolean {
  return made.has(tables);
}

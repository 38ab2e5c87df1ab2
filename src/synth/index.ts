export { type GenerateOptions, generate, type SynthAccount } from './generate.ts';
export { generatePartnership, PARTNERSHIP, type PartnershipAccount } from './partnership.ts';
export * from './world.ts';

import { type GenerateOptions, generate, type SynthAccount } from './generate.ts';
import { ENGLAND_2006 } from './world.ts';

/** The registers of the example study england-2006, in `folder`/data, with their truth in `folder`/truth. */
export function generateEngland2006(
  folder: string,
  clients: number,
  seed: number,
  engine: Pick<GenerateOptions, 'threads' | 'memoryMib'> = {},
): Promise<SynthAccount> {
  return generate({ world: ENGLAND_2006, clients, seed, folder, ...engine });
}

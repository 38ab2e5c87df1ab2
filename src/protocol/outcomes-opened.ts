import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { StudyError } from '../errors.ts';

/**
 * .desist/outcomes-opened.jsonl: when outcomes were first met with the exposure, under which protocol. Lines are only
 * ever added. What was decided after this moment was decided by someone who could have seen the result.
 */

const lineSchema = z.object({
  hash: z.string(),
  variant: z.string(),
  /** ISO 8601, UTC. */
  time: z.string(),
  command: z.string(),
});
export type OutcomesOpened = z.infer<typeof lineSchema>;

function pathOf(folder: string): string {
  return join(resolve(folder), '.desist', 'outcomes-opened.jsonl');
}

/** Every opening on record, oldest first. A line that a crash cut short is not one. */
export function outcomesOpened(folder: string): readonly OutcomesOpened[] {
  const path = pathOf(folder);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        const parsed = lineSchema.safeParse(JSON.parse(line));
        return parsed.success ? [parsed.data] : [];
      } catch {
        return [];
      }
    });
}

/** Notes that outcomes are opened, once for each protocol and variant. Returns whether this was the first time. */
export function recordOutcomesOpened(
  folder: string,
  opening: { readonly hash: string; readonly variant: string; readonly now: Date; readonly command: string },
): boolean {
  const { hash, variant, now, command } = opening;
  if (outcomesOpened(folder).some((line) => line.hash === hash && line.variant === variant)) return false;
  const path = pathOf(folder);
  const line: OutcomesOpened = { hash, variant, time: now.toISOString(), command };
  try {
    mkdirSync(join(resolve(folder), '.desist'), { recursive: true });
    // The line before may have been cut short by a crash: begin on a line of our own.
    const isCut = existsSync(path) && !/(^|\n)$/.test(readFileSync(path, 'utf8'));
    appendFileSync(path, `${isCut ? '\n' : ''}${JSON.stringify(line)}\n`, { flush: true });
  } catch {
    throw new StudyError('E-STORE-WRITE', 'the record of opened outcomes cannot be written', {
      place: { file: '.desist/outcomes-opened.jsonl' },
    });
  }
  return true;
}

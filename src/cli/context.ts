import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: where examples and documentation stand. */
export const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The environment a protocol sees. DESIST_DATA defaults to the shared data beside a development checkout, if any. */
export function environment(): Readonly<Record<string, string | undefined>> {
  const beside = join(packageFolder, '..', 'shared', 'data');
  return {
    ...process.env,
    ...(process.env.DESIST_DATA === undefined && existsSync(beside) ? { DESIST_DATA: beside } : {}),
  };
}

export function who(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

export interface Common {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly threads?: string;
  readonly memory?: string;
}

/** The part of RunOptions that every command fills alike. */
export function runContext(options: Common, command: string) {
  return {
    environment: environment(),
    now: () => new Date(),
    who: who(),
    command,
    ...(options.threads === undefined ? {} : { threads: Number(options.threads) }),
    ...(options.memory === undefined ? {} : { memoryMib: Number(options.memory) }),
  };
}

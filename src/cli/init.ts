import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { writeWhole } from '../engine/index.ts';
import { StudyError } from '../errors.ts';
import { jsonSchema } from '../protocol/index.ts';
import { generateEngland2006, generatePartnership } from '../synth/index.ts';
import { packageFolder } from './context.ts';
import { answer, answerJson, endWith, say } from './terminal.ts';

/** Examples whose registers are SYNTHETIC and made on the spot, and of how many people unless told. */
const SYNTHETIC: Readonly<
  Record<
    string,
    {
      readonly clients: number;
      readonly make: (folder: string, clients: number, seed: number) => unknown;
      /** The example whose sources and dictionaries it stands on. */
      readonly on?: string;
    }
  >
> = {
  'england-2006': { clients: 10_000, make: generateEngland2006 },
  'england-2006-designs': { clients: 10_000, make: generateEngland2006, on: 'england-2006' },
  partnership: { clients: 600, make: generatePartnership },
};
const DEFAULT_SEED = 2006;

/** Examples by name: folders of `examples/`, those on real registers as `real/NAME`. */
export function exampleNames(): readonly string[] {
  const folder = join(packageFolder, 'examples');
  const named = (place: string): string[] =>
    existsSync(place) ? readdirSync(place).filter((name) => existsSync(join(place, name, 'study.yaml'))) : [];
  return [...named(folder), ...named(join(folder, 'real')).map((name) => `real/${name}`)].sort();
}

export interface NewStudy {
  readonly folder: string;
  readonly clients?: number;
}

/** Copies an example to a new folder, writes the editor schemas, and makes synthetic registers where it needs them. */
export async function newStudy(
  folder: string,
  example: string,
  clients: number | undefined,
  seed: number,
): Promise<NewStudy> {
  const from = join(packageFolder, 'examples', example);
  if (!existsSync(join(from, 'study.yaml'))) {
    throw new StudyError('E-USAGE', `there is no example ${example}`, {
      fix: `Use one of ${exampleNames().join(', ')}.`,
    });
  }
  const to = resolve(folder);
  if (existsSync(join(to, 'study.yaml'))) {
    throw new StudyError('E-USAGE', `${folder} holds a study already`, {
      fix: 'Name another folder; nothing is overwritten.',
    });
  }
  mkdirSync(to, { recursive: true });
  const synthetic = Object.hasOwn(SYNTHETIC, example) ? SYNTHETIC[example] : undefined;
  const base = synthetic?.on === undefined ? [] : [join(packageFolder, 'examples', synthetic.on)];
  for (const place of [...base, from]) {
    cpSync(place, to, {
      recursive: true,
      filter: (file) =>
        !/[\\/](\.desist|outputs|data|truth)([\\/]|$)/.test(file.slice(place.length)) &&
        !file.endsWith('.test.ts'),
    });
  }
  for (const [file, schema] of Object.entries(jsonSchema())) {
    writeWhole(join(to, '.desist', 'schema', `${file}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
  }
  writeWhole(join(to, '.gitignore'), '.desist/\noutputs/\ndata/\ntruth/\n*.key\n');
  if (synthetic === undefined) return { folder: to };
  const size = clients ?? synthetic.clients;
  await synthetic.make(to, size, seed);
  return { folder: to, clients: size };
}

export function initCommand(program: Command): void {
  program
    .command('init')
    .description('start a study from an example')
    .argument('<dir>', 'a new folder')
    .option('--example <name>', `one of ${exampleNames().join(', ')}`, 'england-2006')
    .option(
      '--clients <n>',
      'synthetic clients, where the example has synthetic registers; default 10,000, of partnership 600',
    )
    .option('--seed <n>', 'seed of the synthetic registers', String(DEFAULT_SEED))
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  desist init my-study --example england-2006\n  desist init big --example england-2006 --clients 100000\n  desist init poats --example real/ctn0030\n  desist init arms --example partnership',
    )
    .action(
      async (folder: string, flags: { example: string; clients?: string; seed: string; json?: boolean }) => {
        try {
          if (flags.json !== true) say('Making the study ...');
          const clients = flags.clients === undefined ? undefined : Number(flags.clients);
          const made = await newStudy(folder, flags.example, clients, Number(flags.seed));
          if (flags.json === true) answerJson(made);
          else {
            answer(`${made.folder}`);
            say(`Next: desist check ${folder}, then desist run ${folder}`);
          }
        } catch (error) {
          endWith(error, flags.json === true);
        }
      },
    );
}

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { writeWhole } from '../engine/index.ts';
import { StudyError } from '../errors.ts';
import { runStudy } from '../study.ts';
import { packageFolder, runContext } from './context.ts';
import { newStudy } from './init.ts';
import { printSummary } from './run.ts';
import { bold, endWith, progressReporter, say } from './terminal.ts';

const MARK = 'This folder was made by `npm run demo` and is made again each time. SYNTHETIC data.\n';

export function demoCommand(program: Command): void {
  program
    .command('demo')
    .description('make a synthetic study, run it and say where the report is')
    .option('--clients <n>', 'synthetic clients', '10000')
    .option('--seed <n>', 'seed', '2006')
    .option('--folder <dir>', 'where', join(packageFolder, 'demo'))
    .addHelpText('after', '\nExamples:\n  npm run demo\n  desist demo --clients 2000')
    .action(async (flags: { clients: string; seed: string; folder: string }) => {
      try {
        const mark = join(flags.folder, 'DEMO.txt');
        if (existsSync(flags.folder)) {
          if (!existsSync(mark) || readFileSync(mark, 'utf8') !== MARK) {
            throw new StudyError('E-USAGE', `${flags.folder} exists and was not made by the demo`, {
              fix: 'Name another folder with --folder.',
            });
          }
          rmSync(flags.folder, { recursive: true, force: true });
        }
        say(bold('SYNTHETIC registers: nobody in them exists.'));
        say(
          `Making treatment, police, custody and death registers of ${Number(flags.clients).toLocaleString('en-GB')} clients ...`,
        );
        const { folder } = await newStudy(
          flags.folder,
          'england-2006',
          Number(flags.clients),
          Number(flags.seed),
        );
        writeWhole(mark, MARK);
        const summary = await runStudy(folder, {
          ...runContext({}, 'desist demo'),
          notice: progressReporter(false),
        });
        printSummary(summary, false);
      } catch (error) {
        endWith(error, false);
      }
    });
}

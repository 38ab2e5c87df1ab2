import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { StudyError } from '../errors.ts';
import { runStudy } from '../study.ts';
import { type Common, runContext } from './context.ts';
import { answer, answerJson, endWith, progressReporter } from './terminal.ts';

/** Opens a file with whatever the desktop opens pages with; says nothing where there is no desktop. */
function openFile(file: string): void {
  const [command, ...args] =
    process.platform === 'win32'
      ? ['cmd', '/c', 'start', '', file]
      : process.platform === 'darwin'
        ? ['open', file]
        : ['xdg-open', file];
  if (command === undefined) return;
  const child = spawn(command, args, { detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
}

export function reportCommand(program: Command): void {
  program
    .command('report')
    .description('bring the report up to date and print its path')
    .argument('[study]', 'folder that holds study.yaml', '.')
    .option('--open', 'open it in the browser')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExamples:\n  desist report --open\n  desist report my-study --json')
    .action(async (study: string, flags: Common & { open?: boolean }) => {
      try {
        const { report } = await runStudy(study, {
          ...runContext(flags, 'desist report'),
          notice: progressReporter(flags.json === true),
        });
        const file = report ?? join(resolve(study), 'outputs', 'latest', 'report.html');
        if (!existsSync(file)) throw new StudyError('E-NOT-FOUND', 'the report was not made');
        if (flags.json === true) answerJson({ report: file });
        else answer(file);
        if (flags.open === true) openFile(file);
      } catch (error) {
        endWith(error, flags.json === true);
      }
    });
}

import type { Command } from 'commander';
import { exportPersontime } from '../trace.ts';
import { type Common, runContext } from './context.ts';
import { answer, answerJson, endWith, progressReporter, say } from './terminal.ts';

export function exportCommand(program: Command): void {
  const parent = program
    .command('export')
    .description('write what an analyst needs to recompute the numbers');
  parent
    .command('persontime')
    .description(
      'the analysis table, pseudonymised, with a dictionary and R code that reads it; never to be released',
    )
    .argument('[study]', 'folder that holds study.yaml', '.')
    .option('--format <format>', 'csv or parquet', 'csv')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  desist export persontime\n  desist export persontime my-study --format parquet',
    )
    .action(async (study: string, flags: Common & { format: string }) => {
      try {
        const made = await exportPersontime(study, flags.format === 'parquet' ? 'parquet' : 'csv', {
          ...runContext(flags, 'desist export persontime'),
          notice: progressReporter(flags.json === true),
        });
        if (flags.json === true) answerJson(made);
        else {
          for (const file of made.files) answer(file);
          say('UNRELEASABLE: rows of persons. Keep these files where the registers are.');
        }
      } catch (error) {
        endWith(error, flags.json === true);
      }
    });
}

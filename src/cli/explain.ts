import type { Command } from 'commander';
import { ERRORS, type ErrorCode, StudyError } from '../errors.ts';
import { explainRow } from '../trace.ts';
import { environment } from './context.ts';
import { answer, answerJson, bold, endWith } from './terminal.ts';

export function explainCommand(program: Command): void {
  program
    .command('explain')
    .description('trace a number of results.csv to its SQL, inputs and definitions; or explain an error code')
    .argument('<what>', 'a row of results.csv (the first row of numbers is 1), or an error code')
    .argument('[study]', 'folder that holds study.yaml', '.')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExamples:\n  desist explain 12 my-study\n  desist explain E-SOURCE-HEADER')
    .action(async (what: string, study: string, flags: { json?: boolean }) => {
      try {
        if (what in ERRORS) {
          const code = what as ErrorCode;
          if (flags.json === true) answerJson({ code, ...ERRORS[code] });
          else answer(`${code}: ends with exit "${ERRORS[code].exit}". ${ERRORS[code].remedy}`);
          return;
        }
        const row = Number(what);
        if (!Number.isInteger(row) || row < 1) {
          throw new StudyError('E-USAGE', `${what} is neither a row number nor an error code`);
        }
        const explained = await explainRow(study, row, environment());
        if (flags.json === true) {
          answerJson(explained);
          return;
        }
        answer(bold(`Row ${row} of results.csv`));
        for (const [column, value] of Object.entries(explained.row))
          if (value !== null) answer(`  ${column.padEnd(14)} ${String(value)}`);
        answer(`\n${bold('What it estimates')}\n  ${explained.estimand}`);
        answer(`\n${bold('Definitions')}`);
        for (const line of explained.definitions) answer(`  ${line}`);
        answer(`\n${bold('Registers read')}`);
        for (const input of explained.inputs) answer(`  ${input}`);
        answer(`\n${bold('Stages')}`);
        for (const stage of explained.stages) answer(`  ${stage}`);
        answer(`\n${bold('SQL that counts it')}\n${explained.sql}`);
      } catch (error) {
        endWith(error, flags.json === true);
      }
    });
}

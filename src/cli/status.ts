import type { Command } from 'commander';
import { studyStatus } from '../study.ts';
import { environment } from './context.ts';
import { answer, answerJson, endWith, textTable } from './terminal.ts';

export function statusCommand(program: Command): void {
  program
    .command('status')
    .description('say which stages are current, and why the others would be made again')
    .argument('[study]', 'folder that holds study.yaml', '.')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExamples:\n  desist status\n  desist status my-study --json')
    .action(async (study: string, flags: { json?: boolean }) => {
      try {
        const stages = await studyStatus(study, { environment: environment() });
        if (flags.json === true) {
          answerJson({ stages });
          return;
        }
        answer(
          textTable(
            ['stage', 'state', 'why'],
            stages.map(({ stage, reasons }) => [
              stage,
              reasons.length === 0 ? 'current' : 'stale',
              reasons.join('; '),
            ]),
          ),
        );
      } catch (error) {
        endWith(error, flags.json === true);
      }
    });
}

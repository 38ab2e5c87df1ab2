import type { Command } from 'commander';
import { checkStudy } from '../trace.ts';
import { environment } from './context.ts';
import { answer, answerJson, endWith, say } from './terminal.ts';

export function checkCommand(program: Command): void {
  program
    .command('check')
    .description('check a protocol without reading a register, and say it back in plain words')
    .argument('[study]', 'folder that holds study.yaml', '.')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExamples:\n  desist check\n  desist check my-study')
    .action((study: string, flags: { json?: boolean }) => {
      try {
        const { sentences, missing, standing, warnings } = checkStudy(study, environment());
        if (flags.json === true) {
          answerJson({ sentences, missing, standing, warnings });
          return;
        }
        for (const sentence of sentences) answer(sentence);
        answer('');
        answer(standing);
        for (const warning of warnings) say(`warning: ${warning}`);
        for (const file of missing) say(`not there yet: ${file}`);
      } catch (error) {
        endWith(error, flags.json === true);
      }
    });
}

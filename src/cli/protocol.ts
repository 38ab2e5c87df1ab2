import type { Command } from 'commander';
import { freezeStudy } from '../trace.ts';
import { environment, who } from './context.ts';
import { answer, answerJson, endWith } from './terminal.ts';

export function protocolCommand(program: Command): void {
  const protocol = program
    .command('protocol')
    .description('freeze the protocol before the outcomes are opened');
  protocol
    .command('freeze')
    .description('write protocol.lock with the hash of the protocol')
    .argument('[study]', 'folder that holds study.yaml', '.')
    .option('--reason <text>', 'why it is frozen again')
    .option('--json', 'one JSON document on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  desist protocol freeze\n  desist protocol freeze my-study --reason "the agency renamed a column"',
    )
    .action((study: string, flags: { reason?: string; json?: boolean }) => {
      try {
        const lock = freezeStudy(study, environment(), new Date(), who(), flags.reason);
        if (flags.json === true) answerJson(lock);
        else
          answer(
            `Frozen: protocol ${lock.hash.slice(0, 12)}, in protocol.lock. Outcomes opened before: ${lock.opened}.`,
          );
      } catch (error) {
        endWith(error, flags.json === true);
      }
    });
}

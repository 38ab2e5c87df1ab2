import type { Command } from 'commander';
import { jsonSchema } from '../protocol/index.ts';
import { answerJson } from './terminal.ts';

export function schemaCommand(program: Command): void {
  program
    .command('schema')
    .description('print the JSON Schema of study.yaml, a source or a dictionary, for editors')
    .argument('[file]', 'study, source or dictionary', 'study')
    .addHelpText(
      'after',
      '\nExamples:\n  desist schema study > study.schema.json\n  desist schema dictionary',
    )
    .action((file: string, _flags: unknown, command: Command) => {
      const schemas = jsonSchema();
      const schema =
        file === 'study' || file === 'source' || file === 'dictionary' ? schemas[file] : undefined;
      if (schema === undefined)
        command.error(`there is no schema ${file}: use study, source or dictionary`, { exitCode: 2 });
      answerJson(schema);
    });
}

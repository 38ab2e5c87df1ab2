#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { EXIT } from '../errors.ts';
import { VERSION } from '../version.ts';
import { checkCommand } from './check.ts';
import { demoCommand } from './demo.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { exportCommand } from './export.ts';
import { initCommand } from './init.ts';
import { protocolCommand } from './protocol.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { schemaCommand } from './schema.ts';
import { statusCommand } from './status.ts';
import { endWith } from './terminal.ts';

const program = new Command()
  .name('desist')
  .description(
    'When people enter, stay in, leave and return to drug treatment, what happens to their offending?',
  )
  .version(VERSION)
  .showHelpAfterError('(desist --help shows the commands)')
  .showSuggestionAfterError()
  .exitOverride()
  .configureHelp({ sortSubcommands: false })
  .addHelpText(
    'after',
    '\nExamples:\n  desist init my-study --example england-2006\n  desist check my-study\n  desist run my-study\n  desist report my-study --open\n\nNothing leaves this machine: no network, no telemetry.',
  );

for (const add of [
  initCommand,
  checkCommand,
  protocolCommand,
  runCommand,
  statusCommand,
  explainCommand,
  reportCommand,
  exportCommand,
  doctorCommand,
  schemaCommand,
  demoCommand,
]) {
  add(program);
}
for (const command of program.commands) {
  command.exitOverride();
  for (const inner of command.commands) inner.exitOverride();
}

process.on('SIGINT', () => {
  process.exit(EXIT.interrupted);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  endWith(error, process.argv.includes('--json'));
}

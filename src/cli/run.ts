import type { Command } from 'commander';
import { StudyError } from '../errors.ts';
import type { Stage } from '../stages.ts';
import { type RunSummary, runStudy, UNTIL } from '../study.ts';
import { type Common, runContext } from './context.ts';
import { answer, answerJson, bold, endWith, progressReporter, say, textTable } from './terminal.ts';

interface RunFlags extends Common {
  readonly until?: string;
  readonly force?: boolean;
  readonly variant?: string;
}

function stageOf(text: string | undefined): Stage | undefined {
  if (text === undefined) return undefined;
  const stage = UNTIL.find((one) => one === text);
  if (stage === undefined) {
    throw new StudyError('E-USAGE', `there is no stage ${text}`, { fix: `Use one of ${UNTIL.join(', ')}.` });
  }
  return stage;
}

function number(value: number | null, digits: number): string {
  return value === null
    ? '*'
    : value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The headline estimate in a few lines: the whole, everyone and the restricted population side by side. */
function smallTable(summary: RunSummary): string {
  const { released, protocol } = summary;
  if (released === undefined) return '';
  const headline = released.results.filter(
    (row) =>
      row.estimate_id === protocol.headline &&
      row.variant === 'protocol' &&
      row.stratum === 'all' &&
      row.time === null,
  );
  const wanted = ['change_percent', 'change_per_person', 'rate', 'median', 'hazard_ratio', 'rate_ratio'];
  // A rate has two intervals: where persons give one, that is the one to read.
  const rows = headline
    .filter(
      (row) =>
        row.measure !== 'rate' ||
        row.method?.includes('clustered by person') ===
          headline.some(
            (other) =>
              other.measure === 'rate' &&
              other.method?.includes('clustered by person') === true &&
              other.ci_low !== null &&
              other.population === row.population &&
              other.phase === row.phase &&
              other.clock === row.clock,
          ),
    )
    .filter((row) => wanted.includes(row.measure ?? '') && !(row.method ?? '').includes('bootstrap'))
    .map((row) => [
      row.population ?? '',
      [row.measure, row.contrast === null ? '' : `(${row.contrast})`, row.phase ?? '', row.clock ?? '']
        .filter((part) => part !== '')
        .join(' '),
      row.status === 'suppressed' ? '*' : number(row.value, 2),
      row.ci_low === null || row.ci_high === null
        ? ''
        : `${number(row.ci_low, 2)} to ${number(row.ci_high, 2)}`,
      number(row.persons, 0),
      number(row.events, 0),
    ]);
  if (rows.length === 0) return '';
  return textTable(['population', 'measure', 'value', '95 % interval', 'persons', 'events'], rows);
}

export function printSummary(summary: RunSummary, asJson: boolean): void {
  if (asJson) {
    answerJson({
      results: summary.results ?? null,
      report: summary.report ?? null,
      headline: summary.headline,
      protocol: summary.protocol.hash,
    });
    return;
  }
  if (summary.released === undefined) return;
  if (summary.released.disclosure.banner !== null) say(bold(summary.released.disclosure.banner));
  answer('');
  for (const sentence of summary.headline) answer(sentence);
  answer('');
  answer(smallTable(summary));
  answer('');
  answer(`Results: ${summary.results ?? 'not made'}`);
  if (summary.report !== undefined) answer(`Report:  ${summary.report}`);
}

export function runCommand(program: Command): void {
  program
    .command('run')
    .description('run a study from its registers to the released report')
    .argument('[study]', 'folder that holds study.yaml', '.')
    .option('--until <stage>', `stop after a stage: ${UNTIL.join(', ')}`)
    .option('--force', 'make every stage again')
    .option('--variant <name>', 'only this declared variant')
    .option('--threads <n>', 'threads of the engine; the results do not depend on it')
    .option('--memory <mib>', 'memory of the engine in MiB before it spills to disk')
    .option('--json', 'one JSON document on standard output')
    .option('--quiet', 'no progress')
    .addHelpText(
      'after',
      '\nExamples:\n  desist run                          the study in this folder\n  desist run my-study --until link    stop when records are persons\n  desist run --json --quiet           for scripts',
    )
    .action(async (study: string, flags: RunFlags) => {
      try {
        const until = stageOf(flags.until);
        const summary = await runStudy(study, {
          ...runContext(flags, 'desist run'),
          ...(until === undefined ? {} : { until }),
          ...(flags.force === undefined ? {} : { force: flags.force }),
          ...(flags.variant === undefined ? {} : { variant: flags.variant }),
          notice: progressReporter(flags.quiet === true || flags.json === true),
        });
        printSummary(summary, flags.json === true);
      } catch (error) {
        endWith(error, flags.json === true);
      }
    });
}

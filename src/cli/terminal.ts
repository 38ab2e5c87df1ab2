import cliProgress from 'cli-progress';
import { EXIT, formatError, StudyError } from '../errors.ts';
import type { Notice } from '../study.ts';

/** How Desist speaks: answers on stdout, everything else on stderr; colour and bars only where a person watches. */

const watched = process.stderr.isTTY === true;
const coloured = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;

export function say(text = ''): void {
  process.stderr.write(`${text}\n`);
}

export function answer(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function answerJson(value: unknown): void {
  answer(JSON.stringify(value, null, 2));
}

export function bold(text: string): string {
  return coloured ? `\u001b[1m${text}\u001b[22m` : text;
}

/** A table with right-aligned numbers, for people. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)),
  );
  const isNumber = header.map((_, i) => rows.every((row) => /^[-+\d.,%* ()to]*$/.test(row[i] ?? '')));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (isNumber[i] === true ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return [bold(line(header)), ...rows.map(line)].join('\n');
}

const WORDS: Readonly<Record<string, string>> = {
  ingest: 'reading the registers',
  link: 'linking records to persons',
  journeys: 'building treatment journeys',
  persontime: 'building time at risk',
  estimate: 'estimating',
};

/** Prints what a run says: a bar over the bytes of each register, and a line a stage with its time. */
export function progressReporter(quiet: boolean): (notice: Notice) => void {
  let bar: cliProgress.SingleBar | undefined;
  let register = '';
  const stopBar = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return (notice) => {
    if (quiet) return;
    switch (notice.kind) {
      case 'reading':
        if (!watched) return;
        if (notice.register !== register || bar === undefined) {
          stopBar();
          register = notice.register;
          bar = new cliProgress.SingleBar(
            {
              format: `  ${register.padEnd(12)} {bar} {percentage}%  {speed} MB/s  {eta_formatted} left`,
              stream: process.stderr,
              hideCursor: true,
              clearOnComplete: true,
            },
            cliProgress.Presets.shades_classic,
          );
          bar.start(Math.max(1, notice.of), 0, { speed: '-', started: performance.now() });
        }
        bar.update(Math.min(notice.bytes, notice.of));
        return;
      case 'damaged':
        stopBar();
        say(`  ${notice.table}: the stored table was damaged and is made again`);
        return;
      case 'stage': {
        stopBar();
        const variant = notice.variant === 'protocol' ? '' : ` [${notice.variant}]`;
        const words = `${WORDS[notice.stage] ?? notice.stage}${variant}`;
        if (notice.state === 'starts') {
          if (watched) process.stderr.write(`  ${words} ...\r`);
          return;
        }
        const seconds = (notice.milliseconds / 1000).toFixed(1);
        say(
          notice.state === 'reused'
            ? `  ${words.padEnd(36)} unchanged`
            : `  ${words.padEnd(36)} ${seconds.padStart(6)} s  ${notice.rows.toLocaleString('en-GB')} rows`,
        );
      }
    }
  };
}

/** Ends the process as the closed list of exits says; a user's mistake without a stack, our bug with one. */
export function endWith(error: unknown, asJson: boolean): never {
  if (error instanceof StudyError) {
    const { code, message, detail, exitCode, fix } = error;
    if (asJson) {
      answerJson({
        error: {
          code,
          message,
          ...detail.place,
          fix,
          also: (detail.also ?? []).map((one) => ({
            code: one.code,
            message: one.message,
            ...one.detail.place,
            fix: one.fix,
          })),
        },
      });
    } else say(formatError(error));
    process.exit(exitCode);
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  say(
    'This is a fault of Desist, not of your study. Please report it with the text above; it holds no data.',
  );
  process.exit(EXIT.bug);
}

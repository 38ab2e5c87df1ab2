import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { openDuckDB, sql, table } from '../engine/index.ts';
import { EXIT } from '../errors.ts';
import { selfTest } from '../trace.ts';
import { VERSION } from '../version.ts';
import { answer, answerJson, textTable } from './terminal.ts';

interface Finding {
  readonly what: string;
  readonly is_well: boolean;
  readonly found: string;
}

async function examine(): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  findings.push({
    what: 'Node 20.19 or newer',
    is_well: major > 20 || (major === 20 && minor >= 19),
    found: process.versions.node,
  });
  const folder = mkdtempSync(join(tmpdir(), 'desist-doctor-'));
  try {
    writeFileSync(join(folder, 'write'), 'x');
    findings.push({ what: 'temporary folder can be written', is_well: true, found: 'yes' });
    const engine = await openDuckDB({ tempFolder: join(folder, 'spill'), folders: [folder] });
    findings.push({ what: 'engine loads', is_well: true, found: `${engine.name} ${engine.version}` });
    const [one] = await engine.rows({ answer: 'INTEGER' }, sql`SELECT 42 AS answer`);
    findings.push({ what: 'engine answers', is_well: one?.answer === 42, found: String(one?.answer) });
    const outside = table('outside', { line: 'VARCHAR' });
    const refused = await engine.bind(outside, [join(folder, '..', 'elsewhere.parquet')]).then(
      () => false,
      () => true,
    );
    findings.push({
      what: 'engine can not leave the study folder',
      is_well: refused,
      found: refused ? 'refused' : 'NOT refused',
    });
    const remote = await engine
      .bind(table('remote', { line: 'VARCHAR' }), ['https://localhost/x.parquet'])
      .then(
        () => false,
        () => true,
      );
    findings.push({
      what: 'engine can not reach a network',
      is_well: remote,
      found: remote ? 'refused' : 'NOT refused',
    });
    await engine.close();
  } catch (error) {
    findings.push({
      what: 'engine loads',
      is_well: false,
      found: error instanceof Error ? error.message : String(error),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  findings.push({
    what: 'memory of at least 4 GiB',
    is_well: totalmem() >= 4 * 2 ** 30,
    found: `${gib(totalmem())}, ${gib(freemem())} free`,
  });
  for (const known of selfTest()) {
    findings.push({
      what: known.what,
      is_well: known.difference < 1e-9,
      found: `differs by ${known.difference.toExponential(1)}`,
    });
  }
  return findings;
}

export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('check this machine and that known answers come out')
    .option('--json', 'one JSON document on standard output')
    .addHelpText('after', '\nExamples:\n  desist doctor\n  desist doctor --json')
    .action(async (flags: { json?: boolean }) => {
      const findings = await examine();
      const isWell = findings.every((finding) => finding.is_well);
      if (flags.json === true) answerJson({ desist: VERSION, is_well: isWell, findings });
      else {
        answer(
          textTable(
            ['check', 'result', 'found'],
            findings.map(({ what, is_well, found }) => [what, is_well ? 'well' : 'WRONG', found]),
          ),
        );
      }
      process.exitCode = isWell ? EXIT.ok : EXIT.environment;
    });
}

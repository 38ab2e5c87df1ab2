// Full run of the SYNTHETIC study at growing sizes: seconds, memory, and the exponent of cost in clients.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cli = join(root, 'dist', 'cli', 'main.js');
if (!existsSync(cli)) {
  console.error('Build first: npm run build');
  process.exit(10);
}
const sizes = process.argv.slice(2).map(Number);
if (sizes.length === 0) sizes.push(10_000, 100_000, 1_000_000);
const data = join(root, 'bench', 'data');
mkdirSync(data, { recursive: true });

/** Runs a command and reports wall seconds, CPU seconds and peak resident memory as the kernel counts them. */
function timed(args) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let peak = 0;
    let cpu = 0;
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const watch = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
        const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
        cpu = (Number(stat[11]) + Number(stat[12])) / 100;
      } catch {
        // The process has just ended.
      }
    }, 50);
    child.on('close', (code) => {
      clearInterval(watch);
      const wall = (performance.now() - started) / 1000;
      if (code === 0) resolve({ wall, cpu, peak, said });
      else reject(new Error(`exit ${code}: ${said}`));
    });
  });
}

const rows = [];
for (const clients of sizes) {
  const folder = join(data, `england-${clients}`);
  rmSync(folder, { recursive: true, force: true });
  const made = await timed([cli, 'init', folder, '--example', 'england-2006', '--clients', String(clients)]);
  const run = await timed([cli, 'run', folder]);
  rows.push({
    clients,
    generate_seconds: Number(made.wall.toFixed(1)),
    generate_mib: Math.round(made.peak),
    run_seconds: Number(run.wall.toFixed(1)),
    run_cpu_seconds: Number(run.cpu.toFixed(1)),
    run_mib: Math.round(run.peak),
  });
  console.error(run.said.trim());
  console.table(rows.at(-1));
  rmSync(folder, { recursive: true, force: true });
}
for (let i = 1; i < rows.length; i += 1) {
  const growth = Math.log(rows[i].clients / rows[i - 1].clients);
  rows[i].exponent_wall = Number(
    (Math.log(rows[i].run_seconds / rows[i - 1].run_seconds) / growth).toFixed(3),
  );
  rows[i].exponent_cpu = Number(
    (Math.log(rows[i].run_cpu_seconds / rows[i - 1].run_cpu_seconds) / growth).toFixed(3),
  );
}
console.table(rows);
mkdirSync(join(root, 'bench', 'results'), { recursive: true });
const machine = `${cpus().length} x ${cpus()[0].model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
writeFileSync(
  join(root, 'bench', 'results', 'scale.json'),
  `${JSON.stringify({ machine, rows }, null, 2)}\n`,
);

// The models beside R, on the same rows in the same run. Ours is timed end to end: from the person-periods in the engine, through
// the counts that the model needs, to the estimate. R is timed from a data.table in memory. Loading is in neither.
// Each task runs in a process of its own, so that its peak of memory is its own. Rows count only where the estimates agree.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PERIOD_COLUMNS, PERSON_COLUMNS, writePersonPeriods } from './person-periods.mjs';

const here = fileURLToPath(import.meta.url);
const root = join(dirname(here), '..');
const built = (path) => import(join(root, 'dist', path));
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Name of the task, its peers in models.R, the target ratio, the largest size R is asked for, agreement asked for. */
const TASKS = {
  poisson: { peers: { glm: 50, compressed_glm: 2 }, r_up_to: 1e7, tolerance: 1e-6 },
  'negative-binomial': { peers: { 'glm.nb': 7 }, r_up_to: 1e6, tolerance: 1e-5 },
  cox: { peers: { coxph: 5 }, r_up_to: 1e7, tolerance: 1e-6 },
  'andersen-gill': { peers: { coxph_cluster: 10 }, r_up_to: 1e6, tolerance: 1e-6 },
  'kaplan-meier': { peers: { survfit: 8 }, r_up_to: 1e7, tolerance: 1e-10 },
  split: { peers: { splitMulti: 10, survSplit_twice: 10 }, r_up_to: 1e6, tolerance: 0 },
};

const CODED = ['period', 'sex', 'age', 'prior', 'region', 'year'];

/** Columns of the R formula: period and region as indicators. */
function designOf(counts, intercept) {
  const rows = counts.period.length;
  const columns = intercept ? 12 : 11;
  const shift = intercept ? 1 : 0;
  const x = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const at = i * columns + shift;
    if (intercept) x[at - 1] = 1;
    const period = counts.period[i];
    if (period > 0) x[at + period - 1] = 1;
    x[at + 3] = counts.sex[i];
    x[at + 4] = counts.age[i];
    x[at + 5] = counts.prior[i];
    const region = counts.region[i];
    if (region > 0) x[at + 5 + region] = 1;
    x[at + 10] = counts.year[i];
  }
  return { rows, columns, x };
}

async function ours(task, folder, repetitions) {
  const { derive, openDuckDB, sql, table: given } = await built('engine/index.js');
  const engine = await openDuckDB({
    tempFolder: join(folder, 'spill'),
    folders: [folder],
    threads: 2,
    memoryMib: 8192,
  });
  const names = task === 'split' ? PERSON_COLUMNS : PERIOD_COLUMNS;
  const text = given('text', Object.fromEntries(names.map((name) => [name, 'VARCHAR'])));
  const file = join(folder, task === 'split' ? 'persons.csv' : 'periods.csv');
  await engine.bindText(text, [file], { longest_row_bytes: 200, is_multiline: false });
  const cast = {
    periods: sql`SELECT CAST(id AS INTEGER) AS id, CAST(period AS INTEGER) AS period, CAST(sex AS INTEGER) AS sex, CAST(age AS INTEGER) AS age,
      CAST(prior AS INTEGER) AS prior, CAST(region AS INTEGER) AS region, CAST(year AS INTEGER) AS year, CAST("start" AS INTEGER) AS "start",
      CAST(stop AS INTEGER) AS stop, CAST(days AS INTEGER) AS days, CAST(y AS INTEGER) AS y, CAST(ev AS INTEGER) AS ev FROM ${text}`,
    persons: sql`SELECT CAST(id AS INTEGER) AS id, CAST(sex AS INTEGER) AS sex, CAST(birth AS INTEGER) AS birth, CAST(entry AS INTEGER) AS entry,
      CAST("exit" AS INTEGER) AS "exit", CAST(died AS INTEGER) AS died FROM ${text}`,
  };
  const table = derive(
    task === 'split' ? 'person' : 'person_period',
    Object.fromEntries(names.map((name) => [name, 'INTEGER'])),
    task === 'split' ? cast.persons : cast.periods,
  );
  await engine.materialise([table]);
  const doubles = (...columns) => Object.fromEntries(columns.map((name) => [name, 'DOUBLE']));
  const coded = sql`CAST(period AS DOUBLE) AS period, CAST(sex AS DOUBLE) AS sex, CAST(age AS DOUBLE) AS age, CAST(prior AS DOUBLE) AS prior,
    CAST(region AS DOUBLE) AS region, CAST(year AS DOUBLE) AS year`;
  const by = sql`period, sex, age, prior, region, year`;
  const must = (fit) => {
    if (fit.status !== 'estimated') throw new Error(`${task}: ${fit.status}`);
    return fit;
  };
  const jobs = {
    async poisson() {
      const { fitPoisson } = await built('stats/regression/poisson.js');
      return async () => {
        const cells = await engine.columns(
          doubles(...CODED, 'y', 'days'),
          sql`SELECT ${coded}, CAST(sum(y) AS DOUBLE) AS y, CAST(sum(days) AS DOUBLE) AS days FROM ${table} GROUP BY ${by}`,
        );
        const fit = must(
          fitPoisson({ design: designOf(cells, true), events: cells.y, exposure: cells.days }),
        );
        return { rows: cells.y.length, value: [...fit.coefficient] };
      };
    },
    async 'negative-binomial'() {
      const { fitNegativeBinomial } = await built('stats/regression/negative-binomial.js');
      return async () => {
        const keys = await engine.columns(
          doubles(...CODED, 'days', 'n', 'y'),
          sql`SELECT ${coded}, CAST(days AS DOUBLE) AS days, CAST(count(*) AS DOUBLE) AS n, CAST(sum(y) AS DOUBLE) AS y FROM ${table} GROUP BY ${by}, days`,
        );
        const counted = await engine.columns(
          doubles('y', 'n'),
          sql`SELECT CAST(y AS DOUBLE) AS y, CAST(count(*) AS DOUBLE) AS n FROM ${table} WHERE y > 0 GROUP BY y ORDER BY y`,
        );
        const tail = new Float64Array(counted.y.at(-1) ?? 0);
        counted.y.forEach((y, i) => {
          for (let j = 0; j < y; j++) tail[j] += counted.n[i];
        });
        const fit = must(
          fitNegativeBinomial({
            design: designOf(keys, true),
            observations: keys.n,
            events: keys.y,
            exposure: keys.days,
            tail,
          }),
        );
        return { rows: keys.y.length, value: [...fit.coefficient, fit.theta] };
      };
    },
    async cox() {
      const { fitCox } = await built('stats/survival/cox.js');
      return async () => {
        const cells = await engine.columns(
          doubles(...CODED, 'days', 'n', 'ev'),
          sql`SELECT ${coded}, CAST(days AS DOUBLE) AS days, CAST(count(*) AS DOUBLE) AS n, CAST(sum(ev) AS DOUBLE) AS ev FROM ${table} GROUP BY ${by}, days`,
        );
        const fit = must(
          fitCox({ ...designOf(cells, false), stop: cells.days, event: cells.ev, count: cells.n }),
        );
        return { rows: cells.days.length, value: [...fit.coefficient] };
      };
    },
    async 'andersen-gill'() {
      const { fitCox } = await built('stats/survival/cox.js');
      return async () => {
        const cells = await engine.columns(
          doubles(...CODED, 'start', 'stop', 'ev', 'id'),
          sql`SELECT ${coded}, CAST("start" AS DOUBLE) AS "start", CAST(stop AS DOUBLE) AS stop, CAST(ev AS DOUBLE) AS ev, CAST(id AS DOUBLE) AS id FROM ${table}`,
        );
        const cluster = Int32Array.from(cells.id, (id) => id - 1);
        const fit = must(
          fitCox(
            { ...designOf(cells, false), start: cells.start, stop: cells.stop, event: cells.ev },
            { cluster },
          ),
        );
        return { rows: cells.id.length, value: [...fit.coefficient, ...fit.robust.se] };
      };
    },
    async 'kaplan-meier'() {
      const { estimateSurvival, survivalAt } = await built('stats/survival/kaplan-meier.js');
      const { tabulateCounts } = await built('stats/survival/life-table.js');
      return async () => {
        const cells = await engine.columns(
          doubles('region', 'days', 'events', 'censored'),
          sql`SELECT CAST(region AS DOUBLE) AS region, CAST(days AS DOUBLE) AS days, CAST(sum(ev) AS DOUBLE) AS events,
            CAST(count(*) - sum(ev) AS DOUBLE) AS censored FROM ${table} GROUP BY region, days`,
        );
        const tables = tabulateCounts(
          {
            time: cells.days,
            events: cells.events,
            censored: cells.censored,
            stratum: Int32Array.from(cells.region),
          },
          5,
        );
        const at = tables.map((one) => survivalAt(estimateSurvival(one), [365]));
        return {
          rows: cells.days.length,
          value: [...at.map((s) => s.survival[0]), ...at.map((s) => s.se[0])],
        };
      };
    },
    async split() {
      const { splitTime } = await built('stats/survival/split-time.js');
      return async () => {
        const cells = await engine.columns(
          doubles('birth', 'entry', 'exit', 'died'),
          sql`SELECT CAST(birth AS DOUBLE) AS birth, CAST(entry AS DOUBLE) AS entry, CAST("exit" AS DOUBLE) AS "exit", CAST(died AS DOUBLE) AS died FROM ${table}`,
        );
        const years = (values) => values.map((day) => day / 365.25);
        const birth = years(cells.birth);
        const byAge = splitTime(
          { start: years(cells.entry), stop: years(cells.exit), event: cells.died },
          Float64Array.from({ length: 21 }, (_, k) => 5 * k),
          birth.map((b) => -b),
        );
        const byYear = splitTime(
          byAge,
          Float64Array.from({ length: 61 }, (_, k) => k),
        );
        return { rows: byYear.start.length, value: [byYear.start.length] };
      };
    },
  };
  const run = await jobs[task]();
  const wall = [];
  const cpu = [];
  let result;
  for (let i = 0; i < repetitions; i++) {
    const before = process.cpuUsage();
    const started = performance.now();
    result = await run();
    wall.push((performance.now() - started) / 1000);
    const used = process.cpuUsage(before);
    cpu.push((used.user + used.system) / 1e6);
  }
  await engine.close();
  const peak_mb = Math.round(process.resourceUsage().maxRSS / 1024);
  return {
    wall: median(wall),
    cpu: median(cpu),
    repetitions,
    rows: result.rows,
    peak_mb,
    value: result.value,
  };
}

/** Largest relative difference; undefined numbers must be undefined on both sides. */
function difference(a, b) {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Math.max(
    ...a.map((v, i) => {
      const w = b[i] ?? Number.NaN;
      if (!Number.isFinite(v) && !Number.isFinite(w)) return 0;
      return Math.abs(v - w) / Math.max(Math.abs(w), 1e-300);
    }),
  );
}

if (process.argv[2] === '--ours') {
  const [task, folder, repetitions] = process.argv.slice(3);
  console.log(JSON.stringify(await ours(task, folder, Number(repetitions))));
} else {
  if (!existsSync(join(root, 'dist', 'engine', 'index.js'))) {
    console.error('Build first: npm run build');
    process.exit(10);
  }
  const only = process.argv.find((a) => a.startsWith('--task='))?.slice(7);
  const sizes = process.argv
    .slice(2)
    .map(Number)
    .filter((n) => n > 0);
  if (sizes.length === 0) sizes.push(1e5, 1e6, 1e7);
  const file = join(root, 'bench', 'results', 'models.json');
  // Rows of sizes and tasks that are not asked for now stay as they were measured.
  const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).results : [];
  const keep = (row) => {
    const at = results.findIndex((old) => old.rows === row.rows && old.task === row.task);
    if (at < 0) results.push(row);
    else results[at] = row;
  };
  let versions = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).versions : undefined;
  for (const rows of sizes) {
    const folder = join(root, 'bench', 'data', `models-${rows}`);
    mkdirSync(folder, { recursive: true });
    await writePersonPeriods(rows, join(folder, 'periods.csv'), join(folder, 'persons.csv'));
    const repetitions = rows > 1e6 ? 1 : 3;
    for (const [task, { peers, r_up_to, tolerance }] of Object.entries(TASKS)) {
      if (only !== undefined && only !== task) continue;
      const load = Number(loadavg()[0].toFixed(1));
      const mine = spawnSync(
        process.execPath,
        ['--max-old-space-size=16384', here, '--ours', task, folder, String(repetitions)],
        {
          encoding: 'utf8',
          maxBuffer: 1 << 26,
        },
      );
      if (mine.status !== 0) {
        keep({ rows, task, load, failed: 'ours' });
        console.error(`${task} ${rows}: ours did not run\n${mine.stderr.split('\n').slice(0, 6).join('\n')}`);
        continue;
      }
      const { value, ...measured } = JSON.parse(mine.stdout.trim().split('\n').at(-1));
      const row = { rows, task, load, ours: measured, peers: {} };
      if (rows <= r_up_to) {
        const r = spawnSync(
          'Rscript',
          [join(root, 'bench', 'models.R'), folder, String(rows), task, String(repetitions)],
          {
            encoding: 'utf8',
            maxBuffer: 1 << 26,
          },
        );
        const peer = r.status === 0 ? JSON.parse(r.stdout.trim().split('\n').at(-1)) : undefined;
        if (peer === undefined)
          console.error(`${task} ${rows}: R did not run: ${(r.stderr ?? '').trim().split('\n').at(-1)}`);
        else {
          versions = peer.versions;
          for (const [name, target] of Object.entries(peers)) {
            const one = peer.tasks[name];
            if (one === undefined) continue;
            const apart = difference([value].flat(), [one.value].flat());
            const agrees = apart <= tolerance;
            row.peers[name] = {
              wall: one.wall,
              cpu: one.cpu,
              repetitions: one.repetitions,
              peak_mb: peer.peak_mb,
              largest_relative_difference: Number(apart.toExponential(1)),
              agrees,
              // A row whose estimates differ does not count.
              ...(agrees
                ? {
                    ratio_wall: Number((one.wall / measured.wall).toFixed(1)),
                    ratio_cpu: Number((one.cpu / measured.cpu).toFixed(1)),
                    target,
                  }
                : {}),
            };
          }
        }
      }
      keep(row);
      console.log(JSON.stringify(row));
      const machine = `${cpus().length} x ${cpus()[0].model.replace(/ (Processor|with).*/, '')}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
      mkdirSync(dirname(file), { recursive: true });
      const order = Object.keys(TASKS);
      results.sort((a, b) => a.rows - b.rows || order.indexOf(a.task) - order.indexOf(b.task));
      writeFileSync(file, `${JSON.stringify({ machine, versions, results }, null, 2)}\n`);
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

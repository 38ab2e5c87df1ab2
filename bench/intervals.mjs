// Interval splitting and event attribution: the product's own SQL against R's survSplit, tmerge and a data.table non-equi
// join, on the same people, in the same run.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const built = (path) => import(join(root, 'dist', path));
if (!existsSync(join(root, 'dist', 'engine', 'index.js'))) {
  console.error('Build first: npm run build');
  process.exit(10);
}
const { derive, openDuckDB, sql } = await built('engine/index.js');
const { cutAtNewYear, intervalsOf } = await built('persontime/intervals.js');
const { eventsInSpans } = await built('estimate/events.js');
const { cohort } = await built('persontime/tables.js');
const { phase } = await built('journeys/tables.js');

const sizes = process.argv.slice(2).map(Number);
if (sizes.length === 0) sizes.push(25_000, 250_000, 1_000_000);
const REPETITIONS = 5;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const results = [];

// A cohort like that of the R speed scripts: ten entry years, up to four years of follow-up, 2.4 spells, 1.5 offences.
const inputs = (persons) => {
  const unit = (salt) => sql`(hash(i * 31 + ${salt}) % 1000003) / 1000003.0`;
  const person = derive(
    'bench_person',
    { id: 'INTEGER', entry: 'INTEGER', exit: 'INTEGER' },
    sql`
    SELECT CAST(i AS INTEGER) AS id, CAST(3650 + floor(3650 * ${unit(1)}) AS INTEGER) AS entry,
      CAST(3650 + floor(3650 * ${unit(1)}) + 30 + floor(-400 * ln(1 - ${unit(2)})) + floor(1295 * ${unit(3)}) AS INTEGER) AS "exit"
    FROM range(1, ${persons + 1}) AS r(i)`,
  );
  const spell = derive(
    'bench_spell',
    { id: 'INTEGER', from: 'INTEGER', to: 'INTEGER' },
    sql`
    SELECT id, CAST(entry + k * 200 AS INTEGER) AS "from", CAST(least("exit", entry + k * 200 + 20 + CAST(hash(id * 11 + k) % 150 AS INTEGER)) AS INTEGER) AS "to"
    FROM (SELECT id, entry, "exit", unnest(range(0, 1 + CAST(hash(id * 13) % 4 AS INTEGER))) AS k FROM ${person}) AS x
    WHERE entry + k * 200 + 20 < "exit"`,
  );
  const offence = derive(
    'bench_offence',
    { id: 'INTEGER', day: 'INTEGER' },
    sql`
    SELECT id, CAST(entry + CAST(hash(id * 17 + k) % CAST("exit" - entry AS UBIGINT) AS INTEGER) AS INTEGER) AS day
    FROM (SELECT id, entry, "exit", unnest(range(0, CAST(hash(id * 19) % 4 AS INTEGER))) AS k FROM ${person}) AS x`,
  );
  return { person, spell, offence };
};

const day = (number) => sql`CAST(DATE '1990-01-01' + ${number} AS DATE)`;
const key = sql`substr(sha256(CAST(id AS VARCHAR)), 1, 24)`;
const windows = {
  before: undefined,
  after: undefined,
  until: 'end-of-data',
  has_after: true,
  ends_at_death: false,
  ends_at_emigration: false,
  ends_with_data: true,
  removes_custody: false,
};

const PIECE = {
  person_id: 'VARCHAR',
  time_window: 'VARCHAR',
  start_date: 'DATE',
  end_date: 'DATE',
  age_band: 'VARCHAR',
  phase: 'VARCHAR',
  treatment_phase: 'VARCHAR',
};

/** The same people in the product's tables: keyed by pseudonyms, dated, spells as phases that tile the follow-up. */
const productTables = ({ person, spell, offence }) => {
  const people = derive(
    'cohort',
    cohort.columns,
    sql`
    SELECT ${key} AS person_id, ${day(sql`entry`)} AS entry_date, 1 AS journey, 30 AS age_at_entry, 'male' AS sex, 'x' AS area, 'matched' AS link_class,
      ${day(sql`entry`)} AS before_start, ${day(sql`entry`)} AS before_end, ${day(sql`entry`)} AS after_start, ${day(sql`"exit"`)} AS after_end,
      'end-of-data' AS end_reason, ${day(sql`"exit"`)} AS journey_end, FALSE AS left_treatment, 'open' AS exit_group, "exit" - entry AS retained_days,
      CAST(NULL AS DATE) AS re_entry_date FROM ${person}`,
  );
  const phases = derive(
    'phase',
    phase.columns,
    sql`
    SELECT ${key} AS person_id, ${day(sql`"from"`)} AS start_date, ${day(sql`"to"`)} AS end_date, 'in' AS phase, 'in' AS treatment_phase, 1 AS journey FROM ${spell}
    UNION ALL
    SELECT ${key} AS person_id, ${day(sql`gap_from`)} AS start_date, ${day(sql`gap_to`)} AS end_date, 'between' AS phase, 'between' AS treatment_phase, 1 AS journey
    FROM (SELECT s.id, s."to" AS gap_from, coalesce(lead(s."from") OVER (PARTITION BY s.id ORDER BY s."from"), p."exit") AS gap_to
      FROM ${spell} AS s JOIN ${person} AS p ON p.id = s.id) AS gaps WHERE gap_from < gap_to`,
  );
  const pieces = derive(
    'bench_piece',
    PIECE,
    sql`SELECT person_id, 'after' AS time_window, after_start AS start_date, after_end AS end_date, CAST(NULL AS VARCHAR) AS age_band,
      'in' AS phase, 'in' AS treatment_phase FROM ${people}`,
  );
  const events = derive(
    'bench_event',
    { person_id: 'VARCHAR', event_date: 'DATE' },
    sql`SELECT ${key} AS person_id, ${day(sql`day`)} AS event_date FROM ${offence}`,
  );
  const spans = derive(
    'bench_span',
    { person_id: 'VARCHAR', time_window: 'VARCHAR', start_date: 'DATE', end_date: 'DATE' },
    sql`
    SELECT ${key} AS person_id, 'after' AS time_window, ${day(sql`"from"`)} AS start_date, ${day(sql`"to"`)} AS end_date FROM ${spell}`,
  );
  return { people, phases, pieces, events, spans };
};

for (const persons of sizes) {
  const folder = join(root, 'bench', 'data', `intervals-${persons}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const engine = await openDuckDB({
    tempFolder: join(folder, 'spill'),
    folders: [folder],
    threads: 2,
    memoryMib: 6144,
  });
  const seconds = { years: [], spells: [], attribution: [] };
  const rows = {};
  const count = async (query) =>
    (
      await engine.rows({ n: 'BIGINT' }, sql`SELECT CAST(count(*) AS BIGINT) AS n FROM (${query}) AS counted`)
    )[0].n;
  const timed = async (name, work) => {
    const started = performance.now();
    rows[name] = await work();
    seconds[name].push((performance.now() - started) / 1000);
  };
  for (let i = 0; i < REPETITIONS; i += 1) {
    await engine.reset();
    const made = inputs(persons);
    await engine.materialise(Object.values(made));
    if (i === 0) {
      for (const [name, one] of Object.entries(made))
        await engine.writeCsv(one, Object.keys(one.columns), join(folder, `${name}.csv`));
    }
    const tables = productTables(made);
    await engine.materialise([tables.people, tables.phases, tables.pieces, tables.events, tables.spans]);
    if (i === 0) await engine.writeCsv(tables.pieces, ['person_id'], join(folder, 'pieces.csv'));
    await timed('attribution', async () => count(eventsInSpans(tables.events, tables.spans)));
    await timed('spells', async () => {
      const cut = intervalsOf(cohort, windows, { calendar_year: false, age_bands: undefined });
      await engine.materialise([cut]);
      return count(sql`SELECT i.person_id, coalesce(e.events, 0) AS events FROM ${cut} AS i LEFT JOIN (${eventsInSpans(tables.events, cut)}) AS e
        ON e.person_id = i.person_id AND e.time_window = i.time_window AND e.start_date = i.start_date`);
    });
    // survSplit: the follow-up of each person cut at every New Year, as a table.
    await timed('years', async () => {
      const yearly = derive(
        'bench_yearly',
        { ...PIECE, calendar_year: 'INTEGER' },
        cutAtNewYear(tables.pieces),
      );
      await engine.materialise([yearly]);
      return count(sql`SELECT 1 AS one FROM ${yearly}`);
    });
  }
  await engine.close();
  const ours = Object.fromEntries(
    Object.entries(seconds).map(([name, values]) => [
      name,
      { seconds: Number(median(values).toFixed(3)), rows: rows[name] },
    ]),
  );
  const r = spawnSync('Rscript', [join(root, 'bench', 'intervals.R'), folder, String(REPETITIONS)], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const peer = r.status === 0 ? JSON.parse(r.stdout.trim().split('\n').at(-1)) : undefined;
  if (peer === undefined)
    console.error(`R did not run (${r.error?.message ?? r.stderr?.trim()}): only our side is measured.`);
  if (peer !== undefined && peer.survSplit.value !== ours.years.rows)
    throw new Error(`survSplit makes ${peer.survSplit.value} rows and we make ${ours.years.rows}`);
  const ratio =
    peer === undefined
      ? undefined
      : {
          survSplit_over_ours: Number((peer.survSplit.seconds / ours.years.seconds).toFixed(1)),
          tmerge_over_ours: Number((peer.tmerge.seconds / ours.spells.seconds).toFixed(1)),
          ours_over_nonequi_join: Number((ours.attribution.seconds / peer.nonequi.seconds).toFixed(2)),
        };
  results.push({ persons, ours, peer, ratio });
  console.log(JSON.stringify({ persons, ours, ratio }));
  rmSync(folder, { recursive: true, force: true });
}
const machine = `${cpus().length} x ${cpus()[0].model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}`;
mkdirSync(join(root, 'bench', 'results'), { recursive: true });
writeFileSync(
  join(root, 'bench', 'results', 'intervals.json'),
  `${JSON.stringify({ machine, results }, null, 2)}\n`,
);

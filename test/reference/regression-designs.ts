/**
 * Design matrices of the reference regressions, written column by column as R's model.matrix lays them out
 * (treatment contrasts, first level as reference).
 */
import { type Design, designFromRows } from '../../src/stats/regression/design.ts';
import { externalColumns, numbers, strings, vendoredColumns } from './parity.ts';

type Columns = Record<string, string[]>;

/** One 0/1 column for each level after the first. */
export function dummies(values: readonly string[], levels: readonly string[]): number[][] {
  return levels.slice(1).map((level) => values.map((v) => (v === level ? 1 : 0)));
}

/** Columns side by side, an intercept first. */
export function withIntercept(columns: readonly ArrayLike<number>[]): Design {
  const rows = columns[0]?.length ?? 0;
  return designFromRows(Array.from({ length: rows }, (_, i) => [1, ...columns.map((c) => c[i] as number)]));
}

/** Codes 0 .. G-1 in order of first appearance. */
export function clusterCodes(values: readonly string[]): { cluster: Int32Array; clusters: number } {
  const known = new Map<string, number>();
  const cluster = Int32Array.from(values, (v) => {
    const code = known.get(v) ?? known.size;
    known.set(v, code);
    return code;
  });
  return { cluster, clusters: known.size };
}

export interface RegressionData {
  design: Design;
  events: Float64Array;
  exposure: Float64Array;
  columns: Columns;
}

export function synthPeriods(options: { regions: boolean; age_unit?: number }): RegressionData {
  const columns = vendoredColumns('synth_omt');
  const unit = options.age_unit ?? 1;
  const parts: ArrayLike<number>[] = [
    ...dummies(strings(columns, 'period'), ['before', 'during', 'after']),
    numbers(columns, 'sex'),
    numbers(columns, 'age').map((a) => (a - 34) / unit),
    numbers(columns, 'prior').map(Math.log1p),
    ...(options.regions ? dummies(strings(columns, 'region'), ['1', '2', '3', '4', '5']) : []),
  ];
  return {
    design: withIntercept(parts),
    events: numbers(columns, 'y'),
    exposure: numbers(columns, 'days'),
    columns,
  };
}

/** MASS::epil with log(base/4), treatment, log(age), V4 and the interaction of the first two. */
export function epilepsy(): RegressionData | undefined {
  const columns = externalColumns('epil');
  if (columns === undefined) return undefined;
  const logBase = numbers(columns, 'base').map((b) => Math.log(b / 4));
  const treated = Float64Array.from(strings(columns, 'trt'), (t) => (t === 'progabide' ? 1 : 0));
  const interaction = logBase.map((b, i) => b * (treated[i] as number));
  const age = numbers(columns, 'age').map(Math.log);
  const parts = [logBase, treated, age, numbers(columns, 'V4'), interaction];
  const events = numbers(columns, 'y');
  return { design: withIntercept(parts), events, exposure: new Float64Array(events.length).fill(1), columns };
}

/** carData::Rossi, number of prior convictions on background. */
export function rossiPrior(): RegressionData | undefined {
  const columns = externalColumns('rossi');
  if (columns === undefined) return undefined;
  const flag = (name: string, level: string): number[] =>
    strings(columns, name).map((v) => (v === level ? 1 : 0));
  const events = numbers(columns, 'prio');
  const design = withIntercept([
    flag('fin', 'yes'),
    numbers(columns, 'age'),
    flag('race', 'other'),
    flag('wexp', 'yes'),
    flag('mar', 'not married'),
    flag('paro', 'yes'),
  ]);
  return { design, events, exposure: new Float64Array(events.length).fill(1), columns };
}

/** quantreg::uis, number of prior drug treatments. */
export function uisTreatments(): RegressionData | undefined {
  const columns = externalColumns('uis');
  if (columns === undefined) return undefined;
  const events = numbers(columns, 'NDT');
  const design = withIntercept(['AGE', 'BECK', 'IV3', 'RACE', 'SITE'].map((name) => numbers(columns, name)));
  return { design, events, exposure: new Float64Array(events.length).fill(1), columns };
}

/** MASS::quine, days absent. */
export function quineAbsence(terms: 'main' | 'quasi'): RegressionData | undefined {
  const columns = externalColumns('quine');
  if (columns === undefined) return undefined;
  const eth = dummies(strings(columns, 'Eth'), ['A', 'N']);
  const sex = dummies(strings(columns, 'Sex'), ['F', 'M']);
  const age = dummies(strings(columns, 'Age'), ['F0', 'F1', 'F2', 'F3']);
  const learner = dummies(strings(columns, 'Lrn'), ['AL', 'SL']);
  const parts =
    terms === 'main' ? [...eth, ...sex, ...age, ...learner] : [...sex, ...age, ...eth, ...learner];
  const events = numbers(columns, 'Days');
  return { design: withIntercept(parts), events, exposure: new Float64Array(events.length).fill(1), columns };
}

/** Own synthetic matched comparison: arm, period and their product. */
export function matchedComparison(): RegressionData {
  const columns = vendoredColumns('synth_did');
  const treated = numbers(columns, 'treated');
  const post = numbers(columns, 'post');
  const both = treated.map((g, i) => g * (post[i] as number));
  return {
    design: withIntercept([treated, post, both]),
    events: numbers(columns, 'y'),
    exposure: numbers(columns, 'py'),
    columns,
  };
}

/** Rows in ascending order of their keys; ties keep their order, as R's order() does. */
export function sortedRows(
  data: RegressionData,
  keys: (columns: Columns, row: number) => readonly number[],
): RegressionData {
  const { design } = data;
  const of = Array.from({ length: design.rows }, (_, i) => ({ i, key: keys(data.columns, i) }));
  of.sort((a, b) => {
    for (let k = 0; k < a.key.length; k++) {
      const difference = (a.key[k] as number) - (b.key[k] as number);
      if (difference !== 0) return difference;
    }
    return a.i - b.i;
  });
  const order = of.map((o) => o.i);
  const x = new Float64Array(design.x.length);
  order.forEach((row, at) => {
    x.set(design.x.subarray(row * design.columns, (row + 1) * design.columns), at * design.columns);
  });
  return {
    design: { ...design, x },
    events: Float64Array.from(order, (row) => data.events[row] as number),
    exposure: Float64Array.from(order, (row) => data.exposure[row] as number),
    columns: Object.fromEntries(
      Object.entries(data.columns).map(([name, values]) => [name, order.map((row) => values[row] as string)]),
    ),
  };
}

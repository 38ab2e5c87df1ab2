/**
 * Random draws as SQL: the same on every machine and for any number of threads. A draw is a 60-bit hash of
 * 'seed:purpose:key:key...', cut into slices; each slice is a uniform of its own. One hash serves several draws,
 * because the hash is the cost. Distributions by inversion, so that each draw uses one uniform and no loop.
 */
import { hash64, list, type Piece, type Scalar, type Sql, sql } from '../engine/index.ts';
import { invariant } from '../errors.ts';
import type { Weighted } from './world.ts';

const HASH_BITS = 60;

/** A 60-bit hash of the seed, a purpose and integer keys. */
export function hashOf(seed: number, purpose: string, ...keys: readonly Piece[]): Sql {
  const text = keys.reduce<Sql>(
    (left, key, i) => (i === 0 ? sql`${left} || ${key}` : sql`${left} || ':' || ${key}`),
    sql`${`${seed}:${purpose}:`}`,
  );
  return sql`${hash64(text)}`;
}

/**
 * Uniform on (0, 1) from `bits` bits of a hash, beginning at bit `offset`; the midpoints of 2^bits equal cells. Exact in
 * double arithmetic, because the difference is a multiple of 2^offset and the quotient has at most 53 bits.
 */
export function uniform(hash: Piece, offset: number, bits: number): Sql {
  invariant(offset + bits <= HASH_BITS && bits <= 52, 'a slice beyond the hash');
  return sql`(((${hash} % ${2 ** (offset + bits)} - ${hash} % ${2 ** offset}) / ${2 ** offset} + 0.5) / ${2 ** bits})`;
}

/** Cuts the hash into uniforms of the given widths, in order, as `AS name` columns of a SELECT list. */
export function slices(hash: Piece, widths: Readonly<Record<string, number>>): Sql {
  let offset = 0;
  const columns: Sql[] = [];
  for (const [column, bits] of Object.entries(widths)) {
    columns.push(sql`${uniform(hash, offset, bits)} AS ${{ kind: 'name', name: column }}`);
    offset += bits;
  }
  return list(columns);
}

/** The value whose share of the unit interval holds `u`. */
export function choose(u: Piece, options: Weighted<Scalar>): Sql {
  const total = options.reduce((sum, [, weight]) => sum + weight, 0);
  const last = options.at(-1);
  invariant(last !== undefined && total > 0, 'a choice between nothing');
  let text = sql`CASE`;
  let reached = 0;
  for (const [value, weight] of options.slice(0, -1)) {
    reached += weight;
    text = sql`${text} WHEN ${u} < ${reached / total} THEN ${value}`;
  }
  return options.length === 1 ? sql`${last[0]}` : sql`(${text} ELSE ${last[0]} END)`;
}

/** Inverse of a distribution that is uniform within bands: [from, to), share. */
export function piecewise(u: Piece, bands: readonly (readonly [number, number, number])[]): Sql {
  const total = bands.reduce((sum, [, , share]) => sum + share, 0);
  let text = sql`CASE`;
  let reached = 0;
  for (const [from, to, share] of bands) {
    const start = reached / total;
    reached += share;
    const value = sql`${from} + (${u} - ${start}) * ${((to - from) * total) / share}`;
    text = sql`${text} WHEN ${u} < ${reached / total} THEN ${value}`;
  }
  return sql`(${text} ELSE ${bands.at(-1)?.[1] ?? 0} END)`;
}

/** Exponential with this mean. */
export function exponential(u: Piece, mean: Piece): Sql {
  return sql`(-(${mean}) * ln(${u}))`;
}

/** Weibull with survival exp(-(t / scale)^shape). */
export function weibull(u: Piece, scale: number, shape: number): Sql {
  return sql`(${scale} * power(-ln(${u}), ${1 / shape}))`;
}

/** Down to a whole number. */
export function whole(value: Piece): Sql {
  return sql`CAST(floor(${value}) AS INTEGER)`;
}

/** Which of the named rates a row suffers: at most one, so that each occurs at exactly its stated rate; NULL is none. */
export function atMostOne(u: Piece, rates: Readonly<Record<string, number>>): Sql {
  let text = sql`CASE`;
  let reached = 0;
  for (const [what, rate] of Object.entries(rates)) {
    reached += rate;
    text = sql`${text} WHEN ${u} < ${reached} THEN ${what}`;
  }
  return sql`(${text} ELSE CAST(NULL AS VARCHAR) END)`;
}

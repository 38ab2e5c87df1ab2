/** Numbers by which the registers know a person. Distinct for distinct persons (multiplication modulo a prime). */
import { type Piece, type Sql, sql } from '../engine/index.ts';

const PRIME = 2147483647;

function scramble(number: Sql, factor: number): Sql {
  return sql`CAST((${number} * ${factor} + 12345) % ${PRIME} AS VARCHAR)`;
}

/** What an agency calls a client: unique within the agency, different at every agency. */
export function clientId(person: Piece, agency: Piece): Sql {
  return sql`('C' || ${scramble(sql`(${person} + ${agency} * 7919)`, 48271)})`;
}

export function episodeId(person: Piece, stage: Piece, part: Piece): Sql {
  return sql`('E' || ${scramble(sql`(${person} * 64 + ${stage} * 2 + ${part})`, 16807)})`;
}

/** The national police number; `size` persons exist, and a second number starts beyond them. */
export function policeId(person: Piece, isSecond: Piece, size: number): Sql {
  return sql`('P' || ${scramble(sql`(${person} + CASE WHEN ${isSecond} THEN ${size} ELSE 0 END)`, 742938)})`;
}

/** Areas and agencies under names that no real place has. */
export function areaCode(area: Piece): Sql {
  return sql`('F' || lpad(CAST(${area} AS VARCHAR), 2, '0'))`;
}

export function agencyCode(agency: Piece): Sql {
  return sql`('A' || lpad(CAST(${agency} AS VARCHAR), 4, '0'))`;
}

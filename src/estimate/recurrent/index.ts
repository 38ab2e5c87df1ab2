import { type AdjustmentTerm, adjustmentOf } from '../adjustment.ts';
import { clocksOf } from '../clocks.ts';
import type { Design } from '../design.ts';
import { NOBODY, resultRow } from '../rows.ts';
import { countRecurrent, recurrentPiece, recurrentStratum } from './counts.ts';
import { meanRows } from './mean.ts';
import { modelLevel, preparePersons } from './model.ts';
import { divisionsOf, piecesOf, type RecurrentContext } from './pieces.ts';

const TIMES = [91, 183, 365, 730];

export const recurrent: Design<'recurrent'> = {
  estimand:
    'The mean number of recorded events per person by so many days after entry, and how the rate of events differs between phases or groups among people of the same age, on the same day, or as long after entry. It describes; who is in which phase is not by chance.',
  plan: ({ protocol, estimate, members, context }) => {
    const { model } = estimate;
    const terms = model?.adjust ?? [];
    const needed = [...terms, ...(model?.strata ?? [])];
    const adjustment = needed.length === 0 ? undefined : adjustmentOf(protocol, estimate, members, needed);
    const counts = countRecurrent(protocol, estimate, members, adjustment);
    const own: RecurrentContext = { ...context, times: estimate.times ?? TIMES };
    return {
      tables: [counts.pieces, counts.strata, counts.persons],
      rows: async (read) => {
        const pieces = piecesOf(await read.columns(recurrentPiece, counts.pieces));
        const people = await read.columns(counts.person_columns, counts.persons);
        const persons = people.person?.length ?? 0;
        if (persons === 0) {
          const cell = { ...context, design: 'recurrent', stratum: 'all', level: 'all', persons: 0 };
          const count = { measure: 'persons', method: 'count', unit: 'number' };
          return [
            resultRow(cell, count, { status: 'estimated', value: 0 }),
            resultRow(
              cell,
              { measure: 'mcf_at', method: 'mean cumulative function', unit: 'events per person' },
              { status: 'not-estimable', note: NOBODY },
            ),
          ];
        }
        const divisions = divisionsOf(await read.rows(recurrentStratum, counts.strata), persons);
        // Inside a level of a stratum the stratum itself has nothing to tell.
        const prepared = (stratum: string) => {
          if (model === undefined) return undefined;
          const isOther = ({ label, kind }: AdjustmentTerm): boolean =>
            kind === 'number' || label !== stratum;
          return preparePersons(people, {
            scale: model.scale,
            phases: model.phases !== false,
            terms: adjustment?.terms.slice(0, terms.length).filter(isOther) ?? [],
            strata: adjustment?.terms.slice(terms.length).filter(isOther) ?? [],
            references: model.reference ?? {},
            ties: model.ties ?? 'efron',
          });
        };
        const made = divisions.map((division) => ({ division, own_model: prepared(division.stratum) }));
        return clocksOf(protocol, estimate.clock).flatMap((clock) =>
          made.flatMap(({ division, own_model }) => [
            ...meanRows(pieces, division, clock, own),
            ...(own_model === undefined
              ? []
              : division.levels.flatMap((_, g) => modelLevel(pieces, own_model, division, g, clock, own))),
          ]),
        );
      },
    };
  },
};

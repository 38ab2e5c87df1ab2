import { expect, it } from 'vitest';
import { garwoodInterval } from '../../src/stats/rates/poisson-interval.ts';
import { fitConditionalPoisson } from '../../src/stats/regression/conditional-poisson.ts';
import { designFromRows } from '../../src/stats/regression/design.ts';
import { personStarts } from '../../src/stats/regression/person-rows.ts';
import { waldInterval } from '../../src/stats/regression/wald.ts';
import { fitCox } from '../../src/stats/survival/cox.ts';
import { externalColumns, numbers, referenceResults, strings } from './parity.ts';
import { codes, designOf, indicator } from './survival-data.ts';
import { recordValidation } from './validation-record.ts';

/** Numbers that textbooks and papers print, as a reader would look them up: every digit shown must be right. */

const spots: { what: string; printed: string; ours: string }[] = [];

/** `printed` as it stands in the source; ours is written with as many decimals. */
function spot(what: string, ours: number, printed: string): void {
  const decimals = printed.split('.')[1]?.length ?? 0;
  spots.push({ what, printed, ours: ours.toFixed(decimals) });
  expect(ours.toFixed(decimals), what).toBe(printed);
  recordValidation('spots', 'spot-values', spots);
}

const rossi = externalColumns('rossi');
it.skipIf(!rossi)(
  'Re-arrest within a year of release (Rossi, Berk and Lenihan 1980; Fox and Weisberg)',
  () => {
    const data = rossi ?? {};
    const yes = (name: string) => indicator(strings(data, name), 'yes');
    const stop = numbers(data, 'week');
    const fit = fitCox({
      rows: stop.length,
      columns: 7,
      x: designOf(
        yes('fin'),
        numbers(data, 'age'),
        indicator(strings(data, 'race'), 'other'),
        yes('wexp'),
        indicator(strings(data, 'mar'), 'not married'),
        yes('paro'),
        numbers(data, 'prio'),
      ),
      stop,
      event: numbers(data, 'arrest'),
    });
    if (fit.status !== 'estimated') throw new Error(fit.status);
    spot('Rossi, financial aid, log hazard ratio (Efron)', fit.coefficient[0] as number, '-0.37942217');
    spot('Rossi, financial aid, standard error', fit.se[0] as number, '0.19137948');
    spot('Rossi, log partial likelihood', fit.log_likelihood, '-658.747659');
  },
);

const bladder = externalColumns('bladder2');
it.skipIf(!bladder)('Recurrences of bladder tumours, Andersen-Gill (Wei, Lin and Weissfeld 1989)', () => {
  const data = bladder ?? {};
  const column = (name: string) => numbers(data, name);
  const fit = fitCox(
    {
      rows: column('rx').length,
      columns: 3,
      x: designOf(column('rx'), column('size'), column('number')),
      start: column('start'),
      stop: column('stop'),
      event: column('event'),
    },
    { cluster: codes(column('id')) },
  );
  if (fit.status !== 'estimated' || fit.robust === null) throw new Error(fit.status);
  spot('bladder, thiotepa, log rate ratio', fit.coefficient[0] as number, '-0.46468695');
  spot('bladder, thiotepa, robust standard error', fit.robust.se[0] as number, '0.26556');
});

it('Aseptic meningitis after MMR vaccine, Oxford (Farrington 1995)', () => {
  const { expanded } = referenceResults<{
    oxford: { expanded: { indiv: string; interval: number; event: number; exgr: number; agegr: number }[] };
  }>('sccs_conditional_poisson').oxford;
  const fit = fitConditionalPoisson({
    design: designFromRows(expanded.map((row) => [row.exgr, row.agegr])),
    start: personStarts(expanded.map((row) => row.indiv)),
    events: Float64Array.from(expanded, (row) => row.event),
    exposure: Float64Array.from(expanded, (row) => row.interval),
  });
  if (fit.status !== 'estimated') throw new Error(fit.status);
  const interval = waldInterval(fit.coefficient[0] as number, fit.se[0] as number);
  spot('Oxford, relative incidence', Math.exp(interval.estimate), '12.0369');
  spot('Oxford, lower limit', Math.exp(interval.lower), '3.002');
  spot('Oxford, upper limit', Math.exp(interval.upper), '48.259');
});

it('Exact upper limit of a thousand events (Garwood 1936), where a common library is 1.6e-4 off', () => {
  spot('Garwood, upper limit of 1,000 events', garwoodInterval(1000).upper, '1063.952');
});

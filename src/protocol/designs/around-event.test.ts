import { describe, expect, it } from 'vitest';
import { changed, mistakesOf, STUDY, smallStudy } from '../../../test/small-study.ts';
import { loadProtocol } from '../load.ts';

/** What the protocol accepts of event-time and sccs, what it refuses, and what it fills in. */

const STAY = `  - id: stay
    design: survival
`;

const studyWith = (estimate: string): string => changed(STUDY, STAY, `${STAY}${estimate}`);
const refusals = (estimate: string): readonly string[] => mistakesOf({ 'study.yaml': studyWith(estimate) });

function loaded(estimate: string) {
  const protocol = loadProtocol(smallStudy({ 'study.yaml': studyWith(estimate) }), {
    env: { DESIST_DATA: '/registers' },
  });
  return protocol.estimates.at(-1);
}

const AROUND = '  - { id: x, design: event-time, outcome: trigger, around: exit';
const SERIES = '  - { id: x, design: sccs, outcome: trigger';

describe('event-time', () => {
  it('is a year each way in months, clustered, against the earlier half of the time before', () => {
    expect(loaded(`${AROUND} }\n`)).toMatchObject({
      window: { before: { months: 12 }, after: { months: 12 } },
      ...{ bins: 'month', overlap: 'nearest', interval: 'clustered', clock: 'both' },
      model: { bins: 'month', reference: { from: -365, to: -182 } },
    });
  });

  it('models no finer than a month unless asked', () => {
    const daily = `${AROUND}, bins: day, window: { before: { days: 60 }, after: { days: 60 } }`;
    expect(loaded(`${daily} }\n`)).toMatchObject({ bins: 'day', model: { bins: 'month' } });
    expect(loaded(`${daily}, model: { bins: week } }\n`)).toMatchObject({
      model: { bins: 'week', reference: { from: -60, to: -30 } },
    });
  });

  it.each<[string, string]>([
    [', donut: { before: 400, after: 0 }', 'leaves out a whole side of the event'],
    [
      ', model: { reference: { from: 0, to: 0 } }',
      'has a reference that is empty or lies outside the window',
    ],
    [', model: { bins: day }', 'has a model of more than 120 bins'],
    [', window: { before: { months: 60 }, after: { months: 60 } }, bins: day', 'has more than 1500 bins'],
  ])('refuses %s', (keys, message) => {
    expect(refusals(`${AROUND}${keys} }\n`).join('\n')).toContain(message);
  });

  it('refuses exits where nobody is followed after entry', () => {
    const study = changed(studyWith(`${AROUND} }\n`), '  after: {months: 24}\n', '');
    expect(mistakesOf({ 'study.yaml': study }).join('\n')).toContain(
      'looks for the end of a journey in the time',
    );
  });
});

describe('sccs', () => {
  it('is by phase, with the time before kept apart, where no windows are declared', () => {
    expect(loaded(`${SERIES} }\n`)).toMatchObject({
      ...{ exposure: 'journeys', phases: true, pre_exposure: 90, reference: 'before', variance: 'robust' },
    });
  });

  it('has a baseline where there are windows', () => {
    expect(loaded(`${SERIES}, windows: [{ label: soon, from: end, days: [0, 30] }] }\n`)).toMatchObject({
      ...{ phases: false, pre_exposure: 0, reference: 'baseline' },
    });
  });

  it.each<[string, string]>([
    [', exposure: interventions', 'no register fills `intervention`'],
    [', exposure: interventions', 'which have no phases, and declares no windows'],
    [', windows: [{ label: x, from: start, days: [5, 5] }]', 'a window that ends before it begins'],
    [', windows: [{ label: after, from: end, days: [0, 5] }]', 'the name of a level that is made anyway'],
    [', reference: baseline', 'is compared with a level that there is not'],
    [', age_bands: { years: [30, 20] }', 'age bands that do not rise'],
    [', calendar_bands: [2007-01-01, 2006-01-01]', 'calendar bands that do not rise'],
  ])('refuses %s: %s', (keys, message) => {
    expect(refusals(`${SERIES}${keys} }\n`).join('\n')).toContain(message);
  });
});

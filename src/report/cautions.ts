import type { Reading } from './reading.ts';

/** The sentences that keep a number from saying more than it knows. */
export const CAUTION = {
  selected_fall: 'Selected on recent offending, so part of this fall would be seen if treatment did nothing.',
  selected: 'Selected on recent offending, so a fall would be expected even if treatment did nothing.',
  change:
    'The same people before and after entry. Whatever would have happened without treatment is part of the figure: it does not say what treatment caused.',
  rates:
    'What was recorded, in the people and the time named. Phases differ in who is in them and why, so a lower rate in one of them does not say what treatment caused.',
  compare:
    'Different people. Whatever differs between the groups beside what is adjusted for is part of the ratio: where treatment is, whom it takes, how police record. A rank among areas is no finding.',
  survival:
    'How long people stayed. Who stays differs from who leaves in more than treatment, so this does not say what made them stay.',
  partnership:
    'Who came into which arm was decided by people who knew them. What decided it and is not in the registers is part of the figure. That one arm changed and the other did not is no comparison.',
  dose: 'Contacts are what people came to after they had been allocated. Who comes often differs from who does not in more than contacts, so this does not say what contacts did.',
  system:
    'How the system served the people whom the registers know. Those whom no register saw, and what services could not know, are not in it. It is no ranking of services.',
  reconviction:
    'When the first event was recorded. Who has one sooner differs from who has one later in more than treatment, so this does not say what treatment did.',
  recurrent:
    'What was recorded of people as they were. Phases differ in who is in them and why, so a rate ratio does not say what treatment caused.',
  event_time:
    'What was recorded around the event, in those then observed. People enter, leave and come back when something has happened, so a rise before the event and a fall after it would be seen even if the event did nothing.',
  sccs: 'The same persons in exposed and other time, among those with events. What does not change in a person is held fixed; what changes together with the exposure is not.',
  after_entry:
    'These groups are formed by what happened after entry: comparing them compares people who had already fared differently.',
} as const;

/** The caution of a population selected on earlier events, fitted to the direction of its change. */
export function selectionCaution(change: number | null): string {
  return change !== null && change < 0 ? CAUTION.selected_fall : CAUTION.selected;
}

/** The cautions that stand with a picture in which these populations are drawn. */
export function selectionCautions(
  reading: Reading,
  lines: readonly { readonly population: string; readonly change: number | null }[],
): readonly string[] {
  const restricted = [...new Set(lines.map(({ population }) => population))].filter(reading.isRestricted);
  return restricted.map((population) => {
    const falls = lines
      .filter((line) => line.population === population && line.change !== null)
      .map(({ change }) => change ?? 0);
    const direction = falls.length > 0 && falls.every((change) => change < 0) ? -1 : null;
    return `${reading.population(population)}: ${selectionCaution(direction).charAt(0).toLowerCase()}${selectionCaution(direction).slice(1)}`;
  });
}

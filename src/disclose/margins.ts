/**
 * The additive structure of the result table, as data: what sums to what, what lies within what. Equations are kept
 * where they hold in the true numbers (see SystemBuilder.sum), so a line here that does not apply to a study costs
 * nothing, and a line that is missing is a leak.
 */

/** Phases as the estimates write them; '' is all the time of a cell. */
export const WINDOWS = ['before entry', 'after entry'] as const;
export const PHASES = ['before', 'waiting', 'in', 'between', 'after', 'custody'] as const;

/** Events and days (never persons) of the whole phases are those of the parts. Checked over all cells of an estimate. */
export const TILINGS: readonly { readonly whole: readonly string[]; readonly parts: readonly string[] }[] = [
  { whole: [''], parts: WINDOWS },
  { whole: [''], parts: PHASES },
  { whole: WINDOWS, parts: PHASES },
  { whole: ['before entry'], parts: ['before', 'waiting'] },
  { whole: ['after entry'], parts: ['in', 'between', 'after'] },
  { whole: ['after entry'], parts: ['in', 'between', 'after', 'waiting'] },
];

/**
 * The second phase lies within the first: its persons, events and days are among those of the first, and the persons
 * who are not are a count of their own. So are the events where no tiling above accounts for them (`of_events`).
 */
export const WITHIN: readonly { readonly whole: string; readonly part: string; readonly of_events?: true }[] =
  [
    { whole: '', part: 'left' },
    { whole: 'left', part: 'back' },
    { whole: '', part: 'before entry' },
    { whole: '', part: 'after entry' },
    ...PHASES.map((part) => ({ whole: '', part })),
    { whole: 'before entry', part: 'before' },
    { whole: 'after entry', part: 'in' },
    { whole: 'after entry', part: 'between' },
    { whole: 'after entry', part: 'after' },
    { whole: 'after entry', part: 'after entry of leavers', of_events: true },
    { whole: 'after entry of leavers', part: 'after leaving', of_events: true },
    // System metrics: steps among those of the step before, and two metrics of everybody who started.
    { whole: 'referred: assessed with the outcome', part: 'referred: started with the outcome' },
    { whole: 'referred: started with the outcome', part: 'referred: retained with the outcome' },
    {
      whole: 'referred: retained with the outcome',
      part: 'referred: completed successfully with the outcome',
    },
    {
      whole: 'in treatment: completed with the outcome',
      part: 'in treatment: completed and not back with the outcome',
    },
    { whole: 'started: with a dated referral', part: 'started: retained 12 weeks' },
    { whole: 'started: followed for 12 weeks', part: 'started: waited at most 3 weeks' },
  ];

/** Everybody of the first has time in at least one of the second. */
export const COVERED: readonly { readonly whole: string; readonly parts: readonly string[] }[] = [
  { whole: '', parts: WINDOWS },
  { whole: '', parts: PHASES },
  { whole: 'before entry', parts: PHASES },
  { whole: 'after entry', parts: PHASES },
];

/** How two strata are joined in a stratum's name, and two levels in a level's. */
export const CROSS = ' x ';

/** The last ' x ' divides: the second stratum is a division of time, whose levels never hold one. */
export function parted(text: string): readonly [string, string] | undefined {
  const at = text.lastIndexOf(CROSS);
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + CROSS.length)];
}

const AT = ' at ';

/** A phase, or all the time there is, cut to the bin or day of a row with a time. */
export function binOf(phase: string, time: number): string {
  return `${phase}${AT}${time}`;
}

/** The phase and the time of a bin; undefined where the phase is no bin. */
export function binned(phase: string): readonly [string, number] | undefined {
  const at = phase.lastIndexOf(AT);
  const time = Number(phase.slice(at + AT.length));
  return at < 0 || !Number.isFinite(time) ? undefined : [phase.slice(0, at), time];
}

/** The outcome of attrition and population steps, whose events are counted whenever they happened. */
export const PRIMARY = '(primary outcome, whenever)';

import { describe, expect, it } from 'vitest';
import { shiftDay } from './days.ts';
import { EXIT_GROUP_PRESETS, JOURNEY_EXIT } from './presets/exit-groups.ts';
import { GAP_PRESETS } from './presets/gap.ts';
import { OFFENCE_PRESETS, TRIGGER_OFFENCES } from './presets/offences.ts';
import { afterDays, fewestDays, nta2012, RETENTION_PRESETS } from './presets/retention.ts';
import { exitPresets, gapPresets, offencePresets } from './schema.ts';

const countsOn = (code: string, day: string): boolean =>
  TRIGGER_OFFENCES.some(
    (line) =>
      line.code === code &&
      (line.from_date === null || line.from_date <= day) &&
      (line.to_date === null || day < line.to_date),
  );

describe('presets', () => {
  it('Each preset that the schema allows exists under its own name, with version, text, source and standing', () => {
    expect(Object.keys(GAP_PRESETS)).toEqual([...gapPresets]);
    expect(Object.keys(EXIT_GROUP_PRESETS)).toEqual([...exitPresets]);
    expect(Object.keys(OFFENCE_PRESETS).sort()).toEqual([...offencePresets].sort());
    for (const presets of [GAP_PRESETS, EXIT_GROUP_PRESETS, RETENTION_PRESETS, OFFENCE_PRESETS]) {
      for (const [name, preset] of Object.entries(presets)) {
        expect(preset.name).toBe(name);
        expect(preset.version).toMatch(/^[1-9]/);
        expect(preset.text.length * preset.source.length).toBeGreaterThan(0);
        expect(['verified', 'provisional']).toContain(preset.standing);
      }
    }
  });
});

describe('trigger offences, by the law of the day', () => {
  it('The Schedule of 2000 has eleven lines, the order of 2004 adds eight', () => {
    const onDay = (day: string): number =>
      TRIGGER_OFFENCES.filter((line) => line.code !== 'soliciting' && countsOn(line.code, day)).length;
    expect(onDay('2001-07-01')).toBe(0);
    expect(onDay('2001-07-02')).toBe(11);
    expect(onDay('2004-07-26')).toBe(11);
    expect(onDay('2004-07-27')).toBe(19);
  });

  it('Deception ends on the day on which fraud begins', () => {
    expect(countsOn('deception', '2007-01-14')).toBe(true);
    expect(countsOn('fraud', '2007-01-14')).toBe(false);
    expect(countsOn('deception', '2007-01-15')).toBe(false);
    expect(countsOn('fraud', '2007-01-15')).toBe(true);
  });

  it('Attempts follow only on 1 August 2007', () => {
    expect(countsOn('attempt-deception', '2007-07-31')).toBe(true);
    expect(countsOn('attempt-fraud', '2007-07-31')).toBe(false);
    expect(countsOn('attempt-deception', '2007-08-01')).toBe(false);
    expect(countsOn('attempt-fraud', '2007-08-01')).toBe(true);
  });

  it('Soliciting counts at any time', () => {
    expect(countsOn('soliciting', '1999-01-01')).toBe(true);
  });
});

describe('exit groups', () => {
  const of2012 = EXIT_GROUP_PRESETS['ndtms-2012'].groups;
  const before = EXIT_GROUP_PRESETS['ndtms-2012-referred-on-is-success'].groups;

  it('Completions are successful, with payment-by-results codes read as what they stand for', () => {
    for (const code of ['1', '2', '15', '28', '80', '81', '82', '90', '91', '92', 'treatment completed']) {
      expect([code, of2012[code]]).toEqual([code, 'successful']);
    }
  });

  it('Custody is not a drop-out, and dropping out is not custody', () => {
    expect(['8', '14', '84', '87', 'prison'].map((code) => of2012[code])).toEqual(Array(5).fill('custody'));
    expect(['6', '85', '86', '88', 'dropped out'].map((code) => of2012[code])).toEqual(
      Array(5).fill('unplanned'),
    );
  });

  it('The switch moves the reasons for being referred on, and nothing else', () => {
    const moved = Object.keys(of2012).filter((reason) => of2012[reason] !== before[reason]);
    expect(moved.sort()).toEqual(['33', '40', '47', '5', '54', '61', '68', 'Referred on', 'referred on']);
    expect(moved.every((reason) => of2012[reason] === 'transferred' && before[reason] === 'successful')).toBe(
      true,
    );
  });

  it('Every NDTMS code of the reference list has exactly one group', () => {
    const groups15 =
      '2 22-28 82 1 15-21 80 81 9 89 6 43-46 48 49 85 7 50-53 55 56 4 13 36-39 41 42 0 11 64-67 69 70 500 10 57-60 62 63 8 14 87 74 83 93-97 84 5 33 40 47 54 61 68 12 71 88 3 29-32 34 35 86 999';
    const codes = groups15.split(' ').flatMap((code) => {
      const [from = 0, to] = code.split('-').map(Number);
      return to === undefined ? [code] : Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
    });
    expect(codes.filter((code) => of2012[code] === undefined)).toEqual([]);
    const known = Object.keys(of2012).filter((reason) => /^[0-9]+$/.test(reason));
    expect(known.filter((code) => !codes.includes(code)).sort()).toEqual(['90', '91', '92']);
  });

  it('The journey rule says what becomes of reasons that disagree', () => {
    expect(JOURNEY_EXIT.text).toContain('inconsistent');
  });
});

describe('retention bands', () => {
  it('Months have the fewest days that the calendar can give them', () => {
    expect([1, 3, 12, 24, 48].map((months) => fewestDays({ months }))).toEqual([28, 89, 365, 730, 1460]);
    expect(fewestDays({ days: 100 })).toBe(100);
  });

  it('Bands of a 24-month window tile it, and the whole window comes last', () => {
    const bands = nta2012(730);
    expect(bands.map((band) => band.label)).toEqual([
      'under 3 months',
      '3-6 months',
      '6-12 months',
      '12-24 months',
      'the whole window',
    ]);
    for (const [i, band] of bands.entries()) expect(band.from_days).toBe(i === 0 ? 0 : bands[i - 1]?.to_days);
    expect(bands.at(-1)).toEqual({ label: 'the whole window', from_days: 730 });
  });

  it('A shorter window has no band that begins after its end', () => {
    expect(nta2012(181).map((band) => [band.label, band.from_days, band.to_days])).toEqual([
      ['under 3 months', 0, 91],
      ['3-6 months', 91, 181],
      ['the whole window', 181, undefined],
    ]);
  });

  it('A window without a fixed end leaves the last band open', () => {
    expect(afterDays({ until: 'end-of-data' })).toBeUndefined();
    expect(afterDays({ until: 'journey-end', at_most: { months: 12 } })).toBe(365);
    expect(nta2012(undefined).at(-1)).toEqual({ label: '12 months and more', from_days: 365 });
  });
});

describe('days', () => {
  it('Months clip to the end of the month', () => {
    expect(shiftDay('2007-08-31', { months: 6 }, -1)).toBe('2007-02-28');
    expect(shiftDay('2007-08-31', { months: 6 }, 1)).toBe('2008-02-29');
    expect(shiftDay('2008-03-01', { days: 1 }, -1)).toBe('2008-02-29');
    expect(shiftDay('2006-04-01', { months: 24 }, -1)).toBe('2004-04-01');
  });
});

import { rowText } from './logTexts';
import { gapBelow, gapAbove, note } from './logWindow';
import { loadedRows } from './rows';
import { ENGLISH } from './texts';

const at = (number: number): ReturnType<typeof loadedRows>[0] =>
  loadedRows('p', 1, [{ number, offset: 0, time: null, text: 'text' }])[0];

const texts = { trans: ENGLISH, canLoad: () => true, speaker: null };

describe('rowText', () => {
  it('says how many lines a gap stands for, and how to get them', () => {
    expect(rowText(gapAbove(at(12_345)), texts)).toBe('12,345 lines left out; scroll up to load');
    expect(rowText(gapAbove(at(1)), texts)).toBe('1 line left out; scroll up to load');
    expect(rowText(gapBelow(at(1)), texts)).toMatch('scroll down');
  });

  it('promises nothing that cannot be loaded', () => {
    const inert = { ...texts, canLoad: () => false };
    expect(rowText(gapAbove(at(3)), inert)).toBe('3 lines left out here');
    expect(rowText(note('older'), inert)).toBe('Earlier lines are not shown here.');
  });

  it('says whose lines are left out in a log of several pods', () => {
    const merged = { ...texts, speaker: () => 'W0' };
    expect(rowText(gapAbove(at(2)), merged)).toBe('2 lines of W0 left out');
  });
});

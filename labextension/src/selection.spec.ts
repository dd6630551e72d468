import { extended, toggled } from './selection';

const IDS = ['a', 'b', 'c', 'd'];

it('extends in both directions', () => {
  expect(extended(IDS, 'b', 'd')).toEqual(['b', 'c', 'd']);
  expect(extended(IDS, 'c', 'a')).toEqual(['a', 'b', 'c']);
});

it('begins anew where the anchor is gone', () => {
  expect(extended(IDS, 'gone', 'c')).toEqual(['c']);
});

it('takes in and takes out', () => {
  expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
});

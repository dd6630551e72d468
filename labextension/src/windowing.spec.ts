import { OVERSCAN, visibleRows } from './windowing';

it('renders what is in sight and a little more', () => {
  expect(visibleRows(0, 400, 40, 10_000)).toEqual({ first: 0, last: 10 + OVERSCAN });
  expect(visibleRows(4000, 400, 40, 10_000)).toEqual({
    first: 100 - OVERSCAN,
    last: 110 + OVERSCAN
  });
});

it('ends with the list, also when it became shorter than it is scrolled', () => {
  expect(visibleRows(0, 400, 40, 3)).toEqual({ first: 0, last: 3 });
  expect(visibleRows(4000, 400, 40, 5)).toEqual({ first: 4, last: 5 });
});

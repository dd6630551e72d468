import { differingLines, fieldsOf } from './differences';

it('finds what differs, also what only one has', () => {
  const fields = fieldsOf([
    { meta: { name: 'a', envVars: { LR: '0.1' }, tags: ['x', 'y'] }, spec: { Worker: 1 } },
    { meta: { name: 'b', envVars: { LR: '0.2' }, tags: ['x', 'y'] }, spec: { Ps: 1 } }
  ]);
  expect(fields).toEqual([
    { path: 'meta.envVars.LR', values: ['0.1', '0.2'], differs: true },
    { path: 'meta.tags', values: ['x, y', 'x, y'], differs: false },
    { path: 'spec.Worker', values: ['1', null], differs: true },
    { path: 'spec.Ps', values: [null, '1'], differs: true }
  ]);
});

it('leaves out of long texts what they have in common', () => {
  expect(differingLines(['a\nb\nc\nd', 'a\nb\nc\ne', null])).toEqual([
    'a\nb\nc\nd',
    'a\nb\nc\ne',
    null
  ]);
  expect(differingLines(['a\nb\nx\nd', 'a\nb\ny\nd'])).toEqual(['…\nx\n…', '…\ny\n…']);
});

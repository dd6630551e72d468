import { experimentName } from './notebookCells';

it('calls an experiment after its notebook', () => {
  expect(experimentName('work/My Great Model (2).ipynb')).toBe('my-great-model-2');
  expect(experimentName('日本.ipynb')).toBe('experiment');
  expect(experimentName(`${'a'.repeat(62)}-b.ipynb`)).toBe('a'.repeat(62));
});

import { experimentName, programOfCell } from './notebookCells';

it('takes what a cell submits', () => {
  expect(programOfCell('import torch\n')).toBe('import torch\n');
  expect(programOfCell('%%submarine experiment --name x\nprint(1)')).toBe('print(1)');
  expect(programOfCell("print('%%submarine experiment')")).toBe("print('%%submarine experiment')");
});

it('calls an experiment after its notebook', () => {
  expect(experimentName('work/My Great Model (2).ipynb')).toBe('my-great-model-2');
  expect(experimentName('日本.ipynb')).toBe('experiment');
  expect(experimentName(`${'a'.repeat(62)}-b.ipynb`)).toBe('a'.repeat(62));
});

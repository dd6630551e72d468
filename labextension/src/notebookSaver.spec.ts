import { type DocumentRegistry } from '@jupyterlab/docregistry';
import { Signal } from '@lumino/signaling';
import { type INotebookContext, NotebookSaver } from './notebookSaver';

describe('NotebookSaver', () => {
  let context: INotebookContext & { save: jest.Mock<Promise<void>, []> };
  let saveState: Signal<object, DocumentRegistry.SaveState>;
  let saver: NotebookSaver;

  const setUp = (more: Partial<INotebookContext> = {}): void => {
    saveState = new Signal({});
    context = {
      isReady: true,
      isDisposed: false,
      model: { dirty: true },
      contentsModel: { writable: true },
      saveState,
      ...more,
      save: jest.fn(() => Promise.resolve())
    };
    saver = new NotebookSaver(context);
  };

  it('saves once for each experiment', async () => {
    setUp();
    await saver.keep('e');
    await saver.keep('e');
    expect(context.save).toHaveBeenCalledTimes(1);
    await saver.keep('f');
    expect(context.save).toHaveBeenCalledTimes(2);
  });

  it('saves again after a save that began before the output came', async () => {
    setUp();
    saveState.emit('started');
    await saver.keep('e');
    expect(context.save).not.toHaveBeenCalled();
    saveState.emit('completed');
    expect(context.save).toHaveBeenCalledTimes(1);
    saveState.emit('completed');
    expect(context.save).toHaveBeenCalledTimes(1);
  });

  it.each<[string, Partial<INotebookContext>]>([
    ['unchanged', { model: { dirty: false } }],
    ['shared', { model: { dirty: true, collaborative: true } }],
    ['read-only', { contentsModel: { writable: false } }],
    ['not ready', { isReady: false }]
  ])('leaves a notebook alone that is %s', async (_, more) => {
    setUp(more);
    await saver.keep('e');
    expect(context.save).not.toHaveBeenCalled();
  });

  it('survives a save that fails', async () => {
    setUp();
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    context.save.mockRejectedValueOnce(new Error('disk full'));
    await saver.keep('e');
    expect(warn).toHaveBeenCalled();
    warn.mockRestore();
  });
});

import { StateDB } from '@jupyterlab/statedb';
import { PanelChoice } from './panelChoice';

/** Wait until a choice has been read from its database. */
const read = (choice: PanelChoice): Promise<void> =>
  new Promise(resolve => choice.changed.connect(() => resolve()));

describe('PanelChoice', () => {
  it('is everything, newest first, before anything was chosen', () => {
    expect(new PanelChoice(new StateDB()).value).toEqual({
      words: '',
      groups: new Set(),
      order: 'newest'
    });
  });

  it('is there again on the next visit', async () => {
    const state = new StateDB();
    const choice = new PanelChoice(state);
    choice.update({ words: 'tag:one' });
    choice.update({ groups: new Set(['failed']), order: 'name' });
    const next = new PanelChoice(state);
    await read(next);
    expect(next.value).toEqual({ words: 'tag:one', groups: new Set(['failed']), order: 'name' });
  });

  it('prefers what is chosen now to what was kept', async () => {
    const state = new StateDB();
    new PanelChoice(state).update({ words: 'before' });
    const choice = new PanelChoice(state);
    choice.update({ words: 'now' });
    await state.list('submarine-jupyter');
    expect(choice.value.words).toBe('now');
  });

  it('leaves out what it does not know', async () => {
    const state = new StateDB();
    await state.save('submarine-jupyter:panel', { words: 3, groups: ['failed', 'x'], order: 'x' });
    const choice = new PanelChoice(state);
    await read(choice);
    expect(choice.value).toEqual({ words: '', groups: new Set(['failed']), order: 'newest' });
  });

  it('does without a database', () => {
    const choice = new PanelChoice(null);
    choice.update({ words: 'kept for now' });
    expect(choice.value.words).toBe('kept for now');
  });
});

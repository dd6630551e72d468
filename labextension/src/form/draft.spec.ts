import { newDraft, specDraft, withFields, withProgram, withText } from './draft';
import { formData } from './fields';
import { NOT_A_SPEC } from './specDocument';

const RESOURCES = 'cpu=1,memory=1G';

describe('a draft', () => {
  it('begins with what the program imports', () => {
    const { document, program } = newDraft('n', 'import torch.nn as nn', RESOURCES);
    expect(program).toBe('import torch.nn as nn');
    expect(document.spec).toEqual({
      meta: { name: 'n', framework: 'PyTorch' },
      environment: {},
      spec: { Master: { replicas: 1, resources: RESOURCES } }
    });
    expect(newDraft('n', 'import numpy', RESOURCES).document.spec.spec).toHaveProperty('Worker');
  });

  it('is of a spec, with the program beside it in place of a command', async () => {
    const spec = { meta: { name: 'n', cmd: 'run.sh' }, spec: { Worker: { replicas: 3 } } };
    const command = await specDraft(spec, null);
    expect(command.document.spec).toEqual(spec);
    expect(command.program).toBeNull();
    const program = await specDraft(spec, 'print(1)');
    expect(program.document.spec.meta).toEqual({ name: 'n' });
    expect(program.program).toBe('print(1)');
  });

  it('changes in the text only what was changed in a field', () => {
    const text = '# mine\nmeta: {name: a, cmd: run}  # why\nspec:\n  Worker: {replicas: 2}\n';
    const draft = withText(newDraft('x', null, RESOURCES), text);
    const data = formData(draft.document.spec);
    const next = withFields(draft, { ...data, name: 'b' }, RESOURCES);
    expect(next.document.text).toBe(
      '# mine\nmeta: {name: b, cmd: run} # why\nspec:\n  Worker: {replicas: 2}\n'
    );
    expect(withFields(draft, data, RESOURCES).document.text).toBe(text);
  });

  it('writes nothing for fields that are empty, and takes out what was emptied', () => {
    const draft = newDraft('n', null, RESOURCES);
    const data = formData(draft.document.spec);
    const untouched = withFields(draft, { ...data, tags: [], variables: {} }, RESOURCES);
    expect(untouched.document.text).toBe(draft.document.text);
    const tagged = withFields(draft, { ...data, tags: ['t'] }, RESOURCES);
    expect(tagged.document.spec.meta).toHaveProperty('tags', ['t']);
    const emptied = withFields(tagged, { ...data, tags: [] }, RESOURCES);
    expect(emptied.document.spec.meta).not.toHaveProperty('tags');
  });

  it('exchanges the first role with the framework, unless somebody changed it', () => {
    const draft = newDraft('n', null, RESOURCES);
    const data = formData(draft.document.spec);
    const torch = withFields(draft, { ...data, framework: 'PyTorch' }, RESOURCES);
    expect(Object.keys(torch.document.spec.spec as object)).toEqual(['Master']);
    const two = { Worker: { replicas: 2, resources: RESOURCES } };
    const changed = withFields(draft, { ...data, roles: two }, RESOURCES);
    const kept = withFields(changed, { ...data, roles: two, framework: 'PyTorch' }, RESOURCES);
    expect(kept.document.spec.spec).toEqual(two);
  });

  it('runs a command or a program, never both', () => {
    const draft = withProgram(newDraft('n', null, RESOURCES), 'print(1)');
    expect(draft.document.spec.meta).not.toHaveProperty('cmd');
    const typed = withText(draft, 'meta: {cmd: python x.py}\nspec: {}\n');
    expect(typed.program).toBeNull();
    expect(withText(draft, 'meta: {}\n').program).toBe('print(1)');
    expect(withProgram(draft, null).program).toBeNull();
  });

  it('says what is wrong with the text, and goes on when it is right again', () => {
    const draft = newDraft('n', null, RESOURCES);
    const broken = withText(draft, 'meta: {name');
    expect(broken.document.problem).toMatch(/line 1/);
    expect(broken.document.spec).toEqual({});
    expect(withText(draft, 'just text').document.problem).toBe(NOT_A_SPEC);
    expect(withText(broken, 'meta: {name: y}').document.spec).toEqual({ meta: { name: 'y' } });
  });
});

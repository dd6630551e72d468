import { act } from 'react';
import { Widget } from '@lumino/widgets';
import { type IFormStart } from './form/draft';
import { type SubmarineModel } from './model';
import { NewExperiment } from './newExperiment';
import { ENGLISH } from './view/texts';

type Options = ConstructorParameters<typeof NewExperiment>[0];

describe('NewExperiment', () => {
  const shown: NewExperiment[] = [];

  const known = async (): Promise<unknown> => ({
    default_upstream: 'embedded',
    upstreams: { embedded: { state: 'stopped' } }
  });
  const show = async (start: IFormStart, info = known): Promise<NewExperiment> => {
    const model = {
      api: { specForm: async () => ({ schema: {}, frameworks: {} }) },
      upstreams: { info, readOnly: () => null }
    };
    const form = new NewExperiment({
      model: model as unknown as SubmarineModel,
      trans: ENGLISH as unknown as Options['trans'],
      editors: null,
      start,
      resources: 'cpu=1,memory=1G',
      onSubmitted: () => undefined
    });
    shown.push(form);
    await act(async () => Widget.attach(form, document.body));
    return form;
  };
  const yaml = (form: NewExperiment): HTMLTextAreaElement => {
    const found = form.node.querySelector<HTMLTextAreaElement>('[aria-label="Spec as YAML"]');
    if (!found) {
      throw new Error(`There is no YAML in ${form.node.textContent}.`);
    }
    return found;
  };
  const type = (field: HTMLTextAreaElement, text: string): void =>
    act(() => {
      // React takes note of a value that was not set by itself.
      Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set?.call(
        field,
        text
      );
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });

  beforeEach(() => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  });

  afterEach(() => act(() => shown.splice(0).forEach(form => form.dispose())));

  it('begins again with what was written', async () => {
    const form = await show({ upstream: null, name: 'n', program: 'print(1)' });
    const changed = jest.fn();
    form.startChanged.connect(changed);
    const text = '# mine\nmeta: {name: typed}\nspec: {}\n';
    type(yaml(form), text);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(form.start.draft).toEqual({ text, program: 'print(1)' });

    const again = await show(JSON.parse(JSON.stringify(form.start)) as IFormStart);
    expect(yaml(again).value).toBe(text);
    expect(again.start).toEqual(form.start);
  });

  it('keeps no secret, of a cell or typed, and nothing that cannot be read', async () => {
    const spec = { meta: { name: 'n', envVars: { TOKEN: 'hunter2', LR: '1' } }, spec: {} };
    const form = await show({ upstream: null, spec, program: null });
    expect(yaml(form).value).toContain('hunter2');
    expect(JSON.stringify(form.start)).not.toContain('hunter');
    expect(form.start.draft?.text).toContain('LR:');
    type(yaml(form), 'meta: {envVars: {PASSWORD: hunter3}}');
    expect(form.start.draft?.text).toBe('meta: {envVars: {PASSWORD: ""}}\n');
    type(yaml(form), 'meta: {envVars: {PASSWORD: hunter4}');
    expect(JSON.stringify(form.start)).not.toContain('hunter');
  });

  it('keeps no secret before it is shown either', async () => {
    const spec = { meta: { envVars: { TOKEN: 'hunter2' } } };
    const form = await show({ upstream: null, spec }, () => new Promise(() => undefined));
    expect(JSON.stringify(form.start)).not.toContain('hunter');
  });
});
